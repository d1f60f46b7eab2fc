"""Realistic records for a case to start from: a name in, a fresh CloudTrail record out.

Key order, versions and the presence of keys follow real records of eventVersion 1.11 (sign-ins 1.08). Each is the
plainest of its kind, a call that succeeded; a case names only what it is about.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

ACCOUNT = "111122223333"
_TIME = "2025-03-05T13:43:12Z"
_OPENED = "2025-03-05T13:02:51Z"


def base(name: str) -> dict[str, Any]:
    """A copy of the record of that name; KeyError for a name that is none of `NAMES`."""
    return copy.deepcopy(_RECORDS[name])


def _session(issuer: dict[str, Any] | None = None, mfa: str = "false") -> dict[str, Any]:
    context = {} if issuer is None else {"sessionIssuer": issuer}
    return {**context, "attributes": {"creationDate": _OPENED, "mfaAuthenticated": mfa}}


def _record(identity: dict[str, Any], host: str, name: str, **more: Any) -> dict[str, Any]:
    sent = f"{host}.us-east-1.amazonaws.com"
    record = {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": _TIME,
        "eventSource": f"{host}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.21",
        "userAgent": "aws-cli/2.24.15 md/awscrt#0.23.8 ua/2.1 os/linux#6.8.0 lang/python#3.12.9",
        "requestParameters": None,
        "responseElements": None,
        "requestID": "6f1d2c3b-4a59-4687-9765-a4b3c2d1e0f9",
        "eventID": "0e1d2c3b-4a59-4687-9765-a4b3c2d1e0f9",
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": sent,
        },
    }
    return record | more


_ISSUER = {
    "type": "Role",
    "principalId": "AROAEXAMPLEROLE000001",
    "arn": f"arn:aws:iam::{ACCOUNT}:role/app-web-role",
    "accountId": ACCOUNT,
    "userName": "app-web-role",
}
_ROLE = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLEROLE000001:i-0a1b2c3d4e5f67890",
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/app-web-role/i-0a1b2c3d4e5f67890",
    "accountId": ACCOUNT,
    "accessKeyId": "ASIAEXAMPLEKEY000001",
    "sessionContext": _session(_ISSUER),
}
_USER = {
    "type": "IAMUser",
    "principalId": "AIDAEXAMPLEUSER000001",
    "arn": f"arn:aws:iam::{ACCOUNT}:user/carol",
    "accountId": ACCOUNT,
    "accessKeyId": "AKIAEXAMPLEKEY000001",
    "userName": "carol",
}
_ROOT = {
    "type": "Root",
    "principalId": ACCOUNT,
    "arn": f"arn:aws:iam::{ACCOUNT}:root",
    "accountId": ACCOUNT,
    "accessKeyId": "ASIAEXAMPLEKEY000002",
    "sessionContext": _session(mfa="true"),
}
_SERVICE = {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}
_SIGNED_IN = {key: _USER[key] for key in ("type", "principalId", "arn", "accountId", "userName")}
_SIGN_IN = {
    "eventVersion": "1.08",
    "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0",
    "responseElements": {"ConsoleLogin": "Success"},
    "additionalEventData": {
        "LoginTo": "https://console.aws.amazon.com/console/home",
        "MobileVersion": "No",
        "MFAUsed": "Yes",
    },
    "readOnly": False,
    "eventType": "AwsConsoleSignIn",
    "tlsDetails": {
        "tlsVersion": "TLSv1.3",
        "cipherSuite": "TLS_AES_128_GCM_SHA256",
        "clientProvidedHostHeader": "signin.aws.amazon.com",
    },
}
_FROM_SERVICE = {"sourceIPAddress": "cloudtrail.amazonaws.com", "userAgent": "cloudtrail.amazonaws.com"}

_RECORDS: Mapping[str, dict[str, Any]] = {
    "role": _record(
        _ROLE, "ec2", "DescribeInstances", requestParameters={"maxResults": 1000, "instancesSet": {}}
    ),
    "user": _record(_USER, "iam", "ListUsers", requestParameters={"maxItems": 100}),
    "root": _record(_ROOT, "iam", "GetAccountSummary"),
    "service": {
        key: value
        for key, value in _record(_SERVICE, "s3", "GetBucketAcl", **_FROM_SERVICE).items()
        if key != "tlsDetails"
    },
    "sign-in": {
        key: value
        for key, value in _record(_SIGNED_IN, "signin", "ConsoleLogin", **_SIGN_IN).items()
        if key != "requestID"
    },
    "none": {},
}
NAMES = tuple(_RECORDS)
"""``role`` (an assumed role), ``user``, ``root``, ``service`` (AWS itself), ``sign-in`` (a user, with MFA), ``none``."""
