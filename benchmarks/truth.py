"""The right answers, told without the engine: what each shipped detection asks, written by hand in Python.

In: a record as a dict. Out: the names of the detections that match. The questions were read from the filter
patterns and from the rules of CloudWatch Logs, not taken from the code that is measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kinds import Record

Minutes = dict[str, Counter[int]]
"""Detection -> minute (seconds since 1970) -> matching records."""

QUESTIONS = {"frequent": ("cis/cloudwatch-2",), "rare": ("cis/cloudwatch-5",)}
"""The questions of the benchmark; a third one, ``all``, asks every detection at once."""


def answers(record: Record) -> tuple[str, ...]:
    """The detections that match one record."""
    return tuple(name for name, asks in DETECTIONS.items() if asks(record))


def count(into: Minutes, names: tuple[str, ...], time: int) -> None:
    """Count one record at its second."""
    for name in names:
        into[name][time - time % 60] += 1


def none_yet() -> Minutes:
    return {name: Counter() for name in DETECTIONS}


def _inside(record: Record, *path: str) -> Any:
    """The value at a path, or Ellipsis where there is nothing."""
    value: Any = record
    for key in path:
        value = value.get(key, ...) if isinstance(value, dict) else ...
    return value


def _differs(value: Any, text: str) -> bool:
    """CloudWatch's ``!=``: only a string or a number can differ."""
    return isinstance(value, str | int | float) and not isinstance(value, bool) and value != text


def _denied(record: Record) -> bool:
    code = record.get("errorCode")
    return isinstance(code, str) and (
        code.startswith("AccessDenied") or code.endswith("UnauthorizedOperation")
    )


def _denied_beside_roles(record: Record) -> bool:
    issuer = _inside(record, "userIdentity", "sessionContext", "sessionIssuer", "userName")
    left_out = ("AWSServiceRoleForConfig", "AWSServiceRoleForResourceExplorer")
    return _denied(record) and (issuer is ... or all(_differs(issuer, role) for role in left_out))


def _as_deployed(record: Record) -> bool:
    issuer = _inside(record, "userIdentity", "sessionIssuer", "userName")
    left_out = ("AWSServiceRoleForConfig", "AWSServiceRoleForResourceExplorer")
    bare = record.get("errorCode") in ("UnauthorizedOperation", "AccessDenied")  # fmt: skip
    return bare and all(_differs(issuer, role) for role in left_out)


def _root(record: Record) -> bool:
    identity = record.get("userIdentity")
    return (
        isinstance(identity, dict)
        and identity.get("type") == "Root"
        and "invokedBy" not in identity
        and _differs(record.get("eventType"), "AwsServiceEvent")
    )


def _no_mfa(record: Record) -> bool:
    return (
        record.get("eventName") == "ConsoleLogin"
        and _differs(_inside(record, "additionalEventData", "MFAUsed"), "Yes")
        and _inside(record, "userIdentity", "type") == "IAMUser"
        and _inside(record, "responseElements", "ConsoleLogin") == "Success"
    )


def _failed_sign_in(record: Record) -> bool:
    return record.get("eventName") == "ConsoleLogin" and record.get("errorMessage") == "Failed authentication"


def _named(names: str, source: str = "") -> Callable[[Record], bool]:
    wanted = frozenset(names.split())

    def asks(record: Record) -> bool:
        name = record.get("eventName")
        right_source = not source or record.get("eventSource") == f"{source}.amazonaws.com"
        return isinstance(name, str) and name in wanted and right_source

    return asks


_IAM = " ".join(
    [
        f"{verb}{what}Policy"
        for verb in ("Delete", "Put", "Attach", "Detach")
        for what in ("Group", "Role", "User")
    ]
    + ["CreatePolicy", "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion"]
)
_BUCKETS = " ".join(
    [
        f"{verb}Bucket{what}"
        for verb in ("Put", "Delete")
        for what in ("Policy", "Cors", "Lifecycle", "Replication")
    ]
    + ["PutBucketAcl"]
)

DETECTIONS: dict[str, Callable[[Record], bool]] = {
    "cis/cloudwatch-1": _root,
    "cis/cloudwatch-2": _denied,
    "cis/cloudwatch-3": _no_mfa,
    "cis/cloudwatch-4": _named(_IAM),
    "cis/cloudwatch-5": _named("CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"),
    "cis/cloudwatch-6": _failed_sign_in,
    "cis/cloudwatch-7": _named("DisableKey ScheduleKeyDeletion", "kms"),
    "cis/cloudwatch-8": _named(_BUCKETS, "s3"),
    "cis/cloudwatch-9": _named(
        "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder",
        "config",
    ),
    "cis/cloudwatch-10": _named(
        "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress"
        " RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup"
    ),
    "cis/cloudwatch-11": _named(
        "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry ReplaceNetworkAclEntry"
        " ReplaceNetworkAclAssociation"
    ),
    "cis/cloudwatch-12": _named(
        "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway"
        " DeleteInternetGateway DetachInternetGateway"
    ),
    "cis/cloudwatch-13": _named(
        "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable DeleteRoute"
        " DisassociateRouteTable"
    ),
    "cis/cloudwatch-14": _named(
        "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection"
        " DeleteVpcPeeringConnection RejectVpcPeeringConnection AttachClassicLinkVpc DetachClassicLinkVpc"
        " DisableVpcClassicLink EnableVpcClassicLink"
    ),
    "cis/organizations": _named(
        "AcceptHandshake AttachPolicy CreateAccount CreateOrganizationalUnit CreatePolicy DeclineHandshake"
        " DeleteOrganization DeleteOrganizationalUnit DeletePolicy DetachPolicy DisablePolicyType"
        " EnablePolicyType InviteAccountToOrganization LeaveOrganization MoveAccount"
        " RemoveAccountFromOrganization UpdatePolicy UpdateOrganizationalUnit",
        "organizations",
    ),
    "lab/unauthorized-api-calls-as-deployed": _as_deployed,
    "lab/unauthorized-api-calls": _denied_beside_roles,
}
