"""Who did what to what from where: the members of a CloudTrail record that say so.

In: a decoded record, which an attacker may have written. Out: strings of a bounded length, empty where a member is
absent or has another type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

ACCOUNT, REGION = "[0-9]{12}", "[a-z]{2,}(-[a-z0-9]+)+"
"""What an account and a region look like, as regular expressions."""
MAX_LENGTH = 256
MAX_RESOURCES = 5
MAX_LOOKED_AT = 100
"""Members of ``requestParameters`` among which resources are looked for."""

_IDENTITY_KEYS = ("arn", "userName", "invokedBy", "principalId", "accountId", "type")
_ARN = re.compile(r"arn:aws[a-z-]*:[^\s,\"'()]+")
_ON_RESOURCE = re.compile(r"on resource: (?!arn:)([^*\s].{0,255}?)(?: because |\.?$)")
_NAMES_A_RESOURCE = tuple(
    f"{ending}{several}"
    for ending in ("Name", "Id", "Identifier", "Arn", "ARN", "Url")
    for several in ("", "s", "List")
)
_ALONE = frozenset({"name", "Name", "names", "Names", "id", "Id", "ids", "bucket", "s3Bucket", "target"})
"""Members that name a resource too; a name that has a value beside it is that of a filter or a tag."""
_VALUE = frozenset({"value", "Value", "values", "Values", "valueSet"})
_OTHER_NAMES = frozenset(
    {
        *("roleSessionName", "externalId", "attributeName", "featureName", "statementId", "versionId"),
        *(
            "SecretVersionId",
            "uploadId",
            "clientRequestId",
            "TabId",
            "regionName",
            "RegionName",
            "deviceName",
        ),
    }
)
"""Members that end like the name of a resource and are none."""
NAMING = _NAMES_A_RESOURCE, tuple(sorted(_ALONE)), tuple(sorted(_VALUE)), tuple(sorted(_OTHER_NAMES))
"""The four of them, for whoever reads parameters natively."""


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
    who = principal(identity)
    return Evidence(
        who,
        string(identity.get("type")) if isinstance(identity, dict) else "",
        string(get("eventName")),
        string(get("eventSource")),
        string(get("errorCode")),
        string(get("sourceIPAddress")),
        string(get("userAgent")),
        string(get("awsRegion")),
        string(account(record)),
        resources(record, who),
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

    Those that the service itself names in ``resources``, else those that are `named`.
    """
    listed = record.get("resources")
    stated = (
        first(one.get("ARN") or one.get("arn") for one in listed if isinstance(one, dict))
        if isinstance(listed, list)
        else ()
    )
    return stated or named(record.get("requestParameters"), record.get("errorMessage"), principal)


def named(parameters: Any, message: Any, principal: str) -> tuple[str, ...]:
    """ARNs and names among the parameters of a request; without any, those in the error message.

    The ``principal`` is not among the latter (the message says that it was refused), nor is "all of an account".
    """
    found = first(_of_parameters(parameters))
    if found or not isinstance(message, str):
        return found
    message = message[: 8 * MAX_LENGTH]
    arns = (arn.rstrip(".") for arn in _ARN.findall(message))
    return first(arn for arn in arns if arn != principal and not arn.endswith((":*", ":*/*"))) or first(
        _ON_RESOURCE.findall(message)
    )


def first(values: Iterable[Any]) -> tuple[str, ...]:
    """The first different strings."""
    found: dict[str, None] = {}
    for value in values:
        if name := string(value).replace("\0", " "):
            found[name] = None
            if len(found) == MAX_RESOURCES:
                break
    return tuple(found)


def principal(identity: Any) -> str:
    """The most telling name in a ``userIdentity``: the ARN, else the next best."""
    if isinstance(identity, dict):
        for key in _IDENTITY_KEYS:
            if name := string(identity.get(key)):
                return name
    return ""


def _of_parameters(parameters: Any) -> Iterator[str]:
    """Breadth first, since what a request is about stands at its top."""
    if isinstance(parameters, dict):
        bucket, key = parameters.get("bucketName"), parameters.get("key")
        if isinstance(bucket, str) and isinstance(key, str):
            yield f"{bucket}/{key}"
    waiting = [("", parameters)]
    for key, value in waiting:
        if isinstance(value, str):
            if value.startswith("arn:") or (
                (key.endswith(_NAMES_A_RESOURCE) or key in _ALONE) and key not in _OTHER_NAMES
            ):
                yield value
        elif isinstance(value, dict | list) and len(waiting) < MAX_LOOKED_AT:
            waiting += islice(_members(key, value), MAX_LOOKED_AT)


def _members(key: str, value: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Any]]:
    """What is in a value, with the keys that say what it is: EC2 writes ``{"tag": 1, "content": "vpc-1"}`` for an item."""
    if isinstance(value, list):
        yield from ((key, member) for member in value)
        return
    has_value = not _VALUE.isdisjoint(value)
    for name, member in value.items():
        if not (has_value and name in _ALONE):
            yield key if name == "content" else name, member


def string(value: Any, longest: int = MAX_LENGTH) -> str:
    """A string, cut to a bounded length and without lone surrogates; anything else is empty."""
    if not isinstance(value, str):
        return ""
    cut: str = value[:longest]
    return cut if cut.isascii() else cut.encode("utf-8", "replace").decode()
