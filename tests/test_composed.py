"""Composite alarms of Terraform, CloudFormation and an account: the alarms that they refer to, or why there are none."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from detector.__main__ import main
from detector.detections.alarmed import Composite
from detector.detections.alarms import alarms_of
from detector.detections.catalogue import detections_of
from detector.detections.configuration import Configuration
from detector.detections.reading import read

ALARM = (
    "Statistic: Sum, Period: 300, EvaluationPeriods: 1, Threshold: 1, "
    "ComparisonOperator: GreaterThanOrEqualToThreshold"
)
STACK = f"""\
Parameters:
  Env: {{Type: String}}
Resources:
  LoginFilter:
    Type: AWS::Logs::MetricFilter
    Properties:
      LogGroupName: trail
      FilterPattern: '{{ $.eventName = ConsoleLogin }}'
      MetricTransformations: [{{MetricName: Logins, MetricNamespace: N, MetricValue: "1"}}]
  ErrorFilter:
    Type: AWS::Logs::MetricFilter
    Properties:
      LogGroupName: trail
      FilterPattern: '{{ $.errorCode = "*" }}'
      MetricTransformations: [{{MetricName: Errors, MetricNamespace: N, MetricValue: "1"}}]
  Logins:
    Type: AWS::CloudWatch::Alarm
    Properties: {{AlarmName: !Sub '${{Env}}-logins', Namespace: N, MetricName: Logins, {ALARM}}}
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties: {{Namespace: N, MetricName: Errors, {ALARM}}}
  Cpu:
    Type: AWS::CloudWatch::Alarm
    Properties: {{Namespace: AWS/EC2, MetricName: CPUUtilization, {ALARM}}}
  It:
    Type: AWS::CloudWatch::CompositeAlarm
    Properties:
      AlarmName: it
      AlarmRule: RULE
      ActionsSuppressor: !GetAtt Errors.Arn
      ActionsSuppressorWaitPeriod: 60
      ActionsSuppressorExtensionPeriod: 120
      AlarmActions: [!Ref Topic]
"""


def stack(tmp_path: Path, rule: str, more: str = "") -> Configuration:
    path = tmp_path / "stack.yaml"
    path.write_text(STACK.replace("RULE", rule) + more)
    return read([str(path)])


@pytest.mark.parametrize(
    "rule",
    [
        "!Sub 'ALARM(\"${Logins}\") AND OK(${Errors.Arn})'",
        "!Join ['', ['ALARM(\"', !Ref Logins, '\") AND OK(', !GetAtt Errors.Arn, ')']]",
        "!Sub 'ALARM(\"${Env}-logins\") AND OK(arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:Errors)'",
    ],
)
def test_a_reference_is_what_stands_for_an_alarm(rule: str, tmp_path: Path) -> None:
    found = stack(tmp_path, rule)
    [one] = found.composed
    assert one.settings.alarm_rule == 'ALARM("${Env}-logins") AND OK(Errors)'
    assert [(name, alarm.name.partition("#")[2]) for name, alarm in one.alarms.items()] == [
        ("${Env}-logins", "Logins"),
        ("Errors", "Errors"),
    ]
    assert (one.settings.suppressor, one.settings.wait_period, one.settings.extension_period) == (
        "Errors",
        60,
        120,
    )
    assert one.actions.alarm == ("${Topic}",)
    text = (tmp_path / "stack.yaml").read_text().splitlines()
    assert "AlarmRule" in text[(one.source.line("composite.alarm_rule") or 0) - 1]
    assert not found.losses


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            "!Sub 'ALARM(${Logins}) AND ALARM(${Cpu})'",
            "needs alarms that are not on metrics of filters here: Cpu",
        ),
        ("!Sub 'ALARM(${Logins} OR'", "Unsupported token"),
        (
            "!Sub 'ALARM(${Logins}) AND ALARM(${Elsewhere})'",
            r"not on metrics of filters here: \$\{Elsewhere\}",
        ),
        ("!Sub 'ALARM(${Logins}) OR ALARM(other)'", "do not depend on themselves"),
    ],
)
def test_what_cannot_be_composed_is_named(rule: str, said: str, tmp_path: Path) -> None:
    other = "  Other:\n    Type: AWS::CloudWatch::CompositeAlarm\n    Properties: {AlarmName: other, AlarmRule: 'ALARM(it) OR ALARM(Errors)'}\n"
    found = stack(tmp_path, rule, other)
    assert [one.alarm_name for one in found.composed] == []
    assert any(re.search(said, str(remark)) for remark in found.losses)
    assert len(found.detections) == 2


def test_one_of_alarms_that_are_not_ours_is_not_mentioned(tmp_path: Path) -> None:
    found = stack(tmp_path, "!Sub 'ALARM(${Cpu})'")
    assert not found.composed
    assert not [remark for remark in found.losses if "It" in remark.address]


def test_composites_come_where_alarms_are_asked_for(tmp_path: Path) -> None:
    outer = "  Outer:\n    Type: AWS::CloudWatch::CompositeAlarm\n    Properties: {AlarmRule: !Sub 'NOT ALARM(${It})'}\n"
    stack(tmp_path, "!Sub 'ALARM(\"${Logins}\")'", outer)
    path = f"{tmp_path}/stack.yaml"
    ids = [one.name.partition("#")[2] for one in alarms_of(path)]
    assert ids == ["Logins", "Errors", "It", "Outer"]
    assert [one.name.partition("#")[2] for one in detections_of(path)] == ["Logins", "Errors"]
    [only] = alarms_of([*read([path]).composed][:1])
    assert isinstance(only, Composite)
    assert [one.name.partition("#")[2] for one in detections_of(f"{path}#Logins")] == ["Logins"]
    assert [one.name.partition("#")[2] for one in detections_of(f"{path}#Outer")] == ["Logins", "Errors"]


def test_convert_says_that_it_does_not_write_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stack(tmp_path, "!Sub 'ALARM(\"${Logins}\")'")
    assert main(["convert", f"{tmp_path}/stack.yaml", "--to", "cli"]) == 2
    said = capsys.readouterr()
    assert "composite alarms are not written yet: it" in said.err
    assert said.out.count("put-metric-alarm") == 2


TERRAFORM = """\
resource "aws_cloudwatch_log_metric_filter" "it" {
  for_each       = toset(["logins", "errors"])
  name           = each.key
  log_group_name = "trail"
  pattern        = "{ $.eventName = ${each.key} }"
  metric_transformation {
    name      = each.key
    namespace = "N"
    value     = "1"
  }
}
resource "aws_cloudwatch_metric_alarm" "it" {
  for_each            = aws_cloudwatch_log_metric_filter.it
  alarm_name          = "${var.env}-${each.key}"
  metric_name         = each.key
  namespace           = "N"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
}
resource "aws_cloudwatch_composite_alarm" "all" {
  alarm_name = "all"
  alarm_rule = join(" OR ", concat(
    ["ALARM(\\"${aws_cloudwatch_metric_alarm.it["errors"].arn}\\")"],
    [for one in aws_cloudwatch_metric_alarm.it : "ALARM(\\"${one.alarm_name}\\")"],
    formatlist("OK(%s)", [aws_cloudwatch_metric_alarm.it["logins"].id]),
    compact(["", format("ALARM(%s)", aws_cloudwatch_metric_alarm.it["errors"].arn)]),
  ))
  actions_suppressor {
    alarm            = aws_cloudwatch_metric_alarm.it["errors"].alarm_name
    wait_period      = 60
    extension_period = 120
  }
}
"""


def test_terraform_composes_the_same(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(TERRAFORM)
    found = read([str(tmp_path)])
    assert not found.losses
    [one] = found.composed
    assert one.settings.alarm_rule == (
        'ALARM("${var.env}-errors") OR ALARM("${var.env}-errors") OR ALARM("${var.env}-logins") OR OK(${var.env}-logins) OR ALARM(${var.env}-errors)'
    )
    assert list(one.alarms) == ["${var.env}-errors", "${var.env}-logins"]
    assert (one.settings.suppressor, one.settings.wait_period) == ("${var.env}-errors", 60)


def test_an_account_s_composites_are_those_of_their_region(tmp_path: Path) -> None:
    for region in ("eu-west-1", "us-east-1"):
        folder = tmp_path / region
        folder.mkdir()
        arn = f"arn:aws:cloudwatch:{region}:111122223333:alarm:"
        metric = {"metricName": "M", "metricNamespace": "N", "metricValue": "1"}
        one = {
            "filterName": "f",
            "filterPattern": "{ $.a = 1 }",
            "logGroupName": "trail",
            "metricTransformations": [metric],
        }
        (folder / "filters.json").write_text(json.dumps({"metricFilters": [one]}))
        alarm = {
            "AlarmName": "a",
            "AlarmArn": f"{arn}a",
            "MetricName": "M",
            "Namespace": "N",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanThreshold",
        }
        composite = {"AlarmName": "c", "AlarmArn": f"{arn}c", "AlarmRule": f"ALARM({arn}a)"}
        (folder / "alarms.json").write_text(
            json.dumps({"MetricAlarms": [alarm], "CompositeAlarms": [composite]})
        )
    found = read([str(tmp_path)])
    regions = [next(one.detections()).filters[0].log_group.region for one in found.composed]
    assert regions == ["eu-west-1", "us-east-1"]
