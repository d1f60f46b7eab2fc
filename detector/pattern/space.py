"""Space-delimited patterns: the nodes, how an event is cut into fields, and what the conditions mean.

In: the entries of a pattern and the raw text of a log event. Out: whether CloudWatch Logs would say that the
event matches, and the fields by their names. The rules, recorded from TestMetricFilter (2026):

* An event is cut at runs of white space. A field that begins with ``"`` or ``[`` and is closed later holds
  everything in between; what is never closed is ordinary text, and ``""`` is an empty field.
* Every entry needs a field. ``...`` stands for any number of fields; without it the last entry takes the rest
  of the line as it stands (one quoted field is unwrapped, as everywhere).
* Conditions compare text. Against a bare number a field that looks like one is compared as a number,
  ``!=`` is the exact negation of ``=``, and an ordering is false on a field that is no number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import NamedTuple, TypeAlias, assert_never

from detector.pattern.evaluate import ORDERINGS, text_equals
from detector.pattern.syntax import NOWHERE, NUMBER, Number, Op, Span, Value

BLANKS = " \t\n\r\f\v"
_ORDINARY = re.compile(r"[^ \t\n\r\f\v]+")
_BLANKS = re.compile(r"[ \t\n\r\f\v]*")
_CLOSING = {'"': '"', "[": "]"}


@dataclass(frozen=True, slots=True)
class Compare:
    """``status = 404``: a comparison of the entry's own field, which is always there and always text."""

    name: str
    op: Op
    value: Value
    span: Span = field(default=NOWHERE, compare=False)
    value_span: Span = field(default=NOWHERE, compare=False)

    def __str__(self) -> str:
        return f"{self.name} {self.op} {self.value}"


@dataclass(frozen=True, slots=True)
class And:
    """Two or more terms that must all hold."""

    terms: tuple[Condition, ...]

    def __str__(self) -> str:
        return " && ".join(f"({term})" if isinstance(term, And | Or) else str(term) for term in self.terms)


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more terms of which one must hold; binds weaker than ``&&``."""

    terms: tuple[Condition, ...]

    def __str__(self) -> str:
        return " || ".join(f"({term})" if isinstance(term, Or) else str(term) for term in self.terms)


Condition: TypeAlias = Compare | And | Or


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the event: with a name or without, with a condition on it or without."""

    name: str | None = None
    condition: Condition | None = None
    span: Span = field(default=NOWHERE, compare=False)

    def __str__(self) -> str:
        return self.name or "" if self.condition is None else str(self.condition)


@dataclass(frozen=True, slots=True)
class AnyFields:
    """``...``: zero or more fields."""

    span: Span = field(default=NOWHERE, compare=False)

    def __str__(self) -> str:
        return "..."


Entry: TypeAlias = Field | AnyFields


@dataclass(frozen=True, slots=True)
class Fields:
    """The entries between the brackets; without any, every event matches."""

    entries: tuple[Entry, ...]

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.entries))}]"


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
    if bound is None or not all(_holds(entry.condition, text) for entry, text in bound):
        return None
    return bound


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


def _holds(condition: Condition | None, text: str) -> bool:
    match condition:
        case None:
            return True
        case And(terms):
            return all(_holds(term, text) for term in terms)
        case Or(terms):
            return any(_holds(term, text) for term in terms)
        case Compare(_, op, value):
            return compare(text, op, value)
        case _:
            assert_never(condition)


def compare(text: str, op: Op, value: Value) -> bool:
    """One comparison of one field."""
    number = as_number(text) if isinstance(value, Number) else None
    if op.is_ordering:
        return number is not None and isinstance(value, Number) and ORDERINGS[op](number, value.value)
    if number is not None and isinstance(value, Number):
        return (number == value.value) is (op is Op.EQ)
    return text_equals(text, value) is (op is Op.EQ)


def as_number(text: str) -> Decimal | None:
    """The exact number that a field spells in digits, if it does; not ``NaN``, ``0x10`` or ``1,000``."""
    if not NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent of twenty digits: no number to anybody
        return None
