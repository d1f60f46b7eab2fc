"""Who has signed a digest: public keys and signatures from files, and whether one fits.

In: what ``aws cloudtrail list-public-keys`` prints, and signatures of digests that stand in no other digest. Out: `Keys`,
which says of a digest and a signature what is wrong, if anything. The arithmetic is that of the library ``cryptography``.
"""

from __future__ import annotations

import base64
import binascii
import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from detector.archive.digest import Digest
from detector.archive.eventtime import event_time
from detector.errors import ArchiveError
from detector.jsontext import parse_json

EXPECTED = "expected what aws cloudtrail list-public-keys prints, a PublicKeyList of Value and Fingerprint"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key, and for which times it was used, as far as the file tells."""

    key: Any
    start: float | None
    end: float | None

    def is_of(self, time: int) -> bool:
        """Whether it was used then."""
        return (self.start is None or self.start <= time) and (self.end is None or time <= self.end)


class Keys:
    """Public keys by fingerprint."""

    def __init__(self, keys: Mapping[str, PublicKey]) -> None:
        self.keys = keys

    @classmethod
    def load(cls, paths: Iterable[str]) -> Keys:
        """Those of some files; `ArchiveError` where one is not what the AWS CLI prints."""
        if not importlib.util.find_spec("cryptography"):
            raise ArchiveError(
                "verify archive",
                "expected the extra verify: pip install 'cloudtrail-detector[verify]' installs it",
            )
        found: dict[str, PublicKey] = {}
        for path in paths:
            told = _json(path)
            listed = told.get("PublicKeyList") if isinstance(told, dict) else told
            if not isinstance(listed, list) or not listed:
                raise ArchiveError(path, EXPECTED)
            for one in listed:
                if not isinstance(one, dict) or not isinstance(fingerprint := one.get("Fingerprint"), str):
                    raise ArchiveError(path, EXPECTED)
                found[fingerprint.lower()] = _public_key(path, one)
        return cls(found)

    def has(self, digest: Digest) -> bool:
        """Whether the key is there by which a digest can be verified."""
        return digest.fingerprint.lower() in self.keys

    def wrong(self, digest: Digest, signature: str) -> str:
        """Why a signature is not that of a digest whose key is there; empty where it is."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an extra
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415 - the same
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - the same

        known = self.keys[digest.fingerprint.lower()]
        if not known.is_of(digest.end):
            return f"the public key {digest.fingerprint} was not in use at its time"
        try:
            known.key.verify(binascii.unhexlify(signature), digest.signed, PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError):
            return "its signature does not fit: it has changed since it was signed, or somebody else has signed it"
        return ""


def load_signatures(paths: Iterable[str]) -> dict[str, str]:
    """Signatures by the name of the digest file: of JSON objects of names, or keys in S3, and signatures.

    A signature may also be what ``aws s3api head-object`` prints. `ArchiveError` for anything else.
    """
    found = {}
    for path in paths:
        told = _json(path)
        if not isinstance(told, dict):
            raise ArchiveError(path, "expected a JSON object of digest files and their signatures")
        for key, value in told.items():
            metadata = value.get("Metadata") if isinstance(value, dict) else None
            signature = metadata.get("signature") if isinstance(metadata, dict) else value
            if not isinstance(signature, str):
                raise ArchiveError(
                    path, "expected a signature in hexadecimal, or what aws s3api head-object prints"
                )
            found[key.rpartition("/")[2]] = signature
    return found


def holds(content: bytes) -> str:
    """What a content is that is given to verify an archive by, and no log: ``public keys``, ``signatures``; empty where it is neither."""
    try:
        told = parse_json(content)
    except ValueError:
        return ""
    if not isinstance(told, dict) or not told:
        return ""
    if isinstance(told.get("PublicKeyList"), list) and told.keys() <= {"PublicKeyList", "NextToken"}:
        return "public keys"
    is_signed = all("_CloudTrail-Digest_" in key and isinstance(one, str | dict) for key, one in told.items())
    return "signatures" if is_signed else ""


def _json(path: str) -> object:
    try:
        return parse_json(Path(path).read_bytes())
    except OSError as error:
        raise ArchiveError(path, f"cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise ArchiveError(path, "is no JSON") from None


def _public_key(path: str, told: Mapping[str, Any]) -> PublicKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415 - an extra
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415 - the same

    try:
        key = load_der_public_key(base64.b64decode(str(told.get("Value")), validate=True))
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPublicKey):
        raise ArchiveError(
            path, f"expected an RSA key in DER as base64 for the Value of {told['Fingerprint']:.64}"
        )
    return PublicKey(key, _time(told.get("ValidityStartTime")), _time(told.get("ValidityEndTime")))


def _time(value: object) -> float | None:
    """Of a validity, as one version of the AWS CLI or the other prints it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        return None
    time = event_time({"eventTime": value})
    if time is not None:
        return time
    try:
        return datetime.fromisoformat(value).timestamp()
    except (ValueError, OverflowError):
        return None
