"""The small mistakes that one can make in the value of a condition.

In: a value. Out: other values, each with the mistake that it is. What is done to conditions and groups is in
`detector.pattern.mutants`.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TypeAlias

from detector.pattern.syntax import Number, Op, Regex, Text, Value


class Mistake(StrEnum):
    """What was done to a pattern."""

    WIDER = "literal widened"
    NARROWER = "literal narrowed"
    WILDCARD = "wildcard moved"
    CASE = "case changed"
    NUMBER = "number changed"
    OPERATOR = "operator changed"
    NEGATION = "negation dropped"
    ABSENT = "absent field let in"
    KIND = "other kind of value"
    DROPPED = "condition dropped"
    SWAPPED = "&& and || swapped"
    PARENTHESES = "parentheses dropped"
    SELECTOR = "selector changed"
    FIELDS = "fields changed"


Values: TypeAlias = Iterator[tuple[Mistake, Value]]


def of_value(value: Value, op: Op) -> Values:
    """Every mistake in the value of a comparison."""
    match value:
        case Number():
            yield from _of_number(value, op)
        case Text():
            yield from _of_text(value)
        case Regex():
            yield from of_regex(value)


def _of_number(value: Number, op: Op) -> Values:
    if isinstance(value.value, int):
        yield from ((Mistake.NUMBER, Number(str(value.value + step))) for step in (1, -1))
    if not op.is_ordering:
        yield Mistake.KIND, Text(value.text)


def _of_text(value: Text) -> Values:
    text = value.value
    if not text.strip("*"):
        return
    for mistake, other in _of_glob(text) if value.is_glob else _of_word(text):
        yield mistake, Text(other, quoted=value.quoted)
    for cased in (text.swapcase(), text[:1].swapcase() + text[1:]):
        if cased != text:
            yield Mistake.CASE, Text(cased, quoted=value.quoted)


def _of_word(text: str) -> Iterator[tuple[Mistake, str]]:
    yield from ((Mistake.WIDER, other) for other in (f"{text}*", f"*{text}", "*"))
    if len(text) > 1:
        yield from ((Mistake.NARROWER, other) for other in (text[:-1], text[1:]))


def _of_glob(text: str) -> Iterator[tuple[Mistake, str]]:
    pieces = text.split("*")
    for place in range(1, len(pieces)):
        joined = pieces[place - 1] + pieces[place]
        yield Mistake.NARROWER, "*".join([*pieces[: place - 1], joined, *pieces[place + 1 :]])
    if pieces[0]:
        yield Mistake.WIDER, f"*{text}"
        yield from [(Mistake.WIDER, text[1:])] if len(pieces[0]) > 1 else []
    if pieces[-1]:
        yield Mistake.WIDER, f"{text}*"
        yield from [(Mistake.WIDER, text[:-1])] if len(pieces[-1]) > 1 else []
    if bool(pieces[0]) is not bool(pieces[-1]):
        yield Mistake.WILDCARD, f"{text[1:]}*" if not pieces[0] else f"*{text[:-1]}"
        side = f"{text[:-2]}*" if pieces[0] else f"*{text[2:]}"
        yield from [(Mistake.WIDER, side)] if side.strip("*") else []
    yield Mistake.WIDER, "*"


def of_regex(regex: Regex) -> Iterator[tuple[Mistake, Regex]]:
    """Every mistake in a regular expression."""
    source = regex.source
    if source.startswith("^"):
        yield Mistake.WIDER, Regex(source[1:])
    else:
        yield Mistake.NARROWER, Regex(f"^{source}")
    if source.endswith("$") and not source.endswith("\\$"):
        yield Mistake.WIDER, Regex(source[:-1])
    else:
        yield Mistake.NARROWER, Regex(f"{source}$")
    if "\\." in source:
        yield Mistake.WIDER, Regex(source.replace("\\.", ".", 1))
