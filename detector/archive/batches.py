"""A large text in a stream, cut into documents of a few megabytes that can be decoded one after another.

In: a stream of bytes. Out: `Batch`, each a document like the whole: ``{"Records":[…]}`` becomes several of the same
form with fewer members, lines stay lines, the rows of a CSV keep its header. Memory grows with the largest member,
not with the stream.

Claim: a batch ends where a member ends. That is known because what is before it is a sound JSON array when it is
closed there: only one reading of a prefix of JSON is possible. Whoever needs all or nothing reads the batches to
their end first, which raises `Broken` for whatever is not sound.
"""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING, NamedTuple

from detector.archive.decode import BLANKS, BYTE_ORDER_MARK, Layout, layout
from detector.archive.problem import Broken, ProblemKind
from detector.jsontext import count_members, parse_json, parse_many

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCH = 4 << 20
MAX_MEMBER = 32 << 20
"""Bytes of one record, line or document; CloudTrail's largest record has one megabyte."""
_HEAD = 1 << 20
MAX_DEPTH = 1_000
"""Levels of nesting, beyond which no JSON is decoded here."""
_ARRAY = re.compile(
    rb"""(?:\{\s*
        (?:"\w+"\s*:\s*(?:"[^"\\]*"|[\w.+-]+)\s*,\s*)*    # members before it, such as "queryLanguage": "CWLI"
        "(Records|Events|events|results|QueryResultRows)"\s*:\s*)?\[""",
    re.VERBOSE,
)
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\Z)|[\[\]{},]', re.DOTALL)


class Batch(NamedTuple):
    """A document of its own, and how many members, lines or rows there are before its first."""

    data: bytes
    first: int


def batches(stream: IO[bytes], start: bytes | bytearray = b"") -> Iterator[Batch]:
    """The batches of a stream of which ``start`` was read before; `Broken` where it is not what it began as."""
    buffer = _Buffer(stream, start)
    buffer.fill(BATCH)
    if buffer.data.startswith(BYTE_ORDER_MARK):
        buffer.drop(len(BYTE_ORDER_MARK))
    match layout(bytes(buffer.data[:_HEAD])):
        case Layout.LINES:
            yield from _lines(buffer)
        case Layout.TABLE:
            yield from _rows(buffer)
        case Layout.DOCUMENTS:
            yield from _documents(buffer)


class _Buffer:
    """What of a stream has been read and not been used."""

    def __init__(self, stream: IO[bytes], start: bytes | bytearray) -> None:
        self.stream = stream
        self.data = start if isinstance(start, bytearray) else bytearray(start)
        self.ended = False

    def fill(self, size: int) -> None:
        """Read until there are that many bytes, or the stream ends."""
        while len(self.data) < size and not self.ended:
            chunk = self.stream.read(1 << 17)
            self.data += chunk
            self.ended = not chunk

    def more(self, what: str) -> None:
        """Read on, because one ``what`` is larger than all that is here; `Broken` where there is no more to come."""
        if self.ended:
            raise _broken("it ends in the middle")
        if len(self.data) > MAX_MEMBER:
            raise Broken(ProblemKind.OVER_LIMIT, f"holds one {what} of more than {MAX_MEMBER:,} bytes")
        self.fill(2 * len(self.data) + 1)

    def drop(self, size: int) -> None:
        """Forget the first bytes."""
        del self.data[:size]

    def take(self, size: int) -> bytes:
        """The first bytes, which are used now."""
        taken = bytes(self.data[:size])
        self.drop(size)
        return taken

    def fill_after_blanks(self) -> None:
        """Fill up to a batch that begins with no blank, however many blanks there are."""
        while True:
            self.fill(BATCH)
            self.data = self.data.lstrip(BLANKS)
            if self.data or self.ended:
                return


def _lines(buffer: _Buffer) -> Iterator[Batch]:
    number = 0
    while buffer.data:
        end = len(buffer.data) if buffer.ended else buffer.data.rfind(b"\n") + 1
        if end:
            batch = buffer.take(end)
            yield Batch(batch, number)
            number += batch.count(b"\n")
            buffer.fill(BATCH)
        else:
            buffer.more("line")


def _rows(buffer: _Buffer) -> Iterator[Batch]:
    """A line break ends a row where the quotes before it are even in number."""
    header = buffer.take(buffer.data.find(b"\n") + 1)
    number = 0
    while buffer.data:
        end = len(buffer.data) if buffer.ended else _end_of_rows(buffer.data)
        if end:
            batch = buffer.take(end)
            yield Batch(header + batch, number)
            number += re.sub(rb'"[^"]*"', b"", batch).count(b"\n")
            buffer.fill(BATCH)
        else:
            buffer.more("row")


def _end_of_rows(data: bytearray) -> int:
    odd = data.count(b'"') % 2
    end = len(data)
    while (found := data.rfind(b"\n", 0, end)) >= 0:
        odd ^= data.count(b'"', found, end) % 2
        if not odd:
            return found + 1
        end = found
    return 0


def _documents(buffer: _Buffer) -> Iterator[Batch]:
    """JSON documents one after another: of an array its members in batches, all others as they are."""
    buffer.fill_after_blanks()
    while buffer.data:
        if found := _ARRAY.match(buffer.data):
            yield from _array(buffer, found)
        elif end := _end_of_document(buffer.data):
            yield Batch(_sound(buffer.take(end)), 0)
        else:
            buffer.more("JSON document")
            continue
        buffer.fill_after_blanks()


def _array(buffer: _Buffer, found: re.Match[bytes]) -> Iterator[Batch]:
    """One document that is an array, or an object that begins with one."""
    opening, key = bytes(found[0]), found[1]
    closing = b"]}" if key else b"]"
    buffer.drop(found.end())
    first, closed = 0, False
    while not closed:
        buffer.fill_after_blanks()
        end, closed, count = _end_of_members(buffer.data)
        if not end and not closed:
            buffer.more("record")
            continue
        batch = buffer.take(end)
        if batch.strip(BLANKS):
            count = count or count_members(b"[" + batch + b"]")
            if count is None:
                raise _broken(f"among the members from number {first} on")
            yield Batch(opening + batch + closing, first)
            first += count
        elif first or not closed:
            raise _broken("a comma too many")
        if not closed:
            buffer.drop(1)  # the comma
    if not first:
        yield Batch(opening + closing, 0)
    _skip_end(buffer, opening, key)


def _skip_end(buffer: _Buffer, opening: bytes, key: bytes | None) -> None:
    """The end of a document behind the members of its array: a bracket and a brace, or other members before it."""
    end = re.match(rb"\][ \t\r\n]*\}" if opening.startswith(b"{") else rb"\]", buffer.data)
    if end:
        buffer.drop(end.end())
        return
    while not (size := _end_of_document(opening + buffer.data)):
        buffer.more("JSON document")
    rest = opening + buffer.take(size - len(opening))
    document = parse_json(_sound(rest))
    if key and isinstance(document, dict) and document[key.decode()] != []:
        raise _broken(f"it has {key.decode()} twice")


def _end_of_members(data: bytearray) -> tuple[int, bool, int | None]:
    """Where the last whole member ends, whether the end of the array comes next (else a comma), how many members."""
    comma = data.rfind(b'},{"eventVersion"') + 1
    # Many small documents one after another would each be tried against the whole buffer.
    is_likely = comma and b"]}{" not in data and b"]}\n{" not in data
    if is_likely and (count := count_members(b"[" + data[:comma] + b"]")):
        return comma, False, count
    end = 0
    for mark, place, depth in _marks(data):
        if depth < 0:
            return place, True, None
        if mark == b"," and not depth:
            end = place
    return end, False, None


def _end_of_document(data: bytes | bytearray) -> int:
    """Where the object or array that the bytes begin with ends; 0 where it does not."""
    return next((place + 1 for mark, place, depth in _marks(data) if not depth and mark != b","), 0)


def _marks(data: bytes | bytearray) -> Iterator[tuple[bytes, int, int]]:
    """The brackets and commas outside of strings, where they are, and how deep it is behind them."""
    depth, behind_string, behind_comma = 0, -1, -1
    for token in _TOKEN.finditer(data):
        mark, place = token[0], token.start()
        if mark.startswith(b'"'):
            if place == behind_string:
                raise _broken("two strings without a comma between them")
            behind_string = token.end()
            continue
        if mark == b",":
            if place == behind_comma:
                raise _broken("a comma too many")
            behind_comma = place + 1
        depth += (mark in b"{[") - (mark in b"}]")
        if depth > MAX_DEPTH:
            raise _broken("nested too deeply")
        yield mark, place, depth


def _sound(document: bytes) -> bytes:
    try:
        parse_many(document)
    except ValueError as error:
        raise _broken(str(error)) from None
    return document


def _broken(reason: str) -> Broken:
    return Broken(ProblemKind.BROKEN_JSON, f"broken JSON: {reason}")
