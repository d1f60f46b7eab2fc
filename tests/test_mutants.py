"""The tables and the small world catch every planted mistake (`tests/mutants.py`); on demand."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest

from detector import jsontext
from detector.errors import PatternError
from detector.pattern import grammar
from detector.pattern.evaluate import evaluate
from detector.pattern.syntax import Expr
from tests import small_world as world
from tests.filter_cases import filter_cases
from tests.mutants import COMPILE, EVALUATE, GRAMMAR, Mutant
from tests.test_pattern_errors import BLOCKS, pattern_of
from tests.test_pattern_truth import CELLS

pytestmark = pytest.mark.slow

# What the printer and the properties add: texts that no recorded row spells.
SPELLED = (
    ('{ $.a = "x\ty" }', '{"a":"x\\ty"}', True),
    ('{ $.a = "x\\\\y" }', '{"a":"x\\\\y"}', True),
)


def rows() -> Iterator[tuple[str, str, Any]]:
    for case in filter_cases("json"):
        yield case.pattern, case.message, case.expect
    for condition, message, answer in CELLS:
        yield f"{{ {condition} }}", message, answer
    yield from SPELLED
    yield from ((pattern_of(block), "{}", "invalid") for block in BLOCKS)


def told(parse: Any, holds: Any) -> bool:
    """Whether any row is answered otherwise."""
    return any(_answer(parse, holds, text, message) != expect for text, message, expect in rows())


def _answer(parse: Any, holds: Any, text: str, message: str) -> Any:
    try:
        return holds(parse(text), jsontext.parse_object(message))
    except PatternError:
        return "invalid"
    except Exception as error:  # noqa: BLE001 - a mistake may fail in any way, and that is caught
        return type(error).__name__


def test_the_rows_alone_accuse_nobody() -> None:
    assert not told(_checked(grammar.parse), evaluate)


def _checked(parse: Any) -> Any:
    from detector.pattern import limits

    def whole(text: str) -> Expr:
        limits.check_length(text)
        expr: Expr = parse(text)
        return expr

    return whole


@pytest.mark.parametrize("mutant", EVALUATE, ids=lambda mutant: mutant.name)
def test_a_mistake_in_evaluate_is_caught_by_the_tables(mutant: Mutant) -> None:
    assert told(_checked(grammar.parse), mutant.load().evaluate)


@pytest.mark.parametrize("mutant", GRAMMAR, ids=lambda mutant: mutant.name)
def test_a_mistake_in_the_grammar_is_caught_by_the_tables(mutant: Mutant) -> None:
    assert told(_checked(mutant.load().parse), evaluate)


@pytest.mark.parametrize("mutant", COMPILE, ids=lambda mutant: mutant.name)
def test_a_mistake_in_compile_is_caught_by_the_small_world(mutant: Mutant) -> None:
    predicate = mutant.load().predicate
    few = [world.condition(text) for text in world.PAIRED]
    some = [few[0], few[7], few[9], few[13]]
    patterns = chain(world.vocabulary(), world.pairs(few), world.triples(some))
    events = world.events()
    assert any(differs(predicate(expr), expr, event) for expr in patterns for event in events[::5])


def differs(fast: Any, expr: Expr, event: dict[str, Any]) -> bool:
    try:
        return fast(event) is not evaluate(expr, event)
    except Exception:  # noqa: BLE001 - the same
        return True
