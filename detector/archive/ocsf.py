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

from detector.archive.columns import RECORD, document, moment
from detector.archive.known import ELEMENT, NULL_OR_ABSENT, OTHERS, UNKNOWN, WHOLE, Known, Shape, frozen
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
    ("eventVersion",): ("metadata.product.version",),
    ("eventID",): ("metadata.uid",),
    ("eventType",): ("metadata.event_code",),
    ("eventSource",): ("api.service.name",),
    ("eventName",): ("api.operation",),
    ("apiVersion",): ("api.version",),
    ("errorCode",): ("api.response.error",),
    ("errorMessage",): ("api.response.message",),
    ("awsRegion",): ("cloud.region",),
    ("recipientAccountId",): ("cloud.account.uid", "cloud.account_uid"),
    ("userAgent",): ("http_request.user_agent",),
    ("vpcEndpointId",): ("src_endpoint.uid",),
    ("userIdentity", "type"): ("actor.user.type",),
    ("userIdentity", "accountId"): ("actor.user.account.uid", "actor.user.account_uid"),
    ("userIdentity", "accessKeyId"): ("actor.user.credential_uid",),
    ("userIdentity", "userName"): ("actor.user.name",),
    ("userIdentity", "invokedBy"): ("actor.invoked_by",),
    ("userIdentity", "sessionContext", "sessionIssuer", "arn"): ("actor.session.issuer",),
}
"""Members that are text in an attribute of their own; where there are two, one is of an older version."""


class Ocsf:
    """The rows of one table."""

    def __init__(self) -> None:
        self._known: dict[Shape, Known] = {}

    def record(self, row: Mapping[str, Any]) -> tuple[dict[str, Any], Known] | None:
        """The record of a row and what is known of it; None for a row that is not of CloudTrail."""
        if _at(row, "metadata.product.name") != "CloudTrail":
            return None
        found = _Record(row)
        found.fill()
        shape = frozen(found.shape)
        return found.record, self._known.setdefault(shape, Known(shape))


class _Record:
    """A record that is put together, and the shape of what is known of it."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.row = row
        self.record: dict[str, Any] = {}
        self.shape: dict[str, Any] = {}
        self.rest = _entries(row.get("unmapped"))

    def fill(self) -> None:
        if self.rest is not None:
            self._whole(RECORD, self.shape)
        for path, attributes in _TEXT.items():
            self.put(
                path, next((one for name in attributes if (one := _at(self.row, name)) is not None), None)
            )
        self._times()
        self._user()
        self._source()
        self._documents()
        self._resources()
        for name, value in (self.rest or {}).items():
            self._unmapped(tuple(name.split(".")), value)
        _unsure_of_empty(self.shape, self.record)

    def put(self, path: tuple[str, ...], value: Any) -> None:
        """A member that is known: its value, or that it is absent."""
        inside, known = self.record, self.shape
        for name in path[:-1]:
            inside = inside.setdefault(name, {}) if value is not None else inside
            known = known.setdefault(name, {})
        known[path[-1]] = WHOLE
        if value is not None:
            inside[path[-1]] = value

    def forget(self, *path: str) -> None:
        """A member that is not known."""
        known = self.shape
        for name in path[:-1]:
            known = known.setdefault(name, {})
        known.pop(path[-1], None)

    def _whole(self, spec: Mapping[str, Any], shape: dict[str, Any]) -> None:
        """Every member that there is no attribute for is in ``unmapped``, or absent."""
        for name, inner in spec.items():
            if isinstance(inner, dict):
                self._whole(inner, shape.setdefault(name, {}))
            else:
                shape[name] = WHOLE

    def _times(self) -> None:
        time = self.row.get("time")
        self.put(("eventTime",), None if time is None else _written(time))
        attributes = ("userIdentity", "sessionContext", "attributes")
        created = _at(self.row, "actor.session.created_time_dt")
        created = _at(self.row, "actor.session.created_time") if created is None else created
        self.put((*attributes, "creationDate"), None if created is None else _written(created))
        is_mfa = _at(self.row, "actor.session.is_mfa")
        is_mfa = _at(self.row, "actor.session.mfa") if is_mfa is None else is_mfa
        self.put((*attributes, "mfaAuthenticated"), None if is_mfa is None else str(is_mfa).lower())

    def _user(self) -> None:
        """``uid`` is the ARN since version 1.1 of OCSF; before it was the principal, and the ARN was in ``uuid``."""
        is_first = str(_at(self.row, "metadata.version") or "").startswith("1.0")
        arn, principal = ("uuid", "uid") if is_first else ("uid", "uid_alt")
        self.put(("userIdentity", "arn"), _at(self.row, f"actor.user.{arn}"))
        self.put(("userIdentity", "principalId"), _at(self.row, f"actor.user.{principal}"))
        if self.record.get("userIdentity", {}).get("type") == "IdentityCenterUser":
            for name in ("principalId", "accessKeyId", "userName", "credentialId", "onBehalfOf"):
                self.forget("userIdentity", name)  # attributes of others are used for these
                self.record["userIdentity"].pop(name, None)
        if _at(self.row, "actor.idp.name") is not None:
            self.forget("userIdentity", "identityProvider")
            self.forget("userIdentity", "sessionContext", "webIdFederationData")

    def _source(self) -> None:
        address, domain = _at(self.row, "src_endpoint.ip"), _at(self.row, "src_endpoint.domain")
        self.put(("sourceIPAddress",), domain if address is None else address)
        if address is not None and domain is not None:
            self.forget("sourceIPAddress")
        category = _at(self.row, "metadata.product.feature.name")
        self.put(("eventCategory",), category)
        if category is not None and category not in CATEGORIES:
            self.forget("eventCategory")
        request = _at(self.row, "api.request.uid")
        self.put(("requestID",), request)
        if request in {"", "''"}:  # what stands there where a record has none, or an empty one
            self.forget("requestID")
            del self.record["requestID"]

    def _documents(self) -> None:
        """Parameters and answers: JSON as text. The mapping of authentications spreads them over other attributes."""
        is_sign_in = self.row.get("class_uid") == AUTHENTICATION
        for name, attribute in (("requestParameters", "request"), ("responseElements", "response")):
            data = _at(self.row, f"api.{attribute}.data")
            try:
                value = None if data is None else document(data)
            except ValueError:
                self.forget(name)
                continue
            self.put((name,), value)
            if value is None and is_sign_in:
                self.forget(name)
            elif value is None:
                self.shape[name] = NULL_OR_ABSENT
        if self.rest is not None:
            self.shape["additionalEventData"] = NULL_OR_ABSENT
        if is_sign_in:
            self._sign_in()

    def _sign_in(self) -> None:
        """Of ``additionalEventData`` two members have attributes, of which ``LoginTo`` may be another's."""
        used = self.row.get("is_mfa")
        used = self.row.get("mfa") if used is None else used
        known: dict[str, Any] = {} if self.rest is None else {OTHERS: WHOLE}
        self.shape["additionalEventData"] = known
        if self.record.get("eventName") == "ConsoleLogin" and used is not None:
            self.put(("additionalEventData", "MFAUsed"), "Yes" if used else "No")
        else:
            known["MFAUsed"] = UNKNOWN
        known["LoginTo"] = UNKNOWN

    def _resources(self) -> None:
        listed = self.row.get("resources")
        self.put(("resources",), None if listed is None else [_resource(one) for one in listed if one])
        if listed:
            self.shape["resources"] = {ELEMENT: {"ARN": WHOLE, "accountId": WHOLE, "type": WHOLE}}

    def _unmapped(self, path: tuple[str, ...], value: str) -> None:
        """One member that there is no attribute for."""
        spec: Any = RECORD
        for depth, name in enumerate(path):
            if not isinstance(spec, dict):  # below a document, where names may have dots of their own
                self._below(path[:depth], path[depth:], value)
                return
            if name not in spec:
                return  # no pattern is answered that reads it
            spec = spec[name]
        if path[0] in self.record and len(path) == 1:
            return
        try:
            self.put(path, _as_json(value) if isinstance(spec, dict | list) else spec(value))
        except (ValueError, KeyError, AttributeError):
            self.forget(*path)

    def _below(self, parents: tuple[str, ...], names: tuple[str, ...], value: str) -> None:
        top = parents[0]
        if isinstance(RECORD[top], list):
            self.forget(top)
            self.record.pop(top, None)
            return
        if isinstance(self.shape.setdefault(top, {OTHERS: UNKNOWN}), str):
            if top in self.record:
                return  # it was there as a whole
            self.shape[top] = {OTHERS: WHOLE}
        if len(names) == 1 and not UNSURE.fullmatch(value):
            self.put((top, names[0]), value)
        else:
            self.shape[top][names[0]] = UNKNOWN


def _unsure_of_empty(shape: dict[str, Any], record: dict[str, Any]) -> None:
    """An object of which no member was found may have been there without any."""
    for name, inner in shape.items():
        if isinstance(inner, dict) and ELEMENT not in inner:
            found = record.get(name)
            if found is None:
                inner.setdefault(OTHERS, UNKNOWN)
            _unsure_of_empty(inner, found if isinstance(found, dict) else {})


def _as_json(value: str) -> dict[str, Any]:
    found = parse_object(value)
    if found is None:
        raise ValueError("expected a JSON object")
    return found


def _resource(resource: Mapping[str, Any]) -> dict[str, Any]:
    account = next(
        (one for name in ("owner.account.uid", "account.uid", "account_uid") if (one := _at(resource, name))),
        None,
    )
    members = {"ARN": resource.get("uid"), "accountId": account, "type": resource.get("type")}
    return {name: value for name, value in members.items() if value is not None}


def _written(time: Any) -> str:
    """A time as CloudTrail writes it: OCSF has milliseconds, or a timestamp."""
    return moment(datetime.fromtimestamp(time / 1000, UTC) if isinstance(time, int | float) else time)


def _at(value: Any, path: str) -> Any:
    """What an attribute holds; None where there is nothing."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _entries(value: Any) -> dict[str, str] | None:
    """A map of strings, as a mapping or as a list of its entries; None where there is none."""
    if isinstance(value, list):
        return {one["key"]: one["value"] for one in value if one and one.get("value") is not None}
    return {name: one for name, one in value.items() if one is not None} if isinstance(value, dict) else None
