"""Who did what to what from where: the members of a CloudTrail record that say so.

In: a decoded record, which anybody may have written. Out: strings of a bounded length, empty where a member is
absent or has another type. Claim: as much is looked at as `MEMBERS` names, so whoever decodes a record for this
may leave out all else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

MEMBERS = (
    *(
        "userIdentity",
        "eventName",
        "eventSource",
        "errorCode",
        "errorMessage",
        "sourceIPAddress",
        "userAgent",
    ),
    *("awsRegion", "recipientAccountId", "resources", "requestParameters"),
)
MAX_LENGTH = 256
MAX_RESOURCES = 5
MAX_LOOKED_AT = 100
"""Members of ``requestParameters`` among which resources are looked for."""

_IDENTITY_KEYS = ("arn", "userName", "invokedBy", "principalId", "accountId", "type")
_ARN = re.compile(r"arn:aws[a-z-]*:[^\s,\"'()]+")
_NAMES_A_RESOURCE = ("Name", "Id", "Arn", "ARN")


class Evidence(NamedTuple):
    """The evidence of one record; empty strings stand for members that are absent or not strings."""

    principal: str = ""
    identity_type: str = ""
    event_name: str = ""
    event_source: str = ""
    error_code: str = ""
    address: str = ""
    user_agent: str = ""
    region: str = ""
    account: str = ""
    resources: tuple[str, ...] = ()


def evidence(record: Mapping[str, Any]) -> Evidence:
    """The evidence of one CloudTrail record."""
    get = record.get
    identity = get("userIdentity")
    principal = next(_principals(identity), "")
    return Evidence(
        principal,
        _string(identity.get("type")) if isinstance(identity, dict) else "",
        _string(get("eventName")),
        _string(get("eventSource")),
        _string(get("errorCode")),
        _string(get("sourceIPAddress")),
        _string(get("userAgent")),
        _string(get("awsRegion")),
        _string(account(record)),
        resources(record, principal),
    )


def account(record: Mapping[str, Any]) -> str | None:
    """The account that a record was delivered to: ``recipientAccountId``, else ``userIdentity.accountId``."""
    number = record.get("recipientAccountId")
    if not isinstance(number, str):
        identity = record.get("userIdentity")
        number = identity.get("accountId") if isinstance(identity, dict) else None
    return number if isinstance(number, str) else None


def region(record: Mapping[str, Any]) -> str | None:
    """A record's ``awsRegion``."""
    name = record.get("awsRegion")
    return name if isinstance(name, str) else None


def resources(record: Mapping[str, Any], principal: str = "") -> tuple[str, ...]:
    """At most `MAX_RESOURCES` different things that a record is about, in its order.

    Those that the service itself names in ``resources``; without any, ARNs and names among the parameters of the
    request; without any, ARNs in the error message but for the one of the ``principal``, which was refused.
    """
    listed, message = record.get("resources"), record.get("errorMessage")
    stated = (
        (one.get("ARN") or one.get("arn") for one in listed if isinstance(one, dict))
        if isinstance(listed, list)
        else ()
    )
    named = _first(stated) or _first(_of_parameters(record.get("requestParameters")))
    if named or not isinstance(message, str):
        return named
    return _first(arn.rstrip(".") for arn in _ARN.findall(message[: 8 * MAX_LENGTH]) if arn != principal)


def _principals(identity: Any) -> Iterator[str]:
    """The names in ``userIdentity``, the most telling first: the ARN, else the next best."""
    if isinstance(identity, dict):
        for key in _IDENTITY_KEYS:
            if name := _string(identity.get(key)):
                yield name


def _of_parameters(parameters: Any) -> Iterator[str]:
    """Breadth first, since what a request is about stands at its top."""
    waiting = [("", parameters)]
    for key, value in waiting:
        if isinstance(value, str):
            if value.startswith("arn:") or key.endswith(_NAMES_A_RESOURCE):
                yield value
        elif isinstance(value, dict | list) and len(waiting) < MAX_LOOKED_AT:
            members = value.items() if isinstance(value, dict) else ((key, member) for member in value)
            waiting += [member for member, _ in zip(members, range(MAX_LOOKED_AT), strict=False)]


def _first(values: Any) -> tuple[str, ...]:
    named: dict[str, None] = {}
    for value in values:
        if name := _string(value):
            named[name] = None
        if len(named) == MAX_RESOURCES:
            break
    return tuple(named)


def _string(value: Any) -> str:
    """A string, cut to a bounded length and without lone surrogates; anything else is empty."""
    if not isinstance(value, str):
        return ""
    cut: str = value[:MAX_LENGTH]
    return cut if cut.isascii() else cut.encode("utf-8", "replace").decode()
