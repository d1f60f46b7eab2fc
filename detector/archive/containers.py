"""One decoded JSON document in, the log events in it out, from every container that is known.

Claim: `CONTAINERS` is the whole knowledge of which containers there are; the first that recognises a
document takes it. What is not a log event is `Refused` in its place, never dropped.

    {"Records": [...]}                                  a CloudTrail log file
    {"messageType": "DATA_MESSAGE", "logEvents": [...]} a CloudWatch Logs subscription, also through Firehose
    {"events": [{"timestamp", "message"}, ...]}         filter-log-events and get-log-events
    {"timestamp", "message"}                            one event of those
    {"detail-type", "detail": {...}}                    EventBridge
    {"digestStartTime", ...}                            a digest file under another name
    anything else                                       one record
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from detector.archive.eventtime import LATEST
from detector.archive.problem import ProblemKind, Refused
from detector.archive.source import Source
from detector.jsontext import dump_json, parse_object
from detector.pattern import PatternKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from detector.pattern import Pattern

NOWHERE = Source("")


@dataclass(slots=True)
class Event:
    """One log event, as CloudWatch Logs would have it.

    ``record`` is the decoded JSON object, None where the message is not one. ``message`` is the raw text
    where the container gives it; None stands for the compact JSON of the record. ``timestamp`` is the
    log event's own, in epoch milliseconds, where the container has one. ``position`` counts from 0
    within the file, broken members included. ``room`` is the size in bytes of the file's content that the
    event came from, 0 where unknown. ``source`` is that file; ``time`` (epoch seconds on the clock of a plan) and
    ``selected`` are the answer of `walk` to the plan.
    """

    record: dict[str, Any] | None
    message: str | None = None
    timestamp: int | None = None
    position: int = 0
    room: int = 0
    source: Source = field(default=NOWHERE, repr=False)
    time: int | None = field(default=None, repr=False)
    selected: bool = field(default=True, repr=False)

    @property
    def text(self) -> str:
        """The text of the log event: as the container has it, else the record as one line of compact JSON."""
        return dump_json(self.record).decode() if self.message is None else self.message

    def matches(self, pattern: Pattern) -> bool:
        """Whether a pattern matches: one for JSON asks the record, and any other the text."""
        if pattern.kind is PatternKind.JSON:
            return self.record is not None and pattern.holds(self.record)
        return pattern.matches(self.text)


@dataclass(frozen=True, slots=True)
class Container:
    """One shape of a document: how it is recognised, and how its log events are taken out."""

    recognises: Callable[[dict[str, Any]], bool]
    events: Callable[[dict[str, Any]], Iterable[Event | Refused]]


def events_of(value: object) -> Iterable[Event | Refused]:
    """The log events of one decoded document, or of each in an array; `Refused` where there is none."""
    match value:
        case dict():
            return next(container.events(value) for container in CONTAINERS if container.recognises(value))
        case list():
            return _array(value)
        case _:
            return [_expected_object("the document", value)]


def logged(message: object, timestamp: object, name: str) -> Event | Refused:
    """One event of a log stream; its message is the raw text, whatever that is."""
    if not isinstance(message, str):
        return _refused(f"{name} has no message")
    return Event(parse_object(message), message, _milliseconds(timestamp))


def _array(members: list[Any]) -> Iterator[Event | Refused]:
    for index, member in enumerate(members):
        if isinstance(member, dict):
            yield from events_of(member)
        else:
            yield _expected_object(f"[{index}]", member)


def _records(document: dict[str, Any]) -> Iterator[Event | Refused]:
    for index, member in enumerate(document["Records"]):
        if isinstance(member, dict):
            yield Event(member)
        else:
            yield _expected_object(f"Records[{index}]", member)


def _no_list(document: dict[str, Any]) -> list[Event | Refused]:
    return [_refused(f"Records is {_kind(document['Records'])}, expected an array")]


def _subscription(document: dict[str, Any]) -> Iterator[Event | Refused]:
    """A CONTROL_MESSAGE tests whether the destination can be reached; its events are not log events."""
    return iter(()) if document["messageType"] == "CONTROL_MESSAGE" else _stream(document, "logEvents")


def _log_events(document: dict[str, Any]) -> Iterator[Event | Refused]:
    return _stream(document, "events")


def _stream(document: dict[str, Any], key: str) -> Iterator[Event | Refused]:
    for index, member in enumerate(document[key]):
        name = f"{key}[{index}]"
        if isinstance(member, dict):
            yield logged(member.get("message"), member.get("timestamp"), name)
        else:
            yield _expected_object(name, member)


def _log_event(document: dict[str, Any]) -> list[Event | Refused]:
    return [logged(document["message"], document["timestamp"], "the log event")]


def _event_bridge(document: dict[str, Any]) -> list[Event | Refused]:
    detail = document["detail"]
    return [Event(detail) if isinstance(detail, dict) else _expected_object("detail", detail)]


def _digest(_document: dict[str, Any]) -> list[Event | Refused]:
    return [Refused(ProblemKind.NOT_A_LOG, "a digest file, which holds no records")]


def _record(document: dict[str, Any]) -> list[Event | Refused]:
    return [Event(document)]


CONTAINERS: tuple[Container, ...] = (
    Container(lambda document: isinstance(document.get("Records"), list), _records),
    Container(lambda document: "Records" in document, _no_list),
    Container(
        lambda document: "messageType" in document and isinstance(document.get("logEvents"), list),
        _subscription,
    ),
    Container(
        lambda document: isinstance(document.get("events"), list) and "eventName" not in document, _log_events
    ),
    Container(
        lambda document: "timestamp" in document and "message" in document and "eventName" not in document,
        _log_event,
    ),
    Container(lambda document: "detail" in document and "detail-type" in document, _event_bridge),
    Container(lambda document: "digestStartTime" in document, _digest),
    Container(lambda _document: True, _record),
)


def _milliseconds(timestamp: object) -> int | None:
    if isinstance(timestamp, bool) or not isinstance(timestamp, int):
        return None
    return timestamp if 0 <= timestamp < LATEST * 1000 else None


def _expected_object(name: str, value: object) -> Refused:
    return _refused(f"{name} is {_kind(value)}, expected an object")


def _refused(reason: str) -> Refused:
    return Refused(ProblemKind.NO_EVENT, reason)


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "a string"
        case list():
            return "an array"
        case dict():
            return "an object"
        case _:
            return "a number"
