"""What holds of every pattern, every spelling of a message, and every text that is no pattern."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from detector import pattern
from detector.errors import PatternError
from detector.pattern import grammar
from detector.pattern.evaluate import evaluate
from detector.pattern.predicate import predicate
from detector.pattern.syntax import Compare, Expr, Name, Op, Selector, Text, conditions
from tests import strategies as draw
from tests.drawing import examples


@examples(300)
@given(draw.trees())
@example(Compare(Selector((Name("a\tb"),)), Op.EQ, Text('\t"\\')))
@example(Compare(Selector((Name(""),)), Op.EQ, Text("")))
def test_a_tree_prints_as_a_pattern_that_parses_to_it(tree: Expr) -> None:
    assert grammar.parse(f"{{ {tree} }}") == tree


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("{ $.a = 1 }", "{  ( $.a =  1 ) }", True),
        ("{ $.a = x }", '{ $.a = "x" }', True),
        ("{ $.a.* IS NULL }", "{ $.a[*] IS NULL }", True),
        ("word -other", '"word" -"other"', True),
        ("[a, ..., b = 1]", "[a,...,b=1]", True),
        ("{ $.a = 1 }", "{ $.a != 1 }", False),
        ("{ $.a = 1 }", "{ $.b = 1 }", False),
        ("{ $.a = 1 }", '{ $.a = "1" }', False),
        ("{ $.a IS TRUE }", "{ $.a IS FALSE }", False),
        ("{ $.a NOT EXISTS }", "{ $.b NOT EXISTS }", False),
        ("{ $.a = 1 && $.b = 1 }", "{ $.a = 1 || $.b = 1 }", False),
        ("word -other", "word other", False),
        ("[a, b = 1]", "[a, b = 2]", False),
        ("[a, b]", "[a, c]", False),
    ],
)
def test_trees_are_equal_that_mean_the_same(one: str, other: str, *, same: bool) -> None:
    first, second = pattern.compile(one).expr, pattern.compile(other).expr
    assert (first == second, first != second) == (same, not same)
    assert hash(first) == hash(second) or not same


@examples(100)
@given(draw.trees())
def test_a_span_holds_what_its_node_prints(tree: Expr) -> None:
    text = f"{{ {tree} }}"
    for leaf in conditions(grammar.parse(text)):
        assert text[slice(*leaf.span)] == str(leaf)
        assert text[slice(*leaf.selector.span)] == str(leaf.selector)
        if isinstance(leaf, Compare):
            assert text[slice(*leaf.value_span)] == str(leaf.value)


@st.composite
def spelled_events(drawn: st.DrawFn) -> tuple[Expr, dict[str, Any], str]:
    event = drawn(draw.EVENTS)
    tree = drawn(draw.trees(draw.aimed(event)))
    return tree, event, drawn(draw.spellings(event))


@examples(150)
@given(spelled_events())
def test_the_spelling_of_a_message_does_not_matter(drawn: tuple[Expr, dict[str, Any], str]) -> None:
    tree, event, message = drawn
    wanted = evaluate(tree, event)
    assert predicate(tree)(event) is wanted
    compiled = pattern.compile(f"{{ {tree} }}")
    assert compiled.matches(event) is wanted
    assert compiled.matches(message) is wanted
    assert compiled.matches(message.encode()) is wanted


def test_the_aim_is_good() -> None:
    # A property over matches is worth little if nothing ever matches.
    counted = {True: 0, False: 0}

    @settings(max_examples=60, deadline=None, database=None, derandomize=True)
    @given(spelled_events())
    def count(drawn: tuple[Expr, dict[str, Any], str]) -> None:
        counted[evaluate(drawn[0], drawn[1])] += 1

    count()
    assert min(counted.values()) >= 15, counted


FRAGMENTS = st.sampled_from(
    [
        *(
            "{",
            "}",
            "(",
            ")",
            "$",
            ".",
            "..",
            "[",
            "]",
            "*",
            "%",
            '"',
            "'",
            "\\",
            "=",
            "!=",
            "<",
            ">=",
            "&&",
            "||",
            "!",
            "&",
        ),
        *(
            "$.a",
            "$.a.b",
            "$.a[0]",
            "$.a[*]",
            "['x']",
            " ",
            "\n",
            "\t",
            "1",
            "1e9",
            "1e99999999999",
            "null",
            "IS",
            "NOT",
        ),
        *(
            "EXISTS",
            "TRUE",
            "AND",
            "%a%",
            '"x y"',
            "é",
            "\u6f22",
            "\x00",
            "\ud800",
            "{}",
            "${x}",
            "&amp;",
            "\u201c",
        ),
    ]
)
JUMBLES = st.lists(FRAGMENTS, max_size=25).map("".join)


@examples(200)
@given(JUMBLES.map("{{ $.a = {} }}".format) | JUMBLES.map("{{{}}}".format) | JUMBLES | st.text(max_size=60))
def test_no_text_makes_compile_fail_otherwise(text: str) -> None:
    try:
        found = pattern.compile(text)
    except PatternError as error:
        assert_told(error, text)
    else:
        if text.lstrip().startswith("{"):
            assert pattern.compile(str(found)) == found


def assert_told(error: PatternError, text: str) -> None:
    start, end = error.span
    assert 0 <= start < end
    assert start <= len(text)
    assert error.reason.startswith("expected")
    assert "\n" not in error.reason
    assert "\n" not in error.hint
    assert error.source == text
    assert str(error)


HOSTILE = [
    "{" + "(" * 1000,
    "{" + "(" * 300 + "$.a = 1" + ")" * 300 + "}",
    "{ " + "$.a=1||(" * 120,
    "{ " + "$.a=1&&" * 140,
    "{ $" + ".a" * 500 + " }",
    "{ $" + ".['" * 300,
    "{ $.a = " + '"' * 1001 + " }",
    "{ $.a = " + "\\" * 1001 + " }",
    '{ $.a = "' + "\\" * 1000 + '" }',
    "{ $.a = " + "a " * 500 + "}",
    "{ $.a " + "=" * 1000 + " }",
    "{ $.a = " + "9" * 1000 + " }",
    "{ $.a > 1e" + "9" * 1000 + " }",
    "{ $.a[" + "9" * 1000 + "] = 1 }",
    "{ " + "$" * 1000 + " }",
    "{ " + "!" * 1000 + " }",
    "{ $.a IS " + "NOT " * 250 + "}",
    "{ $.a = %" + "a{1000}" * 140 + "% }",
    "{ $.a = %" + "[" * 900 + "% }",
    "{ $.a = %" + "\\" * 900 + "% }",
    "{" + " " * 1000,
    "{" + "\n" * 1000 + "}",
    "{ $.a = 1 }" * 10_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_pattern_is_answered_all_the_same(text: str) -> None:
    try:
        pattern.compile(text).matches('{"a":1}')
    except PatternError as error:
        assert_told(error, text)


# Each takes a backtracking engine longer than the age of the universe on such a text.
@pytest.mark.parametrize(
    "regex",
    ["a*" * 60 + "b", ".*" * 60 + "c$", "[ab]*a[ab]{20}c", "x?" * 100 + "x{100}y", "a+a+" * 40 + "$b"],
)
def test_no_regex_hangs(regex: str) -> None:
    assert not pattern.compile(f"{{ $.v = %{regex}% }}").matches({"v": "a" * 30_000})


def test_no_glob_hangs() -> None:
    glob = "*a" * 400 + "b"
    assert not pattern.compile(f'{{ $.v = "{glob}" }}').matches({"v": "a" * 100_000})


@pytest.mark.parametrize("steps", [1, 10, 480])
def test_a_selector_may_be_as_long_as_a_pattern(steps: int) -> None:
    event: Any = 5
    for _ in range(steps):
        event = {"a": event}
    text = f"{{ ${'.a' * steps} = 5 }}"
    assert evaluate(grammar.parse(text), event)
    assert pattern.compile(text).matches(json.dumps(event))


@pytest.mark.parametrize("length", [1023, 1024, 1025])
def test_a_pattern_may_have_1024_characters(length: int) -> None:
    text = '{ $.a = "' + "x" * (length - 12) + '" }'
    assert len(text) == length
    if length <= 1024:
        assert pattern.compile(text).matches({"a": "x" * (length - 12)})
    else:
        with pytest.raises(PatternError) as caught:
            pattern.compile(text)
        assert caught.value.span == (1024, 1025)
