"""How a bucket is named and reached: plain data, without a secret in it, for whoever reads it."""

from __future__ import annotations

from msgspec import Struct

S3 = "s3://"


class Access(Struct, frozen=True):
    """How buckets are reached beside the credentials, which each process finds as the AWS CLI does.

    Empty strings leave it to the environment and the AWS configuration.
    """

    endpoint: str = ""
    """The URL of a server that speaks S3; without one it is AWS."""
    profile: str = ""
    region: str = ""
    requester_pays: bool = False
    unsigned: bool = False
    """Whether requests carry no credentials, for public buckets."""


ACCESS = Access()


def split(path: str) -> tuple[str, str]:
    """The bucket and the key of a path."""
    bucket, _, key = path.removeprefix(S3).partition("/")
    return bucket, key
