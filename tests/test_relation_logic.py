"""The linter's questions to the prover: sound on a small world and on drawn trees, on all events and in a domain."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.lint.trees import TOKEN, removed, span_of, text_span
from detector.pattern import compile as compile_pattern
from detector.pattern import evaluate
from detector.pattern.syntax import And, Condition, Expr, Or, Selector, Wildcard, conditions
from detector.relation.prover import Logic, Undecided
from detector.relation.values import ANYTHING, Allowed, ValueKind
from tests import small_world
from tests.drawing import examples


@functools.cache
def world() -> list[dict[str, Any]]:
    return small_world.events()


def check(one: Expr, other: Expr, logic: Logic, events: list[dict[str, Any]]) -> None:
    never, always, same = logic.never(one), logic.always(one), logic.same(one, other)
    if never or always or same:
        for event in events:
            first = evaluate.evaluate(one, event)
            assert not (never and first), (str(one), event)
            assert first or not always, (str(one), event)
            assert not same or first == evaluate.evaluate(other, event), (str(one), str(other), event)


def test_pairs_of_conditions() -> None:
    paired = [small_world.condition(text) for text in small_world.PAIRED]
    for one, other in itertools.combinations(paired, 2):
        logic = Logic(one, other)
        check(And((one, other)), Or((one, other)), logic, world())
        check(Or((one, other)), one, logic, world())


CONDITIONS = st.sampled_from(small_world.vocabulary()).map(lambda leaf: leaf)
TREES = st.recursive(
    CONDITIONS,
    lambda inner: st.tuples(st.sampled_from([And, Or]), st.lists(inner, min_size=2, max_size=3)).map(
        lambda pair: pair[0](tuple(pair[1]))
    ),
    max_leaves=5,
)


@given(TREES, TREES)
@examples(100)
def test_drawn_trees(one: Expr, other: Expr) -> None:
    try:
        check(one, other, Logic(one, other), world())
    except Undecided:
        return


def kind_of(value: Any) -> ValueKind:
    if value is evaluate.MISSING:
        return ValueKind.MISSING
    by_type = {
        type(None): ValueKind.NULL,
        bool: ValueKind.BOOLEAN,
        dict: ValueKind.OBJECT,
        list: ValueKind.ARRAY,
        str: ValueKind.STRING,
    }
    return by_type.get(type(value), ValueKind.NUMBER)


def is_in(event: dict[str, Any], selectors: set[Selector], kinds: frozenset[ValueKind]) -> bool:
    return all(
        not selector.steps or kind_of(evaluate.find(selector, event)) in kinds for selector in selectors
    )


KINDS = st.frozensets(st.sampled_from(ValueKind), min_size=1, max_size=4)


@given(TREES, TREES, KINDS)
@examples(100)
def test_what_holds_in_a_domain_holds_for_its_events(
    one: Expr, other: Expr, kinds: frozenset[ValueKind]
) -> None:
    """Every selector finds values of some kinds only, and an answer is about the events in which that is so."""
    logic = Logic(one, other, domain=lambda _: Allowed(kinds))
    leaves = {leaf.selector.steps for leaf in (*conditions(one), *conditions(other))}
    # With a wildcard, != asks for the part before it, too.
    asked = {Selector(tuple(itertools.takewhile(lambda step: step != Wildcard(), steps))) for steps in leaves}
    try:
        check(one, other, logic, [event for event in world() if is_in(event, asked, kinds)])
    except Undecided:
        return


def leaf(text: str) -> Condition:
    return small_world.condition(text)


@pytest.mark.parametrize(
    ("text", "kinds", "only", "can_be"),
    [
        ("$.a = x", {ValueKind.STRING}, None, True),
        ("$.a = x", {ValueKind.STRING}, "y", False),
        ("$.a = x", {ValueKind.STRING}, "x", True),
        ("$.a = x", {ValueKind.NUMBER}, None, False),
        ("$.a NOT EXISTS", {ValueKind.STRING}, None, False),
        ("$.a.b NOT EXISTS", {ValueKind.STRING, ValueKind.NULL}, None, False),
        ("$.a[0] NOT EXISTS", {ValueKind.STRING}, None, False),
        ("$.a IS NULL", {ValueKind.ARRAY}, None, True),
    ],
)
def test_domains(text: str, kinds: set[ValueKind], only: str | None, can_be: bool) -> None:
    allowed = Allowed(frozenset(kinds), only)
    assert Logic(leaf(text), domain=lambda _: allowed).can_be(leaf(text)) is can_be


def test_what_no_condition_tells_apart_is_left_out_together() -> None:
    name = leaf("$.a = x").selector
    tree = Or((leaf('$.a = "Console*"'), leaf("$.a = x")))
    logic = Logic(tree, domain=lambda _: ANYTHING, unlike=(name, "ConsoleLogin"))
    assert not logic.can_be(leaf('$.a = "Console*"'))
    assert logic.can_be(leaf("$.a = x"))
    assert Logic(leaf("$.a != x"), unlike=(name, "ConsoleLogin")).can_be(leaf("$.a != x"))


def test_a_question_that_is_too_large_is_not_answered() -> None:
    tree = compile_pattern("{ $.a = %^[ab]*a[ab]{20}$% && $.a = %^[ab]*b[ab]{20}$% }").expr
    with pytest.raises(Undecided):
        Logic(tree).never(tree)  # type: ignore[arg-type]  # a JSON pattern's tree


@pytest.mark.parametrize(
    ("pattern", "part", "text"),
    [
        ("{ ($.a = 1) || ($.b = 2) }", 0, "$.a = 1"),
        ("{ (($.a = 1) || $.b = 2) && $.c = 3 }", 0, "($.a = 1) || $.b = 2"),
        ("{ $.c = 3 && ($.a = 1 || ($.b = 2)) }", 1, "$.a = 1 || ($.b = 2)"),
        ('{ $.c = 3 && ($.a = "(" || ($.b = 2)) }', 1, '$.a = "(" || ($.b = 2)'),
    ],
)
def test_a_part_of_a_pattern_can_be_replaced(pattern: str, part: int, text: str) -> None:
    tree = compile_pattern(pattern).expr
    assert isinstance(tree, And | Or)
    span = text_span(pattern, tree.terms[part])
    assert pattern[span.start : span.end] == text
    compile_pattern(f"{pattern[: span.start]}$.x = 1{pattern[span.end :]}")


def test_a_term_is_removed_where_it_stands() -> None:
    tree = compile_pattern("{ $.a = 1 || ($.b = 2 && $.a = 1) }").expr
    assert isinstance(tree, Or)
    inner = tree.terms[1]
    assert isinstance(inner, And)
    assert str(removed(tree, inner.terms[1])) == "$.a = 1 || $.b = 2"
    assert str(removed(tree, tree.terms[0])) == "$.b = 2 && $.a = 1"
    assert removed(tree.terms[0], tree.terms[0]) is None
    assert span_of(tree).start == 2
    assert len(conditions(tree)) == 3
    assert [one["sign"] for one in TOKEN.finditer('"a && b" && (x) %a||b% ["c"]') if one["sign"]] == [
        "&&",
        "(",
        ")",
    ]
