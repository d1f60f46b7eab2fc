"""Proposed rule tests: they pass, they are worth something, and nothing of the archive is left in them."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import detector
from detector.__main__ import main
from detector.jsontext import dump_json
from detector.pattern.evaluate import condition_holds
from detector.pattern.syntax import conditions
from detector.ruletests.anonymous import Anonymous
from detector.ruletests.written import distinct
from detector.testing import aimed_at
from tests.cli_archives import DETECTION
from tests.drawing import examples

ROOT = Path(__file__).parents[1]
SAMPLES = str(ROOT / "samples")
ACCOUNT, ADDRESS, NAME, KEY = "987654321098", "52.95.4.1", "j.doe", "AKIAIOSFODNN7EXAMPLX"
READS = (
    '{ ($.userIdentity.arn = "arn:aws:iam::*:user/*" || $.userIdentity.arn = "*assumed-role*") '
    '&& $.sourceIPAddress != "AWS Internal" && $.userIdentity.accountId = "*" '
    '&& ($.userIdentity.userName != "admin*" || $.userIdentity.accessKeyId = "AKIA*") '
    '&& $.resources[*].ARN = "arn:aws:s3:::*" && $.userAgent = "*cli*" && $.errorMessage = "*denied*" '
    '&& ($.eventName = "Stop*" || $.errorCode NOT EXISTS) && $.detail.port > 5 }'
)
RECORD: dict[str, Any] = {
    "userIdentity": {
        "arn": f"arn:aws:iam::{ACCOUNT}:user/{NAME}",
        "accountId": ACCOUNT,
        "userName": NAME,
        "accessKeyId": KEY,
    },
    "sourceIPAddress": ADDRESS,
    "userAgent": f"aws-cli/2 {NAME}\u202e\x1b[31m",
    "errorMessage": f"User: {NAME} is denied on {ACCOUNT}",
    "resources": [{"ARN": f"arn:aws:s3:::{NAME}-logs", "accountId": ACCOUNT}],
    "eventName": f"Stop{NAME}",
    "detail": {"port": 987654},
}


def secrets(event: object) -> list[str]:
    text = dump_json(event).decode()
    return [one for one in (ACCOUNT, ADDRESS, NAME, KEY, "987654", "\u202e", "\\u001b") if one in text]


@examples(25)
@given(st.data())
def test_nothing_is_left_of_a_record_and_every_condition_is_answered_alike(data: st.DataObject) -> None:
    pattern = detector.compile(READS)
    assert pattern.json is not None
    drawn = data.draw(aimed_at(pattern, around=st.just(RECORD)))
    event = Anonymous().event(pattern.json, drawn)
    if event is not None:
        assert secrets(event) == []
        for leaf in conditions(pattern.json):
            assert condition_holds(leaf, event) is condition_holds(leaf, drawn)


def test_what_stands_for_what() -> None:
    pattern = detector.compile(READS)
    assert pattern.json is not None
    assert Anonymous().event(pattern.json, RECORD) == {
        "userIdentity": {
            "arn": "arn:aws:iam::111122223333:user/example-1",
            "accountId": "111122223333",
            "userName": "example-1",
            "accessKeyId": "AKIAEXAMPLE000000001",
        },
        "sourceIPAddress": "192.0.2.1",
        "resources": [{"ARN": "arn:aws:s3:::Example"}],
        "userAgent": "ExamplecliExample",
        "errorMessage": "ExampledeniedExample",
        "eventName": "StopExample",
        "detail": {"port": 6},
    }
    same = Anonymous()
    expr = detector.compile("{ $.a = * && $.b = * }").json
    assert expr is not None
    for number in range(1, 6):
        event = same.event(expr, {"a": f"98765432109{number}", "b": f"10.0.0.{number}"})
        assert event is not None
        assert re.fullmatch(r"111122223333|444455556666|777788889999|0000\d{8}", event["a"])
        assert re.fullmatch(r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+", event["b"])


def test_what_cannot_be_said_otherwise_is_not_said() -> None:
    # Not even a proof finds another number; the record's own is not taken.
    expr = detector.compile("{ $.a = %^98765432109[0-9]$% }").json
    assert expr is not None
    event = Anonymous().event(expr, {"a": "987654321098"})
    assert event is None


def test_messages_are_made_of_the_words_of_the_pattern() -> None:
    pattern = detector.compile('ERROR -"Exit 0"')
    assert Anonymous().message(pattern, f"ERROR of {NAME}") == "ERROR"
    line = Anonymous().message(detector.compile("[ip, user, code >= 400]"), f"{ADDRESS} {NAME} 500")
    assert line is not None
    assert NAME not in line


@pytest.fixture
def proposed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Path, str]:
    """The lab's detection in a folder of its own, and what is proposed for it."""
    shipped = ROOT / "patterns" / "lab" / "unauthorized-api-calls.toml"
    (tmp_path / "x.toml").write_bytes(shipped.read_bytes())
    assert main(["test", "--propose", SAMPLES, "-d", str(tmp_path / "x.toml")]) == 0
    return tmp_path, capsys.readouterr().out


def test_proposed_cases_pass_and_are_worth_something(proposed: tuple[Path, str]) -> None:
    folder, text = proposed
    assert "# Mutants that the tests beside the detection notice: 0 %, with these " in text
    (folder / "x.test.toml").write_text(text, "utf-8")
    run = detector.run_rule_tests([str(folder / "x.toml")], mutants=True)
    assert run.passed
    assert run.score is not None
    assert run.score > 0.6
    (covered,) = run.coverage.values()
    assert covered.complete
    assert all(case["base"] == "none" for case in tomllib.loads(text)["case"])


def test_names_say_what_is_in_the_event_and_none_is_there_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pattern = "{ $.eventName = ConsoleLogin && $.userAgent != curl && ($.a.b = 1 || $.c = x) }"
    (tmp_path / "x.toml").write_text(
        DETECTION.format(title="t", pattern=pattern, threshold=1, missing="missing"), "utf-8"
    )
    base: dict[str, Any] = {"eventName": "ConsoleLogin", "userAgent": "ie", "a": {"b": 1}}
    changes: list[dict[str, Any]] = [
        {},
        {"userAgent": None},
        {"userAgent": "curl"},
        {"userAgent": {"x": 1}},
        {"userAgent": True},
        {"a": {"b": 2}},
        {"a": {}, "c": "y"},
        {"a": {}, "c": "x"},
    ]
    records = [{"eventTime": "2026-01-01T00:00:00Z", **base, **change} for change in changes]
    (tmp_path / "a.json").write_text(json.dumps({"Records": records}), "utf-8")
    argv = ["test", "--propose", str(tmp_path / "a.json"), "-d", str(tmp_path / "x.toml"), "--format", "json"]
    assert main(argv) == 0
    (found,) = json.loads(capsys.readouterr().out)["detections"]
    assert {case["name"] for case in found["cases"]} == {
        "matches: eventName ConsoleLogin, userAgent example-1, a.b 1",
        "matches: eventName ConsoleLogin, userAgent example-1, c x",
        "near miss: userAgent is null",
        "near miss: userAgent curl",
        "near miss: userAgent is an object",
        "near miss: userAgent true",
        "near miss: a.b 2, no c",
        "near miss: no a.b, c example-2",
    }
    names = [case["name"] for case in tomllib.loads(found["toml"])["case"]]
    assert len(names) == len(set(names))


def test_a_name_that_there_is_gets_a_number() -> None:
    used = Counter[str]()
    assert [distinct(one, used) for one in ("a", "a (2)", "a", "a")] == ["a", "a (2)", "a (2) (2)", "a (3)"]


def test_variants_and_formats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = DETECTION.format(
        title="t", pattern="{ $.eventName = ConsoleLogin }", threshold=1, missing="missing"
    )
    (tmp_path / "one.toml").write_text(text, "utf-8")
    argv = [
        "test",
        "--propose",
        SAMPLES,
        "-d",
        str(tmp_path / "one.toml"),
        "-d",
        "cis/cloudwatch-2@cis-4.0.0",
    ]
    assert main([*argv, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    one, variant = found["detections"]
    assert {tuple(case["matches"].items()) for case in one["cases"]} == {(("", True),), (("", False),)}
    assert {name for case in variant["cases"] for name in case["matches"]} == {"cis-4.0.0"}
    assert one["score"]["after"] > one["score"]["before"] == 0
    assert tomllib.loads(one["toml"])
    assert main([*argv, "--format", "markdown"]) == 0
    assert capsys.readouterr().out.startswith("```toml\n# ")


def test_no_evidence_is_no_proposal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text('{"Records": []}', "utf-8")
    assert main(["test", "--propose", str(tmp_path / "a.json"), "-d", "cis"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "nothing is proved" in captured.err
    assert main(["test", "-d", "cis"]) == 2
    assert "expected --propose ARCHIVE with -d" in capsys.readouterr().err
