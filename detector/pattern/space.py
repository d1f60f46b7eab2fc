"""The meaning of space-delimited patterns: how an event is cut into fields, and when a condition on one holds.

In: the entries of a pattern and the raw text of a log event. Out: whether CloudWatch Logs would say that the
event matches, and the fields by their names. The rules, recorded from TestMetricFilter (2026):

* An event is cut at runs of white space. A field that begins with ``"`` or ``[`` and is closed later holds
  everything in between; what is never closed is ordinary text, and ``""`` is an empty field.
* Every entry needs a field. ``...`` stands for any number of fields; without it the last entry takes the rest
  of the line as it stands (one quoted field is unwrapped, as everywhere).
* Conditions compare text. Against a bare number a field that looks like one is compared as a number,
  ``!=`` is the exact negation of ``=``, and an ordering is false on a field that is not a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import NamedTuple, TypeAlias

from detector.pattern.evaluate import holds as tree_holds
from detector.pattern.evaluate import text_equals
from detector.pattern.syntax import (
    NUMBER,
    AnyFields,
    Compare,
    Condition,
    Entry,
    Field,
    Fields,
    Number,
    Op,
    Value,
)

BLANKS = " \t\n\r\f\v"
_ORDINARY = re.compile(r"[^ \t\n\r\f\v]+")
_BLANKS = re.compile(r"[ \t\n\r\f\v]*")
_CLOSING = {'"': '"', "[": "]"}


def holds(expr: Fields, message: str) -> bool:
    """Whether the event has the fields that the pattern asks for, and they fulfil its conditions."""
    return _matching(expr, message) is not None


def extract(expr: Fields, message: str) -> dict[str, str]:
    """The fields of a matching event as TestMetricFilter prints them, in their order; else nothing.

    ``$name``, or the position counted from 1 (``$2``) for a field without a name of its own.
    """
    found = _matching(expr, message) or []
    return {f"${entry.name or place}": text for place, (entry, text) in enumerate(found, start=1)}


Bound: TypeAlias = list[tuple[Field, str]]


def _matching(expr: Fields, message: str) -> Bound | None:
    bound = _bound(expr.entries, message)
    if bound is None or not all(_holds(entry, text) for entry, text in bound):
        return None
    return bound


def _holds(entry: Field, text: str) -> bool:
    def test(condition: Condition) -> bool:
        return isinstance(condition, Compare) and compare(text, condition.op, condition.value)

    return entry.condition is None or tree_holds(entry.condition, test)


def _bound(entries: tuple[Entry, ...], message: str) -> Bound | None:
    """Each field of the event with its entry, or None when there are too few fields."""
    named = [entry for entry in entries if isinstance(entry, Field)]
    if len(named) == len(entries) > 0:
        return _to_the_end_of_line(named, message)
    texts = [piece.text for piece in cut(message)]
    more = len(texts) - len(named)
    if more < 0:
        return None
    place = next((i for i, entry in enumerate(entries) if isinstance(entry, AnyFields)), 0)
    spread = [*named[:place], *[Field()] * more, *named[place:]]
    return list(zip(spread, texts, strict=True))


def _to_the_end_of_line(entries: list[Field], message: str) -> Bound | None:
    pieces = list(islice(cut(message), len(entries)))
    if len(pieces) < len(entries):
        return None
    last = pieces[-1]
    # Blanks at the end of the line belong to no field: `x "y" ` still ends in one quoted field.
    rest = message[last.start :].rstrip(BLANKS)
    texts = [piece.text for piece in pieces[:-1]]
    texts.append(last.text if last.start + len(rest) == last.end else rest)
    return list(zip(entries, texts, strict=True))


class Piece(NamedTuple):
    """A field of an event: its text without delimiters, and where it stands with them."""

    text: str
    start: int
    end: int


def cut(message: str) -> Iterator[Piece]:
    """The fields of an event, in time linear in its length."""
    last = {opening: message.rfind(closing) for opening, closing in _CLOSING.items()}
    place = _skip(message, 0)
    while place < len(message):
        piece = _delimited(message, place, last) or _ordinary(message, place)
        yield piece
        place = _skip(message, piece.end)


def _delimited(message: str, place: int, last: dict[str, int]) -> Piece | None:
    opening = message[place]
    # Without a look at the last closing one, a line of brackets that are never closed takes quadratic time.
    if last.get(opening, -1) <= place:
        return None
    end = message.index(_CLOSING[opening], place + 1)
    return Piece(message[place + 1 : end], place, end + 1)


def _ordinary(message: str, place: int) -> Piece:
    found = _ORDINARY.match(message, place)
    end = found.end() if found else len(message)
    return Piece(message[place:end], place, end)


def _skip(message: str, place: int) -> int:
    found = _BLANKS.match(message, place)
    return found.end() if found else place


def compare(text: str, op: Op, value: Value) -> bool:
    """One comparison of one field."""
    number = as_number(text) if isinstance(value, Number) else None
    if number is not None and isinstance(value, Number):
        return op.test(number, value.value)
    return not op.is_ordering and text_equals(text, value) is (op is Op.EQ)


def as_number(text: str) -> Decimal | None:
    """The exact number that a field spells in digits, if it does; not ``NaN``, ``0x10`` or ``1,000``."""
    if not NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent of twenty digits: not a number to any reader
        return None
