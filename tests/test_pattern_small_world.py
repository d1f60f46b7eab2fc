"""The compiled predicate equals `evaluate` on a small world, listed whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from detector.pattern.evaluate import evaluate
from detector.pattern.predicate import predicate
from detector.pattern.syntax import Expr
from tests import small_world as world

EVENTS = world.events()
PAIRED = [world.condition(text) for text in world.PAIRED]


def few(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those with fields that pairs ask about."""
    return [event for event in events if event.keys() <= {"a", "c"}][::3]


def differences(patterns: Iterable[Expr], events: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Where the two disagree; the first pattern that does is enough."""
    for expr in patterns:
        fast = predicate(expr)
        found = [(str(expr), event) for event in events if fast(event) is not evaluate(expr, event)]
        if found:
            return found
    return []


@world.SIZES
def test_every_condition_on_every_event(events: list[dict[str, Any]]) -> None:
    assert differences(world.vocabulary(), events) == []


@world.SIZES
def test_every_pair_on_every_event(events: list[dict[str, Any]]) -> None:
    assert differences(world.pairs(PAIRED), few(events)) == []


def test_three_conditions_nested_in_every_way() -> None:
    asked = [world.condition(text) for text in ("$.a = 1", "$.a NOT EXISTS", "$.c = 1", "$.c IS NULL")]
    assert differences(world.triples(asked), few(EVENTS[::5])) == []


@pytest.mark.slow
def test_every_pair_of_the_whole_vocabulary() -> None:
    events = EVENTS[::37]  # every place, other field and value in turn
    assert differences(world.pairs(world.vocabulary()), events) == []


def test_every_condition_is_true_somewhere_and_false_somewhere() -> None:
    one_sided = {
        str(leaf)
        for leaf in world.vocabulary()
        if all(evaluate(leaf, event) for event in EVENTS)
        or not any(evaluate(leaf, event) for event in EVENTS)
    }
    # A string or number that is not any text: there is none, but "no element equals" can be empty.
    assert one_sided == {f"{selector} != *" for selector in world.SELECTORS if "*" not in selector}
