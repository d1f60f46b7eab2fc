"""One row of a query result in, the CloudTrail record that it came from out, and which of its fields are known.

Athena's documented ``cloudtrail_logs`` table, CloudTrail Lake and the console's Event history write a record as
columns: names in lower case, nested objects as structs, some fields not at all. `RECORD` is the table of what they
hold, with CloudTrail's own spelling and types.

Claim: what is in the record is exact. What a column does not say exactly (a struct that can be read in two ways, a
map whose values became text, a field that has no column) is not guessed and not left out in silence: it is missing
from `Known`, and a pattern that reads it is not answered (`unanswered`).

Athena: https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table.html
Lake: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-supported-event-schemas.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias

from detector.archive.known import ELEMENT, NULL_OR_ABSENT, WHOLE, Known, Shape, frozen
from detector.jsontext import parse_object

Spec: TypeAlias = "Callable[[Any], Any] | dict[str, Spec] | list[Spec]"
"""How a value is read: a leaf by a function (ValueError where it is not exact), a struct, an array of structs."""
_MEMBER = re.compile(r"(\w+)=")
_LEAF = re.compile(r"[^{}]*?(?=, \w+=|\})")
_OPAQUE = re.compile(r"\{[^{}]*\}")
_DATABASE_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.0+)?(?: UTC)?")
_CONSOLE_TIME = re.compile(r"([A-Z][a-z]+ \d\d?, \d{4}, \d\d:\d\d:\d\d) \(UTC([+-]\d\d:\d\d)?\)")


def text(value: Any) -> str:
    """A string as it is."""
    if not isinstance(value, str):
        raise ValueError("expected a string")  # noqa: TRY004 - one kind of error for what is not exact
    return value


def flag(value: Any) -> bool:
    """``true`` and ``false``, which CloudTrail writes as JSON has them."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}[value.lower()]


def moment(value: Any) -> str:
    """A time as CloudTrail writes it, from a database's form, the console's or a timestamp column; else the text."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if found := _DATABASE_TIME.fullmatch(text(value)):
        return f"{found[1]}T{found[2]}Z"
    if found := _CONSOLE_TIME.fullmatch(value):
        return moment(datetime.strptime(f"{found[1]} {found[2] or '+00:00'}", "%B %d, %Y, %H:%M:%S %z"))
    return str(value)


def document(value: Any) -> dict[str, Any]:
    """A JSON object as text, as Athena's table has the parameters of a call."""
    found = parse_object(text(value))
    if found is None:
        raise ValueError("expected a JSON object")
    return found


def opaque(value: Any) -> Any:
    """A map of strings: Lake's maps have lost the types of their values, so only an empty one is exact."""
    if value in ("{}", [], {}):
        return {}
    raise ValueError("a map has lost the types of its values")


_ISSUER: Spec = {"type": text, "principalId": text, "arn": text, "accountId": text, "userName": text}
RECORD: dict[str, Spec] = {
    "eventVersion": text,
    "userIdentity": {
        "type": text,
        "principalId": text,
        "arn": text,
        "accountId": text,
        "invokedBy": text,
        "accessKeyId": text,
        "userName": text,
        "identityProvider": text,
        "credentialId": text,
        "onBehalfOf": {"userId": text, "identityStoreArn": text},
        "inScopeOf": {
            "sourceArn": text,
            "sourceAccount": text,
            "issuerType": text,
            "credentialsIssuedTo": text,
        },
        "sessionContext": {
            "attributes": {"mfaAuthenticated": text, "creationDate": moment},
            "sessionIssuer": _ISSUER,
            "webIdFederationData": {"federatedProvider": text, "attributes": opaque},
            "sourceIdentity": text,
            "ec2RoleDelivery": text,
            "ec2IssuedInVpc": text,
        },
    },
    "eventTime": moment,
    "eventSource": text,
    "eventName": text,
    "awsRegion": text,
    "sourceIPAddress": text,
    "userAgent": text,
    "errorCode": text,
    "errorMessage": text,
    "requestParameters": document,
    "responseElements": document,
    "additionalEventData": document,
    "requestID": text,
    "eventID": text,
    "readOnly": flag,
    "resources": [{"ARN": text, "accountId": text, "type": text, "ARNPrefix": text}],
    "eventType": text,
    "apiVersion": text,
    "managementEvent": flag,
    "recipientAccountId": text,
    "serviceEventDetails": document,
    "sharedEventID": text,
    "annotation": text,
    "vpcEndpointId": text,
    "vpcEndpointAccountId": text,
    "eventCategory": text,
    "addendum": {"reason": text, "updatedFields": text, "originalRequestID": text, "originalEventID": text},
    "sessionCredentialFromConsole": text,
    "edgeDeviceDetails": document,
    "tlsDetails": {"tlsVersion": text, "cipherSuite": text, "clientProvidedHostHeader": text},
}
"""The members of a record that a query result can have."""

WRITTEN_AS_NULL = frozenset({"requestParameters", "responseElements", "additionalEventData"})
"""CloudTrail itself writes null for these; a null of any other column stands for a member that is not there."""

_ALIASES = {"awsaccesskey": ("userIdentity", "accessKeyId"), "sourceip": ("sourceIPAddress",)}


@lru_cache(maxsize=4096)
def normal(name: str) -> str:
    """A column's name without what exports spell differently: case, blanks, dots, dashes and underscores."""
    return re.sub(r"[^0-9a-z]", "", name.lower())


@lru_cache(maxsize=1)
def paths() -> dict[str, tuple[str, ...]]:
    """Normal name of a column -> the path of its value in a record: ``useridentity``, ``useridentityarn`` and so on."""

    def below(spec: Spec, path: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
        for name, inner in spec.items() if isinstance(spec, dict) else ():
            yield (*path, name)
            yield from below(inner, (*path, name))

    return {normal("".join(path)): path for path in below(RECORD, ())} | _ALIASES


class Columns:
    """How the rows of one table become records; ``names`` are its columns, of which others than CloudTrail's are ignored."""

    def __init__(self, names: Iterable[str]) -> None:
        found = paths()
        self.paths = {name: found[key] for name in names if (key := normal(name)) in found}
        self._shapes: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._known: dict[Shape, Known] = {}

    def record(self, row: Mapping[str, Any]) -> tuple[dict[str, Any], Known]:
        """The record of one row and what is known of it: strings as text, or typed values."""
        record: dict[str, Any] = {}
        shapes: dict[str, Any] = {}
        for column, path in self.paths.items():
            *parents, name = path
            inside, known, spec = record, shapes, RECORD
            for parent in parents:
                known = known.setdefault(parent, {})
                spec = spec[parent]  # type: ignore[assignment]  # `paths` goes through structs alone
            raw = row.get(column)
            if raw is None:
                known[name] = NULL_OR_ABSENT if name in WRITTEN_AS_NULL else WHOLE
                continue
            try:
                value, known[name] = self._read(raw, spec[name], path)
            except (ValueError, KeyError, AttributeError, RecursionError):
                continue  # not known: a pattern that reads it is not answered
            for parent in parents:
                inside = inside.setdefault(parent, {})
            inside[name] = value
        shape = frozen(shapes)
        return record, self._known.setdefault(shape, Known(shape))

    def _read(self, raw: Any, spec: Spec, path: tuple[str, ...]) -> tuple[Any, Any]:
        """A value and its shape; ValueError or KeyError where it is not exact."""
        if raw == "null" and len(path) == 1:
            raise ValueError("null, or a string that says so")
        if isinstance(spec, list):
            members = _Struct(raw).elements() if isinstance(raw, str) else raw
            read = [self._read(member, spec[0], (*path, ELEMENT)) for member in members]
            return [value for value, _ in read], {ELEMENT: read[0][1]} if read else WHOLE
        if not isinstance(spec, dict):
            return spec(raw), WHOLE
        members = _Struct(raw).members() if isinstance(raw, str) else raw
        names = {name.lower(): name for name in spec}
        if self._shapes.setdefault(path, tuple(members)) != tuple(members):
            # All rows of a table have the same members: another one is a value that looks like a member.
            raise ValueError("a struct with other members than those of the rows before")
        value: dict[str, Any] = {}
        shape: dict[str, Any] = {}
        for lower, member in members.items():
            name = names[lower.lower()]
            if member is None or member == "null":
                shape[name] = WHOLE
                continue
            try:
                value[name], shape[name] = self._read(member, spec[name], (*path, name))
            except ValueError:
                if spec[name] is not opaque:
                    raise
        return value, shape


class _Struct:
    """A struct as Athena and Lake print it, ``{type=Root, sessioncontext={…}, username=null}``, read member by member.

    A leaf ends before the next ``, name=`` or brace: a value with one of these in it makes the struct inexact, and is
    refused by a name that is not documented, that occurs twice, or that no other row has.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0

    def members(self) -> dict[str, Any]:
        """The members of one struct that is the whole text."""
        found = self._struct()
        self._expect("", end=True)
        return found

    def elements(self) -> list[Any]:
        """The structs of one array that is the whole text."""
        self._expect("[")
        found: list[Any] = []
        while not self._take("]"):
            if found:
                self._expect(", ")
            found.append(self._struct())
        self._expect("", end=True)
        return found

    def _struct(self) -> dict[str, Any]:
        self._expect("{")
        found: dict[str, Any] = {}
        while not self._take("}"):
            if found:
                self._expect(", ")
            name = self._match(_MEMBER)[1]
            if name in found:
                raise ValueError("a member occurs twice")
            found[name] = self._value()
        return found

    def _value(self) -> Any:
        if not self.source.startswith("{", self.at):
            return self._match(_LEAF)[0]
        start = self.at
        try:
            return self._struct()
        except ValueError:  # a map, whose keys are anything
            self.at = start
            return self._match(_OPAQUE)[0]

    def _match(self, form: re.Pattern[str]) -> re.Match[str]:
        found = form.match(self.source, self.at)
        if found is None:
            raise ValueError("not a struct")
        self.at = found.end()
        return found

    def _take(self, mark: str) -> bool:
        taken = self.source.startswith(mark, self.at)
        self.at += len(mark) if taken else 0
        return taken

    def _expect(self, mark: str, *, end: bool = False) -> None:
        if not self._take(mark) or (end and self.at != len(self.source)):
            raise ValueError("not a struct")
