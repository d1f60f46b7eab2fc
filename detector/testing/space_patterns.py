"""Space-delimited patterns: named, nameless and conditional fields, with ``...`` anywhere."""

from __future__ import annotations

import functools

from hypothesis import strategies as st

from detector.pattern.syntax import (
    And,
    AnyFields,
    Column,
    Compare,
    Expr,
    Field,
    Fields,
    Name,
    Number,
    Op,
    Or,
    Regex,
    Text,
    Value,
)

ALPHABET = st.sampled_from([*'ab1.é-" \\*:\t\n[](,%', "\u00a0", "\ud800"])
NAMES = st.sampled_from(["a", "b", "c_1", "_", "ERROR"])
NUMBERS = st.sampled_from(["0", "1", "-1", "1.0", "+1", "1e3", ".5"]).map(Number)
WORDS = st.builds(
    Text, st.text(ALPHABET, max_size=4) | st.from_regex(r"[a-z*.]{1,4}", fullmatch=True), st.just(True)
)
VALUES: st.SearchStrategy[Value] = NUMBERS | WORDS | st.sampled_from(["x", "^a", "[0-9]+"]).map(Regex)


def comparisons(name: str) -> st.SearchStrategy[Expr]:
    """A comparison of the field of that name."""
    column = st.just(Column((Name(name),)))
    equal = st.builds(Compare, column, st.sampled_from([Op.EQ, Op.NE]), VALUES)
    ordered = st.builds(Compare, column, st.sampled_from([Op.LT, Op.GE, Op.LE, Op.GT]), NUMBERS)
    return equal | ordered


def field_conditions(name: str) -> st.SearchStrategy[Expr]:
    """Comparisons of one field, joined with ``&&`` and ``||``."""

    def grown(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        terms = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.builds(And, terms) | st.builds(Or, terms)

    return st.recursive(comparisons(name), grown, max_leaves=4)


@st.composite
def fields(draw: st.DrawFn) -> Fields:
    """Up to four fields; there may be more regular expressions than the service takes."""
    names = draw(st.lists(NAMES, max_size=4, unique=True))
    entries: list[Field | AnyFields] = [draw(_field(name)) for name in names]
    if draw(st.booleans()):
        entries.insert(draw(st.integers(0, len(entries))), AnyFields())
    return Fields(() if entries == [Field()] else tuple(entries))


@functools.cache  # a strategy that is made anew for every draw is slow
def _field(name: str) -> st.SearchStrategy[Field]:
    return st.builds(Field, st.just(name), st.none() | field_conditions(name)) | st.just(Field())
