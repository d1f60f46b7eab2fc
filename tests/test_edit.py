"""A chosen setting or pattern in the user's own file: it is there, nothing else has changed, or the file is as it was."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from detector.__main__ import main
from detector.alarm import WallClock
from detector.cli.writing import into_files
from detector.detections import Detection, load_detection, toml
from detector.detections.catalogue import detections_of
from detector.detections.edit import effective
from detector.jobs.noise.exclusions import ROLE, Exclusion, Member, edited
from tests.cli_archives import DETECTION, burst, write

ROOT = Path(__file__).parents[1]
LAB, CIS = "lab/unauthorized-api-calls", "cis/cloudwatch-2"
FORMATS = {"terraform": "main.tf", "cloudformation": "stack.yaml"}
SETTINGS: tuple[Mapping[str, Any], ...] = (
    {"threshold": 7},
    {"threshold": 0.5, "period": 60},
    {"evaluation_periods": 3, "datapoints_to_alarm": 2, "treat_missing_data": "notBreaching"},
    {"evaluation_periods": 4, "datapoints_to_alarm": None},
    {"statistic": None, "extended_statistic": "p90"},
    {"statistic": "SampleCount", "threshold": 12.25, "treat_missing_data": "ignore"},
)


def put(folder: Path, form: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Two detections in one file of a format."""
    if form == "toml":
        for name in (LAB, CIS):
            text = (ROOT / "patterns" / f"{name}.toml").read_text("utf-8")
            (folder / f"{name.replace('/', '-')}.toml").write_text(text, "utf-8")
        return str(folder)
    assert main(["convert", LAB, CIS, "--to", form]) == 0
    text = capsys.readouterr().out
    (folder / FORMATS[form]).write_text(f"# mine, all mine\n{text}", "utf-8")
    return str(folder / FORMATS[form])


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_bytes().decode() for path in sorted(folder.iterdir())}


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The lines that are other ones."""
    return [
        line
        for name in before
        for line in difflib.ndiff(before[name].splitlines(), after[name].splitlines())
        if line[0] in "+-"
    ]


def same(one: Detection) -> Detection:
    return replace(one, alarm=effective(one.alarm))


@pytest.mark.parametrize(("form", "settings"), list(product(("toml", *FORMATS), SETTINGS)))
def test_what_is_written_is_read_back_and_nothing_else_changes(
    form: str, settings: Mapping[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put(tmp_path, form, capsys)
    present, before = detections_of(path), texts(tmp_path)
    wanted = {place: replace(one, alarm=replace(one.alarm, **settings)) for place, one in enumerate(present)}
    assert into_files(lambda: detections_of(path), wanted)
    assert list(map(same, detections_of(path))) == [same(one) for one in wanted.values()]
    lines = changed(before, texts(tmp_path))
    assert 0 < len(lines) <= 2 * 2 * (len(settings) + 1)
    said = capsys.readouterr().err.splitlines()
    assert all(line.startswith(f"detector: {tmp_path}") and ": changed " in line for line in said)


@pytest.mark.parametrize(
    "value", ["AWSServiceRoleForConfig", 'a"b', "a\\b", "a'''b", "${var.x}", "%{ if }", "a'b", "#x"]
)
@pytest.mark.parametrize("form", ["toml", *FORMATS])
def test_a_pattern_is_written_whatever_its_values_are(
    form: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name out of a record is no template, no string's end and no comment of any format."""
    path = put(tmp_path, form, capsys)
    wanted = {
        place: edited(one, [Exclusion((Member(ROLE, value),))])
        for place, one in enumerate(detections_of(path))
    }
    assert into_files(lambda: detections_of(path), wanted)
    assert list(map(same, detections_of(path))) == [same(one) for one in wanted.values()]
    assert into_files(lambda: detections_of(path), wanted)
    assert "nothing to write" in capsys.readouterr().err


TERRAFORM = """\
resource "aws_cloudwatch_log_metric_filter" "f" {
  name           = "f"
  log_group_name = "g"
  pattern        = "{ $.a = 1 }"
  metric_transformation {
    name      = "M"
    namespace = "N"
    value     = "1"
  }
}
resource "aws_cloudwatch_metric_alarm" "a" {
  for_each            = toset(["x", "y"])
  alarm_name          = "a-${each.key}"
  metric_name         = "M"
  namespace           = "N"
  statistic           = "Sum"
  period              = local.period
  evaluation_periods  = "1" # in quotes
  threshold           = 5
  comparison_operator = "GreaterThanOrEqualToThreshold"
}
locals {
  period = 300
}
"""


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"period": 60}, "no plain literal"),
        ({"threshold": 6}, "would define something else"),
        ({"evaluation_window": WallClock("UTC")}, "TOML files alone"),
    ],
)
def test_what_cannot_be_changed_safely_is_said_and_left(
    settings: Mapping[str, Any], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "main.tf").write_text(TERRAFORM, "utf-8")
    path = str(tmp_path / "main.tf")
    first = detections_of(path)[0]
    assert not into_files(
        lambda: detections_of(path), {0: replace(first, alarm=replace(first.alarm, **settings))}
    )
    assert (tmp_path / "main.tf").read_text("utf-8") == TERRAFORM
    err = capsys.readouterr().err
    assert said in err
    assert next(iter(settings)) in err


def test_both_of_a_for_each_are_one_literal(tmp_path: Path) -> None:
    """A number in quotes stays in quotes, with its comment."""
    text = TERRAFORM.replace('  for_each            = toset(["x", "y"])\n', "").replace("-${each.key}", "")
    (tmp_path / "main.tf").write_text(text, "utf-8")
    path = str(tmp_path / "main.tf")
    [one] = detections_of(path)
    assert into_files(
        lambda: detections_of(path), {0: replace(one, alarm=replace(one.alarm, evaluation_periods=3))}
    )
    assert '"3" # in quotes' in (tmp_path / "main.tf").read_text("utf-8")


def test_a_template_in_json_is_edited_and_an_output_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    json_text = (
        '{"Resources": {"F": {"Type": "AWS::Logs::MetricFilter", "Properties": {"LogGroupName": "g", "FilterPattern": '
        '"{ $.a = 1 }", "MetricTransformations": [{"MetricName": "M", "MetricNamespace": "N", "MetricValue": "1"}]}}, '
        '"A": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "M", "Namespace": "N", "Statistic": "Sum", '
        '"Period": 300, "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}}}}'
    )
    (tmp_path / "t.json").write_text(json_text, "utf-8")
    path = str(tmp_path / "t.json")
    [one] = detections_of(path)
    wanted = replace(one, alarm=replace(one.alarm, period=60, treat_missing_data="breaching"))
    assert into_files(lambda: detections_of(path), {0: wanted})
    assert (tmp_path / "t.json").read_text("utf-8") == json_text.replace(
        '"Period": 300, ', '"Period": 60, '
    ).replace('"EvaluationPeriods"', '"TreatMissingData": "breaching", "EvaluationPeriods"')
    output = '{"metricFilters": [{"filterName": "f", "filterPattern": "{ $.a = 1 }", "logGroupName": "g", "metricTransformations": [{"metricName": "M", "metricNamespace": "N", "metricValue": "1"}]}]}\n{"MetricAlarms": [{"AlarmName": "a", "MetricName": "M", "Namespace": "N", "Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}]}'
    (tmp_path / "o.json").write_text(output, "utf-8")
    path = str(tmp_path / "o.json")
    [one] = detections_of(path)
    assert not into_files(lambda: detections_of(path), {0: replace(one, alarm=replace(one.alarm, period=60))})
    assert "the output of a command" in capsys.readouterr().err


def test_line_ends_stay_and_a_changed_file_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "d.toml"
    text = toml.write(load_detection(LAB))
    path.write_bytes(text.replace("\n", "\r\n").encode())
    [one] = detections_of(str(path))
    wanted = replace(one, alarm=replace(one.alarm, threshold=9))
    assert into_files(lambda: detections_of(str(path)), {0: wanted})
    assert path.read_bytes() == text.replace("threshold = 5", "threshold = 9").replace("\n", "\r\n").encode()
    old = detections_of(str(path))
    path.write_bytes(b"# new\n" + path.read_bytes())
    assert not into_files(lambda: old, {0: replace(one, alarm=replace(one.alarm, threshold=10))})
    assert "changed meanwhile" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["#a-x", ""])
def test_what_else_a_literal_serves_stays_also_where_one_alarm_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    (tmp_path / "main.tf").write_text(TERRAFORM.replace("{ $.a = 1 }", "{ $.errorCode = Acc* }"), "utf-8")
    before = (tmp_path / "main.tf").read_bytes()
    other = {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/eve"}
    steady = [one for hour in range(12) for one in burst(60 * hour, 6)]
    logs = write(tmp_path / "logs.json", [*steady, *burst(91, 5, userIdentity=other)])
    argv = [str(logs), "-d", f"{tmp_path / 'main.tf'}{address}", "-o", str(tmp_path / "out")]
    assert main(["noise", *argv, "--write"]) == 2
    assert "would define something else" in capsys.readouterr().err
    assert (tmp_path / "main.tf").read_bytes() == before


def test_the_shipped_ones_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    one = load_detection(CIS)
    assert not into_files(lambda: [one], {0: replace(one, alarm=replace(one.alarm, threshold=9))})
    err = capsys.readouterr().err
    assert "comes with the package" in err
    assert "alarm.threshold = 9" in err


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A worker that is refused all day long, and five refusals of somebody else in a minute."""
    other = {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/eve"}
    steady = [one for minute in range(0, 720, 10) for one in burst(minute, 5)]
    write(tmp_path / "logs.json", [*steady, *burst(91, 5, userIdentity=other)])
    pattern = '{ $.errorCode = "AccessDenied" }'
    text = DETECTION.format(title="t", pattern=pattern, threshold=5, missing="notBreaching")
    (tmp_path / "d.toml").write_text(f"# a comment\n{text}", "utf-8")
    return tmp_path


def test_noise_writes_the_pattern_and_its_rule_tests(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(world / "d.toml")
    (world / "d.test.toml").write_text(
        '[[case]]\nname = "all"\nmatches = true\nevent = { errorCode = "AccessDenied" }\n', "utf-8"
    )
    assert main(["noise", str(world / "logs.json"), "-d", path, "--write", "--format", "json"]) == 0
    err = capsys.readouterr().err
    assert "changed " in err
    assert "4 tests, 0 of them fail" in err
    assert (world / "d.toml").read_text("utf-8").startswith("# a comment\n")
    assert f'{ROLE} != "worker"' in (world / "d.toml").read_text("utf-8")
    assert main(["test", str(world / "d.test.toml")]) == 0
    assert main(["replay", str(world / "logs.json"), "-d", path, "--brief"]) == 0
    capsys.readouterr()
    assert main(["noise", str(world / "logs.json"), "-d", path, "--write", "-o", str(world / "out")]) == 0
    assert "nothing is proposed" in capsys.readouterr().err


def test_backtest_writes_the_recommended_setting(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(world / "d.toml")
    argv = [
        "backtest",
        str(world / "logs.json"),
        "-d",
        path,
        "--threshold",
        "5..9",
        "--max-pages-per-week",
        "0",
    ]
    assert main([*argv, "--write", "-o", str(world / "out")]) in {0, 1}
    err = capsys.readouterr().err
    chosen = load_detection(path).alarm.threshold
    assert ("changed " in err) is (chosen != 5)
    assert ("nothing is recommended" in err) is (chosen == 5)
