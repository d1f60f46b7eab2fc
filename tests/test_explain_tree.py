"""What an explanation claims: its verdicts are the definition of truth, and its deciding set is a smallest one."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import detector
from detector.pattern import Pattern, PatternKind, evaluate
from detector.pattern.explanation import Explanation, Found, Kind, Verdict, explain, leaves, smallest
from detector.pattern.syntax import And, Or, Rule, Term, Terms, conditions, rule
from tests import small_world
from tests import strategies as draw
from tests.drawing import examples
from tests.filter_cases import filter_cases

ROWS = [
    case
    for kind in ("json", "text", "space-delimited")
    for case in filter_cases(kind)
    if case.expect != "invalid"
]


def agrees(tree: Verdict) -> bool:
    """Whether every group is what its terms make it."""
    if tree.found is not None:
        return tree.terms == ()
    together = all if rule(tree.clause) is Rule.ALL else any
    return tree.holds is together(term.holds for term in tree.terms) and all(map(agrees, tree.terms))


def test_every_recorded_row_is_explained_with_its_recorded_answer() -> None:
    assert len(ROWS) > 1000
    for case in ROWS:
        explained = explain(case.pattern, case.message)
        assert explained.matches is case.expect, case.id
        assert explained.tree is None or agrees(explained.tree), case.id


def test_every_verdict_of_the_small_world_is_that_of_evaluate() -> None:
    events = small_world.events()[::97]
    for tree in small_world.pairs([small_world.condition(text) for text in small_world.PAIRED[::2]]):
        pattern = Pattern("", PatternKind.JSON, tree, lambda _: False)
        for event in events:
            explained = explain(pattern, event)
            assert explained.matches is evaluate.evaluate(tree, event)
            assert explained.tree is not None
            assert [leaf.holds for leaf in leaves(explained.tree)] == [
                evaluate.evaluate(leaf, event) for leaf in pattern.conditions
            ]


@given(draw.trees(), draw.EVENTS)
def test_any_tree_on_any_event(tree: Any, event: dict[str, Any]) -> None:
    explained = explain(Pattern("", PatternKind.JSON, tree, lambda _: False), event)
    assert explained.matches is evaluate.evaluate(tree, event)
    assert explained.tree is not None
    assert agrees(explained.tree)


def verdict(shape: Any, truth: tuple[bool, ...]) -> Verdict:
    """A tree of numbers (conditions), ("all", …) and ("any", …) with the truth of each number."""
    if isinstance(shape, int):
        return Verdict(Term(str(shape)), truth[shape], found=Found())
    together, *shapes = shape
    terms = tuple(verdict(one, truth) for one in shapes)
    holds = (all if together == "all" else any)(term.holds for term in terms)
    clauses: Any = tuple(term.clause for term in terms)
    return Verdict(And(clauses) if together == "all" else Or(clauses), holds, terms)


def chosen(tree: Verdict) -> frozenset[int]:
    """The numbers in the smallest set."""
    return frozenset(int(str(leaf).strip('"')) for leaf in smallest(tree))


def decides(shape: Any, truth: tuple[bool, ...], chosen: frozenset[Any]) -> bool:
    """Whether the whole is the same whatever the conditions that are not chosen say."""
    others = [number for number in range(len(truth)) if number not in chosen]
    whole = verdict(shape, truth).holds
    for said in product((True, False), repeat=len(others)):
        changed = dict(zip(others, said, strict=True))
        if verdict(shape, tuple(changed.get(i, known) for i, known in enumerate(truth))).holds is not whole:
            return False
    return True


CONDITIONS = 5
SHAPES = st.recursive(
    st.integers(0, CONDITIONS - 1),
    lambda inner: (
        st.tuples(st.sampled_from(["all", "any"]), inner, inner)
        | st.tuples(st.sampled_from(["all", "any"]), inner, inner, inner)
    ),
    max_leaves=9,
)


@examples(300)
@given(SHAPES, st.tuples(*[st.booleans()] * CONDITIONS))
def test_the_deciding_set_decides_and_none_is_smaller(shape: Any, truth: tuple[bool, ...]) -> None:
    found = chosen(verdict(shape, truth))
    assert decides(shape, truth, found)
    for fewer in combinations(range(CONDITIONS), len(found) - 1):
        assert not decides(shape, truth, frozenset(fewer))


def test_a_condition_that_is_written_twice_counts_once() -> None:
    # Taken group by group, b and c would look as good as a.
    found = chosen(verdict(("any", ("all", 1, 0), ("all", 2, 0)), (False, False, False)))
    assert found == {0}


def test_many_choices_do_not_explode() -> None:
    shape = ("all", *(("any", 2 * i, 2 * i + 1) for i in range(40)), *range(80))
    assert len(smallest(verdict(("all", *shape[1:41]), (True,) * 80))) == 40
    assert len(smallest(verdict(shape, (True,) * 80))) == 80


@pytest.mark.parametrize(
    ("selector", "event", "found"),
    [
        ("$.a", {"a": "x"}, Found(("x",))),
        ("$.a", {"a": None}, Found((None,))),
        ("$.a", {}, Found((), "$", Kind.OBJECT)),
        ("$.a.b.c", {"a": {"b": {}}}, Found((), "$.a.b", Kind.OBJECT)),
        ("$.a.b.c", {"a": {"b": "text"}}, Found((), "$.a.b", Kind.STRING)),
        ("$.a.b", {"a": None}, Found((), "$.a", Kind.NULL)),
        ("$.a[2]", {"a": [1]}, Found((), "$.a", Kind.ARRAY)),
        ("$.a[*].b", {"a": [{"b": 1}, {}, {"b": 2.5}]}, Found((1, 2.5))),
        ("$.a[*].b", {"a": [{}]}, Found((), "$.a[*]", Kind.OBJECT)),
        ("$.a[*].b", {"a": []}, Found((), "$.a", Kind.ARRAY)),
    ],
)
def test_what_was_found(selector: str, event: dict[str, Any], found: Found) -> None:
    tree = explain(f"{{ {selector} = 1 }}", event).tree
    assert tree is not None
    assert tree.found == found


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (True, "boolean"),
        (0, "number"),
        (0.5, "number"),
        ("", "string"),
        ({}, "object"),
        ([], "array"),
    ],
)
def test_the_kind_of_a_value(value: Any, kind: str) -> None:
    assert Found((value,)).kind == kind
    assert Found().kind == "absent"


def decisive(explained: Explanation) -> list[str]:
    return [str(leaf.clause) for leaf in explained.decisive]


@pytest.mark.parametrize(
    ("pattern", "event", "matches", "expected"),
    [
        ("{ $.a = 1 && $.b = 1 }", {"a": 2, "b": 2}, False, ["$.a = 1"]),
        ("{ $.a = 1 && $.b = 1 }", {"a": 1, "b": 1}, True, ["$.a = 1", "$.b = 1"]),
        ("{ $.a = 1 || $.b = 1 }", {"a": 2, "b": 1}, True, ["$.b = 1"]),
        ("{ $.a = 1 || $.b = 1 }", {"a": 2, "b": 2}, False, ["$.a = 1", "$.b = 1"]),
        ("{ ($.a = 1 || $.b = 1) && $.c = 1 }", {}, False, ["$.c = 1"]),
        ("a -b ?c", "a b", False, ["-b"]),
        ("?a ?b", "b", True, ["?b"]),
        ("", "x", True, []),
        ("[]", "x", True, []),
        ("[a, b]", "x", False, ["at least 2 fields"]),
        ("[a, b = 4* || b = 5, ...]", "x 5 z", True, ["at least 2 fields", "b = 5"]),
    ],
)
def test_what_decided(pattern: str, event: Any, matches: bool, expected: list[str]) -> None:
    explained = explain(pattern, event)
    assert (explained.matches, decisive(explained)) == (matches, expected)


@pytest.mark.parametrize("message", ["", "no JSON", "[1]", '{"a": 1} x'])
def test_what_is_no_json_object_has_no_tree(message: str) -> None:
    explained = explain("{ $.a NOT EXISTS }", message)
    assert (explained.matches, explained.tree, explained.decisive) == (False, None, ())


def test_ignored_terms_are_in_no_clause() -> None:
    pattern = detector.compile("a ?b -c ?d")
    assert isinstance(pattern.expr, Terms)
    assert [str(leaf) for leaf in conditions(pattern.expr)] == ["a", "-c"]
    assert [str(term) for term in pattern.expr.ignored] == ["?b", "?d"]
    alone = detector.compile("?b ?d").expr
    assert isinstance(alone, Terms)
    assert alone.ignored == ()


def test_it_is_the_one_of_the_package_and_frozen() -> None:
    found = detector.explain("{ $.a = 1 }", "{}")
    assert found.only == explain("{ $.a = 1 }", "{}")
    assert (found.matches, found.tree, found.decisive) == (False, found.only.tree, found.only.decisive)
    with pytest.raises(FrozenInstanceError):
        found.events = 2  # type: ignore[misc]  # that is what is tried
    with pytest.raises(ValueError, match="expected one filter and one event, found 1 and 2"):
        _ = detector.explain("{ $.a = 1 }", "[{}, {}]").matches


def test_wildcards_are_in_the_authors_words() -> None:
    said = ("$.b[*].c != 1", "$.['[*]'].* = 1", "$.b.*.c != 1")
    pattern = detector.compile(f"{{ ( {said[0]} ||  {said[1]}) && {said[2]} }}")
    assert tuple(map(str, pattern.conditions)) == said
    tree = explain(pattern, {"b": [{"c": 1}]}).tree
    assert tree is not None
    assert tuple(str(leaf.clause) for leaf in leaves(tree)) == said
    first, _, last = (leaf.clause for leaf in leaves(tree))
    assert first == last  # the spelling makes no other condition
    assert hash(first) == hash(last)
