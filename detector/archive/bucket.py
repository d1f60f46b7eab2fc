"""Buckets as obstore reads them (the extra ``s3``): a store in, pages of keys and bytes of objects out.

Claim: the credentials are those that the AWS CLI would take, found in the process that asks; what a server refuses for
a moment (throttling, resets, bytes cut off) is asked for again with growing pauses, and whatever is wrong in the end is
one sentence: an OSError for an object, an `ArchiveError` for what was named.
"""

from __future__ import annotations

import http.client
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from msgspec import structs

from detector.archive.access import S3, split
from detector.errors import ArchiveError

if TYPE_CHECKING:
    from detector.archive.access import Access

PIECE = 16 << 20
"""Bytes of one request for a part of a large object."""
RETRIES: dict[str, Any] = {
    "max_retries": 10,
    "retry_timeout": timedelta(minutes=2),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=10), "base": 2},
}
TIMEOUTS = {"connect_timeout": "10s", "timeout": "120s"}
_DECIDE = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE")
"""Variables of the environment that say whose requests these are."""
EXTRA = "lies in S3, which needs the extra s3: pip install 'cloudtrail-detector[s3]' installs it"
NO_CREDENTIALS = (
    "no credentials were found: set those that the AWS CLI reads (AWS_PROFILE, AWS_ACCESS_KEY_ID …), "
    "or write --no-sign-request for a public bucket"
)
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
_STATUS = re.compile(r"status code: (\d{3})")
_CUT_OFF = "its bytes end too early"
GONE = "vanished after it was listed"
CHANGED = "was changed after it was listed"
_THROTTLED = "{host} throttles requests, and took none in {tries} tries"
_ELSEWHERE = "the bucket {bucket} lies in another region: set AWS_REGION"
_SENTENCES = {
    "NoSuchBucket": "{host} has no bucket {bucket}",
    "InvalidBucketName": "{bucket} is no name that a bucket can have",
    "AccessDenied": "access to the bucket {bucket} is denied: s3:ListBucket is needed for the bucket, s3:GetObject for its objects, "
    "and kms:Decrypt where a key of KMS encrypts them",
    "AllAccessDisabled": "access to the bucket {bucket} is disabled",
    "InvalidAccessKeyId": "{host} refuses the credentials: it has no such access key",
    "SignatureDoesNotMatch": "{host} refuses the credentials: the secret key does not belong to the access key",
    "ExpiredToken": "the credentials for {host} have expired: sign in again, such as by aws sso login",
    "InvalidToken": "{host} refuses the credentials: the session token is not valid",
    "RequestTimeTooSkewed": "the clock of this machine is too far from that of {host}",
    "InvalidObjectState": "is archived (Glacier): restore it first",
    "AuthorizationHeaderMalformed": _ELSEWHERE,
    "PermanentRedirect": _ELSEWHERE,
    "SlowDown": _THROTTLED,
    "NoSuchKey": GONE,
    "PreconditionFailed": CHANGED,
    "401": "{host} refuses the credentials",
    "403": "access to the bucket {bucket} is denied",
    "404": GONE,
    "412": CHANGED,
    "301": _ELSEWHERE,
    "429": _THROTTLED,
    "503": "{host} throttles requests or is out of order: no answer in {tries} tries",
}


class Listed(Protocol):
    """An object as it was listed."""

    @property
    def path(self) -> str:
        """``s3://bucket/key``."""

    @property
    def size(self) -> int:
        """Bytes as stored."""

    @property
    def etag(self) -> str:
        """As the server writes it; empty where it does not."""

    @property
    def access(self) -> Access:
        """How its bucket is reached."""


def get(source: Listed) -> bytes:
    """The bytes of one object, complete and of the ETag that was listed; OSError."""
    try:
        body: bytes = _asked(source).bytes().to_bytes()
    except errors() as error:
        raise refused(error, source) from None
    if len(body) != source.size:
        raise OSError(0, _CUT_OFF)
    return body


def metadata(source: Listed) -> dict[str, str]:
    """What is said of an object beside its bytes, by name; OSError."""
    try:
        return dict(_asked(source).attributes)
    except errors() as error:
        raise refused(error, source) from None


def chunks(source: Listed) -> Iterator[bytes]:
    """The bytes of one large object in pieces, each asked for by itself where the server knows ranges; OSError."""
    read = 0
    try:
        for start in range(0, source.size, PIECE):
            piece = _asked(source, (start, min(start + PIECE, source.size))).bytes().to_bytes()
            read += len(piece)
            yield piece
    except errors() as error:
        if read or "non-partial" not in str(error):
            raise refused(error, source) from None
        yield from _in_one_answer(source)
        return
    if read != source.size:
        raise OSError(0, _CUT_OFF)


def _in_one_answer(source: Listed) -> Iterator[bytes]:
    read = 0
    try:
        for chunk in _asked(source).stream(1 << 20):
            read += len(chunk)
            yield bytes(chunk)
    except errors() as error:
        raise refused(error, source) from None
    if read != source.size:
        raise OSError(0, _CUT_OFF)


def _asked(source: Listed, part: tuple[int, int] | None = None) -> Any:
    """The answer to one request; not every server looks at If-Match."""
    import obstore  # noqa: PLC0415 - an extra

    bucket, key = split(source.path)
    options: dict[str, Any] = {"if_match": source.etag} if source.etag else {}
    answer = obstore.get(
        store_of(source.access, bucket),
        key,
        options={**options, **({"range": part} if part else {})},  # type: ignore[arg-type]  # it is a TypedDict
    )
    if source.etag and unquoted(answer.meta["e_tag"]) not in {"", unquoted(source.etag)}:
        raise OSError(0, CHANGED)
    return answer


def unquoted(etag: str | None) -> str:
    """An ETag without its quotes: answers have them, and not every listing."""
    return (etag or "").removeprefix("W/").strip('"')


def errors() -> tuple[type[Exception], ...]:
    """What obstore raises."""
    from obstore.exceptions import BaseError  # noqa: PLC0415 - an extra

    return BaseError, OSError, ValueError


def refused(error: Exception, source: Listed) -> OSError:
    """What was wrong with one object, as a file says it."""
    if isinstance(error, OSError) and error.errno == 0:
        return error
    return OSError(0, sentence(error, split(source.path)[0], source.access))


def sentence(error: Exception, bucket: str, access: Access) -> str:
    """What is wrong, in a few words of our own that name the bucket or the server."""
    if isinstance(error, ArchiveError):
        return error.reason
    if type(error).__name__ == "InvalidPathError":
        return "a key in it has an empty part or a control character, so that its keys cannot be listed"
    text = str(error)
    keys = [*_CODE.findall(text), *_STATUS.findall(text)]
    found = next((_SENTENCES[key] for key in keys if key in _SENTENCES), None)
    if found is None and keys:
        found = f"{{host}} answers {keys[0]}"
    if found is None:
        found = "the connection to {host} fails" if "HTTP error" in text else "the client gives up on {host}"
    return found.format(tries=RETRIES["max_retries"], bucket=bucket, host=_host(access))


def sentence_of_listing(error: Exception, bucket: str, access: Access) -> str:
    """The same, where a bucket was to be listed and no object was asked for yet."""
    found = sentence(error, bucket, access)
    return f"{_host(access)} has no bucket {bucket}, or does not speak S3" if found == GONE else found


def _host(access: Access) -> str:
    """The server as a sentence names it."""
    if access.endpoint:
        return re.sub(r"//[^/@]*@", "//", access.endpoint)
    return f"S3 in {access.region}" if access.region else "S3"


def resolved(access: Access, bucket: str) -> Access:
    """The same with what the environment says of the server and, of AWS, with the region that the bucket lies in."""
    known = os.environ
    endpoint = access.endpoint or known.get("AWS_ENDPOINT_URL_S3") or known.get("AWS_ENDPOINT_URL") or ""
    usual = access.region or known.get("AWS_REGION") or known.get("AWS_DEFAULT_REGION") or "us-east-1"
    if access.region or endpoint:
        return structs.replace(access, endpoint=endpoint, region=usual)
    host = f"s3.{usual}.amazonaws.com{'.cn' if usual.startswith('cn-') else ''}"
    return structs.replace(access, region=region_of(f"https://{host}", bucket) or usual)


def region_of(endpoint: str, bucket: str) -> str:
    """The region of a bucket, which AWS tells everybody; an empty string where it does not."""
    asked = urllib.request.Request(f"{endpoint}/{quote(bucket)}", method="HEAD")  # noqa: S310 - one of ours
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310 - the same
            return answer.headers.get("x-amz-bucket-region") or ""
    except urllib.error.HTTPError as error:
        error.close()
        return error.headers.get("x-amz-bucket-region") or ""
    except (OSError, ValueError, http.client.HTTPException):
        return ""


def store_of(access: Access, bucket: str) -> Any:
    """A client for one bucket, made once in each process for the same credentials; `ArchiveError`."""
    return _store(access, bucket, tuple(os.environ.get(name) for name in _DECIDE))


@lru_cache(maxsize=256)
def _store(access: Access, bucket: str, known: tuple[str | None, ...]) -> Any:
    try:
        from obstore.store import S3Store  # noqa: PLC0415 - an extra
    except ImportError:
        raise ArchiveError(f"{S3}{bucket}", EXTRA) from None
    settings: dict[str, Any] = {"region": access.region} if access.region else {}
    if access.endpoint:
        settings["endpoint"] = access.endpoint
    if access.requester_pays:
        settings["request_payer"] = True
    if access.unsigned:
        settings["skip_signature"] = True
    elif access.profile or not all(known[:2]):
        settings |= _found_by_boto3(access, bucket)
    try:
        return S3Store(
            bucket,
            retry_config=RETRIES,  # type: ignore[arg-type]  # it is a TypedDict
            client_options={**TIMEOUTS, "allow_http": access.endpoint.startswith("http://")},  # type: ignore[arg-type]  # the same
            **settings,
        )
    except Exception as error:  # noqa: BLE001 - of many kinds, all about the settings
        raise ArchiveError(f"{S3}{bucket}", f"cannot be opened: {str(error).splitlines()[0][:200]}") from None


def _found_by_boto3(access: Access, bucket: str) -> dict[str, Any]:
    """The credentials of profiles, roles, sign-ins and machines, which boto3 finds as the AWS CLI does.

    A role that asks for a code of a device is taken from where the AWS CLI keeps it, so that a worker need not ask.
    """
    try:
        from botocore import credentials, exceptions, session  # noqa: PLC0415 - half a second, and an extra
        from obstore.auth.boto3 import Boto3CredentialProvider  # noqa: PLC0415 - the same
    except ImportError:
        raise ArchiveError(f"{S3}{bucket}", EXTRA) from None
    mine = session.Session(profile=access.profile or None)
    kept = credentials.JSONFileCache(os.path.expanduser("~/.aws/cli/cache"))  # noqa: PTH111 - as the AWS CLI has it
    try:
        mine.get_component("credential_provider").get_provider("assume-role").cache = kept
        return {"credential_provider": Boto3CredentialProvider(mine)}
    except (exceptions.BotoCoreError, ValueError) as error:
        reason = f"no credentials: {error}" if isinstance(error, exceptions.BotoCoreError) else NO_CREDENTIALS
        raise ArchiveError(f"{S3}{bucket}", reason) from None
