"""CloudTrail's digest files, which say what log files were delivered in an hour: one content in, a `Digest` out.

Claim: what is signed is put together as the service documents it; whatever is wrong with a content is one sentence.
Documented: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
"""

from __future__ import annotations

import errno
import io
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Any

from isal import igzip

from detector.archive.compression import damage
from detector.archive.eventtime import event_time
from detector.archive.gunzip import whole
from detector.archive.remote import Object
from detector.archive.source import Source
from detector.jsontext import parse_object

ALGORITHM = "SHA256withRSA"
CHUNK, MOST = 1 << 20, 256 << 20
"""Bytes that are decompressed at once, and those of the content of a digest file at most."""


class NotADigestError(Exception):
    """A content is not that of a digest file: one sentence says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Listed:
    """A log file as a digest lists it: its key in S3, and the SHA-256 of its content, decompressed."""

    key: str
    hash: str

    @property
    def name(self) -> str:
        """That of the file, which no other has."""
        return self.key.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """One digest file; times are seconds since 1970, hashes and signatures in hexadecimal."""

    source: Source
    account: str
    bucket: str
    key: str
    start: int
    end: int
    end_text: str
    """As it is written there, and signed."""
    fingerprint: str
    """Of the public key by which it can be verified."""
    hash: str
    """SHA-256 of its own content, decompressed."""
    previous_key: str | None
    """None where a trail, or its validation, begins."""
    previous_hash: str | None
    previous_signature: str | None
    logs: tuple[Listed, ...]

    @property
    def name(self) -> str:
        """That of the file."""
        return self.key.rpartition("/")[2]

    @property
    def chain(self) -> tuple[str, str]:
        """What all digests have in common that refer to one another: the folder of the region, and the trail.

        Digests of files that came late (``_backfill``) refer to each other alone.
        """
        trail, _, ending = self.name.removesuffix(".gz").removesuffix(".json").rpartition("_")
        if ending == "backfill":
            trail = f"{trail.rpartition('_')[0]}_backfill"
        return self.key.rpartition("/CloudTrail-Digest/")[0], trail

    @property
    def signed(self) -> bytes:
        """What its signature is over."""
        previous = "null" if self.previous_signature is None else self.previous_signature
        return f"{self.end_text}\n{self.bucket}/{self.key}\n{self.hash}\n{previous}".encode(
            "utf-8", "replace"
        )


def parse(source: Source, content: bytes) -> Digest:
    """The digest that a content spells; `NotADigestError` for anything else."""
    told = parse_object(content)
    if told is None:
        raise NotADigestError("is no JSON object")
    if told.get("digestSignatureAlgorithm", ALGORITHM) != ALGORITHM:
        raise NotADigestError(f"expected a digest signed with {ALGORITHM}")
    read = _Members(told)
    return Digest(
        source=source,
        account=read.text("awsAccountId"),
        bucket=read.text("digestS3Bucket"),
        key=read.text("digestS3Object"),
        start=read.time("digestStartTime"),
        end=read.time("digestEndTime"),
        end_text=read.text("digestEndTime"),
        fingerprint=read.text("digestPublicKeyFingerprint"),
        hash=sha256(content).hexdigest(),
        previous_key=read.text_or_none("previousDigestS3Object"),
        previous_hash=read.text_or_none("previousDigestHashValue"),
        previous_signature=read.text_or_none("previousDigestSignature"),
        logs=tuple(read.logs()),
    )


class _Members:
    """The members of a digest, each as it has to be."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told

    def text_or_none(self, name: str) -> str | None:
        value = self.told.get(name)
        if value is not None and not isinstance(value, str):
            raise NotADigestError(f"expected a string or null for {name}")
        return value

    def text(self, name: str) -> str:
        value = self.text_or_none(name)
        if not value:
            raise NotADigestError(f"has no {name}")
        return value

    def time(self, name: str) -> int:
        self.text(name)
        time = event_time({"eventTime": self.told[name]})
        if time is None:
            raise NotADigestError(f"expected a time such as 2025-03-15T19:00:00Z for {name}")
        return time

    def logs(self) -> list[Listed]:
        files = self.told.get("logFiles")
        if not isinstance(files, list):
            raise NotADigestError("has no logFiles")
        found = []
        for one in files:
            key, value = (
                (one.get("s3Object"), one.get("hashValue")) if isinstance(one, dict) else (None, None)
            )
            if not isinstance(key, str) or not isinstance(value, str):
                raise NotADigestError("expected s3Object and hashValue for each of its logFiles")
            if one.get("hashAlgorithm", "SHA-256") != "SHA-256":
                raise NotADigestError("expected the SHA-256 of each of its logFiles")
            found.append(Listed(key, value.lower()))
        return found


def content(source: Source) -> bytes:
    """The content of a digest file, decompressed; OSError if it cannot be read, or is too large for one."""
    read = b"".join(islice(_chunks(source), MOST // CHUNK))
    if len(read) >= MOST:
        raise OSError(errno.EFBIG, "is too large for a digest file")
    return read


def signature_of(source: Source) -> str | None:
    """The signature of a digest file in S3, which is in the metadata of its object; None where there is none."""
    if not isinstance(source, Object):
        return None
    from detector.archive import bucket  # noqa: PLC0415 - not before an object is read

    try:
        return bucket.metadata(source).get("signature")
    except OSError:
        return None


def hash_of(source: Source) -> str:
    """The SHA-256 of the content of a log file, decompressed, in hexadecimal; OSError if it cannot be read."""
    found = sha256()
    for chunk in _chunks(source):
        found.update(chunk)
    return found.hexdigest()


def _chunks(source: Source) -> Iterator[bytes]:
    small = whole(source)
    if small is not None:
        yield small
        return
    with source.open() as stream:
        raw = io.BufferedReader(stream) if isinstance(stream, io.RawIOBase) else stream
        is_gzip = raw.peek(2)[:2] == b"\x1f\x8b"  # type: ignore[attr-defined]  # every other stream has it
        try:
            unpacked: Any = igzip.IGzipFile(fileobj=raw) if is_gzip else raw  # type: ignore[no-untyped-call]  # isal ships half its types
            while chunk := unpacked.read(CHUNK):
                yield chunk
        except damage() as error:
            raise OSError(errno.EIO, "broken gzip") from error
