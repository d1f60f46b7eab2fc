"""``detector check --fix``: what is proved is put into the user's own file, shown, and nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from detector.__main__ import main
from detector.lint.finding import Promise
from detector.lint.fixing import fixed
from detector.pattern import compile as compile_pattern
from detector.relation import Relation, relate
from tests.lint_cases import FLAWED

ISSUER = "$.userIdentity.sessionContext.sessionIssuer.userName"
LOSING = f'{{ ($.errorCode = "*UnauthorizedOperation") && ({ISSUER} != "worker") }}'
KEPT = f'{{ ($.errorCode = "*UnauthorizedOperation") && (({ISSUER} != "worker" || {ISSUER} NOT EXISTS)) }}'
ALARM = """\
[metric]
namespace = "n"
name = "m"
value = "1"
[alarm]
name = "a"
statistic = "Sum"
period = 300
evaluation_periods = 1
threshold = 1
comparison_operator = "GreaterThanOrEqualToThreshold"
treat_missing_data = "notBreaching"
"""
TOML = f"""\
title = "t" # kept
[filter]
name = "f"
pattern = '''{LOSING}'''   # and this
{ALARM}"""
TERRAFORM = f"""\
resource "aws_cloudwatch_log_metric_filter" "x" {{
  name           = "x"
  log_group_name = "trail"
  pattern        = <<EOT
{LOSING}
EOT
  metric_transformation {{
    name      = "m"
    namespace = "n"
    value     = "1"
  }}
}}
resource "aws_cloudwatch_metric_alarm" "x" {{
  alarm_name          = "x" # kept
  metric_name         = "m"
  namespace           = "n"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
}}
"""
TEMPLATE = f"""\
Resources:
  Filter: # kept
    Type: AWS::Logs::MetricFilter
    Properties:
      LogGroupName: trail
      FilterPattern: '{LOSING}'
      MetricTransformations:
        - {{MetricName: m, MetricNamespace: n, MetricValue: "1"}}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      {{AlarmName: x, MetricName: m, Namespace: n, Statistic: Sum, Period: 300, EvaluationPeriods: 1, Threshold: 1,
      ComparisonOperator: GreaterThanOrEqualToThreshold}}
"""


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = main(["check", *args])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize(("name", "text"), [("a.toml", TOML), ("a.tf", TERRAFORM), ("a.yaml", TEMPLATE)])
def test_only_the_pattern_changes_in_the_file(
    name: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    code, out, _ = run(capsys, str(path), "--diff")
    assert (code, path.read_text("utf-8")) == (1, text)
    assert f"\n-{line_of(text, LOSING)}\n+{line_of(text.replace(LOSING, KEPT), KEPT)}\n" in out
    code, shown, _ = run(capsys, str(path), "--fix")
    assert (code, path.read_text("utf-8")) == (0, text.replace(LOSING, KEPT))
    assert shown.startswith(out)
    assert "D202: != on a field that is not always there: for the same events and more, proved" in shown
    assert run(capsys, str(path), "--diff")[:2] == (0, "")


def line_of(text: str, part: str) -> str:
    return next(line for line in text.splitlines() if part in line)


def test_what_is_for_other_events_is_left_to_its_author(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, '{ $.userIdentity.type = "root" }', "--diff")
    assert (code, out) == (0, "")
    assert "D302 is left: the suggestion is for other events" in err


def test_a_note_is_taken_up_where_it_is_selected(capsys: pytest.CaptureFixture[str]) -> None:
    asked = "{ $.eventName = StopLogging && $.eventSource = cloudtrail.amazonaws.com }"
    assert run(capsys, asked, "--diff")[1] == ""
    code, out, _ = run(capsys, asked, "--diff", "--select", "D409")
    assert code == 1
    assert (
        "\n+{ $.eventName = StopLogging && $.eventSource = cloudtrail.amazonaws.com && $.errorCode NOT EXISTS }\n"
        in out
    )


def test_a_shipped_detection_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "lab/unauthorized-api-calls-as-deployed", "--fix")
    assert code == 2
    assert "it comes with the package" in err


def test_a_comment_beside_the_pattern_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.toml"
    path.write_text(TOML.replace("# and this", "# detector: ignore[D202]"), "utf-8")
    assert run(capsys, str(path), "--diff")[:2] == (0, "")


def test_a_program_gets_the_report_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.toml"
    path.write_text(TOML, "utf-8")
    _, out, err = run(capsys, str(path), "--fix", "--format", "json")
    assert json.loads(out)["checked"][0]["findings"] == []
    assert "\n+pattern = " in err


@pytest.mark.parametrize("text", sorted(FLAWED)[::9])
def test_every_step_is_what_it_says(text: str) -> None:
    pattern = compile_pattern(text)
    done = fixed(pattern, lambda _: True)
    relations = {step.relation for step in done.steps}
    assert all(step.finding.promise is not Promise.OTHER for step in done.steps)
    if relations <= {Relation.EQUIVALENT}:
        assert relate(pattern, done.after).relation is Relation.EQUIVALENT
    if relations == {Relation.WIDER}:
        assert relate(pattern, done.after).relation is Relation.WIDER
