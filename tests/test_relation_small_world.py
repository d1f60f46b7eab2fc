"""No verdict that is proved is refuted by a small world, listed whole.

A verdict claims for each outcome (only the old pattern matches, only the new one, both) that it has an event or that it
has none. The events it names are read back and tested by the code itself; that it names one wherever the world has one
is shown here.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from typing import Any

import pytest

from detector.pattern import Pattern, PatternKind
from detector.pattern.evaluate import evaluate
from detector.pattern.syntax import And, Condition, Expr, Or
from detector.relation import Verdict, relate
from tests import small_world as world

FEW: tuple[Any, ...] = (
    None,
    True,
    "a",
    "b",
    "ab",
    "",
    1,
    1.5,
    {},
    [],
    [None],
    {"b": 1},
    {"b": "a"},
    {"b": None},
    [1],
    ["a"],
)
DEEP: tuple[Any, ...] = (*FEW, {"b": [1]}, {"b": [None]}, {"b": {"b": "a"}}, {"c": "a"}, [[None]])


def tangled() -> Iterable[dict[str, Any]]:
    """Events in which named members, elements and others stand side by side."""
    for one in DEEP:
        yield {"a": one}
        for other in DEEP:
            yield from ({"a": [one, other]}, {"a": {"b": one, "c": other}}, {"a": one, "c": other})
            yield {"a": {"c": one, "d": other}}
            for third in FEW[::2]:
                yield from ({"a": [one, other, third]}, {"a": {"b": one, "c": other}, "d": third})


EVENTS = [*world.events(), *tangled()]
TANGLED = [
    world.condition(text)
    for text in (
        *("$.a = 1", '$.a = "1"', "$.a != a", "$.a = *", '$.a = "*a"', "$.a = %a%", "$.a > 1", "$.a <= 1.5"),
        *("$.a IS NULL", "$.a IS TRUE", "$.a NOT EXISTS", "$.a.b = a", "$.a.b != a", "$.a.b NOT EXISTS"),
        *(
            "$.a[0] = 1",
            "$.a[0] IS NULL",
            "$.a[0] NOT EXISTS",
            "$.a[1] = 1",
            "$.a[1] NOT EXISTS",
            "$.a[2] = a",
        ),
        *("$.a[*] = a", "$.a[*] != a", "$.a[*] NOT EXISTS", "$.a.* IS NULL", "$.a.*.b != 1", "$.a.*.b = 1"),
        *(
            "$.a.b.* = 1",
            "$.a.b.* != 1",
            "$.a.*[0] = 1",
            "$.* = a",
            "$.* != a",
            "$.*.b = 1",
            "$.a.c = a",
            "$.c = 1",
        ),
    )
]
_MASKS: dict[Condition, int] = {}


def mask(expr: Expr) -> int:
    """The events that match, a bit each."""
    if isinstance(expr, And | Or):
        masks = [mask(term) for term in expr.terms]
        whole = masks[0]
        for one in masks[1:]:
            whole = whole & one if isinstance(expr, And) else whole | one
        return whole
    if expr not in _MASKS:
        _MASKS[expr] = sum(1 << i for i, event in enumerate(EVENTS) if evaluate(expr, event))
    return _MASKS[expr]


def pattern(expr: Expr) -> Pattern:
    return Pattern(str(expr), PatternKind.JSON, expr, lambda event: evaluate(expr, event))


def refuted(old: Expr, new: Expr) -> list[tuple[str, str, Verdict, dict[str, Any]]]:
    """Events of an outcome that the verdict says has none."""
    verdict = relate(pattern(old), pattern(new))
    assert verdict.proved, (str(old), str(new), verdict.why_not)
    found, mine, theirs = verdict.witnesses, mask(old), mask(new)
    outcomes = (
        (mine & ~theirs, found.old_only),
        (theirs & ~mine, found.new_only),
        (mine & theirs, found.both),
    )
    return [
        (str(old), str(new), verdict, EVENTS[(events & -events).bit_length() - 1])
        for events, witness in outcomes
        if events and witness is None
    ]


@pytest.mark.slow
def test_every_pair_of_conditions_that_interact() -> None:
    assert [bad for old, new in itertools.product(TANGLED, repeat=2) for bad in refuted(old, new)] == []


@pytest.mark.slow
def test_every_pair_of_tests_on_one_field() -> None:
    tests = [one for one in world.vocabulary() if str(one).startswith("$.a ")]
    assert len(tests) > 40
    assert [bad for old, new in itertools.combinations(tests, 2) for bad in refuted(old, new)] == []


def drawn(seed: int, count: int, size: int, conditions: list[Condition]) -> list[tuple[Expr, Expr]]:
    """Pairs of trees over a few conditions, so that they have something to do with each other."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    pairs = []
    for _ in range(count):
        few = chance.sample(conditions, size)
        pairs.append((tree(chance, few, chance.randint(1, size)), tree(chance, few, chance.randint(1, size))))
    return pairs


def tree(chance: random.Random, conditions: list[Condition], leaves: int) -> Expr:
    if leaves == 1:
        return chance.choice(conditions)
    left = chance.randint(1, leaves - 1)
    node = And if chance.random() < 1 / 2 else Or
    return node((tree(chance, conditions, left), tree(chance, conditions, leaves - left)))


@pytest.mark.parametrize("size", [2, 3, 5])
def test_trees_of_conditions_that_interact(size: int) -> None:
    pairs = drawn(size, 400, size, TANGLED)
    assert [bad for old, new in pairs for bad in refuted(old, new)] == []


@pytest.mark.slow
def test_trees_over_the_whole_vocabulary() -> None:
    pairs = drawn(1, 300, 3, world.vocabulary()[::7])
    assert [bad for old, new in pairs for bad in refuted(old, new)] == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_many_trees(seed: int) -> None:
    pairs = drawn(100 + seed, 1_500, 2 + seed % 5, [*TANGLED, *world.vocabulary()])
    assert [bad for old, new in pairs for bad in refuted(old, new)] == []


def test_the_world_can_refute() -> None:
    """A verdict that forgets an outcome is noticed: each outcome has events here."""
    masks = [mask(one) for one in TANGLED]
    assert all(masks)
    pairs = list(itertools.combinations(masks, 2))
    assert sum(1 for one, other in pairs if one & other and one & ~other and other & ~one) > len(pairs) / 3
