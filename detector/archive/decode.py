"""The text of one file in, its log events out in the order they stand there.

Claim: nothing is dropped. Whatever is not a log event is a `Problem` in its place; a document that is
broken contributes nothing at all, because a half of it is not what was delivered; in a file of lines only
the broken lines are lost. Which JSON containers there are stands in `containers`, what a table is in `tables`.
"""

from __future__ import annotations

import io
import re
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import structs

from detector.archive.containers import events_of, payload_events
from detector.archive.event import Event, logged
from detector.archive.eventtime import epoch_milliseconds
from detector.archive.payload import GZIP_IN_BASE64
from detector.archive.problem import Broken, Problem, ProblemKind, Refused
from detector.jsontext import dump_json, parse_many

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from detector.archive.source import Source

OVERSIZE = 262_144  # CloudTrail does not send a larger event to CloudWatch Logs
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
BLANKS = b" \t\r\n"
_GROWTH = 6  # no value is written more than this many times as long as it was read (1e15)
_BLANK = re.compile(rb"[ \t\r\n]*")
_TIME = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)[ \t]")
_TAIL = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?[+-]\d\d:\d\d) (?:\S+ (?=\{))?")
"""A line of ``aws logs tail``: the time, the name of the stream, the message."""
_LIKE_TEXT = re.compile(rb"[\[{0-9A-Za-z]|\Z")
_PLACE = re.compile(r"((?:line |row |\w*\[))(\d+)")
_BEGINS_A_PIECE = (b"]", b"}", b",", b'"')
_ENDS_A_PIECE = (b"[", b"{", b",", b":")


class Layout(StrEnum):
    """How a text is divided."""

    LINES = "lines"
    """Each stands for itself: NDJSON, exports of a log group, base64 payloads."""
    TABLE = "table"
    """CSV with a header."""
    DOCUMENTS = "documents"
    """JSON, one or several."""


def layout(text: bytes) -> Layout:
    """How a text is divided, by how it begins; `Broken` where it is neither JSON nor lines nor a table of ours."""
    start = _blank(text, len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0)
    end = text.find(b"\n", start)
    several = end >= 0 and _blank(text, end) < len(text)
    if _TIME.match(text, start) or _TAIL.match(text, start) or text.startswith(GZIP_IN_BASE64, start):
        return Layout.LINES
    if text.startswith((b"{", b"["), start):
        return Layout.LINES if several and _is_whole(text[start:end]) else Layout.DOCUMENTS
    from detector.archive.tables import HELP, WITHOUT, csv_delimiter, looks_like_csv  # noqa: PLC0415 - few files are

    if csv_delimiter(text):
        return Layout.TABLE
    if looks_like_csv(text):
        raise Broken(ProblemKind.NOT_CLOUDTRAIL, f"a CSV {WITHOUT}: {HELP}")
    if not _LIKE_TEXT.match(text, start):
        raise Broken(
            ProblemKind.NOT_A_LOG,
            "does not begin like a log file: expected JSON, CSV, or lines that begin with a time",
        )
    return Layout.DOCUMENTS


def events(data: bytes, source: Source) -> Iterator[Event | Problem]:
    """Every log event of a file's text, and a `Problem` for everything that is not one.

    A text without any of either is the `Problem` "no records".
    """
    position = -1
    for position, item in enumerate(items(data)):
        if isinstance(item, Event):
            item.position = position
            item.room = item.room or len(data)
            item.source = source
            yield item
        else:
            yield Problem(source.path, item.kind, item.reason)
    if position < 0:
        yield Problem.no_records(source.path)


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


def items(data: bytes, first: int = 0) -> Iterable[Event | Refused]:
    """The log events of a text, or the one reason why there is none.

    ``first`` is how many members, lines or rows were before it in the file, for the places that are named.
    """
    found = _items(data.removeprefix(BYTE_ORDER_MARK))
    return (_moved(item, first) for item in found) if first else found


def _items(body: bytes) -> Iterable[Event | Refused]:
    start = _blank(body, 0)
    if start == len(body):
        return []
    if body.startswith(GZIP_IN_BASE64, start) and b"\n" + GZIP_IN_BASE64 not in body:
        body = body.translate(None, BLANKS)  # one payload, as base64 wraps it
    try:
        readers = {Layout.LINES: _lines, Layout.TABLE: _table, Layout.DOCUMENTS: _documents}
        return readers[layout(body)](body)
    except Broken as broken:
        return [Refused(broken.kind, broken.reason)]
    except ValueError as error:
        return _lines(body) if are_lines(body) else [_broken(error)]
    except MemoryError:
        return [Refused(ProblemKind.NO_MEMORY, "its records need more memory than there is")]


def _moved(item: Event | Refused, first: int) -> Event | Refused:
    """A refusal that counts from the beginning of the file."""
    if isinstance(item, Event):
        return item
    return structs.replace(
        item, reason=_PLACE.sub(lambda found: f"{found[1]}{int(found[2]) + first}", item.reason, count=1)
    )


def _documents(text: bytes) -> Iterable[Event | Refused]:
    """One JSON document, or several one after another; all of them are sound or none is used."""
    values = parse_many(text)
    return (item for value in values for item in events_of(value))


def _table(body: bytes) -> Iterator[Event | Refused]:
    from detector.archive.tables import csv_events  # noqa: PLC0415 - as in `layout`

    return csv_events(body)


def _lines(body: bytes) -> Iterator[Event | Refused]:
    for number, line in enumerate(io.BytesIO(body), 1):
        for item in _line(line.strip(BLANKS)):
            yield (
                item
                if isinstance(item, Event)
                else structs.replace(item, reason=f"line {number}: {item.reason}")
            )


def _line(line: bytes) -> Iterable[Event | Refused]:
    if not line:
        return []
    try:
        if line.startswith(GZIP_IN_BASE64):
            return payload_events(line.decode(), "the line")
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
    found = _TIME.match(line) or _TAIL.match(line)
    timestamp = epoch_milliseconds(found[1].decode()) if found else None
    return (
        logged(line[found.end() :].decode(), timestamp, "the line")
        if found and timestamp is not None
        else None
    )


def are_lines(body: bytes) -> bool:
    """Whether a text that is not a sound document, and whose first line is broken, is one of lines.

    It is when more of its lines stand for themselves than look like a piece of a larger document. The
    lines of a broken document must not be taken for records: it contributes nothing.
    """
    balance = 0
    for line in io.BytesIO(body):
        text = line.strip(BLANKS)
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
