"""The nearest event and the nearest pattern with the other verdict: they have it, and no nearer ones do."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import detector
from detector.__main__ import main
from detector.pattern.evaluate import MISSING, evaluate
from detector.pattern.explanation import explain, leaves
from detector.pattern.rewriting import nearest_pattern
from detector.pattern.syntax import (
    And,
    Compare,
    Expr,
    Is,
    Kind,
    Name,
    NotExists,
    Number,
    Op,
    Selector,
    Text,
)
from detector.relation.nearest import changed, nearest_event
from detector.testing import aimed_at, trees
from tests.drawing import examples

FIELDS = [Selector((Name(name),)) for name in "abc"]
LEAVES = [
    *(Compare(field, op, Text(text)) for field in FIELDS for op in (Op.EQ, Op.NE) for text in ("x", "x*")),
    *(Compare(field, op, Number("1")) for field in FIELDS for op in (Op.EQ, Op.GT)),
    *(NotExists(field) for field in FIELDS),
    *(Is(field, Kind.NULL) for field in FIELDS),
]
# One value for each combination of truths that those conditions can have.
VALUES: list[Any] = [MISSING, None, "x", "xy", "y", 1, 2, 0, True]
SMALL = trees(st.sampled_from(LEAVES))
EVENTS = st.fixed_dictionaries({}, optional={name: st.sampled_from(VALUES[1:]) for name in "abc"})
TREES = trees()


def fewest(expr: Expr, event: dict[str, Any]) -> int | None:
    """The number of fields that have to change, by trying all values of all fields."""
    wanted = not evaluate(expr, event)
    for size in range(1, 4):
        for names in itertools.combinations("abc", size):
            for values in itertools.product(VALUES, repeat=size):
                tried: Any = event
                for name, value in zip(names, values, strict=True):
                    tried = changed(tried, (Name(name),), value)
                if evaluate(expr, tried) is wanted:
                    return size
    return None


@examples(60)
@given(SMALL, EVENTS)
def test_no_event_is_nearer_in_a_small_world(expr: Expr, event: dict[str, Any]) -> None:
    found = nearest_event(expr, event)
    assert (None if found is None else len(found.fields)) == fewest(expr, event)
    if found is not None:
        assert evaluate(expr, found.event) is not evaluate(expr, event)
        for field in found.fields:
            assert field.before is not field.after


def flips(expr: Expr, event: dict[str, Any]) -> int:
    """The fewest conditions whose truth has to change, by trying all sets of them."""
    tree = explain(detector.pattern.of_tree(expr), event).tree
    assert tree is not None

    def truth(node: Any, flipped: set[int]) -> bool:
        if node.found is not None:
            return bool(node.holds is not (id(node) in flipped))
        together = all if isinstance(node.clause, And) else any
        return together([truth(term, flipped) for term in node.terms])

    places = [id(leaf) for leaf in leaves(tree)]
    return next(
        size
        for size in range(1, len(places) + 1)
        for some in itertools.combinations(places, size)
        if truth(tree, set(some)) is not tree.holds
    )


@examples(60)
@given(SMALL, EVENTS)
def test_no_pattern_is_nearer(expr: Expr, event: dict[str, Any]) -> None:
    tree = explain(detector.pattern.of_tree(expr), event).tree
    assert tree is not None
    found = nearest_pattern(tree, event)
    if found is not None:
        assert found.pattern.matches(event) is not tree.holds
        assert len(found.conditions) >= flips(expr, event)
        assert detector.compile(str(found.pattern)).matches(event) is not tree.holds
    stuck = [
        leaf
        for leaf in leaves(tree)
        if not leaf.holds and leaf.found and leaf.found.values and getattr(leaf.clause, "op", None) is Op.NE
    ]
    if not tree.holds and not stuck:  # what a != leaves out cannot be let in by it
        assert found is not None
        assert len(found.conditions) == flips(expr, event)


@examples(25)
@given(st.data())
def test_whatever_the_pattern_the_changes_have_the_other_verdict(data: st.DataObject) -> None:
    expr = data.draw(TREES)
    pattern = detector.pattern.of_tree(expr)
    event = data.draw(aimed_at(pattern))
    found = nearest_event(expr, event)
    assert found is None or evaluate(expr, found.event) is not evaluate(expr, event)
    tree = explain(pattern, event).tree
    assert tree is not None
    rewritten = nearest_pattern(tree, event)
    assert rewritten is None or rewritten.pattern.matches(event) is not tree.holds


ROWS = [
    ('{ $.a = "Denied*" }', {"a": "denied"}, [("$.a", "denied", "Denied")]),
    ('{ $.a != "x" }', {}, [("$.a", MISSING, "other")]),
    ("{ $.a NOT EXISTS }", {"a": None}, [("$.a", None, MISSING)]),
    ("{ $.a = 5 && $.b IS TRUE }", {"a": 5}, [("$.b", MISSING, True)]),
    ('{ $.a = "a*" && $.a = "*b" && $.a != "ab" }', {}, [("$.a", MISSING, "aab")]),
    ('{ $.r[*].t = "S3" }', {"r": [{"t": "x"}]}, [("$.r", [{"t": "x"}], [{"t": "x"}, {"t": "S3"}])]),
    ('{ $.a.b = "x" && $.a.c = "y" }', {"a": None}, [("$.a.b", MISSING, "x"), ("$.a.c", MISSING, "y")]),
    ('{ $.a = "x" && $.a = "y" }', {}, None),
]


@pytest.mark.parametrize(("source", "event", "fields"), ROWS)
def test_nearest_events(source: str, event: dict[str, Any], fields: list[Any] | None) -> None:
    expr = detector.compile(source).json
    assert expr is not None
    found = nearest_event(expr, event)
    assert (found and [(str(one.field), one.before, one.after) for one in found.fields]) == fields


def test_many_fields_that_all_have_to_change_are_found() -> None:
    groups = " && ".join(f"($.a{number} = 1 || $.b{number} = 2)" for number in range(25))
    expr = detector.compile(f"{{ {groups} }}").json
    assert expr is not None
    found = nearest_event(expr, {})
    assert found is not None
    assert len(found.fields) == 25


CHANGED = [
    ('{ $.a = "Denied" || $.a = "x" }', {"a": "DeniedException"}, '{ $.a = "Denied*" || $.a = "x" }'),
    ('{ $.a != "x" }', {}, '{ $.a != "x" || $.a NOT EXISTS }'),
    ('{ $.a = "D*" }', {"a": "Denied"}, '{ $.a = "D*" && $.a != "Denied" }'),
    ("{ $.a > 5 }", {"a": 3}, "{ $.a >= 3 }"),
    ("{ $.a > 5 }", {"a": 7}, "{ $.a > 7 }"),
    ("{ $.a = x || $.a = y }", {"a": "x"}, "{ $.a = y }"),
    ("{ $.a = x && $.b = y }", {"a": {}, "b": "y"}, "{ $.b = y }"),
    ("{ $.a = x || $.b = y }", {"a": {}}, "{ $.a = x || $.b = y || $.b NOT EXISTS }"),
    ("{ $.a NOT EXISTS }", {"a": True}, "{ $.a NOT EXISTS || $.a IS TRUE }"),
    ("{ $.a = x }", {"a": "x"}, None),
    ('{ $.a = "x" }', {"a": "*\u202e"}, None),
]


@pytest.mark.parametrize(("source", "event", "wanted"), CHANGED)
def test_nearest_patterns(source: str, event: dict[str, Any], wanted: str | None) -> None:
    tree = explain(source, event).tree
    assert tree is not None
    found = nearest_pattern(tree, event)
    assert (found and str(found.pattern)) == wanted


def test_both_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["explain", '{ $.a != "x" && $.b = 1 }', '{"b": 1}']
    main(argv)
    out = capsys.readouterr().out
    assert 'Nearest event that would match\n  a "other" is added\n' in out
    assert 'Nearest pattern that would match\n  $.a != "x" becomes $.a != "x" || $.a NOT EXISTS\n' in out
    main([*argv, "--format", "json"])
    found = json.loads(capsys.readouterr().out)["nearest"]
    assert found["event"]["fields"] == [{"field": "$.a", "after": "other"}]
    assert found["pattern"]["conditions"] == [
        {"before": '$.a != "x"', "after": '$.a != "x" || $.a NOT EXISTS'}
    ]


def test_many_conditions_on_one_field_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    main(["explain", "cis/cloudwatch-4", '{"eventName": "GetUser"}'])
    rows = [line for line in capsys.readouterr().out.splitlines() if "✗" in line]
    assert len(rows) == 2
    assert rows[1].startswith(
        '  ✗ none of 16 conditions on eventName holds: "GetUser"  ◄ decides  (DeleteGroup'
    )
    main(["explain", "{ $.a != 1 && $.a != 2 && $.a != 3 && $.a != 4 }", '{"a": "x"}'])
    assert (
        '  ✓ all of 4 conditions on a hold: "x"  ◄ decides  (!= 1, != 2, != 3, != 4)\n'
        in capsys.readouterr().out
    )
