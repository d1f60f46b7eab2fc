"""CloudTrail records that look real: who called what from where, and how it ended.

In: ``draw``. Out: decoded records with the keys, key order and values of real ones (those of the base records of
rule tests, varied); addresses and accounts are those set aside for documentation.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from detector.ruletests.base_records import ACCOUNT, base

CALLS: dict[str, tuple[str, ...]] = {
    "ec2": (
        "DescribeInstances",
        "RunInstances",
        "AuthorizeSecurityGroupIngress",
        "ModifySecurityGroupRules",
        "DeleteVpc",
        "CreateRoute",
        "DeleteNetworkAcl",
        "DetachInternetGateway",
    ),
    "iam": (
        "ListUsers",
        "CreateAccessKey",
        "AttachRolePolicy",
        "DeletePolicy",
        "PutUserPolicy",
        "CreateUser",
    ),
    "s3": ("GetBucketAcl", "HeadBucket", "PutBucketPolicy", "DeleteBucketCors", "PutObject", "ListBuckets"),
    "sts": ("AssumeRole", "GetCallerIdentity"),
    "kms": ("Decrypt", "GenerateDataKey", "DisableKey", "ScheduleKeyDeletion"),
    "cloudtrail": ("LookupEvents", "StopLogging", "UpdateTrail", "PutEventSelectors"),
    "config": ("DescribeConfigurationRecorders", "StopConfigurationRecorder", "PutDeliveryChannel"),
    "organizations": ("ListAccounts", "LeaveOrganization", "AttachPolicy"),
    "lambda": ("ListFunctions20150331", "Invoke"),
    "secretsmanager": ("GetSecretValue",),
}
ERRORS = {
    "ec2": (
        "Client.UnauthorizedOperation",
        "Client.InvalidInstanceID.NotFound",
        "Client.RequestLimitExceeded",
    ),
    "s3": ("AccessDenied", "NoSuchBucketPolicy", "NoSuchTagSet"),
    "kms": ("AccessDenied", "NotFoundException"),
}
OTHER_ERRORS = ("AccessDenied", "AccessDeniedException", "ThrottlingException", "ValidationException")
FAILED_SIGN_IN = ("Failed authentication", "No username found in supplied account")
REGIONS = ("us-east-1", "eu-west-1", "us-west-2", "ap-southeast-2")
ADDRESSES = ("192.0.2.15", "198.51.100.21", "203.0.113.66", "delivery.logs.amazonaws.com", "AWS Internal")
DATA_EVENTS = ("HeadBucket", "PutObject", "Invoke")
READS = ("Describe", "Get", "List", "Head", "Lookup", "Assume", "Decrypt", "Generate")
ROLES = (
    "app-web-role",
    "AWSServiceRoleForConfig",
    "AWSServiceRoleForResourceExplorer",
    "github-actions-deploy",
)
_IDS = st.uuids(version=4).map(str)
_TIMES = st.datetimes(datetime(2023, 1, 1), datetime(2026, 1, 1)).map(  # noqa: DTZ001 - Hypothesis takes naive bounds
    lambda time: f"{time.replace(tzinfo=UTC):%Y-%m-%dT%H:%M:%SZ}"
)


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """One CloudTrail record: an API call of a role, a user, root or AWS itself, or a sign-in to the console."""
    kind = draw(st.sampled_from(["role", "role", "user", "root", "service", "sign-in"]))
    record = base(kind)
    record["eventTime"] = draw(_TIMES)
    record["eventID"] = draw(_IDS)
    record["awsRegion"] = draw(st.sampled_from(REGIONS))
    if kind != "service":
        record["sourceIPAddress"] = draw(st.sampled_from(ADDRESSES))
    _vary_identity(draw, record, kind)
    if kind == "sign-in":
        return _sign_in(draw, record)
    return _older(draw, _call(draw, record))


def _call(draw: st.DrawFn, record: dict[str, Any]) -> dict[str, Any]:
    service = draw(st.sampled_from(sorted(CALLS)))
    name = draw(st.sampled_from(CALLS[service]))
    called = {
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "requestID": draw(_IDS),
        "readOnly": name.startswith(READS),
        "requestParameters": draw(
            st.sampled_from([None, {"maxResults": 100}, {"bucketName": "example-reports"}])
        ),
    }
    if name in DATA_EVENTS:
        called |= {"managementEvent": False, "eventCategory": "Data"}
    if "tlsDetails" in record:
        sent = {"clientProvidedHostHeader": f"{service}.{record['awsRegion']}.amazonaws.com"}
        called["tlsDetails"] = record["tlsDetails"] | sent
    error = draw(st.none() | st.sampled_from(ERRORS.get(service, OTHER_ERRORS)))
    if error is not None:
        called |= {"errorCode": error, "errorMessage": f"{name} was refused"}
    return _in_order(record | called)


def _sign_in(draw: st.DrawFn, record: dict[str, Any]) -> dict[str, Any]:
    record["additionalEventData"]["MFAUsed"] = draw(st.sampled_from(["Yes", "No"]))
    message = draw(st.none() | st.sampled_from(FAILED_SIGN_IN))
    if message is not None:
        record |= {"errorMessage": message, "responseElements": {"ConsoleLogin": "Failure"}}
    return _in_order(record)


def _vary_identity(draw: st.DrawFn, record: dict[str, Any], kind: str) -> None:
    identity = record["userIdentity"]
    if kind == "role":
        name = draw(st.sampled_from(ROLES))
        issuer = identity["sessionContext"]["sessionIssuer"]
        issuer |= {"userName": name, "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}"}
        identity["arn"] = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/session"
        if draw(st.booleans()):
            identity["invokedBy"] = "config.amazonaws.com"
    elif kind == "user" and draw(st.booleans()):
        # A session with MFA up to eventVersion 1.08: the issuer is there, and empty.
        identity["sessionContext"] = {"sessionIssuer": {}, "attributes": {"mfaAuthenticated": "true"}}
    elif kind == "sign-in" and draw(st.booleans()):
        identity["type"] = "Root"


def _older(draw: st.DrawFn, record: dict[str, Any]) -> dict[str, Any]:
    """Records of older versions lack what came later."""
    version = draw(st.sampled_from(["1.11", "1.11", "1.08", "1.05", "1.01"]))
    lacking = {"1.05": 3, "1.01": 4}.get(version, 0)
    later = ("tlsDetails", "eventCategory", "managementEvent", "eventType")[:lacking]
    return {key: value for key, value in record.items() if key not in later} | {"eventVersion": version}


def _in_order(record: dict[str, Any]) -> dict[str, Any]:
    """Errors stand before the request, as CloudTrail writes them."""
    first: dict[str, Any] = {}
    for key, value in record.items():
        if key == "requestParameters":
            first |= {one: record[one] for one in ("errorCode", "errorMessage") if one in record}
        first.setdefault(key, value)
    return first
