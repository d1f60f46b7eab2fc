"""Terraform, CloudFormation and an account's output: every setting as the file defines it, or what is missing named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from detector.detections import Detection
from detector.detections.catalogue import detections_of, load_detection
from detector.detections.configuration import Configuration
from detector.detections.given import Given
from detector.detections.reading import read
from detector.detections.resources import Subject
from detector.errors import UnreadableError

TERRAFORM = """\
variable "environment" {
  type = string
}

variable "period" {
  default = "300"
  type    = number
}

locals {
  namespace = "CIS"
  controls = {
    root    = { pattern = "{ $.userIdentity.type = \\"Root\\" }", threshold = 1 }
    console = { pattern = "{ $.eventName = ConsoleLogin }", threshold = 3 }
  }
}

resource "aws_sns_topic" "alarms" {
  name = "alarms"
}

resource "aws_cloudwatch_log_metric_filter" "cis" {
  for_each       = local.controls
  name           = "${var.environment}-${each.key}"
  log_group_name = "trail"
  pattern        = each.value.pattern

  metric_transformation {
    name      = title(each.key)
    namespace = local.namespace
    value     = 1
  }
}

resource "aws_cloudwatch_metric_alarm" "cis" {
  for_each            = local.controls
  alarm_name          = upper(each.key)
  metric_name         = aws_cloudwatch_log_metric_filter.cis[each.key].metric_transformation[0].name
  namespace           = local.namespace
  statistic           = "Sum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  period              = var.period
  evaluation_periods  = length(local.controls) - 1
  treat_missing_data  = var.period > 60 ? "notBreaching" : "missing"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}
"""

TEMPLATE = """\
Parameters:
  Threshold: {Type: Number, Default: 5}
  Stage: {Type: String}
  Alarms: {Type: String, Default: "yes"}
Conditions:
  Wanted: !Equals [!Ref Alarms, "yes"]
Mappings:
  Periods:
    Sum: {seconds: 300}
Resources:
  Filter:
    Type: AWS::Logs::MetricFilter
    Properties:
      LogGroupName: !Sub "${Stage}-trail"
      FilterPattern: '{ $.errorCode = "AccessDenied" }'
      MetricTransformations:
        - MetricName: !Join ["-", [!Ref Stage, denied]]
          MetricNamespace: Test
          MetricValue: "1"
          DefaultValue: 0
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Condition: Wanted
    Properties:
      MetricName: !Sub ${Stage}-denied
      Namespace: Test
      Statistic: Sum
      Period: !FindInMap [Periods, Sum, seconds]
      EvaluationPeriods: 2
      Threshold: !Ref Threshold
      ComparisonOperator: GreaterThanThreshold
      TreatMissingData: !If [Wanted, ignore, !Ref AWS::NoValue]
      AlarmActions: [!Ref Topic]
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      Subscription: [{Protocol: email, Endpoint: soc@example.com}]
"""

FILTERS: dict[str, object] = {
    "metricFilters": [
        {
            "filterName": "denied",
            "filterPattern": '{ $.errorCode = "AccessDenied" }',
            "logGroupName": "trail",
            "metricTransformations": [
                {"metricName": "Denied", "metricNamespace": "Test", "metricValue": "1", "defaultValue": 0.0}
            ],
        }
    ]
}


def alarms(region: str = "eu-west-1", threshold: float = 1.0) -> dict[str, object]:
    return {
        "MetricAlarms": [
            {
                "AlarmName": "denied",
                "AlarmArn": f"arn:aws:cloudwatch:{region}:111122223333:alarm:denied",
                "ActionsEnabled": True,
                "AlarmActions": [f"arn:aws:sns:{region}:111122223333:alarms"],
                "MetricName": "Denied",
                "Namespace": "Test",
                "Statistic": "Sum",
                "Dimensions": [],
                "Period": 300,
                "EvaluationPeriods": 1,
                "Threshold": threshold,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            }
        ],
        "CompositeAlarms": [],
    }


def written(folder: Path, files: Mapping[str, object]) -> str:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return str(folder)


def subjects(found: Configuration) -> list[Subject]:
    return [remark.subject for remark in found.remarks]


def test_terraform_is_evaluated(tmp_path: Path) -> None:
    found = read([written(tmp_path, {"main.tf": TERRAFORM})])
    console, root = found.detections
    assert console.name == f'{tmp_path}#cis["console"]'
    assert (console.alarm.name, console.alarm.threshold, console.alarm.period) == ("CONSOLE", 3, 300)
    assert (root.alarm.evaluation_periods, root.alarm.treat_missing_data) == (1, "notBreaching")
    assert root.filters[0].pattern.source == '{ $.userIdentity.type = "Root" }'
    assert root.filters[0].name == "${var.environment}-root"
    assert root.filters[0].log_group.name == "trail"
    assert root.actions.alarm == ("${aws_sns_topic.alarms.arn}",)
    assert found.topics == ("${aws_sns_topic.alarms.arn}",)
    assert subjects(found) == [Subject.PLACEHOLDER, Subject.PLACEHOLDER]
    first = found.remarks[0]
    assert "environment has no default: --parameter environment=VALUE" in first.reason
    assert TERRAFORM.splitlines()[first.line - 1].strip().startswith("name ")


def test_places_are_in_the_user_s_own_file(tmp_path: Path) -> None:
    head, tail = TERRAFORM.split('resource "aws_cloudwatch_metric_alarm"')
    files = {"filters.tf": head, "alarms.tf": f'resource "aws_cloudwatch_metric_alarm"{tail}'}
    [one, _] = read([written(tmp_path, files)]).detections
    for key, file, begins in (
        ("alarm.threshold", "alarms.tf", "threshold "),
        ("filter.pattern", "filters.tf", "pattern "),
        ("filter.value", "filters.tf", "value "),
    ):
        source = one.source.part(key)
        assert source.path == str(tmp_path / file)
        line = one.source.line(key)
        assert line is not None
        assert source.text.splitlines()[line - 1].strip().startswith(begins)


def test_terraform_takes_values_from_the_command_line_and_from_files(tmp_path: Path) -> None:
    folder = written(tmp_path, {"main.tf": TERRAFORM, "terraform.tfvars": 'environment = "file"\n'})
    assert read([folder]).detections[0].filters[0].name == "file-console"
    given = Given({"environment": "prod", "period": "60"})
    [one, _] = read([folder], given).detections
    assert (one.filters[0].name, one.alarm.period) == ("prod-console", 60)
    assert one.alarm.treat_missing_data == "missing"
    more = written(tmp_path / "more", {"stage.tfvars": "period = 900"})
    assert read([folder], Given({}, (f"{more}/stage.tfvars",))).detections[0].alarm.period == 900
    with pytest.raises(UnreadableError, match="did you mean environment"):
        read([folder], Given({"enviroment": "prod"}))


def test_a_local_module_is_followed_and_another_named(tmp_path: Path) -> None:
    root = """
module "cis" {
  source      = "./modules/cis"
  environment = "prod"
}
module "other" {
  source  = "example/other/aws"
  version = "1.0"
}
"""
    folder = written(tmp_path, {"main.tf": root, "modules/cis/main.tf": TERRAFORM})
    found = read([folder])
    assert [one.filters[0].name for one in found.detections] == ["prod-console", "prod-root"]
    assert found.detections[0].name == f'{folder}#module.cis.cis["console"]'
    [remark] = [one for one in found.remarks if one.subject is Subject.NOT_FOLLOWED]
    assert (remark.address, remark.line) == ("module.other", 6)


@pytest.mark.parametrize(
    ("line", "becomes", "subject", "said"),
    [
        ("each.value.pattern", "var.nowhere", Subject.UNRESOLVED, "no block: --parameter nowhere=VALUE"),
        ("each.value.threshold", "data.x.y.z", Subject.UNRESOLVED, "data.x.y.z is only known outside"),
        ("each.value.threshold", '"many"', Subject.REFUSED, "threshold: expected a number"),
        ("each.value.pattern", '"{ $.a = }"', Subject.REFUSED, "expected"),
        ('"Sum"', '"Median"', Subject.REFUSED, "statistic"),
        ("local.controls\n  name", "var.which\n  name", Subject.UNRESOLVED, "no block"),
        ("upper(each.key)", "local.loop", Subject.PLACEHOLDER, "there is no local loop"),
        ("title(each.key)\n    namespace", '"Elsewhere"\n    namespace', Subject.NO_ALARM, "CIS/Elsewhere"),
    ],
)
def test_what_is_missing_is_named(
    tmp_path: Path, line: str, becomes: str, subject: Subject, said: str
) -> None:
    assert line in TERRAFORM
    text = TERRAFORM.replace(line, becomes, 1).replace(
        "aws_cloudwatch_log_metric_filter.cis[each.key].metric_transformation[0].name", "title(each.key)"
    )
    found = read([written(tmp_path, {"main.tf": text})])
    assert any(one.subject is subject and said in one.reason and one.line for one in found.remarks), [
        *map(str, found.remarks)
    ]


def test_a_template_is_evaluated(tmp_path: Path) -> None:
    path = written(tmp_path, {"t.yaml": TEMPLATE}) + "/t.yaml"
    found = read([path])
    [one] = found.detections
    assert one.name == f"{path}#Alarm"
    assert (one.alarm.period, one.alarm.evaluation_periods, one.alarm.threshold) == (300, 2, 5)
    assert one.alarm.treat_missing_data == "ignore"
    assert (one.filters[0].metric, one.filters[0].default) == ("${Stage}-denied", 0)
    assert one.filters[0].log_group.name == "${Stage}-trail"
    assert one.actions.alarm == ("${Topic}",)
    assert [(each.topic, each.endpoint) for each in found.subscriptions] == [("${Topic}", "soc@example.com")]
    assert one.source.line("filter.pattern") == 1 + TEMPLATE.splitlines().index(
        "      FilterPattern: '{ $.errorCode = \"AccessDenied\" }'"
    )
    [one] = read([path], Given({"Stage": "prod", "Threshold": "7"})).detections
    assert (one.filters[0].metric, one.alarm.threshold) == ("prod-denied", 7)
    assert one.filters[0].log_group.name == "prod-trail"


def test_a_condition_decides_where_its_parameters_are_given(tmp_path: Path) -> None:
    path = written(tmp_path, {"t.yaml": TEMPLATE.replace('Default: "yes"', 'Default: "no"')}) + "/t.yaml"
    assert Subject.CONDITIONAL in subjects(read([path]))
    assert len(read([path]).detections) == 1
    assert read([path], Given({"Alarms": "no"})).detections == ()
    assert Subject.CONDITIONAL not in subjects(read([path], Given({"Alarms": "yes"})))


def test_an_account_is_joined_over_its_files_and_by_region(tmp_path: Path) -> None:
    folder = written(tmp_path / "one", {"filters.json": FILTERS, "alarms.json": alarms()})
    [one] = detections_of(folder)
    assert (one.alarm.threshold, one.filters[0].log_group.region) == (1, "eu-west-1")
    assert one.actions.alarm == ("arn:aws:sns:eu-west-1:111122223333:alarms",)
    both = [f"{folder}/filters.json", f"{folder}/alarms.json"]
    assert detections_of(both) == [one]
    regions = ("eu-west-1", "us-east-1")
    files = {f"{name}/alarms.json": alarms(name, float(i)) for i, name in enumerate(regions)}
    files |= {f"{name}/filters.json": FILTERS for name in regions}
    many = read([written(tmp_path / "many", files)])
    assert [one.alarm.threshold for one in many.detections] == [0, 1]
    unsure = {"a.json": alarms("eu-west-1"), "b.json": alarms("us-east-1"), "filters.json": FILTERS}
    found = read([written(tmp_path / "unsure", unsure)])
    assert found.detections == ()
    assert "the region of its metric filters in its path" in str(found.losses[0])


PLAN: dict[str, object] = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "planned_values": {
        "root_module": {
            "resources": [
                {
                    "address": "aws_cloudwatch_log_metric_filter.denied",
                    "type": "aws_cloudwatch_log_metric_filter",
                    "values": {
                        "name": "denied",
                        "pattern": '{ $.errorCode = "AccessDenied" }',
                        "log_group_name": "trail",
                        "metric_transformation": [
                            {"name": "Denied", "namespace": "Test", "value": "1", "default_value": None}
                        ],
                    },
                }
            ],
            "child_modules": [
                {
                    "resources": [
                        {
                            "address": "module.a.aws_cloudwatch_metric_alarm.denied",
                            "type": "aws_cloudwatch_metric_alarm",
                            "values": {
                                "alarm_name": "denied",
                                "metric_name": "Denied",
                                "namespace": "Test",
                                "statistic": "Sum",
                                "period": 300,
                                "evaluation_periods": 1,
                                "threshold": 1,
                                "comparison_operator": "GreaterThanThreshold",
                                "dimensions": None,
                                "metric_query": [],
                            },
                        }
                    ]
                }
            ],
        }
    },
    "resource_changes": [
        {
            "address": "module.a.aws_cloudwatch_metric_alarm.denied",
            "change": {"after_unknown": {"alarm_actions": True, "metric_query": []}},
        }
    ],
}


def test_a_plan_is_exact(tmp_path: Path) -> None:
    found = read([written(tmp_path, {"plan.json": PLAN}) + "/plan.json"])
    [one] = found.detections
    assert one.name == f"{tmp_path}/plan.json#module.a.denied"
    assert (one.alarm.comparison_operator, one.filters[0].value) == ("GreaterThanThreshold", "1")
    assert one.actions.alarm == ("${module.a.aws_cloudwatch_metric_alarm.denied.alarm_actions}",)
    state = {"format_version": "1.0", "values": PLAN["planned_values"]}
    assert len(read([written(tmp_path / "s", {"s.json": state}) + "/s.json"]).detections) == 1


def test_one_alarm_is_named_by_its_id_or_its_name(tmp_path: Path) -> None:
    folder = written(tmp_path, {"main.tf": TERRAFORM})
    one = load_detection(f'{folder}#cis["root"]')
    assert one == load_detection(f"{folder}#ROOT")
    assert isinstance(one, Detection)
    with pytest.raises(UnreadableError, match="expected one detection, found 2: name one"):
        load_detection(folder)
    with pytest.raises(UnreadableError, match="expected the ID of an alarm"):
        load_detection(f"{folder}#rot")


FILTER = """
resource "aws_cloudwatch_log_metric_filter" "x" {{
  name           = {}
  pattern        = "x"
  log_group_name = "trail"
  metric_transformation {{
    name      = "m"
    namespace = "n"
    value     = "1"
  }}
}}
"""


def doubled(first: str, each: str, last: str) -> str:
    """Forty locals, each of which is twice the one before."""
    lines = [f"  a0 = {first}", *(f"  a{i + 1} = {each.format(i, i)}" for i in range(40))]
    return "\n".join(["locals {", *lines, "}", FILTER.format(last)])


HOSTILE = {
    "circle.tf": "locals {\n  a = local.b\n  b = local.a\n}\n" + FILTER.format("local.a"),
    "text.tf": doubled('"xx"', '"${{local.a{}}}${{local.a{}}}"', "local.a40"),
    "lists.tf": doubled("[1]", "[local.a{}, local.a{}]", "jsonencode(local.a40)"),
    "brackets.tf": FILTER.format("[" * 5000 + "]" * 5000),
    "terms.tf": FILTER.format(" && ".join(["true"] * 2000)),
    "regex.tf": FILTER.format('regex("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")'),
    "itself.tf": 'module "m" {\n  source = "./"\n}\n',
    "kinds.tf": 'resource "aws_cloudwatch_log_metric_filter" "y" {\n  dynamic "metric_transformation" {\n    for_each = 3\n'
    "    content {}\n  }\n}\nmodule {}\nvariable {}\n",
    "bomb.yaml": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdef", "bcdefg", strict=True))
    + "Resources: {F: {Type: 'AWS::Logs::MetricFilter', Properties: {FilterName: *g}}}\n",
    "deep.yaml": "[" * 100_000,
    "circle.yaml": "Conditions: {A: !Condition B, B: !Condition A}\nResources:\n  F: {Type: 'AWS::Logs::MetricFilter', "
    "Condition: A, Properties: {FilterPattern: x, FilterName: !Ref F}}\n",
    "kinds.yaml": "Resources:\n  F: [1]\n  G: {Type: [a]}\n  H: {Type: 'AWS::Logs::MetricFilter', Properties: 3}\n"
    "  I: {Type: 'AWS::CloudWatch::Alarm', Properties: {Period: [1], Metrics: 3}}\n  'Fn::ForEach::X': [a, 3, {}]\n",
    "kinds.json": '{"metricFilters": [1, {"filterName": 3, "metricTransformations": [7]}], "MetricAlarms": [{"AlarmName": {}}]}',
    "none.json": '{"a": 1}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_a_sentence_or_a_remark(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, {name: HOSTILE[name]}) + f"/{name}"
    try:
        found = read([path])
    except UnreadableError as error:
        said = [str(error)]
    else:
        assert found.detections == ()
        said = [*map(str, found.remarks)]
    assert all("\n" not in one and len(one) < 6000 for one in said)
