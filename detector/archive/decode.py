"""The content of one file in, its log events out in the order they stand there.

Claim: nothing is dropped. Whatever is not a log event is a `Problem` in its place; a document that is
broken contributes nothing at all, because a half of it is not what was delivered; in a file of lines only
the broken lines are lost. Which containers there are stands in `containers`, what gzip is in `gunzip`.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from detector.archive.containers import Event, events_of, logged
from detector.archive.eventtime import epoch_milliseconds
from detector.archive.gunzip import BYTE_ORDER_MARK
from detector.archive.problem import Problem, ProblemKind, Refused
from detector.jsontext import dump_json, parse_json, parse_many, raw_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from detector.archive.source import Source

OVERSIZE = 262_144  # CloudTrail does not send a larger event to CloudWatch Logs
LARGE = 64 << 20  # objects take several times the room of the text they were read from
_GROWTH = 6  # no value is written more than this many times as long as it was read (1e15)
_BLANK = re.compile(rb"[ \t\r\n]*")
_TIME = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)[ \t]")
_BLANKS = b" \t\r\n"
_BEGINS_A_PIECE = (b"]", b"}", b",", b'"')
_ENDS_A_PIECE = (b"[", b"{", b",", b":")


def events(data: bytes, source: Source) -> Iterator[Event | Problem]:
    """Every log event of a file's content, and a `Problem` for everything that is not one.

    A file without any of either is the `Problem` "no records".
    """
    position = -1
    for position, item in enumerate(_items(data)):
        if isinstance(item, Event):
            item.position = position
            item.room = len(data)
            item.source = source
            yield item
        else:
            yield Problem(source.path, item.kind, item.reason)
    if position < 0:
        yield Problem(source.path, ProblemKind.NO_RECORDS, "no records")


def oversize(event: Event) -> bool:
    """Whether an event is over 256 KB (262,144 bytes) and so never reached CloudWatch Logs.

    Measured on the raw message, else on the compact JSON of the record.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudwatch-alarms-for-cloudtrail.html
    """
    if event.message is not None:
        fits = len(event.message) * 4 <= OVERSIZE
        return not fits and len(event.message.encode("utf-8", "surrogatepass")) > OVERSIZE
    if 0 < event.room * _GROWTH <= OVERSIZE:
        return False
    return len(dump_json(event.record)) > OVERSIZE


def _items(data: bytes) -> Iterable[Event | Refused]:
    """The log events, or the one reason why there is none."""
    body = data.removeprefix(BYTE_ORDER_MARK)
    start = _blank(body, 0)
    if start == len(body):
        return []
    end = body.find(b"\n", start)
    several = end >= 0 and _blank(body, end) < len(body)
    if _TIME.match(body, start) or (several and _is_whole(body[start:end])):
        return _lines(body)
    try:
        return _large(body) or _documents(body)
    except ValueError as error:
        return _lines(body) if several and _is_lines(body) else [_broken(error)]
    except MemoryError:
        return [Refused(ProblemKind.NO_MEMORY, "its records need more memory than there is")]


def _large(body: bytes) -> Iterator[Event | Refused] | None:
    """The records of one large log file, of which only one at a time becomes objects; None for all others.

    The whole text is checked first, so that a broken file contributes nothing here either.
    """
    if len(body) <= LARGE or not body.startswith(b'{"Records":['):
        return None
    members = raw_records(body)
    if members is None:
        return None
    return (item for index, member in enumerate(members) for item in _member(index, member))


def _member(index: int, text: bytes) -> Iterator[Event | Refused]:
    """What `events_of` makes of one member of a document that has nothing else."""
    for item in events_of({"Records": [parse_json(text)]}):
        if isinstance(item, Refused):
            item = replace(item, reason=item.reason.replace("Records[0]", f"Records[{index}]", 1))  # noqa: PLW2901 - the same refusal
        yield item


def _documents(text: bytes) -> Iterable[Event | Refused]:
    """One JSON document, or several one after another; all of them are sound or none is used."""
    values = parse_many(text)
    return (item for value in values for item in events_of(value))


def _lines(body: bytes) -> Iterator[Event | Refused]:
    for number, line in enumerate(io.BytesIO(body), 1):
        for item in _line(line.strip(_BLANKS)):
            yield item if isinstance(item, Event) else replace(item, reason=f"line {number}: {item.reason}")


def _line(line: bytes) -> Iterable[Event | Refused]:
    if not line:
        return []
    try:
        exported = _export(line)
        return [exported] if exported else _documents(line)
    except UnicodeDecodeError as error:
        return [Refused(ProblemKind.NO_EVENT, f"not UTF-8 at byte {error.start}")]
    except ValueError as error:
        return [_broken(error)]


def _broken(error: ValueError) -> Refused:
    return Refused(ProblemKind.BROKEN_JSON, f"broken JSON: {error}")


def _export(line: bytes) -> Event | Refused | None:
    """A line as an export of a log group to S3 writes it: the timestamp, a blank, the message."""
    found = _TIME.match(line)
    timestamp = epoch_milliseconds(found[1].decode()) if found else None
    return (
        logged(line[found.end() :].decode(), timestamp, "the line")
        if found and timestamp is not None
        else None
    )


def _is_lines(body: bytes) -> bool:
    """Whether a file that is not a sound document, and whose first line is broken, is a file of lines.

    It is when more of its lines stand for themselves than look like a piece of a larger document. The
    lines of a broken document must not be taken for records: it contributes nothing.
    """
    balance = 0
    for line in io.BytesIO(body):
        text = line.strip(_BLANKS)
        if _is_whole(text):
            balance += 1
        elif text.startswith(_BEGINS_A_PIECE) or text.endswith(_ENDS_A_PIECE):
            balance -= 1
    return balance > 0


def _is_whole(line: bytes) -> bool:
    """Whether a line stands for itself: JSON documents, or a line of an export."""
    try:
        return bool(_export(line)) or all(isinstance(value, dict | list) for value in parse_many(line) or [0])
    except ValueError:
        return False


def _blank(body: bytes, at: int) -> int:
    found = _BLANK.match(body, at)
    return found.end() if found else at
