"""What `detector.testing` draws: valid patterns, real-looking records, and an aim that hits every condition."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

import detector
from detector import testing
from detector.pattern import Pattern, PatternKind
from detector.pattern.explanation import Verdict, explain, leaves
from detector.pattern.syntax import Node
from detector.testing import (
    Aim,
    Effect,
    aimed_at,
    alarms,
    archives,
    edits,
    patterns,
    records,
    timelines,
)
from tests.drawing import examples

ROOT = Path(__file__).parents[1]
QUICK = settings(
    max_examples=100,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=False,
)


def drawn(strategy: st.SearchStrategy[Any], most: int = 60) -> list[Any]:
    """Many examples, the same ones every time."""
    found: list[Any] = []

    @seed(7)
    @settings(QUICK, max_examples=most)
    @given(strategy)
    def keep(one: Any) -> None:
        found.append(one)

    keep()
    return found


@pytest.mark.parametrize("kind", PatternKind)
def test_patterns_are_of_the_kind_and_valid(kind: PatternKind) -> None:
    found = drawn(patterns(kind))
    assert {one.kind for one in found} == {kind}
    assert all(detector.compile(str(one)) == one for one in found)
    assert len({str(one) for one in found}) > 20


def test_patterns_of_every_kind() -> None:
    assert {one.kind for one in drawn(patterns())} == set(PatternKind)


def test_records_look_real() -> None:
    found = drawn(records(), 100)
    always = {"eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "eventID"}
    for record in found:
        assert always <= set(record)
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", record["eventTime"])
        assert record["eventSource"].endswith(".amazonaws.com")
        assert list(record)[:3] == ["eventVersion", "userIdentity", "eventTime"]
        keys = list(record)
        assert "errorCode" not in keys or keys.index("errorCode") < keys.index("requestParameters")
    kinds = {record["userIdentity"]["type"] for record in found}
    assert kinds == {"AssumedRole", "IAMUser", "Root", "AWSService"}
    assert len({record["eventName"] for record in found}) > 10
    assert 10 < sum("errorCode" in record for record in found) < 90


CONDITIONS = (
    '$.eventName = "ConsoleLogin"',
    '$.eventName != "AccessDenied*"',
    '$.eventName = "*Operation"',
    "$.a.b = 404",
    "$.a.b != 404",
    '$.a.b = "404"',
    "$.a[1] > 2.5",
    "$.a <= 7",
    "$.a = %^arn:[a-z]+$%",
    "$.a IS NULL",
    "$.a IS TRUE",
    "$.a IS FALSE",
    "$.a.b NOT EXISTS",
    '$.resources[*].ARN = "x*"',
    '$.resources[*].ARN != "x"',
)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_is_satisfied_and_missed_in_every_way(condition: str) -> None:
    pattern = detector.compile(f"{{ {condition} }}")
    matching = [pattern.matches(record) for record in drawn(aimed_at(pattern, [Aim.SATISFIED]), 25)]
    assert sum(matching) > 0.9 * len(matching)
    verdicts = {leaf.holds for leaf in found(pattern, list(Aim), 25)}
    assert verdicts == {True, False}


def found(pattern: Pattern, aims: list[Aim], most: int = 60) -> list[Verdict]:
    """What many records aimed at a pattern of one condition have there."""
    explained = [explain(pattern, record) for record in drawn(aimed_at(pattern, aims), most)]
    return [leaf for one in explained if one.tree is not None for leaf in leaves(one.tree)]


@pytest.mark.parametrize(
    ("aim", "kinds"),
    [
        (Aim.ABSENT, {"absent"}),
        (Aim.NULL, {"null"}),
        (Aim.OTHER_TYPE, {"boolean", "number", "string", "object", "array"}),
        (Aim.MISSED, {"string", "number"}),
        (Aim.SATISFIED, {"string", "number"}),
    ],
)
def test_an_aim_puts_there_what_it_says(aim: Aim, kinds: set[str]) -> None:
    there = found(detector.compile("{ $.a.b = 404 }"), [aim])
    assert {str(leaf.found.kind) for leaf in there if leaf.found} == kinds
    if aim is not Aim.OTHER_TYPE:
        assert {leaf.holds for leaf in there} == {aim is Aim.SATISFIED}


@pytest.mark.parametrize(
    ("source", "share"),
    [
        ('a -b "c d"', 0.9),
        ("?a ?b", 0.9),
        ("%x[0-9]+%", 0.9),
        ("[a, b = 4* || b = 5, ..., c != %x%, d > 7]", 0.5),
        ('[a = "GET *", b]', 0.9),
    ],
)
def test_texts_are_aimed_at_too(source: str, share: float) -> None:
    pattern = detector.compile(source)
    matching = [pattern.matches(message) for message in drawn(aimed_at(pattern, [Aim.SATISFIED]))]
    assert sum(matching) > share * len(matching)
    assert {pattern.matches(message) for message in drawn(aimed_at(pattern))} == {True, False}


@pytest.mark.parametrize("name", ["cis/cloudwatch-1", "cis/cloudwatch-3", "lab/unauthorized-api-calls"])
def test_every_condition_of_a_detection_gets_its_turn(name: str) -> None:
    pattern = detector.load_detection(name).filters[0].pattern
    seen: dict[Node, set[bool]] = defaultdict(set)
    whole = set()
    for record in drawn(aimed_at(pattern), 100):
        explained = explain(pattern, record)
        whole.add(explained.matches)
        for leaf in leaves(explained.tree) if explained.tree else ():
            seen[leaf.clause].add(leaf.holds)
    assert whole == {True, False}
    assert set(map(frozenset, seen.values())) == {frozenset({True, False})}


@examples(100, suppress_health_check=[HealthCheck.too_slow])
@given(patterns().flatmap(lambda pattern: st.tuples(st.just(pattern), aimed_at(pattern))))
def test_any_pattern_can_be_aimed_at_and_explained(pair: tuple[Any, Any]) -> None:
    pattern, event = pair
    assert explain(pattern, event).matches is pattern.matches(event)


@examples(50, suppress_health_check=[HealthCheck.too_slow])
@given(aimed_at(detector.compile("{ $.* = 1 && $.* NOT EXISTS && $.a.b = 2 }")))
def test_an_event_stays_an_object_when_all_its_members_are_taken_away(event: Any) -> None:
    assert isinstance(event, dict)


PAGE = (ROOT / "docs" / "property-tests.md").read_text("utf-8")
EXAMPLES = re.findall(r"```py\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("code", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_tests_of_the_page_pass(code: str) -> None:
    names: dict[str, Any] = {}
    exec(compile(code, "<docs/property-tests.md>", "exec"), names)  # noqa: S102 - the page's own code
    tests = [test for name, test in names.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        settings(max_examples=20, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])(
            test
        )()


def test_edits_have_every_effect_and_are_edits() -> None:
    pattern = detector.compile('{ $.a = "x*" && ($.b != "y" || $.c NOT EXISTS) }')
    for effect in Effect:
        found = [one for one in drawn(edits(pattern, effect)) if one.effect is effect]
        assert len({str(one.pattern) for one in found}) > 5
    with pytest.raises(ValueError, match="expected a JSON pattern"):
        drawn(edits(detector.compile("ERROR")))


def test_archives_are_in_every_container_and_timelines_have_gaps() -> None:
    found = [one for archive in drawn(archives(max_size=1)) for one in archive.files]
    assert {name.partition(".")[2] for name in found} == {"json", "json.gz", "json.bz2", "zip"}
    lines = drawn(alarms().flatmap(timelines))
    assert any(line.samples for line in lines)
    assert any(not line.samples for line in lines)
    assert len({line.state for line in lines}) == 3


def test_the_page_names_all_that_is_offered() -> None:
    assert [name for name in testing.__all__ if name not in PAGE] == []


def test_without_hypothesis_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['hypothesis'] = None\nimport detector.testing"
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == (
        "ImportError: detector.testing needs Hypothesis, which is not installed: "
        "install it, or cloudtrail-detector with its extra `testing`"
    )
