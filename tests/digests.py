"""An archive with digest files that are signed with a key of the test, as CloudTrail signs its own."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass, field
from functools import cache
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ACCOUNT, BUCKET = "111122223333", "example-cloudtrail"


@cache
def key(number: int = 0) -> RSAPrivateKey:
    """One of some keys, made once."""
    return generate_private_key(65537, 2048 + 0 * number)


def der(private: RSAPrivateKey) -> bytes:
    """The public key as CloudTrail hands it out."""
    return private.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)


def fingerprint(private: RSAPrivateKey) -> str:
    return md5(der(private), usedforsecurity=False).hexdigest()


def public_keys(*keys: RSAPrivateKey, **validity: str) -> dict[str, Any]:
    """What the AWS CLI prints."""
    return {
        "PublicKeyList": [
            {"Value": base64.b64encode(der(one)).decode(), "Fingerprint": fingerprint(one), **validity}
            for one in keys
        ]
    }


@dataclass
class Signed:
    """An archive of some hours of 2025-03-15, with two log files in each."""

    folder: Path
    hours: int = 4
    region: str = "eu-west-1"
    private: RSAPrivateKey = field(default_factory=key)
    digests: list[Path] = field(default_factory=list)
    logs: list[Path] = field(default_factory=list)
    signatures: dict[str, str] = field(default_factory=dict)
    """All of them, though but that of the last is in an archive."""
    told: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        previous: tuple[str, str, str] | None = None
        for hour in range(self.hours):
            previous = self.digest(hour, previous)
        (self.folder / "keys.json").write_text(json.dumps(public_keys(self.private)))

    def log(self, hour: int, minute: int, content: bytes | None = None) -> tuple[str, str]:
        """A log file: its key and its hash."""
        stamp = f"20250315T{hour:02}{minute:02}Z"
        s3 = f"AWSLogs/{ACCOUNT}/CloudTrail/{self.region}/2025/03/15/{ACCOUNT}_CloudTrail_{self.region}_{stamp}_AbCdEfGhIj{hour:02}{minute:02}ab.json.gz"
        record = {
            "eventTime": f"2025-03-15T{hour:02}:{minute:02}:00Z",
            "eventName": "GetObject",
            "eventID": f"{hour}-{minute}",
        }
        text = json.dumps({"Records": [record]}).encode() if content is None else content
        self.logs.append(self.write(s3, text))
        return s3, sha256(text).hexdigest()

    def digest(self, hour: int, previous: tuple[str, str, str] | None) -> tuple[str, str, str]:
        """A digest file of an hour: its key, its hash and its signature."""
        end = f"{hour + 1:02}"
        s3 = (
            f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/{self.region}/2025/03/15/"
            f"{ACCOUNT}_CloudTrail-Digest_{self.region}_example-trail_us-east-1_20250315T{end}0000Z.json.gz"
        )
        told = {
            "awsAccountId": ACCOUNT,
            "digestStartTime": f"2025-03-15T{hour:02}:00:00Z",
            "digestEndTime": f"2025-03-15T{end}:00:00Z",
            "digestS3Bucket": BUCKET,
            "digestS3Object": s3,
            "digestPublicKeyFingerprint": fingerprint(self.private),
            "digestSignatureAlgorithm": "SHA256withRSA",
            "previousDigestS3Bucket": BUCKET if previous else None,
            "previousDigestS3Object": previous[0] if previous else None,
            "previousDigestHashValue": previous[1] if previous else None,
            "previousDigestHashAlgorithm": "SHA-256" if previous else None,
            "previousDigestSignature": previous[2] if previous else None,
            "logFiles": [
                {"s3Bucket": BUCKET, "s3Object": name, "hashValue": found, "hashAlgorithm": "SHA-256"}
                for name, found in (self.log(hour, 10), self.log(hour, 40))
            ],
        }
        return self.put(told)

    def put(self, told: dict[str, Any], private: RSAPrivateKey | None = None) -> tuple[str, str, str]:
        """Write and sign a digest."""
        content = json.dumps(told).encode()
        s3, found = told["digestS3Object"], sha256(content).hexdigest()
        signed = (
            f"{told['digestEndTime']}\n{BUCKET}/{s3}\n{found}\n{told['previousDigestSignature'] or 'null'}"
        )
        signature = (private or self.private).sign(signed.encode(), PKCS1v15(), SHA256()).hex()
        path = self.write(s3, content)
        if path not in self.digests:
            self.digests.append(path)
            self.told.append(told)
        self.signatures[path.name] = signature
        return s3, found, signature

    def write(self, s3: str, content: bytes) -> Path:
        path = self.folder / s3
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content, mtime=0))
        return path

    @property
    def keys(self) -> str:
        return str(self.folder / "keys.json")

    def newest(self) -> str:
        """A file with the signature of the newest digest."""
        path = self.folder / "newest.json"
        path.write_text(json.dumps({self.digests[-1].name: self.signatures[self.digests[-1].name]}))
        return str(path)
