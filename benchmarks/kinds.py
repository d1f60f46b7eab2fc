"""The kinds of CloudTrail records in the corpus, and how often each occurs.

In: nothing. Out: `KINDS`, templates of records in CloudTrail's own key order; `<<name>>` in a template stands for
a value that is drawn for every record (see `draws`). Every field that a shipped detection reads is fixed by
the template, so that its answer is known once per kind. Shares and shapes follow counts over 56,013 public
records: half of them AWS's own, a fifth denied log deliveries.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]

_KEY_ORDER = (
    "eventVersion userIdentity eventTime eventSource eventName awsRegion sourceIPAddress userAgent errorCode"
    " errorMessage requestParameters responseElements additionalEventData requestID eventID readOnly resources"
    " eventType apiVersion managementEvent recipientAccountId sharedEventID vpcEndpointId eventCategory tlsDetails"
    " sessionCredentialFromConsole"
)
KEYS = _KEY_ORDER.split()
"""The order in which CloudTrail writes the keys; those that do not apply are left out."""

VERSIONS: dict[str, tuple[float, str]] = {
    "1.08": (0.65, ""),
    "1.05": (0.25, "readOnly managementEvent eventCategory tlsDetails sessionCredentialFromConsole"),
    "1.02": (
        0.1,
        "readOnly resources eventType managementEvent recipientAccountId sharedEventID eventCategory tlsDetails sessionCredentialFromConsole",
    ),
}
"""Of the record's format: the share of files, and the keys that it does not have yet."""


def as_version(record: Record, version: str) -> Record:
    """The record as CloudTrail wrote it at the time of that format."""
    left_out = VERSIONS[version][1].split()
    return {key: value for key, value in record.items() if key not in left_out} | {"eventVersion": version}


@dataclass(frozen=True, slots=True)
class Kind:
    """A template and its weight among all."""

    weight: float
    record: Record = field(hash=False)


def service(name: str) -> Record:
    """A call that an AWS service makes by itself."""
    return {
        "userIdentity": {"type": "AWSService", "invokedBy": name},
        "sourceIPAddress": name,
        "userAgent": name,
        "sharedEventID": "<<sharedEventID>>",
    }


def _who(kind: str, **identity: Any) -> Record:
    return {
        "userIdentity": {"type": kind, **identity},
        "sourceIPAddress": "<<address>>",
        "userAgent": "<<agent>>",
    }


USER = _who(
    "IAMUser",
    principalId="<<userid>>",
    arn="arn:aws:iam::<<account>>:user/<<user>>",
    accountId="<<account>>",
    accessKeyId="<<userkey>>",
    userName="<<user>>",
)
_SESSION = {"creationDate": "<<created>>", "mfaAuthenticated": "false"}
CONSOLE = USER | {
    "userIdentity": USER["userIdentity"]
    | {"sessionContext": {"sessionIssuer": {}, "webIdFederationData": {}, "attributes": _SESSION}},
    "sessionCredentialFromConsole": "true",
}
INVOKED = CONSOLE | {
    "userIdentity": CONSOLE["userIdentity"] | {"invokedBy": "signin.amazonaws.com"},
    "userAgent": "signin.amazonaws.com",
}
ROLE = _who(
    "AssumedRole",
    principalId="<<roleid>>:<<session>>",
    arn="arn:aws:sts::<<account>>:assumed-role/<<role>>/<<session>>",
    accountId="<<account>>",
    accessKeyId="<<rolekey>>",
    sessionContext={
        "sessionIssuer": {
            "type": "Role",
            "principalId": "<<roleid>>",
            "arn": "arn:aws:iam::<<account>>:role/<<role>>",
            "accountId": "<<account>>",
            "userName": "<<role>>",
        },
        "webIdFederationData": {},
        "attributes": {"creationDate": "<<created>>", "mfaAuthenticated": "false"},
    },
)
ROOT = _who(
    "Root",
    principalId="<<account>>",
    arn="arn:aws:iam::<<account>>:root",
    accountId="<<account>>",
    accessKeyId="<<userkey>>",
    sessionContext={"sessionIssuer": {}, "webIdFederationData": {}, "attributes": _SESSION},
)
BUCKET = "arn:aws:s3:::<<bucket>>"
DATA = {"eventCategory": "Data", "managementEvent": False}
DENIED: Record = {"errorCode": "AccessDenied", "errorMessage": "Access Denied"}
TLS = {"tlsVersion": "TLSv1.2", "cipherSuite": "ECDHE-RSA-AES128-GCM-SHA256"}


def call(source: str, name: str, who: Record, params: Any = None, **more: Any) -> Record:
    """One record: who called what, with which parameters; ``more`` overrides or adds keys."""
    made = {
        "eventVersion": "1.08",
        **who,
        "eventTime": "<<eventTime>>",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "<<region>>",
        "requestParameters": params,
        "responseElements": None,
        "requestID": "<<requestID>>",
        "eventID": "<<eventID>>",
        "readOnly": name.startswith(("Get", "Describe", "List", "Head", "Decrypt", "Generate")),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": "<<account>>",
        "eventCategory": "Management",
        **more,
    }
    if "sharedEventID" not in made and not more.get("eventType"):
        made["tlsDetails"] = TLS | {"clientProvidedHostHeader": f"{source}.<<region>>.amazonaws.com"}
    return {key: made[key] for key in KEYS if key in made}


def s3(name: str, who: Record, params: Record, **more: Any) -> Record:
    """A call of S3, which carries the signature, the sizes and the bucket as a resource."""
    extra = {
        "SignatureVersion": "SigV4",
        "CipherSuite": "ECDHE-RSA-AES128-GCM-SHA256",
        "bytesTransferredIn": 0,
        "AuthenticationMethod": "AuthHeader",
        "x-amz-id-2": "<<id2>>",
        "bytesTransferredOut": 243,
    }
    host = {"bucketName": "<<bucket>>", "Host": "<<bucket>>.s3.<<region>>.amazonaws.com"}
    keyed = [{"type": "AWS::S3::Object", "ARN": f"{BUCKET}/{params['key']}"}] if "key" in params else []
    return call(
        "s3",
        name,
        who,
        host | params,
        additionalEventData=extra,
        requestID="<<s3request>>",
        resources=[*keyed, {"accountId": "<<account>>", "type": "AWS::S3::Bucket", "ARN": BUCKET}],
        **more,
    )


def kms(name: str, who: Record, context: Record) -> Record:
    """A use of a key, which is the record's resource."""
    key = "arn:aws:kms:<<region>>:<<account>>:key/<<kmskey>>"
    return call(
        "kms",
        name,
        who,
        {"encryptionContext": context, "keyId": key, "keySpec": "AES_256"},
        resources=[{"accountId": "<<account>>", "type": "AWS::KMS::Key", "ARN": key}],
    )


DELIVERY = service("delivery.logs.amazonaws.com") | {"vpcEndpointId": "<<endpoint>>"}
TRAIL = service("cloudtrail.amazonaws.com")
LOGS_KEY = {
    "key": "AWSLogs/<<account>>/elasticloadbalancing/<<region>>/<<key>>.log",
    "x-amz-acl": "bucket-owner-full-control",
}
TRAIL_KEY = {
    "key": "AWSLogs/<<account>>/CloudTrail/<<region>>/<<key>>.json.gz",
    "x-amz-server-side-encryption": "AES256",
}
FILTERS: Record = {
    "filterSet": {"items": [{"name": "vpc-id", "valueSet": {"items": [{"value": "<<vpc>>"}]}}]}
}
INSTANCES: Record = {"instancesSet": {"items": [{"instanceId": "<<instance>>"}]}, "filterSet": {}}
POLICY = '{\n  "Version": "2012-10-17",\n  "Statement": [{"Effect": "<<effect>>", "Action": "%s", "Resource": "*"}]\n}'
