"""Messages that are worth a try where two patterns are not decided by reasoning.

In: two patterns, and events that one of them matches. Out: a bounded number of events or messages, made of the values
that the patterns name and of things beside them. Nothing is claimed of them; they are put to both patterns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice, pairwise, product
from typing import Any

from detector import jsontext
from detector.pattern import Pattern, space
from detector.pattern.evaluate import holds
from detector.pattern.syntax import (
    NUMBER,
    Compare,
    Expr,
    Field,
    Fields,
    Leaf,
    Number,
    Regex,
    Term,
    Text,
    conditions,
)
from detector.relation.automata import automaton
from detector.relation.regex_syntax import UnknownRegexError

MOST = 4_000
_MOST_EVENTS = 400
_PLAIN = ("x", "0", "")
_FEW = 8
_DIGITS = 20


def events(old: Pattern, new: Pattern, alone: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Events that match one pattern: joined, and with what the patterns name in a member of its own."""
    strings = _strings(old, new)
    joined = [{}, *({**one, **other} for one, other in product(alone, repeat=2))]
    yield from joined
    beside = ({**event, _free(event): value} for event in joined for value in (*strings, strings))
    yield from islice(beside, _MOST_EVENTS)


def messages(old: Pattern, new: Pattern, alone: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Messages of all kinds, short ones first."""
    strings = _strings(old, new)
    most = max(len(one.expr.entries) if isinstance(one.expr, Fields) else 1 for one in (old, new))
    yield from strings
    for one in (old, new):
        if isinstance(one.expr, Fields):
            yield from _varied(one.expr, [*strings, *_beside(strings)])
    if alone:
        yield from (jsontext.dump_json(event).decode() for event in events(old, new, alone))
    yield from islice(_lines(most, strings), MOST)
    yield " ".join(strings)
    yield from islice(_lines(most, [*_beside(strings), *strings]), MOST)


def _strings(old: Pattern, new: Pattern) -> list[str]:
    """What both patterns name."""
    named = (_suggested(leaf) for one in (old, new) for leaf in conditions(one.expr))
    return list(dict.fromkeys([*(string for strings in named for string in strings), *_PLAIN]))


def _suggested(leaf: Leaf) -> Iterator[str]:
    """Strings that are like the value of a condition, and whole numbers beside it."""
    match leaf:
        case Term(term):
            yield term
        case Compare(_, _, Number(written) as value):
            yield written
            if isinstance(value.value, int):
                yield from (str(value.value + step) for step in (-1, 1))
        case Compare(_, _, Text() | Regex() as value) | (Regex() as value):
            try:
                yield from automaton(value).examples()
            except UnknownRegexError:
                return
        case _:
            return


def _free(event: dict[str, Any]) -> str:
    return next(name for name in ("_", *map(str, range(len(event) + 1))) if name not in event)


def _lines(fields: int, strings: Sequence[str]) -> Iterator[str]:
    """Lines of up to two fields more than the patterns name."""
    cells = list(map(_cell, strings))
    for size in range(fields + 3):
        for line in islice(product(cells, repeat=size), MOST // 4):
            yield " ".join(line)


def _varied(expr: Fields, strings: Sequence[str]) -> Iterator[str]:
    """A line that satisfies every entry, if these strings can; then with one field changed, one less or one more."""
    line: list[str] = []
    for entry in expr.entries:
        if isinstance(entry, Field):
            asked = entry.condition
            able = (one for one in (*_PLAIN, *strings) if asked is None or _satisfies(asked, one))
            line.append(next(able, "x"))
    yield _written(line)
    yield from (
        _written([*line[:at], string, *line[at + 1 :]]) for at in range(len(line)) for string in strings
    )
    yield from (_written(other) for other in (line[:-1], line[1:], [*line, "x"], ["x", *line]))


def _satisfies(condition: Expr, string: str) -> bool:
    return holds(
        condition, lambda leaf: isinstance(leaf, Compare) and space.compare(string, leaf.op, leaf.value)
    )


def _written(line: Sequence[str]) -> str:
    return " ".join(map(_cell, line))


def _cell(string: str) -> str:
    return string if string and not set(string) & set(' \t\n"[]') else f'"{string}"'


def _beside(strings: Sequence[str]) -> Iterator[str]:
    """Numbers between those that are named, and each of the strings with more around it."""
    short = (string for string in strings if len(string) < _DIGITS and NUMBER.fullmatch(string))
    numbers = {Decimal(string) for string in short if "e" not in string.lower()}
    yield from (f"{(low + high) / 2:f}" for low, high in pairwise(sorted(numbers)))
    yield from (f"{number}.0" for number in sorted(numbers) if number == number.to_integral_value())
    yield from (f"x{string}x" for string in strings[:_FEW] if string)
