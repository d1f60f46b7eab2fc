"""The reasoning of the linter is sound: on a small world whole, and on drawn trees."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.lint.logic import Logic
from detector.lint.signatures import Kind, Undecided, signatures, within
from detector.lint.trees import TOKEN, removed, span_of, text_span
from detector.pattern import compile as compile_pattern
from detector.pattern import evaluate
from detector.pattern.syntax import And, Condition, Expr, Or, Text, conditions
from tests import small_world

VALUES: tuple[Any, ...] = (*small_world.VALUES, evaluate.MISSING)


def kind_of(value: Any) -> Kind:
    if value is evaluate.MISSING:
        return Kind.MISSING
    by_type = {
        type(None): Kind.NULL,
        bool: Kind.BOOLEAN,
        dict: Kind.OBJECT,
        list: Kind.ARRAY,
        str: Kind.STRING,
    }
    return by_type.get(type(value), Kind.NUMBER)


def of_one_selector() -> list[Condition]:
    return [leaf for leaf in small_world.vocabulary() if str(leaf.selector) == "$.a"]


def holds(leaf: Condition, value: Any) -> bool:
    return evaluate.evaluate(leaf, {} if value is evaluate.MISSING else {"a": value})


@pytest.mark.parametrize("size", [1, 2, 3])
def test_every_value_has_its_signature(size: int) -> None:
    leaves = of_one_selector()
    groups = (
        itertools.combinations(leaves, size) if size < 3 else list(itertools.combinations(leaves, 3))[::37]
    )
    for group in groups:
        known = {(one.kind, one.true) for one in signatures(group)}
        for value in VALUES:
            true = frozenset(leaf for leaf in group if holds(leaf, value))
            assert (kind_of(value), true) in known, (list(map(str, group)), value)


def test_signatures_are_useful() -> None:
    """For small groups there are no signatures but those that some value has."""
    texts = ("= x", "!= x", "= y", "= *", "> 5", "< 3", "IS NULL", "NOT EXISTS", "= 5")
    values = [*VALUES, [None], "x", "y", 4, 5, 6, 2, "5"]
    for group in itertools.combinations([small_world.condition(f"$.a {text}") for text in texts], 2):
        real = {(kind_of(value), frozenset(leaf for leaf in group if holds(leaf, value))) for value in values}
        assert {(one.kind, one.true) for one in signatures(group)} <= real, list(map(str, group))


@functools.cache
def world() -> list[dict[str, Any]]:
    return small_world.events()


def check(one: Expr, other: Expr) -> None:
    logic = Logic.of(one, other)
    never, always, same = logic.never(one), logic.always(one), logic.same(one, other)
    if never or always or same:
        for event in world():
            first = evaluate.evaluate(one, event)
            assert not (never and first), (str(one), event)
            assert first or not always, (str(one), event)
            assert not same or first == evaluate.evaluate(other, event), (str(one), str(other), event)


def test_pairs_of_conditions() -> None:
    paired = [small_world.condition(text) for text in small_world.PAIRED]
    for one, other in itertools.combinations(paired, 2):
        check(And((one, other)), Or((one, other)))
        check(Or((one, other)), one)


CONDITIONS = st.sampled_from(small_world.vocabulary()).map(lambda leaf: leaf)
TREES = st.recursive(
    CONDITIONS,
    lambda inner: st.tuples(st.sampled_from([And, Or]), st.lists(inner, min_size=2, max_size=3)).map(
        lambda pair: pair[0](tuple(pair[1]))
    ),
    max_leaves=5,
)


@given(TREES, TREES)
@settings(deadline=None, max_examples=150)
def test_drawn_trees(one: Expr, other: Expr) -> None:
    try:
        check(one, other)
    except Undecided:
        return


WORDS = st.text("ab*", max_size=5)


@given(WORDS, WORDS, st.text("ab", max_size=6))
def test_what_is_within_a_glob_matches_it(one: str, other: str, text: str) -> None:
    mine, theirs = Text(one), Text(other)
    if mine.is_glob and theirs.is_glob and within(mine, theirs) and evaluate.glob(one, text):
        assert evaluate.glob(other, text)


def test_a_question_that_is_too_large_is_not_answered() -> None:
    globs = " && ".join(f'$.a != "*{letter}*"' for letter in "abcdefghijkl")
    tree = compile_pattern(f"{{ {globs} }}").expr
    with pytest.raises(Undecided):
        Logic.of(tree)  # type: ignore[arg-type]  # a JSON pattern's tree


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
