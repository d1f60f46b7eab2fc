"""One row of a Security Lake table (OCSF) in, the CloudTrail record that it came from out, and which fields are known.

AWS publishes how Security Lake maps a record: some members to attributes of OCSF (`MAPPED`), all others to the map
``unmapped``, under their path, as text. That is why a member that is in neither is known to be absent.

Claim: what is in the record is exact. What two members share (``actor.idp.name``), what has lost its type in
``unmapped``, and what the mapping of a class of events leaves out, is not known, and a pattern that reads it is not
answered.

The mappings: https://github.com/ocsf/examples/tree/main/mappings/markdown/AWS (source version 1: OCSF 1.0.0-rc.2,
version 2: from 1.1.0).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from detector.archive.columns import RECORD, document, moment, text
from detector.archive.known import ELEMENT, NULL_OR_ABSENT, OTHERS, UNKNOWN, WHOLE, Known, frozen
from detector.jsontext import parse_object

COLUMNS = frozenset({"metadata", "api", "actor", "cloud", "http_request", "src_endpoint", "resources"}) | {
    *("time", "class_uid", "is_mfa", "mfa", "unmapped"),
}
"""All that is read of a row."""
NEEDED = frozenset({"metadata", "api", "class_uid", "time"})
AUTHENTICATION = 3002
CATEGORIES = frozenset({"Management", "Data", "Insight", "NetworkActivity"})
UNSURE = re.compile(r"\s*(?:-?\d.*|true|false|null|\[.*|\{.*|)", re.DOTALL)
"""Text that may have been another kind of value than a string."""
_TEXT = {
    ("eventVersion",): (("metadata", "product", "version"),),
    ("eventID",): (("metadata", "uid"),),
    ("eventType",): (("metadata", "event_code"),),
    ("eventSource",): (("api", "service", "name"),),
    ("eventName",): (("api", "operation"),),
    ("apiVersion",): (("api", "version"),),
    ("errorCode",): (("api", "response", "error"),),
    ("errorMessage",): (("api", "response", "message"),),
    ("awsRegion",): (("cloud", "region"),),
    ("recipientAccountId",): (("cloud", "account", "uid"), ("cloud", "account_uid")),
    ("userAgent",): (("http_request", "user_agent"),),
    ("vpcEndpointId",): (("src_endpoint", "uid"),),
    ("userIdentity", "type"): (("actor", "user", "type"),),
    ("userIdentity", "accountId"): (("actor", "user", "account", "uid"), ("actor", "user", "account_uid")),
    ("userIdentity", "accessKeyId"): (("actor", "user", "credential_uid"),),
    ("userIdentity", "userName"): (("actor", "user", "name"),),
    ("userIdentity", "invokedBy"): (("actor", "invoked_by"),),
    ("userIdentity", "sessionContext", "sessionIssuer", "arn"): (("actor", "session", "issuer"),),
}
"""Members that are text in an attribute of their own; where there are two, one is of an older version."""

EMPTY = "empty"
_FLAGS: dict[Any, str] = {True: "true", False: "false"}


def _objects(spec: Mapping[str, Any], above: tuple[str, ...] = ()) -> tuple[tuple[str, ...], ...]:
    inside = [(*above, name) for name, inner in spec.items() if isinstance(inner, dict)]
    return (*inside, *(path for one in inside for path in _objects(spec[one[-1]], one)))


OBJECTS = _objects(RECORD)
"""The paths of all objects in a record."""


class Ocsf:
    """The rows of one table."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Known] = {}

    def record(self, row: Mapping[str, Any]) -> tuple[dict[str, Any], Known] | None:
        """The record of a row and what is known of it; None for a row that is not of CloudTrail.

        ValueError for one whose values are of other types than Security Lake writes.
        """
        if _at(row, "metadata", "product", "name") != "CloudTrail":
            return None
        try:
            found = _Record(row)
            found.fill()
        except (TypeError, AttributeError, KeyError, OverflowError, OSError):
            raise ValueError("values of unknown types") from None
        told = found.told()
        if told not in self._known:
            self._known[told] = Known(frozen(_shape(*told)))
        return found.record, self._known[told]


class _Record:
    """A record that is put together, and in which places what is known of it differs from the rule.

    The rule: every member that there is no attribute for is in ``unmapped``, or absent; without that column nothing is
    known but what there is an attribute for. Rows of one kind of call differ from it in the same places.
    """

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.row = row
        self.record: dict[str, Any] = {}
        self.places: list[tuple[tuple[str, ...], str]] = []
        self.rest = _entries(row.get("unmapped"))

    def fill(self) -> None:
        """Put it together."""
        for path, attributes in _TEXT.items():
            value = next((one for each in attributes if (one := _at(self.row, *each)) is not None), None)
            self.put(path, None if value is None else text(value))
        self._times()
        self._user()
        self._source()
        self._documents()
        self._resources()
        for name, one in (self.rest or {}).items():
            self._unmapped(tuple(name.split(".")), one)

    def told(self) -> tuple[bool, tuple[tuple[tuple[str, ...], str], ...]]:
        """What decides about the shape of what is known: an object of which no member was found may have been there."""
        empty = [(path, EMPTY) for path in OBJECTS if not _at(self.record, *path)]
        return self.rest is not None, (*self.places, *empty)

    def put(self, path: tuple[str, ...], value: Any) -> None:
        """A member that is known: its value, or that it is absent."""
        if self.rest is None:
            self.places.append((path, WHOLE))
        if value is not None:
            inside = self.record
            for name in path[:-1]:
                inside = inside.setdefault(name, {})
            inside[path[-1]] = value

    def mark(self, *path: str, shape: str = UNKNOWN) -> None:
        """A member that is not known, or not as the rule has it."""
        self.places.append((path, shape))

    def _times(self) -> None:
        time = self.row.get("time")
        self.put(("eventTime",), None if time is None else _written(time))
        session = _at(self.row, "actor", "session") or {}
        created, is_mfa = (
            session.get(new) if session.get(new) is not None else session.get(old)
            for new, old in (("created_time_dt", "created_time"), ("is_mfa", "mfa"))
        )
        attributes = ("userIdentity", "sessionContext", "attributes")
        self.put((*attributes, "creationDate"), None if created is None else _written(created))
        self.put((*attributes, "mfaAuthenticated"), None if is_mfa is None else _FLAGS[is_mfa])

    def _user(self) -> None:
        """``uid`` is the ARN since version 1.1 of OCSF; before it was the principal, and the ARN was in ``uuid``."""
        is_first = str(_at(self.row, "metadata", "version") or "").startswith("1.0")
        arn, principal = ("uuid", "uid") if is_first else ("uid", "uid_alt")
        self.put(("userIdentity", "arn"), _at(self.row, "actor", "user", arn))
        self.put(("userIdentity", "principalId"), _at(self.row, "actor", "user", principal))
        if _at(self.record, "userIdentity", "type") == "IdentityCenterUser":
            for name in ("principalId", "accessKeyId", "userName", "credentialId", "onBehalfOf"):
                self.mark("userIdentity", name)  # attributes of others are used for these
                self.record["userIdentity"].pop(name, None)
        if _at(self.row, "actor", "idp", "name") is not None:
            self.mark("userIdentity", "identityProvider")
            self.mark("userIdentity", "sessionContext", "webIdFederationData")

    def _source(self) -> None:
        address, domain = (_at(self.row, "src_endpoint", name) for name in ("ip", "domain"))
        self.put(("sourceIPAddress",), domain if address is None else address)
        if address is not None and domain is not None:
            self.mark("sourceIPAddress")
        category = _at(self.row, "metadata", "product", "feature", "name")
        self.put(("eventCategory",), category)
        if category is not None and category not in CATEGORIES:
            self.mark("eventCategory")
        request = _at(self.row, "api", "request", "uid")
        self.put(("requestID",), request)
        if request in {"", "''"}:  # what stands there where a record has none, or an empty one
            self.mark("requestID")
            del self.record["requestID"]

    def _documents(self) -> None:
        """Parameters and answers: JSON as text. The mapping of authentications spreads them over other attributes."""
        is_sign_in = self.row.get("class_uid") == AUTHENTICATION
        for name, attribute in (("requestParameters", "request"), ("responseElements", "response")):
            data = _at(self.row, "api", attribute, "data")
            try:
                self.put((name,), None if data is None else document(data))
            except ValueError:
                self.mark(name)
                continue
            if data is None:
                self.mark(name, shape=UNKNOWN if is_sign_in else NULL_OR_ABSENT)
        self.mark("additionalEventData", shape=UNKNOWN if self.rest is None else NULL_OR_ABSENT)
        if is_sign_in:
            self._sign_in()

    def _sign_in(self) -> None:
        """Of ``additionalEventData`` two members have attributes, of which ``LoginTo`` may be another's."""
        used = self.row.get("is_mfa")
        used = self.row.get("mfa") if used is None else used
        self.mark("additionalEventData", "LoginTo")
        self.mark("additionalEventData", "MFAUsed")
        if self.record.get("eventName") == "ConsoleLogin" and used is not None:
            self.put(("additionalEventData", "MFAUsed"), {"true": "Yes", "false": "No"}[_FLAGS[used]])
            self.mark("additionalEventData", "MFAUsed", shape=WHOLE)

    def _resources(self) -> None:
        listed = self.row.get("resources")
        self.put(("resources",), None if listed is None else [_resource(one) for one in listed if one])
        for name in ("ARN", "accountId", "type") if listed else ():
            self.mark("resources", ELEMENT, name, shape=WHOLE)

    def _unmapped(self, path: tuple[str, ...], value: str) -> None:
        """One member that there is no attribute for."""
        spec: Any = RECORD
        for depth, name in enumerate(path):
            if not isinstance(spec, dict):  # below a document, where names may have dots of their own
                self._below(path[0], path[depth:], value)
                return
            if name not in spec:
                return  # no pattern is answered that reads it
            spec = spec[name]
        if len(path) == 1 and path[0] in self.record:
            return
        try:
            self.put(path, _as_json(value) if isinstance(spec, dict | list) else spec(value))
            if len(path) == 1 and spec is not text:
                self.mark(*path, shape=WHOLE)  # also of a document, which was marked as one that may be null
        except (ValueError, KeyError, AttributeError):
            self.mark(*path)

    def _below(self, top: str, names: tuple[str, ...], value: str) -> None:
        if isinstance(RECORD[top], list):
            self.mark(top)
            self.record.pop(top, None)
        elif len(names) == 1 and not UNSURE.fullmatch(value):
            self.put((top, names[0]), value)
            self.mark(top, names[0], shape=WHOLE)
        else:
            self.mark(top, names[0])


def _shape(is_whole: bool, places: tuple[tuple[tuple[str, ...], str], ...]) -> dict[str, Any]:  # noqa: FBT001 - as `told` has it
    """Nested shapes: the rule, and then place by place what differs.

    A member of a document that may be null, and has a member of its own in ``unmapped``, is an object.
    """
    found = _whole(RECORD) if is_whole else {}
    for (*parents, name), shape in places:
        inside = found
        for parent in parents:
            below = inside.get(parent)
            if not isinstance(below, dict):
                others = {OTHERS: UNKNOWN if below in {None, UNKNOWN} else WHOLE}
                below = inside[parent] = (
                    {} if name in {"ARN", "accountId", "type"} or parent == ELEMENT else others
                )
            inside = below
        if shape == EMPTY:
            if isinstance(inside.get(name), dict):
                inside[name].setdefault(OTHERS, UNKNOWN)
        else:
            inside[name] = shape
    return found


def _whole(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _whole(inner) if isinstance(inner, dict) else WHOLE for name, inner in spec.items()}


def _as_json(value: str) -> dict[str, Any]:
    found = parse_object(value)
    if found is None:
        raise ValueError("expected a JSON object")
    return found


def _resource(resource: Mapping[str, Any]) -> dict[str, Any]:
    places = ("owner", "account", "uid"), ("account", "uid"), ("account_uid",)
    account = next((one for path in places if (one := _at(resource, *path))), None)
    members = {"ARN": resource.get("uid"), "accountId": account, "type": resource.get("type")}
    return {name: value for name, value in members.items() if value is not None}


def _written(time: Any) -> str:
    """A time as CloudTrail writes it: OCSF has milliseconds, or a timestamp."""
    return moment(datetime.fromtimestamp(time / 1000, UTC) if isinstance(time, int | float) else time)


def _at(value: Any, *path: str) -> Any:
    """What an attribute holds; None where there is nothing."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _entries(value: Any) -> dict[str, str] | None:
    """A map of strings, as a mapping or as a list of its entries; None where there is none."""
    if isinstance(value, list):
        return {one["key"]: one["value"] for one in value if one and one.get("value") is not None}
    return {name: one for name, one in value.items() if one is not None} if isinstance(value, dict) else None
