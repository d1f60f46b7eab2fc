"""What detections see of an archive: counts against the plain walk, blindness, event names that nobody asks for."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import detector
from detector.__main__ import main
from detector.archive import Event, Plan, walk
from detector.errors import ArchiveError
from detector.jobs.census import EventKind
from detector.jobs.coverage import Coverage, Sight, could_match
from tests.cli_archives import DETECTION

ROOT = Path(__file__).parents[1]
SAMPLES = str(ROOT / "samples")


@pytest.fixture(scope="module")
def found() -> Coverage:
    return detector.coverage(["cis", "lab"], SAMPLES)


def test_the_counts_are_those_of_every_event_for_itself(found: Coverage) -> None:
    plan = Plan(paths=(SAMPLES,))
    records = [one.record for one in walk(plan, plan.locate().files) if isinstance(one, Event) and one.record]
    kinds = Counter(EventKind(one["eventSource"], one["eventName"]) for one in records)
    assert {one.kind: one.events for one in found.kinds} == kinds
    assert found.records == len(records)
    for watch in found.detections:
        patterns = [one.pattern for one in watch.detection.filters]
        matched = Counter(
            EventKind(one["eventSource"], one["eventName"])
            for one in records
            if any(pattern.matches(one) for pattern in patterns)
        )
        assert watch.kinds == matched
        assert watch.matched == matched.total() <= watch.seen


def test_what_is_not_asked_for_is_not_matched_but_by_detections_of_any_name(found: Coverage) -> None:
    every = {one.detection.name for one in found.detections if one.every}
    assert every == {
        "cis/cloudwatch-1",
        "cis/cloudwatch-2",
        "lab/unauthorized-api-calls",
        "lab/unauthorized-api-calls-as-deployed",
    }
    for one in found.kinds:
        assert set(one.matched) <= {*one.named_by, *one.taken_by}
        assert set(one.taken_by) <= every
    assert found.unseen == ()
    assert ("sts.amazonaws.com", "AssumeRole") in {one.kind for one in found.unnamed}
    assert ("signin.amazonaws.com", "ConsoleLogin") not in {one.kind for one in found.unnamed}


def record(name: str, source: str = "ec2.amazonaws.com", **more: Any) -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "eventTime": "2025-03-05T13:43:12Z",
        "eventSource": source,
        "eventName": name,
        "awsRegion": "us-east-1",
        "userIdentity": {"type": "IAMUser"},
        "recipientAccountId": "111122223333",
    } | more


def seen(tmp_path: Path, pattern: str, *records: dict[str, Any]) -> Coverage:
    (tmp_path / "logs.json").write_text(json.dumps({"Records": records}), "utf-8")
    text = DETECTION.format(title="t", pattern=pattern, threshold=1, missing="missing")
    (tmp_path / "d.toml").write_text(text, "utf-8")
    return detector.coverage(str(tmp_path / "d.toml"), str(tmp_path / "logs.json"))


BLIND = [
    (
        '{ $.eventSource = "kms.amazonaws.com" }',
        "none of the 1 event source that it asks for (kms.amazonaws.com)",
    ),
    ("{ $.eventName = A || $.eventName = B }", "none of the 2 event names that it asks for"),
    ('{ $.vpcEndpointId = "x" || $.vpcEndpointId != "y" }', "no record has $.vpcEndpointId"),
    (
        '{ $.eventSource = "ec2.amazonaws.com" && $.eventName = GetUser }',
        "no event of a kind that it could match",
    ),
]


@pytest.mark.parametrize(("pattern", "why"), BLIND)
def test_why_a_detection_is_blind(tmp_path: Path, pattern: str, why: str) -> None:
    records = [record("RunInstances"), record("GetUser", "iam.amazonaws.com")]
    for some in (records, [*records, record("StopInstances", requestParameters={"x": [1]})]):
        (one,) = seen(tmp_path, pattern, *some).detections
        assert (one.sight, one.matched) == (Sight.BLIND, 0)
        assert why in one.why_blind


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.eventName = RunInstances && $.userIdentity.type = "Root" }',
        "{ $.eventName = Run* && $.resources[*].ARN = x }",
        "{ $.readOnly IS TRUE || $.eventName = X }",
        '{ $.errorCode = "x" || $.errorCode != "y" }',  # nothing failed, and it would have been seen
        '[a, b="RunInstances"]',
        '{ $.eventName != "RunInstances" }',
    ],
)
def test_who_could_have_matched_is_not_blind(tmp_path: Path, pattern: str) -> None:
    (one,) = seen(
        tmp_path, pattern, record("RunInstances"), record("RunInstances", readOnly=False)
    ).detections
    assert one.sight is (Sight.BLIND if "eventName !=" in pattern else Sight.SAW)


def test_odd_values_are_not_taken_for_others(tmp_path: Path) -> None:
    values: list[Any] = [1, True, 1.0, "1", None, {"a": 1}, [1], "true"]
    records = [record("A", readOnly=value) for value in values]
    (one,) = seen(tmp_path, "{ $.readOnly = 1 || $.readOnly IS TRUE }", *records).detections
    assert one.matched == 4  # 1, true, 1.0 and "1"


def test_an_event_counts_once_for_a_detection(tmp_path: Path) -> None:
    both = seen(tmp_path, "{ $.eventName = A || $.eventName = A* }", record("A"), record("AB")).detections[0]
    assert (both.matched, both.kinds) == (2, {("ec2.amazonaws.com", "A"): 1, ("ec2.amazonaws.com", "AB"): 1})


def test_could_match_is_what_the_pattern_says() -> None:
    expr = detector.compile('{ $.eventName = "Get*" && $.errorCode = x || $.userIdentity.type = Root }').json
    assert could_match(expr, EventKind("a", "GetUser"))
    assert could_match(expr, None)
    assert not could_match(detector.compile('{ $.eventName = "Get*" }').json, EventKind("a", "PutUser"))
    assert could_match(detector.compile("{ $.eventName NOT EXISTS }").json, EventKind("a", ""))


def test_the_report_and_no_evidence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["coverage", SAMPLES, "-d", "cis/cloudwatch-3", "-d", "lab/unauthorized-api-calls-as-deployed"]
    assert main([*argv, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["sight"], one["matched"], one["seen"]) for one in found["detections"]] == [
        ("matched", 2, 33),
        ("blind", 0, 4540),
    ]
    assert len(found["not_asked_for"]) == 118
    assert main(argv) == 0
    out = capsys.readouterr().out
    assert "    blind: no record has $.userIdentity.sessionIssuer.userName\n" in out
    assert "No detection asks for 118 of 119 event names (4,507 events)\n" in out
    assert main([*argv, "--format", "markdown"]) == 0
    assert "### No detection asks for 118 of 119 event names (4,507 events)" in capsys.readouterr().out
    (tmp_path / "empty.json").write_text('{"Records": []}', "utf-8")
    assert main(["coverage", str(tmp_path / "empty.json"), "-d", "cis"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "so nothing is proved" in captured.err


def test_which_detections_match_an_event(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "two.json"
    file.write_text(json.dumps([record("StopLogging"), record("GetUser")]), "utf-8")
    given = '{"eventName": "ConsoleLogin", "additionalEventData": {"MFAUsed": "No"}}'
    argv = ["explain", "-d", "cis/cloudwatch-3@cis-1.2.0", "-d", "cis/cloudwatch-5", str(file), given]
    assert main([*argv, "--format", "json"]) == 0
    events = json.loads(capsys.readouterr().out)["events"]
    assert [(one["name"], one["matched_by"], one["position"]) for one in events] == [
        ("ConsoleLogin", ["cis/cloudwatch-3@cis-1.2.0"], 0),
        ("StopLogging", ["cis/cloudwatch-5"], 0),
        ("GetUser", [], 1),
    ]
    assert [each["concerned"] for each in events[2]["detections"]] == [False, False]
    assert main(argv) == 0
    out = capsys.readouterr().out
    assert "1. ConsoleLogin\n  ✓ cis/cloudwatch-3@cis-1.2.0: Console sign-in without MFA\n" in out
    assert "3. GetUser of ec2.amazonaws.com" in out
    assert "  No detection matches.\n  2 not about such events: cis/cloudwatch-3@cis-1.2.0" in out
    assert main(["explain", "-d", "cis", "-d", "lab", SAMPLES]) == 2
    assert "expected at most 100 events to explain" in capsys.readouterr().err
    assert main(["explain", "{ $.a = 1 }", "{}", "{}"]) == 2
    assert (
        "unexpected argument '{}': expected one EVENT; with -d every argument is an event"
        in capsys.readouterr().err
    )


def test_it_is_the_same_from_python() -> None:
    found = detector.explain_events("cis/cloudwatch-5", [{"eventName": "StopLogging"}, "no JSON", "{ broken"])
    assert [one.opinions[0].matches for one in found.events] == [True, False, False]
    assert found.notes
    with pytest.raises(ArchiveError, match="at most 100"):
        detector.explain_events("cis/cloudwatch-5", [{}] * 101)
