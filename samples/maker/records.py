r"""One call → one CloudTrail record, as the text that AWS would write.

In: who called what, when, where, and how it ended. Out: an ``Event`` with the compact JSON text. Key order,
nulls, versions per service and the ``\u003d``-style escapes of some services follow the records of public
archives (see docs/samples.md).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from maker.clock import iso
from maker.identities import ACCOUNT, Caller

if TYPE_CHECKING:
    from maker.draw import Draw

VERSIONS = {
    "signin": "1.08",
    "sts": "1.08",
    "elasticloadbalancing": "1.05",
    "health": "1.05",
    "organizations": "1.09",
    "rds": "1.09",
    "lambda": "1.08",
    "ssm": "1.08",
    "s3": "1.10",
    "ec2": "1.10",
    "iam": "1.10",
    "config": "1.10",
}
NEWEST = "1.11"
# These services write their records with Gson, which escapes what could be HTML; the others do not.
GSON = {"ec2", "iam", "sts", "signin", "cloudtrail", "organizations", "elasticloadbalancing", "monitoring"}
ESCAPES = {"=": "\\u003d", "&": "\\u0026", "'": "\\u0027", "<": "\\u003c", ">": "\\u003e"}
HOME = "us-east-1"
# Their records carry awsRegion us-east-1 wherever the caller was, and go to the files of us-east-1.
GLOBAL = {"iam", "organizations", "signin", "route53", "cloudfront"}
FIRST_WITH_CATEGORY = "1.08"
READS = ("Describe", "Get", "List", "Head", "Lookup", "Assume", "Decrypt", "Generate", "BatchGet", "Search")
# The trail logs S3 data events for the log bucket of the load balancer only.
DATA = {"PutObject", "HeadBucket"}
ENCODED = 64


@dataclass(frozen=True, slots=True)
class Call:
    """A service and an operation with its JSON members; ``more`` holds further top-level members."""

    service: str
    name: str
    request: dict[str, Any] | None = None
    response: dict[str, Any] | None = None
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Error:
    """How a call ended when it did not end well; an empty message is left out, as GuardDuty does."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Event:
    """A record before its delivery: ``at`` is its eventTime, ``region`` the one of its log file."""

    at: int
    region: str
    event_id: str
    text: str


def record(draw: Draw, caller: Caller, at: int, region: str, call: Call, error: Error | None = None) -> Event:
    region = HOME if call.service in {"s3", *GLOBAL} else region
    body = _head(caller, at, region, call)
    if error:
        body |= {"errorCode": error.code} | ({"errorMessage": error.message} if error.message else {})
    elif "errorMessage" in call.more:
        body["errorMessage"] = call.more["errorMessage"]
    body |= {"requestParameters": call.request, "responseElements": call.response}
    body |= _tail(draw, caller, region, call)
    return Event(at, region, body["eventID"], _text(body, call.service))


def denied(draw: Draw, caller: Caller, at: int, region: str, call: Call) -> Event:
    """The call, refused for lack of permission, in the words of its service."""
    service, action = call.service, f"{call.service}:{call.name.removesuffix('20150331')}"
    who = caller.arn if caller.kind != "AWSService" else caller.name
    reason = f"because no identity-based policy allows the {action} action"
    refused = f"User: {who} is not authorized to perform: {action}"
    where = f" on resource: {_resource(call, region)}"
    if service == "ec2":
        encoded = draw.text(ENCODED, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        words = f"You are not authorized to perform this operation. {refused} {reason}. "
        message = f"{words}Encoded authorization failure message: {encoded}"
        return record(draw, caller, at, region, call, Error("Client.UnauthorizedOperation", message))
    if service == "s3":
        return record(draw, caller, at, region, call, Error("AccessDenied", "Access Denied"))
    if service == "guardduty":
        answer = Call(service, call.name, call.request, {"message": refused + where})
        return record(draw, caller, at, region, answer, Error("AccessDenied", ""))
    bare = Call(service, call.name, None, None, call.more)
    return record(draw, caller, at, region, bare, Error("AccessDenied", f"{refused}{where} {reason}"))


def s3(name: str, bucket: str, more: dict[str, str] | None = None) -> Call:
    """An S3 call on a bucket (in the home region, as all of them), with the members that only S3 writes."""
    if not bucket:
        host = {"Host": f"s3.{HOME}.amazonaws.com"}
        return Call("s3", name, host, None, {"additionalEventData": {}})
    request = {"bucketName": bucket, "Host": f"{bucket}.s3.{HOME}.amazonaws.com"} | (more or {})
    owned = {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"}
    return Call("s3", name, request, None, {"additionalEventData": {}, "resources": [owned]})


def _resource(call: Call, region: str) -> str:
    """What a refusal names: a role for STS, a kind of thing for IAM, everything in the region elsewhere."""
    if call.service == "sts":
        return f"arn:aws:iam::{ACCOUNT}:role/OrganizationAccountAccessRole"
    if call.service == "iam":
        kinds = (kind for kind in ("Role", "Group", "Polic") if kind in call.name)
        kind = {"Role": "role", "Group": "group", "Polic": "policy"}.get(next(kinds, ""), "user")
        return f"arn:aws:iam::{ACCOUNT}:{kind}/"
    return f"arn:aws:{call.service}:{'' if call.service in GLOBAL else region}:{ACCOUNT}:*"


def _head(caller: Caller, at: int, region: str, call: Call) -> dict[str, Any]:
    version = VERSIONS.get(call.service, NEWEST)
    identity = call.more.get("userIdentity") or caller.identity(at, version)
    return {
        "eventVersion": version,
        "userIdentity": identity,
        "eventTime": iso(at),
        "eventSource": f"{call.service}.amazonaws.com",
        "eventName": call.name,
        "awsRegion": region,
        "sourceIPAddress": caller.address,
        "userAgent": caller.agent,
    }


def _tail(draw: Draw, caller: Caller, region: str, call: Call) -> dict[str, Any]:
    more, version = call.more, VERSIONS.get(call.service, NEWEST)
    extra = more.get("additionalEventData")
    body: dict[str, Any] = {}
    if extra is not None:
        body["additionalEventData"] = extra or _transfer(draw)
    if call.service != "signin":
        body["requestID"] = draw.text(16, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") if extra == {} else draw.uuid()
    body |= {"eventID": draw.uuid(), "readOnly": call.name.startswith(READS)}
    if "resources" in more:
        body["resources"] = more["resources"]
    body["eventType"] = more.get("eventType", "AwsApiCall")
    if version >= FIRST_WITH_CATEGORY:
        body["managementEvent"] = call.name not in DATA
    body["recipientAccountId"] = ACCOUNT
    if caller.kind == "AWSService" and "resources" in more:
        body["sharedEventID"] = draw.uuid()
    if version >= FIRST_WITH_CATEGORY:
        body["eventCategory"] = "Data" if call.name in DATA else "Management"
    return body | _transport(caller, region, call)


def _transport(caller: Caller, region: str, call: Call) -> dict[str, Any]:
    """How the call came in: TLS for who speaks to AWS directly, a mark for the console, nothing inside AWS."""
    if caller.address.endswith("amazonaws.com") or VERSIONS.get(call.service, NEWEST) < FIRST_WITH_CATEGORY:
        return {}
    host = (
        f"{call.service}.amazonaws.com"
        if call.service in GLOBAL
        else f"{call.service}.{region}.amazonaws.com"
    )
    if call.service == "signin":
        host = "signin.aws.amazon.com"
    elif caller.console:
        return {"sessionCredentialFromConsole": "true"}
    elif call.service == "s3" and call.request:
        host = call.request["Host"]
    suite = {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"}
    return {"tlsDetails": suite | {"clientProvidedHostHeader": host}}


def _transfer(draw: Draw) -> dict[str, Any]:
    return {
        "SignatureVersion": "SigV4",
        "CipherSuite": "TLS_AES_128_GCM_SHA256",
        "bytesTransferredIn": 0,
        "AuthenticationMethod": "AuthHeader",
        "x-amz-id-2": draw.text(43) + "=",
        "bytesTransferredOut": draw.between(243, 560),
    }


def _text(body: dict[str, Any], service: str) -> str:
    text = json.dumps(body, separators=(",", ":"))
    if service in GSON:
        for plain, escaped in ESCAPES.items():
            text = text.replace(plain, escaped)
    return text
