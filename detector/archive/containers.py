"""One decoded JSON document in, the log events in it out, from every container that is known.

Claim: `CONTAINERS` is the whole knowledge of which containers there are; the first that recognises a
document takes it. What is not a log event is `Refused` in its place, never dropped.

    {"Records": [...]}                                  a CloudTrail log file
    {"messageType": "DATA_MESSAGE", "logEvents": [...]} a CloudWatch Logs subscription, also through Firehose
    {"events": [{"timestamp", "message"}, ...]}         filter-log-events and get-log-events
    {"timestamp", "message"}                            one event of those
    {"detail-type", "detail": {...}}                    EventBridge
    {"awslogs": {"data"}}, {"records": [{"data"}]}      a subscription as Lambda and Firehose get it, base64 of gzip
    {"Records": [{"kinesis": {"data"}}]}                the same through Kinesis
    {"Events": [{"CloudTrailEvent"}, ...]}              aws cloudtrail lookup-events
    {"results": [[{"field", "value"}, ...], ...]}       aws logs get-query-results
    {"QueryResultRows": [[{...}, ...], ...]}            aws cloudtrail get-query-results
    {"ResultSet": {"Rows": [{"Data": [...]}, ...]}}     aws athena get-query-results
    {"@message"}, {"eventname"}, {"userIdentity.arn"}   a row of one of those: columns instead of a record
    {"digestStartTime", ...}                            a digest file under another name
    anything else                                       one record
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from detector.archive.event import UNKNOWN, Event, logged
from detector.archive.payload import unpacked
from detector.archive.problem import ProblemKind, Refused
from detector.jsontext import parse_many, parse_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class Container(Struct, frozen=True):
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


def _array(members: list[Any]) -> Iterator[Event | Refused]:
    if members and isinstance(members[0], dict) and _is_row(members[0]):
        yield from _rows(members, "")
        return
    for index, member in enumerate(members):
        if isinstance(member, dict):
            yield from events_of(member)
        elif isinstance(member, str) and (record := parse_object(member)) is not None:
            yield from events_of(record)  # lookup-events --query 'Events[].CloudTrailEvent'
        else:
            yield _expected_object(f"[{index}]", member)


def _records(document: dict[str, Any]) -> Iterator[Event | Refused]:
    for index, member in enumerate(document["Records"]):
        if not isinstance(member, dict):
            yield _expected_object(f"Records[{index}]", member)
        elif isinstance(stream := member.get("kinesis"), dict) or (
            "Data" in member and "PartitionKey" in member
        ):
            yield from payload_events(stream.get("data") if stream else member["Data"], f"Records[{index}]")
        else:
            yield Event(member)


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


def payload_events(payload: object, name: str) -> Iterator[Event | Refused]:
    """What a subscription sent: other containers, but not a payload again."""
    try:
        if not isinstance(payload, str):
            raise ValueError("no data")  # noqa: TRY004, TRY301 - one refusal for all of it
        values = parse_many(unpacked(payload))
    except ValueError as error:
        yield _refused(f"{name}: {error}")
        return
    for value in values:
        if not isinstance(value, dict) or any(one.recognises(value) for one in PACKED):
            yield _refused(f"{name} holds no log events")
            continue
        for item in events_of(value):
            if isinstance(item, Event):
                item.room = UNKNOWN  # the file has it compressed
            yield item


def _firehose(document: dict[str, Any]) -> Iterator[Event | Refused]:
    for index, member in enumerate(document["records"]):
        data = member.get("data") if isinstance(member, dict) else None
        yield from payload_events(data, f"records[{index}]")


def _athena(document: dict[str, Any]) -> Iterable[Event | Refused]:
    """The first row is the header; a cell without a value is null."""
    rows = document["ResultSet"].get("Rows")
    cells = [
        [cell.get("VarCharValue") for cell in row["Data"]]
        for row in rows or []
        if isinstance(row, dict)
        and isinstance(row.get("Data"), list)
        and all(isinstance(cell, dict) for cell in row["Data"])
    ]
    if not cells:
        return []
    return _rows([dict(zip(map(str, cells[0]), row, strict=False)) for row in cells[1:]], "Rows")


def _is_row(document: dict[str, Any]) -> bool:
    from detector.archive.tables import is_row  # noqa: PLC0415 - few archives are tables

    return is_row(document)


def _rows(rows: Iterable[Any], name: str) -> Iterable[Event | Refused]:
    from detector.archive.tables import row_events  # noqa: PLC0415 - the same

    return row_events(rows, name)


def _log_event(document: dict[str, Any]) -> list[Event | Refused]:
    return [logged(document["message"], document["timestamp"], "the log event")]


def _event_bridge(document: dict[str, Any]) -> list[Event | Refused]:
    detail = document["detail"]
    return [Event(detail) if isinstance(detail, dict) else _expected_object("detail", detail)]


def _digest(_document: dict[str, Any]) -> list[Event | Refused]:
    return [Refused(ProblemKind.NOT_A_LOG, "a digest file, which holds no records")]


def _record(document: dict[str, Any]) -> list[Event | Refused]:
    return [Event(document)]


PACKED: tuple[Container, ...] = (
    Container(
        lambda document: isinstance(document.get("awslogs"), dict),
        lambda document: payload_events(document["awslogs"].get("data"), "awslogs"),
    ),
    Container(
        lambda document: isinstance(document.get("records"), list) and "eventName" not in document, _firehose
    ),
)
"""Containers of what a subscription sent, as base64."""
RESULTS: tuple[Container, ...] = (
    *(
        Container(
            lambda document, key=key: isinstance(document.get(key), list) and "eventName" not in document,  # type: ignore[misc]  # a default binds the key
            lambda document, key=key: _rows(document[key], key),  # type: ignore[misc]  # the same
        )
        for key in ("Events", "results", "QueryResultRows")
    ),
    Container(lambda document: isinstance(document.get("ResultSet"), dict), _athena),
)
"""Containers of rows."""
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
    *PACKED,
    *RESULTS,
    Container(_is_row, lambda document: _rows([document], "")),
    Container(lambda _document: True, _record),
)


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
