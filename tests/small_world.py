"""A small world, to be listed whole: a vocabulary of conditions and every event of one small shape.

In: nothing. Out: conditions as parsed nodes, patterns of one and two of them, and decoded events. What two
definitions of truth say about all of it is compared without chance; random drawing is left to what has no
small world, the spelling of texts.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from detector.pattern import grammar
from detector.pattern.syntax import And, Condition, Expr, Or

SELECTORS = (
    "$.a",
    "$.a.b",
    "$.a[0]",
    "$.a[0].b",
    "$.a[1][0]",
    "$.['a.b']",
    "$.*",
    "$.a[*]",
    "$.a.*.b",
    "$.a.b.*",
)
EQUALS = (
    "1",
    "1.0",
    '"1"',
    '"1.0"',
    "0",
    "a",
    '""',
    "*",
    "a*",
    '"*a"',
    '"a*a"',
    '"*ab*b"',
    "1*",
    "%a%",
    "%^1$%",
    "true",
)
ORDERED = ("1", "1.5", "-1e-400")
TESTS = (
    *(f"{op} {value}" for op in ("=", "!=") for value in EQUALS),
    *(f"{op} {value}" for op in ("<", "<=", ">", ">=") for value in ORDERED),
    "IS NULL",
    "IS TRUE",
    "IS FALSE",
    "NOT EXISTS",
)
# For pairs: a condition of each kind, on fields that agree and that differ.
PAIRED = tuple(
    f"{selector} {test}"
    for selector, tests in {
        "$.a": ("= 1", '= "1"', "!= a", '= "*a"', "> 0", "IS NULL", "IS TRUE", "NOT EXISTS", "= *"),
        "$.c": ("= 1", "!= 1", "= a", "IS FALSE", "NOT EXISTS"),
        "$.a.b": ("= a", "!= a", "NOT EXISTS"),
        "$.a[0]": ("= 1", "IS NULL"),
        "$.a[*]": ("= a", "!= a", "NOT EXISTS"),
    }.items()
    for test in tests
)

VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    *("", "a", "b", "aa", "aba", "abab", "1", "1.0", "01", "true", "a\nb"),
    *(0, 1, 1.0, -0.0, 1.5, -1, 10, 1e3, 1e7, 1e-4, 2**53 + 1, 10**400, float("inf"), float("-inf")),
    *({}, [], {"0": 1, "*": "a"}, [[None]], [1, "a"], [{"b": 1}, {"b": "a"}], {"b": {"b": "a"}}),
)
OTHERS: tuple[dict[str, Any], ...] = ({}, {"c": 1}, {"c": "a"}, {"c": None}, {"c": False}, {"a.b": "a"})


def events() -> list[dict[str, Any]]:
    """Every value, and none, at every place where a selector looks; beside it every other field."""
    fields: list[dict[str, Any]] = [{}]
    for value in VALUES:
        places = (value, {"b": value}, [value], {"b": [value]}, [{"b": value}], [1, [value]])
        fields += [{"a": place} for place in places]
        fields.append({"a.b": value})
    return [field | other for field in fields for other in OTHERS]


SIZES = pytest.mark.parametrize(
    "events",
    [pytest.param(events()[::5], id="a fifth"), pytest.param(events(), id="all", marks=pytest.mark.slow)],
)
"""Of every value, place and other field some, and on demand all of them together."""


def vocabulary() -> list[Condition]:
    """Every selector with every test."""
    return [condition(f"{selector} {test}") for selector in SELECTORS for test in TESTS]


def pairs(conditions: Iterable[Condition]) -> Iterator[Expr]:
    """Every ``one && other`` and ``one || other``, the same one twice included."""
    for one, other in itertools.product(conditions, repeat=2):
        yield And((one, other))
        yield Or((one, other))


def triples(conditions: Iterable[Condition]) -> Iterator[Expr]:
    """Every mixed nesting of three conditions, and the flat ones."""
    for one, two, three in itertools.product(conditions, repeat=3):
        yield And((one, two, three))
        yield Or((one, two, three))
        yield Or((one, And((two, three))))
        yield And((one, Or((two, three))))


def condition(text: str) -> Condition:
    found = grammar.parse(f"{{ {text} }}")
    assert not isinstance(found, And | Or)
    return found
