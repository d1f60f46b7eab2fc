"""Drift: spelling and what AWS fills in are none, every difference in meaning or in a setting is named, with both values."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from detector.__main__ import main
from detector.jobs.drift import Drift, Standing, Weight, drift
from detector.jobs.drift.facts import _fits
from tests.cli_archives import archive

TERRAFORM = """
locals {
  controls = {
    root    = { pattern = "{ $.userIdentity.type = \\"Root\\" }", threshold = 1 }
    denied  = { pattern = "{ $.errorCode = AccessDenied }", threshold = 3 }
  }
}

resource "aws_sns_topic" "alarms" {
  name = "alarms"
}

resource "aws_cloudwatch_log_metric_filter" "cis" {
  for_each       = local.controls
  name           = each.key
  log_group_name = "trail"
  pattern        = each.value.pattern

  metric_transformation {
    name      = title(each.key)
    namespace = "CIS"
    value     = 1
  }
}

resource "aws_cloudwatch_metric_alarm" "cis" {
  for_each            = local.controls
  alarm_name          = upper(each.key)
  metric_name         = title(each.key)
  namespace           = "CIS"
  statistic           = "Sum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  period              = 300
  evaluation_periods  = 1
  alarm_actions       = [aws_sns_topic.alarms.arn]
}
"""
Answer = dict[str, Any]


def filters() -> list[Answer]:
    """What an account says of the same two filters, spelled and filled in by others."""
    patterns = {"Root": "{$.userIdentity.type=Root}", "Denied": '{ ($.errorCode = "AccessDenied") }'}
    return [
        {
            "filterName": f"stack-{name}-1AB2CD3EF4GH",
            "filterPattern": pattern,
            "metricTransformations": [
                {"metricName": name, "metricNamespace": "CIS", "metricValue": "1.0", "unit": "None"}
            ],
            "creationTime": 1735689600000,
            "logGroupName": "trail",
        }
        for name, pattern in patterns.items()
    ]


def alarms(region: str = "eu-west-1") -> list[Answer]:
    """The same of the alarms."""
    return [
        {
            "AlarmName": name.upper(),
            "AlarmArn": f"arn:aws:cloudwatch:{region}:111122223333:alarm:{name.upper()}",
            "AlarmDescription": "as the console had it",
            "ActionsEnabled": True,
            "OKActions": [],
            "AlarmActions": [f"arn:aws:sns:{region}:111122223333:alarms"],
            "InsufficientDataActions": [],
            "MetricName": name,
            "Namespace": "CIS",
            "Statistic": "Sum",
            "Dimensions": [],
            "Period": 300,
            "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1,
            "Threshold": threshold,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "missing",
        }
        for name, threshold in (("Root", 1.0), ("Denied", 3.0))
    ]


Edit = Callable[[list[Answer], list[Answer]], object]


def world(folder: Path, edit: Edit = lambda _filters, _alarms: None, region: str = "") -> tuple[str, str]:
    """A repository, and an account of which something was edited."""
    (folder / "repo").mkdir(exist_ok=True)
    (folder / "repo" / "main.tf").write_text(TERRAFORM, "utf-8")
    account = folder / "account" / region
    account.mkdir(parents=True, exist_ok=True)
    ours, theirs = filters(), alarms(region or "eu-west-1")
    edit(ours, theirs)
    (account / "filters.json").write_text(json.dumps({"metricFilters": ours}), "utf-8")
    (account / "alarms.json").write_text(json.dumps({"MetricAlarms": theirs}), "utf-8")
    return str(folder / "repo"), str(folder / "account")


def changes(found: Drift) -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    """What drifted: standing, name, and the settings with both values."""
    return [
        (
            str(one.standing),
            one.item.name,
            [(each.name, each.old, each.new) for each in one.of(Weight.CHANGE)],
        )
        for one in found.joined
        if one.standing is not Standing.EQUIVALENT
    ]


def test_spelling_and_what_aws_fills_in_are_no_drift(tmp_path: Path) -> None:
    found = drift(*world(tmp_path))
    assert not found.drifted
    assert found.counts[Standing.EQUIVALENT] == 2
    assert all(one.respelled for one in found.joined)
    words = {setting.name for one in found.joined for setting in one.of(Weight.WORDS)}
    assert words == {"alarm_description", "filter.name"}
    unknown = {(each.name, each.old) for one in found.joined for each in one.of(Weight.UNKNOWN)}
    assert unknown == {("alarm_actions", "${aws_sns_topic.alarms.arn}")}


EDITS: dict[str, tuple[Edit, list[tuple[str, str, list[tuple[str, str, str]]]]]] = {
    "threshold": (
        lambda _, a: a[1].update(Threshold=5.0),
        [("changed", "DENIED", [("threshold", "3", "5")])],
    ),
    "M": (
        lambda _, a: a[0].update(EvaluationPeriods=3, DatapointsToAlarm=2),
        [("changed", "ROOT", [("evaluation_periods", "1", "3"), ("datapoints_to_alarm", "1", "2")])],
    ),
    "off": (
        lambda _, a: a[0].update(ActionsEnabled=False),
        [("changed", "ROOT", [("actions_enabled", "true", "false")])],
    ),
    "no action": (
        lambda _, a: a[0].update(AlarmActions=[]),
        [("changed", "ROOT", [("alarm_actions", "${aws_sns_topic.alarms.arn}", "")])],
    ),
    "missing": (
        lambda _, a: a[1].update(TreatMissingData="breaching", Statistic="Average"),
        [
            (
                "changed",
                "DENIED",
                [("statistic", "Sum", "Average"), ("treat_missing_data", "missing", "breaching")],
            )
        ],
    ),
    "default": (
        lambda f, _: f[0]["metricTransformations"][0].update(defaultValue=0.0),
        [("changed", "ROOT", [("filter.default_value", "", "0")])],
    ),
    "log group": (
        lambda f, _: f[0].update(logGroupName="other"),
        [("changed", "ROOT", [("filter.log_group_name", "trail", "other")])],
    ),
    "renamed": (
        lambda _, a: a[0].update(AlarmName="root2"),
        [("changed", "root2", [("alarm_name", "ROOT", "root2")])],
    ),
    "another metric": (
        lambda f, a: (
            f[0]["metricTransformations"][0].update(metricName="R"),
            a[0].update(MetricName="R", AlarmName="R"),
        ),
        [("changed", "R", [("alarm_name", "ROOT", "R"), ("metric_name", "Root", "R")])],
    ),
    "meaning": (
        lambda f, _: f[1].update(filterPattern='{ $.errorCode = "Access*" }'),
        [("changed", "DENIED", [])],
    ),
    "gone": (
        lambda f, a: (f.pop(0), a.pop(0)),
        [("removed", "ROOT", [])],
    ),
    "alarm gone": (lambda _, a: a.pop(0), [("removed", "ROOT", [])]),
    "filter gone": (lambda f, _: f.pop(0), [("removed", "ROOT", [])]),
}


@pytest.mark.parametrize("edit", EDITS)
def test_every_difference_is_named_with_both_values(edit: str, tmp_path: Path) -> None:
    change, expected = EDITS[edit]
    found = drift(*world(tmp_path, change))
    assert changes(found) == expected
    assert found.drifted
    back = drift(found.new, found.old)
    assert {standing for standing, _, _ in changes(back)} == {
        {"removed": "added"}.get(standing, standing) for standing, _, _ in expected
    }


@pytest.mark.parametrize(("edit", "half"), [("alarm gone", "metric filter"), ("filter gone", "alarm")])
def test_half_of_a_detection_is_said_to_be_there(edit: str, half: str, tmp_path: Path) -> None:
    old, new = world(tmp_path, EDITS[edit][0])
    assert [one.note.startswith(f"its {half} ") for one in drift(old, new).joined if one.note] == [True]
    assert [one.note.startswith(f"its {half} ") for one in drift(new, old).joined if one.note] == [True]


def test_a_pattern_says_how_it_differs_and_what_that_loses(tmp_path: Path) -> None:
    old, new = world(tmp_path, EDITS["meaning"][0])
    logs = archive(tmp_path / "logs")
    [changed] = [one for one in drift(new, old, logs).joined if one.filters]
    [pattern] = changed.filters
    assert pattern.verdict is not None
    assert pattern.verdict.relation == "narrower"
    assert pattern.verdict.witnesses.old_only == {"errorCode": "Access"}
    assert changed.archive is not None
    assert (changed.archive.both, changed.archive.lost) == (9, 0)


def test_a_repository_is_compared_with_each_region(tmp_path: Path) -> None:
    world(tmp_path, region="us-east-1")
    old, new = world(tmp_path, EDITS["threshold"][0], region="eu-west-1")
    found = drift(old, new)
    assert changes(found) == EDITS["threshold"][1]
    assert [one.item.region for one in found.joined if one.standing is Standing.CHANGED] == ["eu-west-1"]
    assert found.counts[Standing.EQUIVALENT] == 3


def test_what_is_not_known_is_neither_equal_nor_drift(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = world(tmp_path)
    file = Path(old) / "main.tf"
    unknown = file.read_text("utf-8").replace("period              = 300", "period = var.period")
    file.write_text(f'variable "period" {{}}\n{unknown}', "utf-8")
    assert main(["compare", old, new, "--expect", "equivalent"]) == 2
    assert "period is not known" in capsys.readouterr().out
    assert main(["compare", old, new, "--expect", "equivalent", "--parameter", "period=300"]) == 0
    assert main(["compare", old, new, "--expect", "equivalent", "--parameter", "period=60"]) == 1


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_the_gate(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = world(tmp_path, EDITS["threshold"][0])
    assert main(["compare", old, new, "--format", form]) == 0
    assert main(["compare", old, new, "--format", form, "--expect", "equivalent"]) == 1
    out, err = capsys.readouterr()
    assert "threshold" in out
    assert err == "detector: expected both sides to be equivalent, but 1 changed\n"
    assert main(["compare", old, new, "--expect", "narrower"]) == 2
    assert main(["compare", old, f"{new}/nothing"]) == 2
    assert "#ID" in capsys.readouterr().err


def test_one_alarm_of_each_is_compared_as_ever(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = world(tmp_path, EDITS["meaning"][0])
    assert main(["compare", f'{old}#cis["denied"]', f"{new}#DENIED", "--expect", "wider"]) == 0
    assert main(["compare", f"{old}#DENIED", "{ $.errorCode = A }", "--expect", "disjoint"]) == 0
    assert capsys.readouterr().out.startswith("WIDER.")


@pytest.mark.parametrize(
    ("text", "other", "fits"),
    [
        ("${var.a}-root", "prod-root", True),
        ("${var.a}-root", "prod-boot", False),
        ("a${b}c${d}e", "a1c2e", True),
        ("a${b}c${d}e", "a1e", False),
        ("${x}", "", True),
        ("root", "root", False),
        ("a${b}a", "a", False),
        ("${merge({a = 1}, {b = 2})}x", "yx", True),
        ("${a}" * 200 + "b", "a" * 5_000, False),
    ],
)
def test_a_placeholder_may_be_anything(text: str, other: str, *, fits: bool) -> None:
    assert _fits(text, other) is fits


def test_composites_are_compared_by_what_their_rule_says(tmp_path: Path) -> None:
    rule = '[composite]\nname = "both"\nalarm_rule = "{}"\nchildren = ["."]\n'
    children = Path("patterns/cis/cloudwatch-1.toml").read_text("utf-8")
    sides = [tmp_path / name for name in ("old", "same", "other")]
    for side, text in zip(
        sides,
        ('ALARM(\\"root_usage_alarm\\")', "ALARM( root_usage_alarm )", "OK(root_usage_alarm)"),
        strict=True,
    ):
        side.mkdir()
        (side / "root.toml").write_text(children, "utf-8")
        (side / "both.toml").write_text(rule.format(text), "utf-8")
    old, same, other = map(str, sides)
    assert not drift(old, same).drifted
    [(standing, name, settings)] = changes(drift(old, other))
    assert (standing, name, [each[0] for each in settings]) == ("changed", "both", ["alarm_rule"])


def test_undecided_is_not_equivalent(tmp_path: Path) -> None:
    old, new = world(tmp_path, EDITS["meaning"][0])
    found = drift(old, new, steps=1)
    assert found.counts[Standing.UNDECIDED] == 2
    assert found.drifted
