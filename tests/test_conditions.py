"""What events say to conditions: exact counts, why nothing matched, and a hint that points at the right selector."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import detector
from detector import Selection
from detector.archive import Event, Plan
from detector.cloudtrail.paths import MAX_PATHS, Paths
from detector.jobs.conditions import Conditions
from detector.jobs.counting import count, count_archive
from detector.pattern import compile as compile_pattern
from detector.pattern.evaluate import evaluate
from detector.pattern.explanation import Verdict, judge, leaves
from detector.pattern.syntax import Rule, rule
from detector.render.explanation_json import explanation_json
from detector.render.explanation_text import explanation_text
from detector.render.kit.page import Page
from tests.cli_archives import record, write
from tests.drawing import examples

LAB = """{ ( $.errorCode = "UnauthorizedOperation" || $.errorCode = "AccessDenied" ) &&
  ( $.userIdentity.sessionIssuer.userName != "AWSServiceRoleForConfig" ) }"""


def why(pattern: str, records: list[dict[str, Any]], tmp_path: Path) -> Conditions:
    plan = Plan(paths=(write(tmp_path / "a.json", records),))
    [found] = count_archive([compile_pattern(pattern)], plan).patterns
    return found


def test_the_labs_filter(tmp_path: Path) -> None:
    found = why(LAB, [record(1), record(2, errorCode="Client.UnauthorizedOperation")], tmp_path)
    assert found.records == 2
    path = "$.userIdentity.sessionIssuer.userName"
    nearest = "$.userIdentity.sessionContext.sessionIssuer.userName"
    counted = [
        (one.condition, one.selector, one.present, one.satisfied, one.nearest) for one in found.conditions
    ]
    assert counted == [
        ('$.errorCode = "UnauthorizedOperation"', "$.errorCode", 2, 0, None),
        ('$.errorCode = "AccessDenied"', "$.errorCode", 2, 1, None),
        (f'{path} != "AWSServiceRoleForConfig"', path, 0, 0, nearest),
    ]
    assert found.because == (
        f"No record has {path}. A comparison on an absent field is false, != included, and the pattern demands that "
        "one holds: as a whole it can never be true."
    )


@pytest.mark.parametrize(
    ("pattern", "because"),
    [
        (
            "{ $.eventName = Nothing }",
            "The pattern demands $.eventName = Nothing, and no record satisfies that.",
        ),
        (
            "{ $.eventName = A || $.eventName = B }",
            "The pattern demands $.eventName = A or $.eventName = B, and no record satisfies that.",
        ),
        (
            "{ ($.nope = 1 || $.eventName = *) && $.eventName = A }",
            "The pattern demands $.eventName = A, and no record satisfies that.",
        ),
        (
            "{ $.eventName = GetObject && $.eventName = PutObject }",
            "Some record satisfies each part of the pattern, but none satisfies all that it demands at once.",
        ),
        (
            "{ $.eventName NOT EXISTS }",
            "The pattern demands $.eventName NOT EXISTS, and no record satisfies that.",
        ),
        ("Nothing", "No log event has the text that the pattern asks for."),
    ],
)
def test_because(pattern: str, because: str, tmp_path: Path) -> None:
    found = why(pattern, [record(1), record(2, eventName="PutObject")], tmp_path)
    assert found.because == because
    assert found.records == 2


def test_without_records_there_is_nothing_to_blame(tmp_path: Path) -> None:
    assert why(LAB, [], tmp_path).because == "No record was read, so there was nothing to match."


def test_records_are_those_of_the_replay(tmp_path: Path) -> None:
    records = [record(1), record(2, eventTime="noon"), record(30), record(31, awsRegion="us-east-1")]
    path = write(tmp_path / "a.json", records)
    (tmp_path / "b.json").write_text("{", encoding="utf-8")
    selection = Selection(frozenset(), frozenset({"eu-west-1"}), 1_688_991_000, None)
    plan = Plan(paths=(path, str(tmp_path / "b.json")), selection=selection)
    counted = count_archive([compile_pattern(LAB)], plan)
    assert counted.records == 1
    assert [one.present for one in counted.patterns[0].conditions] == [1, 1, 0]
    assert [problem.path for problem in counted.problems] == [path, str(tmp_path / "b.json")]


SMALL = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["x", "y"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)


def would_hold(tree: Verdict, condition: object) -> bool:
    """Whether the tree would be true if one condition held, wherever it is written."""
    if tree.found is not None:
        return tree.holds or tree.clause == condition
    together = all if rule(tree.clause) is Rule.ALL else any
    return together(would_hold(term, condition) for term in tree.terms)


PARTS = ["$.a = x", "$.a != 1", "$.b.a NOT EXISTS", "$.a.* = 1", "$.b IS NULL", "$.a[0] > 0"]


@examples(100)
@given(
    st.lists(st.dictionaries(st.sampled_from("ab"), SMALL, max_size=2), max_size=4),
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=3),
    st.lists(st.sampled_from(["&&", "||"]), min_size=3, max_size=3),
)
def test_counts_are_what_the_verdicts_say(
    records: list[dict[str, Any]], asked: list[str], signs: list[str]
) -> None:
    pattern = compile_pattern(
        "{ "
        + asked[0]
        + "".join(f" {sign} {one}" for sign, one in zip(signs, asked[1:], strict=False))
        + " }"
    )
    counted = count([pattern], [*map(Event, records), Event(None, "text")])
    [found] = counted.patterns
    trees = [tree for one in records if (tree := judge(pattern, one)) is not None]
    matched = sum(evaluate(pattern.json, one) for one in records) if pattern.json is not None else 0
    assert (found.events, found.matched, found.not_json) == (len(records) + 1, matched, 1)
    for one in found.conditions:
        verdicts = [{leaf.clause: leaf for leaf in leaves(tree)}[one.leaf] for tree in trees]
        assert one.satisfied == sum(verdict.holds for verdict in verdicts)
        assert one.present == sum(
            verdict.found is not None and bool(verdict.found.values) for verdict in verdicts
        )
        assert one.alone == sum(not tree.holds and would_hold(tree, one.leaf) for tree in trees)
        assert one.alone <= one.in_the_way <= len(records) - one.satisfied
        assert sum(one.found.values()) == one.in_the_way
    if found.decisive:
        assert not found.matched


def test_text_and_fields_are_counted_too() -> None:
    events = [Event(None, text) for text in ("a 404", "b 404", "a 200", "short")]
    text, fields = count([compile_pattern("a -b"), compile_pattern("[name, status = 404]")], events).patterns
    assert (text.matched, [(one.condition, one.satisfied) for one in text.conditions]) == (
        2,
        [("a", 2), ("-b", 3)],
    )
    assert [(one.condition, one.satisfied, one.in_the_way) for one in fields.conditions] == [
        ("at least 2 fields", 3, 1),
        ("status = 404", 2, 2),
    ]


def test_more_outcomes_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [Event({name: i >> j & 1 for j, name in enumerate("abcd")}) for i in range(16)]
    pattern = compile_pattern("{ $.a = 1 && $.b = 1 || $.c = 1 && $.d = 1 }")
    whole = count([pattern], records)
    monkeypatch.setattr("detector.jobs.counting.MOST", 3)
    assert count([pattern], records) == whole


def seen(*records: dict[str, Any]) -> Paths:
    paths = Paths()
    for one in records:
        paths.add(one)
    return paths


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("$.userIdentity.sessionIssuer.userName", "$.userIdentity.sessionContext.sessionIssuer.userName"),
        ("$.sessionIssuer.userName", "$.userIdentity.sessionContext.sessionIssuer.userName"),
        ("$.errorcode", "$.errorCode"),
        ("$.userAgentt", "$.userAgent"),
        ("$.sourceIpAddress", "$.sourceIPAddress"),
        ("$.arn", "$.userIdentity.arn"),
        ("$.useridentity.arn", "$.userIdentity.arn"),
        ("$.requestParameters.bucketName", None),
        ("$.responseElements.errorCode", None),
        ("$.nothingLikeIt", None),
    ],
)
def test_nearest(asked: str, nearest: str | None) -> None:
    selector = compile_pattern(f"{{ {asked} = x }}").conditions[0].selector
    found = seen(record(1)).nearest(selector)
    assert (None if found is None else str(found)) == nearest


def test_memory_is_bounded() -> None:
    paths = Paths()
    for number in range(30):
        paths.add({f"key-{number}-{i}": i for i in range(1000)})
        paths.add({"eventName": f"Call{number}", "deep": json.loads("[" * 50 + "]" * 50)})
    assert len(paths._paths) <= MAX_PATHS


def test_a_selector_of_150_steps_is_like_any_other() -> None:
    event: dict[str, Any] = {"a": 1}
    for _ in range(149):
        event = {"a": event}
    pattern = compile_pattern("{ $" + ".a" * 150 + " = 1 && $" + ".b" * 120 + "[*].c = 2 }")
    [found] = count([pattern], [Event(event), Event({})]).patterns
    assert [(one.present, one.satisfied) for one in found.conditions] == [(1, 1), (0, 0)]
    explained = detector.explain(pattern, event)
    text = explanation_text(explained, Page())
    assert text.startswith("NO MATCH\n$.b.b.b")
    assert json.loads(explanation_json(explained))["matches"] is False
    assert detector.check(pattern).valid
