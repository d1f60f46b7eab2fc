"""Every flaw of an alarm is found, and nothing else; every cure does what the made-up day shows.

What is never or always so is proved in tests/test_metric_reachable.py.
"""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path
from typing import Any

import pytest

from detector.__main__ import main
from detector.alarm import ComparisonOperator, MissingData, State, Statistic
from detector.detections import Detection, load_detection, shipped
from detector.detections.model import Actions
from detector.errors import SettingsError
from detector.lint import RULES, AlarmFinding, lint_alarm
from detector.lint.cures import cured, day, said

PRESCRIBED = load_detection("cis/cloudwatch-2")
GREATER, LESS, MOST = "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"
QUIET = {"treat_missing_data": "notBreaching"}
BREACHING = {"treat_missing_data": "breaching"}
IGNORED = {"treat_missing_data": "ignore"}
P90 = {"statistic": None, "extended_statistic": "p90"}


def made(
    alarm: dict[str, Any], filters: dict[str, Any] | None = None, actions: Actions | None = None
) -> Detection:
    """CIS's alarm with other settings."""
    return dataclasses.replace(
        PRESCRIBED,
        alarm=dataclasses.replace(PRESCRIBED.alarm, **alarm),
        filters=tuple(dataclasses.replace(one, **filters or {}) for one in PRESCRIBED.filters),
        actions=actions or Actions(),
    )


FLAWED: list[tuple[str, Detection]] = [
    # An average of ones, and whatever else does not count.
    ("D801:error", made({"statistic": "Average", "threshold": 5, **QUIET})),
    ("D801:error", made({"statistic": "Minimum", "threshold": 2, **QUIET})),
    ("D801:error", made({"statistic": "Maximum", "comparison_operator": GREATER, **QUIET})),
    ("D801:error", made({**P90, "threshold": 5, **QUIET})),
    ("D801:error", made({"statistic": "Average", "threshold": 2, **QUIET}, {"default": 0})),
    ("D801:error", made({"statistic": "Average", "threshold": 5, "evaluation_periods": 3, **IGNORED})),
    ("D801:error", made({"statistic": "Average", "threshold": 100}, {"value": "10"})),
    # No value does.
    ("D801:error", made(QUIET, {"value": "0"})),
    ("D801:error", made({}, {"value": "-1"})),
    ("D801:error", made(P90, {"value": "-1"})),
    ("D801:error", made({"comparison_operator": LESS, "threshold": 0}, {"default": 0})),
    ("D801:error", made({"comparison_operator": GREATER, "statistic": "Maximum", "threshold": 2.0**360}, {"value": "$.x"})),
    # Silence is missing, not 0.
    ("D801:error", made({"comparison_operator": LESS})),
    ("D801:error", made({"comparison_operator": LESS, **QUIET})),
    ("D801:error", made({"comparison_operator": MOST, "statistic": "SampleCount", "threshold": 0})),
    # Another series.
    ("D801:error", made({"unit": "Count"})),
    ("D801:error", made({"dimensions": {"Region": "eu-west-1"}})),
    ("D802:error", made(BREACHING)),
    ("D802:error", made({"statistic": "Average", **BREACHING})),
    ("D802:error", made({"unit": "Count", **BREACHING})),
    ("D802:error", made({"threshold": 0}, {"default": 0})),
    ("D802:error", made({"threshold": -1, "comparison_operator": GREATER}, {"default": 0})),
    ("D803:warning", made(IGNORED)),
    ("D803:warning", made({"threshold": 5, **IGNORED})),
    ("D804:note", made({})),
    ("D804:note", made({"threshold": 0, "comparison_operator": GREATER})),
    ("D804:warning", made({}, actions=Actions(alarm=("a",), ok=("a",)))),
    ("D805:note", made({"statistic": "Average", **QUIET})),
    ("D805:note", made({**P90, **QUIET})),
    ("D805:note", made({"statistic": "Maximum", **QUIET}, {"default": 0})),
    ("D806:warning", made({"statistic": "Average"}, {"default": 0})),
    ("D806:warning", made({"statistic": "Minimum"}, {"default": 0})),
    ("D806:note", made({"statistic": "Average", "threshold": 0.05}, {"default": 0})),
    ("D806:note", made(P90, {"default": 0})),
    ("D807:note", made({"comparison_operator": GREATER})),
    ("D807:note", made({"comparison_operator": GREATER}, {"default": 0})),
    ("D804:note D807:note", made({"threshold": 0})),
    ("D808:warning", made({"threshold": 5, **BREACHING})),
    ("D808:warning", made({"threshold": 5, "statistic": "Average", **BREACHING})),
    ("D809:warning", made({"threshold": 5, "comparison_operator": LESS})),
    ("D809:warning", made({"threshold": 5, "comparison_operator": LESS, **QUIET})),
    ("D810:warning", made({"threshold": 5, "evaluation_periods": 3})),
    ("D811:warning", made(QUIET, {"dimensions": {"Region": "$.awsRegion"}})),
    ("D812:warning", made(QUIET, actions=Actions(enabled=False))),
    ("D813:note", made(QUIET, actions=Actions(ok=("a",)))),
]  # fmt: skip
SOUND = [
    made(QUIET),
    made({"threshold": 5}),
    made({}, {"default": 0}),
    made({"threshold": 5, "evaluation_periods": 3, **QUIET}),
    made({"threshold": 5, "evaluation_periods": 3, "datapoints_to_alarm": 1}),
    made({"threshold": 5, **BREACHING}, {"default": 0}),  # no log events: as bad as many matches
    made({"comparison_operator": LESS, **BREACHING}),  # a heartbeat
    made({"comparison_operator": LESS, "threshold": 5, **BREACHING}),
    made({"comparison_operator": LESS}, {"default": 0}),
    made({"statistic": "Average", "threshold": 500}, {"value": "$.x"}),
    made({**P90, "threshold": 500, **IGNORED}, {"value": "$.x"}),
    made({"statistic": "Maximum", "threshold": 500, "evaluation_periods": 2}, {"value": "$.x"}),
    made({"dimensions": {"Region": "eu-west-1"}, **QUIET}, {"dimensions": {"Region": "$.awsRegion"}}),
    made({"unit": "Count", **QUIET}, {"unit": "Count"}),
    made(QUIET, actions=Actions(alarm=("a",), ok=("a",))),
]


def codes(found: tuple[AlarmFinding, ...]) -> str:
    return " ".join(f"{one.code}:{one.severity}" for one in found)


@pytest.mark.parametrize(("expected", "detection"), FLAWED)
def test_what_is_found(expected: str, detection: Detection) -> None:
    assert codes(lint_alarm(detection)) == expected


@pytest.mark.parametrize("detection", SOUND)
def test_nothing_is_found(detection: Detection) -> None:
    assert codes(lint_alarm(detection)) == ""


def test_every_rule_about_alarms_has_a_flawed_alarm() -> None:
    found = {code.split(":")[0] for codes, _ in FLAWED for code in codes.split()}
    assert found == {code for code in RULES if code.startswith("D8")}


UNCURED = {"D813"}
"""Nobody but the author knows whom to tell."""


@pytest.mark.parametrize(("expected", "detection"), FLAWED)
def test_a_cure_does_away_with_the_finding_and_the_day_shows_it(expected: str, detection: Detection) -> None:
    for finding in lint_alarm(detection):
        assert finding.cure or finding.code in UNCURED, expected
        if not finding.cure:
            continue
        other = cured(detection, finding.cure)
        assert finding.code not in {one.code for one in lint_alarm(other)}
        assert finding.severity < 3 or not any(one.severity == 3 for one in lint_alarm(other))
        if finding.day is None:
            assert finding.code == "D812" or detection.alarm.threshold <= 0
            continue
        assert finding.day == day(detection, other)
        before, after = finding.day.before, finding.day.after
        match finding.code:
            case "D801":
                assert before.minutes == before.pages == 0 < after.minutes
            case "D802":
                assert before.minutes > after.minutes or before.datapoint != after.datapoint
                assert before.last is State.ALARM or detection.alarm.treat_missing_data != "breaching"
            case "D803" | "D808" | "D810":
                assert before.minutes > after.minutes
            case "D804":
                assert (before.last, after.last) == (State.INSUFFICIENT_DATA, State.OK)
            case "D809" | "D811" | "D807":
                assert before.minutes < after.minutes
            case _:
                assert before.datapoint != after.datapoint


def test_an_alarm_that_asks_for_what_its_filter_demands_of_every_event() -> None:
    named = made(QUIET, {"dimensions": {"Code": "$.errorCode"}})
    [finding] = lint_alarm(named)  # no event without an errorCode matches
    assert (finding.code, said(finding.cure)) == ("D801", "without filter.dimensions")


def test_several_filters_are_one_series() -> None:
    [one] = PRESCRIBED.filters
    twice = (one, dataclasses.replace(one, name="other", value="5"))
    alarm = dataclasses.replace(
        PRESCRIBED.alarm, statistic="Maximum", threshold=5, treat_missing_data="notBreaching"
    )
    assert codes(lint_alarm(dataclasses.replace(PRESCRIBED, filters=twice, alarm=alarm))) == ""
    never = dataclasses.replace(alarm, threshold=6)
    assert codes(lint_alarm(dataclasses.replace(PRESCRIBED, filters=twice, alarm=never))) == "D801:error"


def test_no_shipped_alarm_is_accused() -> None:
    found = {one.code for name in shipped() for one in lint_alarm(load_detection(name))}
    assert found == {"D804"}


def test_cures_are_settings_that_the_service_takes() -> None:
    with pytest.raises(SettingsError):
        cured(PRESCRIBED, (("alarm.threshold", float("inf")),))
    assert (
        said((("alarm.statistic", "Sum"), ("alarm.unit", None)))
        == 'alarm.statistic = "Sum", without alarm.unit'
    )


FILE = """
[filter]
name = "f"
pattern = "ERROR"
[metric]
namespace = "n"
name = "m"
[alarm]
name = "a"
period = 300
evaluation_periods = 1
threshold = 5
comparison_operator = "GreaterThanOrEqualToThreshold"
{before}statistic = "Average"{after}
"""


def checked(
    folder: Path, capsys: pytest.CaptureFixture[str], *typed: str, **more: str
) -> tuple[int, dict[str, Any]]:
    path = folder / "one.toml"
    path.write_text(FILE.format(**{"before": "", "after": "", **more}), encoding="utf-8")
    code = main(["check", str(path), "--format", "json", *typed])
    [one] = json.loads(capsys.readouterr().out)["alarms"]
    return code, one


def test_a_dead_alarm_fails_a_build_and_points_at_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, one = checked(tmp_path, capsys)
    [finding] = one["findings"]
    assert (code, finding["code"], finding["line"], finding["key"]) == (1, "D801", 14, "alarm.statistic")
    assert finding["cure"] == [{"key": "alarm.statistic", "value": "Sum"}]
    assert (
        finding["made_up_day"]["before"]["minutes_in_alarm"] == 0 < finding["made_up_day"]["after"]["pages"]
    )


@pytest.mark.parametrize(
    ("typed", "more"),
    [
        (("--ignore", "D801"), {}),
        (("--ignore", "D8"), {}),
        (("--select", "D1"), {}),
        ((), {"after": "  # detector: ignore[D801]"}),
        ((), {"before": "# detector: ignore[D8]\n"}),
    ],
)
def test_findings_about_alarms_are_chosen_and_silenced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], typed: tuple[str, ...], more: dict[str, str]
) -> None:
    assert checked(tmp_path, capsys, *typed, **more) == (
        0,
        {"name": str(tmp_path / "one.toml"), "findings": []},
    )


REFUSED = [
    ("[alarm]", "[alarm]\ndatapoints_to_alarm = 2", "must not be greater than EvaluationPeriods", "[alarm]\ndatapoints_to_alarm = 1"),
    ("period = 300", "period = 90", "a multiple of 60 seconds, not 90", "period = 60"),
    ("_periods = 1", "_periods = 300", "more than a day", "_periods = 288"),
    (
        'name = "m"',
        'name = "m"\ndefault_value = 0\ndimensions = { A = "$.a" }',
        "expected either dimensions or a default value",
        'name = "m"\ndimensions = { A = "$.a" }',
    ),
]  # fmt: skip


@pytest.mark.parametrize(("old", "refused", "sentence", "cure"), REFUSED)
def test_what_the_service_refuses_says_what_to_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, refused: str, sentence: str, cure: str
) -> None:
    path = tmp_path / "one.toml"
    file = FILE.format(before="", after="").replace('"ERROR"', '"{ $.a = 1 }"')
    for written, code in ((refused, 1), (cure, 0)):
        path.write_text(file.replace(old, written, 1), encoding="utf-8")
        assert main(["check", str(path), "--severity", "none"]) == code
        err = capsys.readouterr().err
        assert (sentence in err) is bool(code)
        assert not code or "\n  write " in err or "\n  leave out " in err


def drawn(rnd: random.Random) -> Detection:
    """A detection with settings at random: up to three filters, all statistics, every treatment."""
    periods = rnd.choice((1, 2, 3))
    alarm: dict[str, Any] = {
        "period": rnd.choice((60, 300, 600)),
        "evaluation_periods": periods,
        "datapoints_to_alarm": rnd.randint(1, periods),
        "threshold": rnd.choice((-2, -1, 0, 0.1, 0.5, 1, 1.5, 2, 5, 10)),
        "comparison_operator": rnd.choice(list(ComparisonOperator)),
        "treat_missing_data": rnd.choice(list(MissingData)),
        "statistic": rnd.choice((*Statistic, "p0", "p10", "p50", "p99", "p100")),
    }
    if alarm["statistic"].startswith("p"):
        alarm |= {"statistic": None, "extended_statistic": alarm["statistic"]}
        alarm["evaluate_low_sample_count_percentiles"] = rnd.choice((None, "ignore", "evaluate"))
    values, defaults = ("1", "1", "0", "2", "-1", "0.1", "$.x"), (None, None, 0, 1, -1, 0.1)
    [one] = PRESCRIBED.filters
    filters = [
        dataclasses.replace(one, name=f"f{place}", value=rnd.choice(values), default=rnd.choice(defaults))
        for place in range(rnd.choice((1, 1, 1, 2, 3)))
    ]
    return dataclasses.replace(made(alarm), filters=tuple(filters))


def logged(rnd: random.Random, detection: Detection) -> list[tuple[int, float]]:
    """What forty minutes of a log at random publish."""
    rows = []
    for minute in range(40):
        for _ in range(rnd.choice((0, 0, 1, 1, 3))):
            for one in detection.filters:
                value = rnd.choice((-1000.0, 0.3, 1.0, 7.0)) if one.constant is None else one.constant
                published = value if rnd.random() < 0.5 else one.default
                rows += [] if published is None else [(minute, published)]
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_no_log_at_random_refutes_an_error(seed: int) -> None:
    rnd = random.Random(seed)  # noqa: S311 - reproducible on purpose
    errors = 0
    for _ in range(40):
        detection = drawn(rnd)
        found = {one.code for one in lint_alarm(detection)} & {"D801", "D802"}
        for _ in range(8 if found else 0):
            states = {one.after for one in detection.alarm.history(logged(rnd, detection), start=1, end=60)}
            assert "D801" not in found or State.ALARM not in states, detection
            breaching = detection.alarm.treat_missing_data == MissingData.BREACHING
            assert "D802" not in found or not breaching or states == {State.ALARM}, detection
        errors += len(found)
    assert errors > 5
