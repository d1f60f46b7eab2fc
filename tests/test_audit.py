"""Audits: a filter is found by what it counts, judged by what follows, and nothing that is not shown is held against it."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import detector
from detector.__main__ import main
from detector.detections import Detection, load_detection, shipped, toml
from detector.detections.benchmark import BENCHMARKS, CONTROLS, SECURITY_HUB, VERSIONS
from detector.detections.configuration import Configuration, Filter, Subscription, Trail
from detector.detections.model import Actions
from detector.jobs.audit import Audit, Audited, Level, audit
from detector.jobs.audit.result import Aspect
from detector.pattern import compile as compile_pattern
from detector.relation import Relation
from detector.render.audit_findings import audit_asff, audit_ocsf
from detector.render.audit_json import audit_json
from detector.render.audit_markdown import audit_markdown
from detector.render.audit_text import audit_text
from detector.render.kit.page import Page

ROOT = Path(__file__).parents[1]
TOPIC = "arn:aws:sns:eu-west-1:111122223333:alarms"
GROUP = "cloudtrail"
BY_NAME = {control.name: control for control in CONTROLS}
TRAIL = Trail(
    "trail", "all", multi_region=True, log_group=f"arn:aws:logs:eu-west-1:111122223333:log-group:{GROUP}:*", logging=True
)  # fmt: skip
MAIL = Subscription(TOPIC, "email", "alerts@example.com", confirmed=True)


def made(
    pattern: str | None = None, name: str = "cis/cloudwatch-5", actions: Actions | None = None, **alarm: Any
) -> Detection:
    """A detection of an account: CIS's own but for what is said."""
    base = load_detection(name)
    [one] = base.filters
    group = dataclasses.replace(one.log_group, name=GROUP)
    changed = dataclasses.replace(
        one, log_group=group, pattern=compile_pattern(pattern) if pattern else one.pattern
    )
    settings = {"treat_missing_data": "notBreaching", **alarm}
    return dataclasses.replace(
        base,
        name="account#alarm",
        filters=(changed,),
        alarm=dataclasses.replace(base.alarm, **settings),
        actions=actions or Actions(alarm=(TOPIC,)),
    )


def deployed(*detections: Detection, **more: Any) -> Configuration:
    settings = {"trails": (TRAIL,), "subscriptions": (MAIL,), "topics": (TOPIC,), **more}
    return Configuration(sources=("account",), detections=detections, **settings)


def audited(
    configuration: Configuration, control: str = "CloudWatch.5", benchmark: str = SECURITY_HUB
) -> Audited:
    [one] = audit(configuration, benchmark, [BY_NAME[control]]).controls
    return one


TRAIL_CHANGES = ("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging")


def listed(names: tuple[str, ...]) -> str:
    return "{ " + " || ".join(f'$.eventName = "{name}"' for name in names) + " }"


def test_the_table_agrees_with_the_shipped_texts() -> None:
    assert [control.detection for control in CONTROLS] == [
        name for name in shipped() if name.startswith("cis/")
    ]
    for control in CONTROLS:
        base = load_detection(control.detection)
        for version in VERSIONS:
            section = control.section(version)
            named = f"CIS AWS Foundations {section.removeprefix('CIS ')}"
            each = (base.references, *(variant.references for variant in base.variants))
            references = [line for lines in each for line in lines if line.startswith("CIS AWS")]
            spans = [line for line in references if " to " in line]
            assert not section or any(line.startswith(named) for line in references) or spans, (
                control.name,
                version,
            )
            texts = control.prescribed(version)
            assert bool(texts) is bool(section)
            for variant in base.variants:
                if version in variant.versions:
                    assert f"{control.detection}@{variant.name}" in {one.name for one in texts}
    assert [control.section("1.4.0") for control in CONTROLS][:3] == [
        "CIS 1.4.0 4.3",
        "CIS 1.4.0 4.1",
        "CIS 1.4.0 4.2",
    ]
    assert BY_NAME["CloudWatch.14"].section("6.0.0") == "CIS 6.0.0 5.14"
    assert BY_NAME["Organizations"].section("1.2.0") == BY_NAME["Organizations"].section(SECURITY_HUB) == ""


@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_what_is_prescribed_covers_itself(benchmark: str) -> None:
    control = BY_NAME["CloudWatch.10"]
    [text] = control.prescribed(benchmark)
    one = audited(
        deployed(dataclasses.replace(made(), filters=made(text.filters[0].pattern.source).filters)),
        "CloudWatch.10",
        benchmark,
    )
    assert (one.level, one.reasons, one.unknown) == (Level.COVERED, (), ())
    assert one.found is not None
    assert one.found.relation is Relation.EQUIVALENT
    assert one.found.receivers == ("email:alerts@example.com",)
    assert one.text_check.passes is (text.name == "cis/cloudwatch-10")


LEVELS: list[tuple[Detection, Level, Relation, str]] = [
        # Another order and spelling, which a check of the text fails.
        (made(listed(TRAIL_CHANGES[::-1])), Level.COVERED, Relation.EQUIVALENT, ""),
        (made(listed((*TRAIL_CHANGES, "PutEventSelectors"))), Level.COVERED, Relation.WIDER, ""),
        (made(listed(TRAIL_CHANGES[:4])), Level.PARTIAL, Relation.NARROWER, 'such as {"eventName":"StopLogging"}'),
        (
            made(listed((*TRAIL_CHANGES[:4], "PutEventSelectors"))),
            Level.PARTIAL,
            Relation.OVERLAPPING,
            'not the prescribed filter: it misses events that are to be counted, such as {"eventName":"StopLogging"}',
        ),
        (
            made(f'{{ ({listed(TRAIL_CHANGES)[1:-1]}) && $.userIdentity.sessionIssuer.userName != "robot" }}'),
            Level.DEAD,
            Relation.NARROWER,
            "present, and can never fire: the filter can never match",
        ),
        (
            made(f'{{ ({listed(TRAIL_CHANGES)[1:-1]}) && $.eventSource = "a" && $.eventSource = "b" }}'),
            Level.DEAD,
            Relation.NARROWER,
            "present, and can never fire: the filter can never match",
        ),
        (made("{ $.a NOT EXISTS || $.a[0] NOT EXISTS || $.a.b NOT EXISTS }"), Level.DEAD, Relation.WIDER, "matches every event"),
        (made(statistic="Average", threshold=5), Level.DEAD, Relation.EQUIVALENT, "present, and can never fire: every sample is 1"),
        (made(threshold=5, statistic="Average", actions=Actions(enabled=False)), Level.DEAD, Relation.EQUIVALENT, "present, and can never fire"),
    (made(treat_missing_data="breaching"), Level.DEAD, Relation.EQUIVALENT, "present, and always in ALARM"),
        (made(treat_missing_data="ignore"), Level.UNSOUND, Relation.EQUIVALENT, "it can never leave ALARM"),
        (made(threshold=5), Level.UNSOUND, Relation.EQUIVALENT, "a single match does not raise it"),
        (made(evaluation_periods=3), Level.UNSOUND, Relation.EQUIVALENT, "a single match does not raise it"),
        (made(actions=Actions(enabled=False, alarm=(TOPIC,))), Level.UNWIRED, Relation.EQUIVALENT, "disabled"),
]  # fmt: skip


@pytest.mark.parametrize(("detection", "level", "relation", "sentence"), LEVELS)
def test_levels(detection: Detection, level: Level, relation: Relation, sentence: str) -> None:
    one = audited(deployed(detection))
    assert one.level is level
    assert one.found is not None
    assert one.found.relation is relation
    assert sentence in one.verdict
    assert (
        not one.text_check.passes
        or detection.filters[0].pattern.source == load_detection("cis/cloudwatch-5").filters[0].pattern.source
    )


@pytest.mark.parametrize(
    ("more", "aspect", "sentence"),
    [
        ({"subscriptions": (dataclasses.replace(MAIL, confirmed=False),)}, Aspect.ACTION, "no subscription to the topic of the alarm is confirmed"),
        ({"subscriptions": (dataclasses.replace(MAIL, topic=f"{TOPIC}-2"),)}, Aspect.ACTION, "nobody is subscribed"),
        ({"trails": (dataclasses.replace(TRAIL, multi_region=False),)}, Aspect.TRAIL, "the trail all logs one region alone"),
        ({"trails": (dataclasses.replace(TRAIL, logging=False),)}, Aspect.TRAIL, "the trail all does not log"),
        ({"trails": (dataclasses.replace(TRAIL, log_group="arn:aws:logs:eu-west-1:111122223333:log-group:other:*"),)}, Aspect.TRAIL, "no trail logs to the log group cloudtrail"),
    ],
)  # fmt: skip
def test_wiring(more: dict[str, Any], aspect: Aspect, sentence: str) -> None:
    one = audited(deployed(made(), **more))
    [reason] = one.reasons
    assert (one.level, reason.level, reason.aspect) == (Level.UNWIRED, Level.UNWIRED, aspect)
    assert sentence in reason.sentence


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"subscriptions": (), "topics": ()}, "who is subscribed to"),
        ({"trails": ()}, "no trail is in the configuration"),
        ({"trails": (dataclasses.replace(TRAIL, log_group="${aws_cloudwatch_log_group.other.arn}:*"),)}, "is not known"),
        ({"trails": (dataclasses.replace(TRAIL, multi_region=None),)}, "whether the trail logs all regions is not known"),
    ],
)  # fmt: skip
def test_what_is_not_shown_is_not_held_against_a_control(more: dict[str, Any], sentence: str) -> None:
    one = audited(deployed(made(), **more))
    assert one.level is Level.COVERED
    assert [sentence in said for said in one.unknown] == [True]


@pytest.mark.parametrize(
    ("name", "log_group"),
    [
        ("trail", "trail"),
        ("trail", "arn:aws:logs:eu-west-1:111122223333:log-group:trail:*"),
        ("${aws_cloudwatch_log_group.t.name}", "${aws_cloudwatch_log_group.t.arn}:*"),
        ("${Logs}", "${Logs.Arn}"),
        ("${Logs}", "arn:aws:logs:eu-west-1:111122223333:log-group:${Logs}:*"),
    ],
)
def test_a_log_group_is_the_same_by_name_and_by_arn(name: str, log_group: str) -> None:
    [one] = made().filters
    here = dataclasses.replace(one, log_group=dataclasses.replace(one.log_group, name=name))
    same = dataclasses.replace(made(), filters=(here,))
    assert audited(deployed(same, trails=(dataclasses.replace(TRAIL, log_group=log_group),))).unknown == ()


def test_a_filter_without_an_alarm() -> None:
    [one] = made().filters
    found = audited(Configuration(sources=("account",), filters=(Filter("filter", one, load_detection("cis/cloudwatch-5").source),), trails=(TRAIL,)))  # fmt: skip
    assert found.level is Level.UNSOUND
    assert found.verdict == "no alarm is on the metric of the filter"


def test_the_best_of_several_filters_is_the_one_and_the_others_are_named() -> None:
    dead = dataclasses.replace(made(statistic="Average", threshold=5), name="account#dead")
    sound = dataclasses.replace(made(listed(TRAIL_CHANGES)), name="account#sound")
    one = audited(deployed(dead, sound))
    assert one.found is not None
    assert (one.level, one.found.name, one.others) == (Level.COVERED, "account#sound", ("account#dead",))


def test_filters_that_feed_one_alarm_cover_a_control_together() -> None:
    first, second = made(listed(TRAIL_CHANGES[:3])), made(listed(TRAIL_CHANGES[3:]))
    [one], [other] = first.filters, second.filters
    both = dataclasses.replace(first, filters=(one, dataclasses.replace(other, name="other")))
    assert audited(deployed(first)).level is Level.PARTIAL
    found = audited(deployed(both))
    assert found.found is not None
    assert (found.level, found.found.relation, found.found.name) == (
        Level.COVERED,
        Relation.EQUIVALENT,
        "account#alarm",
    )


def test_a_filter_about_something_else_is_no_filter_of_a_control() -> None:
    for control in CONTROLS:
        others = [load_detection(each.detection) for each in CONTROLS if each is not control]
        assert audited(deployed(*others), control.name).level is Level.ABSENT, control.name


def test_the_lab_as_deployed_is_present_and_can_never_fire() -> None:
    result = detector.audit("lab/unauthorized-api-calls-as-deployed")
    [one] = [each for each in result.controls if each.found is not None]
    assert (one.control.name, one.level) == ("CloudWatch.2", Level.DEAD)
    assert one.verdict.startswith(
        "present, and can never fire: the filter can never match: CloudTrail has no $.userIdentity.sessionIssuer"
    )
    assert result.levels[Level.ABSENT] == 14
    assert [said for said in result.unknown if "trail" in said]


def everything() -> Audit:
    found = deployed(
        made(threshold=5),
        made(name="cis/cloudwatch-10"),
        trails=(dataclasses.replace(TRAIL, multi_region=None),),
    )
    return audit(found, "7.0.0")


def test_every_fact_of_the_text_and_of_markdown_is_in_the_json() -> None:
    result = everything()
    facts = json.dumps(json.loads(audit_json(result)), ensure_ascii=False)
    for one in result.controls:
        assert one.control.title in audit_text(result, Page(width=400))
        for reason in one.reasons:
            for text in (audit_text(result, Page(width=400)), audit_markdown(result)):
                assert reason.sentence in text
            assert json.dumps(reason.sentence, ensure_ascii=False)[1:-1] in facts
        assert all(json.dumps(said)[1:-1] in facts for said in one.unknown)
    assert all(each in audit_markdown(result) for each in result.unknown)


def test_ocsf() -> None:
    result, now = everything(), datetime(2026, 1, 2, tzinfo=UTC)
    lines = [json.loads(line) for line in audit_ocsf(result, now, "1").splitlines()]
    assert len(lines) == len(result.controls)
    for one, line in zip(result.controls, lines, strict=True):
        assert (line["class_uid"], line["category_uid"], line["type_uid"]) == (2003, 2, 200301)
        assert line["time"] == 1767312000000
        assert line["compliance"]["status"] == ("Pass" if one.level is Level.COVERED else "Fail")
        assert line["finding_info"]["title"] == one.control.title
        assert line["compliance"]["standards"] == ["CIS AWS Foundations Benchmark v7.0.0"]
    assert len({line["finding_info"]["uid"] for line in lines}) == len(lines)


def test_asff() -> None:
    found = json.loads(
        audit_asff(everything(), datetime(2026, 1, 2, tzinfo=UTC), "111122223333", "eu-west-1")
    )["Findings"]
    required = "SchemaVersion Id ProductArn GeneratorId AwsAccountId Types CreatedAt UpdatedAt Severity Title Description Resources"
    for one in found:
        assert set(required.split()) <= set(one)
        assert re.fullmatch(
            r"arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default", one["ProductArn"]
        )
        assert len(one["Title"]) <= 256
        assert len(one["Description"]) <= 1024
        assert one["Compliance"]["Status"] in {"PASSED", "FAILED"}
        assert one["Severity"]["Label"] in {"INFORMATIONAL", "MEDIUM", "HIGH"}
        assert one["CreatedAt"] == "2026-01-02T00:00:00Z"


def run(capsys: pytest.CaptureFixture[str], *typed: str) -> tuple[int, str, str]:
    code = main(["audit", *typed])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (("cis", "--control", "CloudWatch.1"), 0),
        (("cis/cloudwatch-1",), 1),
        (("cis/cloudwatch-1", "--level", "none"), 0),
        (("lab/unauthorized-api-calls", "--control", "cloudwatch.2"), 1),
        (("lab/unauthorized-api-calls", "--control", "cloudwatch.2", "--level", "partial"), 0),
        (("lab/unauthorized-api-calls-as-deployed", "--control", "cloudwatch.2", "--level", "partial"), 1),
        (("lab/unauthorized-api-calls-as-deployed", "--control", "cloudwatch.2", "--level", "dead"), 0),
        (("cis", "--benchmark", "1.2.0", "--control", "Organizations"), 2),
        (("cis", "--benchmark", "8.0.0"), 2),
        (("cis", "--control", "CloudWatch.15"), 2),
        (("cis", "--format", "asff"), 2),
        (("nowhere.toml",), 2),
    ],
)
def test_exit_codes(capsys: pytest.CaptureFixture[str], typed: tuple[str, ...], code: int) -> None:
    assert run(capsys, *typed)[0] == code


PATTERN = load_detection("cis/cloudwatch-5").filters[0].pattern.source
TEMPLATE: dict[str, Any] = {
    "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {}},
    "Topic": {"Type": "AWS::SNS::Topic", "Properties": {}},
    "Mail": {
        "Type": "AWS::SNS::Subscription",
        "Properties": {"TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": "alerts@example.com"},
    },
    "Trail": {
        "Type": "AWS::CloudTrail::Trail",
        "Properties": {
            "IsLogging": True,
            "IsMultiRegionTrail": True,
            "CloudWatchLogsLogGroupArn": {"Fn::GetAtt": ["Logs", "Arn"]},
        },
    },
    "Filter": {
        "Type": "AWS::Logs::MetricFilter",
        "Properties": {
            "LogGroupName": {"Ref": "Logs"},
            "FilterPattern": PATTERN,
            "MetricTransformations": [{"MetricNamespace": "n", "MetricName": "m", "MetricValue": "1"}],
        },
    },
    "Alarm": {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "Namespace": "n",
            "MetricName": "m",
            "Statistic": "Sum",
            "Period": 300,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "AlarmActions": [{"Ref": "Topic"}],
        },
    },
}


@pytest.mark.parametrize(
    ("resource", "changes", "level", "sentence"),
    [
        ("Trail", {}, Level.COVERED, ""),
        ("Trail", {"IsMultiRegionTrail": None}, Level.UNWIRED, "the trail Trail logs one region alone"),
        ("Trail", {"IsLogging": False}, Level.UNWIRED, "the trail Trail does not log"),
        (
            "Mail",
            {"TopicArn": "arn:aws:sns:eu-west-1:111122223333:other"},
            Level.UNWIRED,
            "nobody is subscribed",
        ),
        ("Alarm", {"AlarmActions": None}, Level.UNWIRED, "runs no action"),
        ("Alarm", {"Statistic": "Average", "Threshold": 5}, Level.DEAD, "can never fire"),
        ("Alarm", {"MetricName": "other"}, Level.UNSOUND, "no alarm is on the metric"),
    ],
)
def test_a_template(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    resource: str,
    changes: dict[str, Any],
    level: Level,
    sentence: str,
) -> None:
    changed = {**TEMPLATE[resource]["Properties"], **changes}
    kept = {key: value for key, value in changed.items() if value is not None}
    resources = {**TEMPLATE, resource: {**TEMPLATE[resource], "Properties": kept}}
    path = tmp_path / "template.json"
    path.write_text(json.dumps({"Resources": resources}, indent=1), encoding="utf-8")
    code, out, err = run(capsys, str(path), "--control", "CloudWatch.5", "--format", "json")
    [one] = json.loads(out)["controls"]
    assert (code, err) == (0 if level is Level.COVERED else 1, "")
    assert (one["level"], one["not_shown"]) == (str(level), [])
    assert sentence in one["verdict"]


def test_an_action_that_waits_for_a_parameter_is_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alarm = {
        **TEMPLATE["Alarm"],
        "Properties": {**TEMPLATE["Alarm"]["Properties"], "AlarmActions": [{"Ref": "To"}]},
    }
    path = tmp_path / "template.json"
    parameters = {"To": {"Type": "String", "Default": ""}}
    path.write_text(
        json.dumps({"Parameters": parameters, "Resources": {**TEMPLATE, "Alarm": alarm}}), encoding="utf-8"
    )
    code, out, _ = run(capsys, str(path), "--control", "CloudWatch.5", "--format", "json")
    [one] = json.loads(out)["controls"]
    assert (code, one["level"]) == (0, "covered")
    assert one["not_shown"] == ["who is told of ALARM depends on a parameter without a value"]
    assert main(["check", str(path), "--select", "D813", "--severity", "note"]) == 0


def test_no_filter_is_no_evidence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "template.json"
    path.write_text('{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}', encoding="utf-8")
    code, _, err = run(capsys, str(path), "--level", "none")
    assert code == 2
    assert "no metric filter" in err


def test_a_detection_file_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "one.toml"
    path.write_text(toml.write(made(statistic="Average", threshold=5)), encoding="utf-8")
    code, out, _ = run(capsys, str(path), "--control", "CloudWatch.5", "--format", "json")
    [one] = json.loads(out)["controls"]
    assert (code, one["level"]) == (1, "dead")
    assert one["reasons"][0]["code"] == "D801"
    assert one["found"]["path"] == str(path)
