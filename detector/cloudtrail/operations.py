"""Which operations a service has, and which services have an operation.

In: ``operations.txt`` (generated, see its head) and the names that CloudTrail writes although they are not API
operation. Out: answers about event names and event sources. The claim is weak on purpose: a name that is not
listed may still be in records, since CloudTrail has names of its own.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping

SUFFIX = ".amazonaws.com"
CLOSE = 0.93
CLOSE_BESIDE = 0.85
"""The same among the names of one service, of which fewer are alike."""
SHORT = 8
"""Names with fewer characters are all alike."""
COMMON = (
    "iam",
    "ec2",
    "s3",
    "kms",
    "sts",
    "cloudtrail",
    "config",
    "organizations",
    "autoscaling",
    "lambda",
    "rds",
    "apigateway",
    "elasticloadbalancing",
    "iot",
    "ecs",
    "eks",
    "ecr",
    "sns",
    "sqs",
    "dynamodb",
    "cloudformation",
    "logs",
    "events",
    "monitoring",
    "guardduty",
    "securityhub",
    "wafv2",
    "route53",
    "cloudfront",
    "secretsmanager",
    "ssm",
    "backup",
    "ram",
    "sso",
    "cognito-idp",
    "redshift",
    "elasticmapreduce",
    "elasticache",
    "es",
    "glue",
    "athena",
    "kinesis",
    "firehose",
    "elasticfilesystem",
    "codebuild",
    "codepipeline",
    "acm",
    "ds",
    "access-analyzer",
    "network-firewall",
    "appmesh",
)
"""Services that many accounts use, the most used first. A name that is shared with any other service is seldom met."""
# An API version that some services append: CreateFunction20150331, ListDistributions2016_01_28.
_VERSION = re.compile(r"(?<=[a-z])(?:20\d{2}_?\d{2}_?\d{2})(?:v\d)?$")
# Event names without an API operation of that name. Sources: the services' pages on CloudTrail, and public records.
_NOT_API: Mapping[str, str] = {
    "signin": (
        "ConsoleLogin CheckMfa SwitchRole ExitRole RenewRole GetSigninToken PasswordRecoveryRequested "
        "PasswordRecoveryCompleted PasswordUpdated EmailUpdated UserAuthentication CredentialChallenge "
        "CredentialVerification"
    ),
    "s3": (
        "PutBucketLifecycle GetBucketLifecycle DeleteBucketLifecycle PutBucketNotification GetBucketNotification "
        "PutBucketReplication GetBucketReplication DeleteBucketReplication PutBucketEncryption "
        "GetBucketEncryption DeleteBucketEncryption PutBucketPublicAccessBlock GetBucketPublicAccessBlock "
        "DeleteBucketPublicAccessBlock PutAccountPublicAccessBlock GetAccountPublicAccessBlock "
        "DeleteAccountPublicAccessBlock PutBucketObjectLockConfiguration GetBucketObjectLockConfiguration "
        "GetAccelerateConfiguration PutAccelerateConfiguration PutAnalyticsConfiguration "
        "GetAnalyticsConfiguration DeleteAnalyticsConfiguration PutInventoryConfiguration "
        "GetInventoryConfiguration DeleteInventoryConfiguration PutMetricsConfiguration "
        "GetMetricsConfiguration DeleteMetricsConfiguration ListBucket ListAllMyBuckets ListVersions "
        "InitiateMultipartUpload "
        "CompleteMultipartUpload UploadPart GetService "
        "GetBucketVersions"
    ),
    "kms": "DeleteKey RotateKey SynchronizeMultiRegionKey",
    "ec2": "SharedSnapshotVolumeCreated SharedSnapshotCopyInitiated BidEvictedEvent",
    "lambda": "InvokeExecution",
    "organizations": "CreateAccountResult CloseAccountResult",
    "rds": "DescribeRecommendations DescribeRecommendationGroups",
    "secretsmanager": (
        "StartSecretVersionDelete CancelSecretVersionDelete EndSecretVersionDelete SecretVersionDeletion "
        "RotationStarted RotationSucceeded RotationFailed RotationAbandoned StartSecretDelete "
        "CancelSecretDelete EndSecretDelete TestRotationStarted TestRotationSucceeded TestRotationFailed"
    ),
    "ssm": "OpenDataChannel OpenControlChannel UpdateInstanceInformation ListInstanceAssociations",
    "sso": "Authenticate Federate Logout UpdateSsoConfiguration ListApplications ListProfilesForApplication",
    "sso-directory": "AddMemberToGroup RemoveMemberFromGroup CreateUser DeleteUser UpdatePassword",
    "autoscaling": "RegisterScalableTarget DeregisterScalableTarget",
}


@functools.cache
def operations() -> Mapping[str, frozenset[str]]:
    """Event names by what stands before ``.amazonaws.com`` in the event source."""
    listed = {source: names.split() for source, names in table("operations.txt")}
    sources = sorted({*listed, *_NOT_API})
    return {one: frozenset([*listed.get(one, ()), *_NOT_API.get(one, "").split()]) for one in sources}


@functools.cache
def versioned() -> Mapping[str, Mapping[str, str]]:
    """The API versions that event names end with, by event source and operation: ``{"lambda": {"ListFunctions": "20150331"}}``.

    ``ListFunctions20150331`` is what is written, and ``ListFunctions`` never; a ``v2`` may follow.
    """
    found: dict[str, dict[str, str]] = {}
    for source, version, names in table("versions.txt"):
        found.setdefault(source, {}).update(dict.fromkeys(names.split(), version))
    return found


@functools.cache
def owners() -> Mapping[str, frozenset[str]]:
    """The event sources that have an event name."""
    found: dict[str, set[str]] = {}
    for source, names in operations().items():
        for name in names:
            found.setdefault(name, set()).add(source)
    return {name: frozenset(sources) for name, sources in found.items()}


@functools.cache
def written(source: str) -> frozenset[str]:
    """The event names of a source, with their API versions where it has some."""
    names = operations().get(source, frozenset())
    dated = versioned().get(source, {})
    return names | {f"{name}{version}{end}" for name, version in dated.items() for end in ("", "v2")}


def common(name: str) -> list[str]:
    """The much used services that have an event name, the most used first."""
    found = owners().get(name, frozenset())
    return [one for one in COMMON if one in found]


def service(event_source: str) -> str | None:
    """``iam`` for ``iam.amazonaws.com``; None for a source that no service has."""
    name = event_source.removesuffix(SUFFIX)
    return name if name != event_source and name in operations() else None


def plain(event_name: str) -> str:
    """An event name without the API version that some services append to it."""
    return _VERSION.sub("", event_name)


def near(name: str, known: Iterable[str] | None = None, cutoff: float = CLOSE) -> str | None:
    """The name that there is and that differs by a slip of the pen; None where none does."""
    if len(name) < SHORT:
        return None
    among = [
        one
        for one in (owners() if known is None else known)
        if one[0] == name[0] and abs(len(one) - len(name)) <= 2  # noqa: PLR2004 - a slip, no other word
    ]
    from difflib import get_close_matches  # noqa: PLC0415 - not before a name is looked for

    close = get_close_matches(name, among, n=1, cutoff=cutoff)
    return close[0] if close and close[0].casefold() != name.casefold() else None


def table(name: str) -> list[list[str]]:
    """The rows of one of this room's tables, without the lines that tell its source."""
    from importlib.resources import files  # noqa: PLC0415 - who only names a service reads no table

    text = files("detector.cloudtrail").joinpath(name).read_text(encoding="utf-8")
    return [line.split("|") for line in text.splitlines() if line and not line.startswith("#")]
