"""Notifications against recorded ones: members, their order and their form, mail texts, and which of them there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from detector.alarm import Alarm, State
from detector.detections.model import Actions
from detector.jobs.notifications import (
    CREATED,
    AlarmState,
    CompositeConfiguration,
    MetricConfiguration,
    NotifyingAlarm,
    Place,
    StateChange,
)
from detector.render.kit.regions import region_name
from detector.render.notification_json import Kind, Notification, notifications
from detector.render.notification_mail import SIMULATED, mail, subject, text_message

PLACE = Place("111122223333", "us-east-1")
TOPIC = "arn:aws:sns:us-east-1:111122223333:pager"
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:open-ticket"
AT = datetime(2026, 9, 14, 11, 18, 44, 401000, UTC)
ALARM = Alarm(
    name="cpu",
    alarm_description="a long-running instance",
    statistic="Average",
    period=300,
    evaluation_periods=1,
    datapoints_to_alarm=1,
    threshold=50,
    comparison_operator="GreaterThanThreshold",
    treat_missing_data="ignore",
    unit="Percent",
)
REASON = "observed manual transition to ALARM"
DATA = {"version": "1.0", "queryDate": "2026-09-14T11:18:44.401+0000", "recentDatapoints": [1.0, None]}


def metric_change(alarm: Alarm = ALARM, **changed: Any) -> StateChange:
    """A metric alarm that goes to ALARM, with an action of each kind."""
    notifying = NotifyingAlarm(
        name=alarm.name,
        place=PLACE,
        actions=Actions(alarm=(TOPIC, FUNCTION)),
        created=AT - timedelta(minutes=3),
        configuration=MetricConfiguration(alarm, "AWS/EC2", "CPUUtilization"),
        description=alarm.alarm_description,
        detection="cpu.toml",
    )
    before = AlarmState(State.INSUFFICIENT_DATA, CREATED, AT - timedelta(minutes=3))
    after = AlarmState(State.ALARM, REASON, AT, DATA)
    made = StateChange(notifying, before, after, AT, notifying.actions.of(State.ALARM))
    return replace(made, **changed)


def composite_change(**changed: Any) -> StateChange:
    """A composite alarm whose child has gone to ALARM, with a suppressor that has held its actions until now."""
    child = {
        "arn": PLACE.alarm("child"),
        "state": {"value": "ALARM", "timestamp": "2026-09-14T11:18:44.401+0000"},
    }
    reason = f"{PLACE.alarm('child')} transitioned to ALARM at Monday 14 September, 2026 11:18:44 UTC"
    data = {"triggeringAlarms": [child]}
    notifying = NotifyingAlarm(
        name="both",
        place=PLACE,
        actions=Actions(alarm=(TOPIC,)),
        created=AT,
        configuration=CompositeConfiguration('ALARM("child")', "suppressor", 5, 5),
        description="real child transition",
        detection="both.toml",
    )
    held = AlarmState(State.ALARM, reason, AT, data, "WaitPeriod", "Actions suppressed by WaitPeriod")
    released = AlarmState(State.ALARM, reason, AT + timedelta(seconds=5), data)
    return replace(StateChange(notifying, held, released, released.since, (TOPIC,)), **changed)


def sent(change: StateChange, kind: Kind) -> list[dict[str, Any]]:
    """The documents of one kind."""
    return [one.document for one in notifications([change], [kind])]


def shape(value: Any) -> Any:
    """The names of the members in their order, with what stands in text taken out of it; of a list the first member."""
    match value:
        case dict():
            return {name: shape(member) for name, member in value.items() if name != "simulated"}
        case list():
            return [shape(member) for member in value[:1]]
        case str() if value.startswith("{"):
            return {"json": shape(json.loads(value))}
        case _:
            return type(value).__name__


STATE = {"value": "str", "reason": "str", "timestamp": "str"}
REASONED = {
    "value": "str",
    "reason": "str",
    "reasonData": {"json": {"version": "str", "queryDate": "str", "recentDatapoints": ["float"]}},
    "timestamp": "str",
}
CHILDREN = {"json": {"triggeringAlarms": [{"arn": "str", "state": {"value": "str", "timestamp": "str"}}]}}
HELD = {"actionsSuppressedBy": "str", "actionsSuppressedReason": "str", **REASONED, "reasonData": CHILDREN}
METRIC_STAT = {
    "metric": {"namespace": "str", "name": "str", "dimensions": {}},
    "period": "int",
    "stat": "str",
    "unit": "str",
}
METRIC_DETAIL = {
    "alarmName": "str",
    "state": REASONED,
    "previousState": STATE,
    "configuration": {
        "metrics": [{"id": "str", "metricStat": METRIC_STAT, "returnData": "bool"}],
        "description": "str",
    },
}
COMPOSITE_DETAIL = {
    "alarmName": "str",
    "state": {**REASONED, "reasonData": CHILDREN},
    "previousState": HELD,
    "configuration": {
        "alarmRule": "str",
        "actionsSuppressor": "str",
        "actionsSuppressorWaitPeriod": "int",
        "actionsSuppressorExtensionPeriod": "int",
        "description": "str",
    },
}
EVENT = {
    "version": "str",
    "id": "str",
    "detail-type": "str",
    "source": "str",
    "account": "str",
    "time": "str",
    "region": "str",
    "resources": ["str"],
}
PAYLOAD = {"source": "str", "alarmArn": "str", "accountId": "str", "time": "str", "region": "str"}
TRIGGER = {
    "MetricName": "str",
    "Namespace": "str",
    "StatisticType": "str",
    "Statistic": "str",
    "Unit": "str",
    "Dimensions": [],
    "Period": "int",
    "EvaluationPeriods": "int",
    "DatapointsToAlarm": "int",
    "ComparisonOperator": "str",
    "Threshold": "float",
    "TreatMissingData": "str",
    "EvaluateLowSampleCountPercentile": "str",
}
MESSAGE = {
    "AlarmName": "str",
    "AlarmDescription": "str",
    "AWSAccountId": "str",
    "AlarmConfigurationUpdatedTimestamp": "str",
    "NewStateValue": "str",
    "NewStateReason": "str",
    "StateChangeTime": "str",
    "Region": "str",
    "AlarmArn": "str",
    "OldStateValue": "str",
    "ActionExecutedAfterMuteWindow": "bool",
    "OKActions": [],
    "AlarmActions": ["str"],
    "InsufficientDataActions": [],
    "Trigger": TRIGGER,
}
COMPOSITE_MESSAGE = {
    "AlarmName": "str",
    "AlarmDescription": "str",
    "AWSAccountId": "str",
    "NewStateValue": "str",
    "NewStateReason": "str",
    "StateChangeTime": "str",
    "Region": "str",
    "AlarmArn": "str",
    "OKActions": [],
    "AlarmActions": ["str"],
    "InsufficientDataActions": [],
    "ActionExecutedAfterMuteWindow": "bool",
    "OldStateValue": "str",
    "AlarmRule": "str",
    "TriggeringChildren": [{"Arn": "str", "State": {"Value": "str", "Timestamp": "str"}}],
}
ENVELOPE = {"Type": "str", "MessageId": "str", "TopicArn": "str", "Subject": "str"}
ITEM = {
    "AlarmName": "str",
    "AlarmType": "str",
    "Timestamp": "str",
    "HistoryItemType": "str",
    "HistorySummary": "str",
}
UPDATE = {
    "version": "str",
    "oldState": {"stateValue": "str", "stateReason": "str"},
    "newState": {
        "stateValue": "str",
        "stateReason": "str",
        "stateReasonData": REASONED["reasonData"]["json"],  # type: ignore[index]  # it is an object
    },
}
ACTION = {
    "actionState": "str",
    "stateUpdateTimestamp": "int",
    "notificationResource": "str",
    "publishedMessage": "NoneType",
    "error": "NoneType",
    "muteWindowEndTimestamp": "NoneType",
}


@pytest.mark.parametrize(
    ("change", "kind", "recorded"),
    [
        (metric_change(), Kind.EVENTBRIDGE, [{**EVENT, "detail": METRIC_DETAIL}]),
        (composite_change(), Kind.EVENTBRIDGE, [{**EVENT, "detail": COMPOSITE_DETAIL}]),
        (metric_change(), Kind.LAMBDA, [{**PAYLOAD, "alarmData": METRIC_DETAIL}]),
        (metric_change(), Kind.SNS, [{**ENVELOPE, "Message": {"json": MESSAGE}, "Timestamp": "str"}]),
        (
            composite_change(),
            Kind.SNS,
            [{**ENVELOPE, "Message": {"json": COMPOSITE_MESSAGE}, "Timestamp": "str"}],
        ),
    ],
    ids=["event", "composite event", "payload", "message", "composite message"],
)
def test_the_members_are_those_of_recorded_ones(change: StateChange, kind: Kind, recorded: Any) -> None:
    # As text, because the order counts, too.
    assert json.dumps([shape(one) for one in sent(change, kind)]) == json.dumps(recorded)


def test_the_items_of_a_history_are_those_of_recorded_ones() -> None:
    update, of_topic, of_function = (shape(one) for one in sent(metric_change(), Kind.HISTORY))
    assert json.dumps(update) == json.dumps({**ITEM, "HistoryData": {"json": UPDATE}})
    assert json.dumps(of_function) == json.dumps({**ITEM, "HistoryData": {"json": ACTION}})
    published = {"json": {"default": {"json": MESSAGE}, "sms": "str", "email": "str"}}
    assert of_topic["HistoryData"]["json"]["publishedMessage"] == published


def test_values_in_their_recorded_form() -> None:
    [message] = [json.loads(one["Message"]) for one in sent(metric_change(), Kind.SNS)]
    assert message["StateChangeTime"] == "2026-09-14T11:18:44.401+0000"
    assert message["Region"] == "US East (N. Virginia)"
    assert message["AlarmArn"] == "arn:aws:cloudwatch:us-east-1:111122223333:alarm:cpu"
    assert message["Trigger"]["Statistic"] == "AVERAGE"
    assert '"Threshold":50.0' in sent(metric_change(), Kind.SNS)[0]["Message"]
    [event] = sent(metric_change(), Kind.EVENTBRIDGE)
    assert (event["time"], event["region"]) == ("2026-09-14T11:18:44Z", "us-east-1")
    assert event["detail"]["state"]["timestamp"] == "2026-09-14T11:18:44.401+0000"
    assert event["detail"]["state"]["reasonData"] == json.dumps(DATA, separators=(",", ":"))
    [payload] = sent(metric_change(), Kind.LAMBDA)
    assert payload["time"] == "2026-09-14T11:18:44.401+0000"
    update, action, _ = sent(metric_change(), Kind.HISTORY)
    assert update["HistorySummary"] == "Alarm updated from INSUFFICIENT_DATA to ALARM"
    assert action["HistorySummary"] == f"Successfully executed action {TOPIC}"
    assert json.loads(action["HistoryData"])["stateUpdateTimestamp"] == 1789384724401


@pytest.mark.parametrize(
    ("changed", "trigger"),
    [
        ({"unit": None}, {"Unit": None}),
        ({"datapoints_to_alarm": None}, {"DatapointsToAlarm": None}),
        ({"dimensions": {"a": "b"}}, {"Dimensions": [{"value": "b", "name": "a"}]}),
        (
            {
                "statistic": None,
                "extended_statistic": "p90",
                "evaluate_low_sample_count_percentiles": "ignore",
            },
            {
                "StatisticType": "ExtendedStatistic",
                "ExtendedStatistic": "p90",
                "EvaluateLowSampleCountPercentile": "ignore",
            },
        ),
    ],
)
def test_settings_in_the_trigger(changed: dict[str, Any], trigger: dict[str, Any]) -> None:
    [document] = sent(metric_change(replace(ALARM, **changed)), Kind.SNS)
    found = json.loads(document["Message"])["Trigger"]
    assert {name: found.get(name) for name in trigger} == trigger
    assert ("DatapointsToAlarm" in found) == ("datapoints_to_alarm" not in changed)
    assert ("Statistic" in found) == ("extended_statistic" not in changed)


def test_what_is_not_set_is_absent() -> None:
    [event] = sent(metric_change(replace(ALARM, unit=None, alarm_description="")), Kind.EVENTBRIDGE)
    configuration = event["detail"]["configuration"]
    assert list(configuration) == ["metrics"]
    assert "unit" not in configuration["metrics"][0]["metricStat"]
    [document] = sent(metric_change(replace(ALARM, alarm_description="")), Kind.SNS)
    assert json.loads(document["Message"])["AlarmDescription"] is None


MAIL = f"""\
{SIMULATED}

You are receiving this email because your Amazon CloudWatch Alarm "cpu" in the US East (N. Virginia) region has entered \
the ALARM state, because "{REASON}" at "Monday 14 September, 2026 11:18:44 UTC".

View this alarm in the AWS Management Console:
https://us-east-1.console.aws.amazon.com/cloudwatch/deeplink.js?region=us-east-1#alarmsV2:alarm/cpu

Alarm Details:
- Name:                       cpu
- Description:                a long-running instance
- State Change:               INSUFFICIENT_DATA -> ALARM
- Reason for State Change:    {REASON}
- Timestamp:                  Monday 14 September, 2026 11:18:44 UTC
- AWS Account:                111122223333
- Alarm Arn:                  arn:aws:cloudwatch:us-east-1:111122223333:alarm:cpu

Threshold:
- The alarm is in the ALARM state when the metric is GreaterThanThreshold 50.0 for at least 1 of the last 1 period(s) \
of 300 seconds.\x20

Monitored Metric:
- MetricNamespace:                     AWS/EC2
- MetricName:                          CPUUtilization
- Dimensions:                         \x20
- Period:                              300 seconds
- Statistic:                           Average
- Unit:                                Percent
- TreatMissingData:                    ignore


State Change Actions:
- OK:\x20
- ALARM: [{TOPIC}] [{FUNCTION}]
- INSUFFICIENT_DATA:\x20
"""
CHILD = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:child"
COMPOSITE_MAIL = f"""\
{SIMULATED}

You are receiving this email because your Amazon CloudWatch Alarm "both" in the US East (N. Virginia) region has \
transitioned to ALARM state on Monday 14 September, 2026 11:18:49 UTC, because "{CHILD} transitioned to ALARM at Monday \
14 September, 2026 11:18:44 UTC".

View this alarm in the AWS Management Console:
https://us-east-1.console.aws.amazon.com/cloudwatch/deeplink.js?region=us-east-1#alarmsV2:alarm/both

Alarm Details:
- Name:                       both
- Description:                real child transition
- State Change:               OK -> ALARM
- Alarm Rule:                 ALARM("child")
- Reason for State Change:    {CHILD} transitioned to ALARM at Monday 14 September, 2026 11:18:44 UTC
- Timestamp:                  Monday 14 September, 2026 11:18:49 UTC
- AWS Account:                111122223333
- Alarm Arn:                  arn:aws:cloudwatch:us-east-1:111122223333:alarm:both

Triggering children (max. 10):
- {CHILD}   ALARM               Monday 14 September, 2026 11:18:44 UTC

State Change Actions:
- OK:\x20
- ALARM: [{TOPIC}]
- INSUFFICIENT_DATA:\x20
"""


def test_the_mails_are_worded_as_recorded_ones() -> None:
    assert mail(metric_change()) == MAIL
    change = composite_change()
    assert mail(replace(change, before=replace(change.before, value=State.OK))) == COMPOSITE_MAIL
    assert "- Unit:                                not specified\n" in mail(
        metric_change(replace(ALARM, unit=None))
    )


def test_m_of_n_in_a_mail() -> None:
    alarm = replace(ALARM, evaluation_periods=3, datapoints_to_alarm=2, dimensions={"a": "b", "c": "d"})
    assert "for at least 2 of the last 3 period(s) of 300 seconds. \n" in mail(metric_change(alarm))
    assert "- Dimensions:                          [a = b] [c = d]\n" in mail(metric_change(alarm))


def test_a_long_name_is_cut_as_recorded() -> None:
    change = metric_change(replace(ALARM, name="n" * 255))
    assert subject(change) == f'ALARM: "{"n" * 63}..." in US East (N. Virginia)'
    assert len(subject(change)) == 100
    assert text_message(change) == f'ALARM: "{"n" * 87}..." in US East (N. Virginia)'
    other = metric_change(replace(ALARM, name="unicode-" + "界é" * 60))
    assert subject(other) == text_message(other) == 'ALARM: "unicode-_" in US East (N. Virginia)'
    assert "#alarmsV2:alarm/unicode-%E7%95%8C%C3%A9" in mail(other)


def kinds_of(change: StateChange) -> Iterator[tuple[Kind, str]]:
    for one in notifications([change], set(Kind)):
        yield one.kind, one.document.get("HistoryItemType", "")


def test_what_an_action_and_its_absence_make() -> None:
    update, told = (Kind.HISTORY, "StateUpdate"), (Kind.EVENTBRIDGE, "")
    action = (Kind.HISTORY, "Action")
    everything = [update, action, action, told, (Kind.SNS, ""), (Kind.LAMBDA, "")]
    assert list(kinds_of(metric_change())) == everything
    assert list(kinds_of(metric_change(ran=()))) == [update, told]
    muted = metric_change(ran=(), suppressed=(TOPIC,), muted_until=AT + timedelta(hours=1))
    assert list(kinds_of(muted)) == [update, action, told]
    data = json.loads(sent(muted, Kind.HISTORY)[1]["HistoryData"])
    [event] = sent(replace(muted, muted_by="nights", muted_from=AT - timedelta(hours=1)), Kind.EVENTBRIDGE)
    assert event["detail"]["muteDetail"] == {
        "mutedByArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm-mute-rule:nights",
        "muteWindowStart": "2026-09-14T10:18:44.401+0000",
        "muteWindowEnd": "2026-09-14T12:18:44.401+0000",
    }
    assert (data["actionState"], data["muteWindowEndTimestamp"]) == ("Suppressed", 1789388324401)
    late = metric_change(before=metric_change().after, after_mute=True)
    assert list(kinds_of(late)) == [action, action, (Kind.SNS, ""), (Kind.LAMBDA, "")]
    assert json.loads(sent(late, Kind.SNS)[0]["Message"])["ActionExecutedAfterMuteWindow"] is True
    # The release of a composite alarm's actions is an event, and no change of its state.
    assert list(kinds_of(composite_change())) == [action, told, (Kind.SNS, "")]
    other = "arn:aws:automate:us-east-1:ec2:stop"
    assert list(kinds_of(metric_change(ran=(other,)))) == [update, action, told]


def test_time_order_and_ids() -> None:
    late, early = composite_change(), metric_change()
    both: list[Notification] = list(notifications([late, early], set(Kind)))
    assert [one.at for one in both] == sorted(one.at for one in both)
    assert both == list(notifications([late, early], set(Kind)))
    ids = [one.document["id"] for one in both if one.kind is Kind.EVENTBRIDGE]
    assert len(set(ids)) == 2
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one) for one in ids)


def test_every_document_says_that_it_is_simulated() -> None:
    for one in notifications([metric_change(), composite_change()], set(Kind)):
        assert one.document["simulated"]["by"] == "detector"
        if one.kind is Kind.SNS:
            assert json.loads(one.document["Message"])["simulated"]["by"] == "detector"
            assert one.document["simulated"]["mail"] == one.mail
            assert one.mail.startswith(SIMULATED)


def test_names_of_regions_and_partitions() -> None:
    assert region_name("eu-west-1") == "EU (Ireland)"
    assert region_name("xx-new-1") == "xx-new-1"
    assert Place("1", "cn-north-1").alarm("a") == "arn:aws-cn:cloudwatch:cn-north-1:1:alarm:a"
    assert Place("1", "us-gov-west-1").arn("sns", "t") == "arn:aws-us-gov:sns:us-gov-west-1:1:t"


def test_a_name_that_is_no_arn_is_a_topic_or_a_function() -> None:
    actions = PLACE.actions(
        Actions(enabled=False, alarm=("pager", TOPIC), ok=("${aws_lambda_function.t.arn}",))
    )
    assert actions.alarm == (TOPIC, TOPIC)
    assert actions.ok == ("arn:aws:lambda:us-east-1:111122223333:function:${aws_lambda_function.t.arn}",)
    assert actions.of(State.ALARM) == ()
    assert replace(actions, enabled=True).of(State.OK) == actions.ok


def test_a_name_adds_no_line_to_a_mail() -> None:
    evil = "a\u2028b\u202e\u001b[31m"
    change = metric_change(replace(ALARM, alarm_description="x\n- Name: other\r\n\x1b[31m"))
    change = replace(change, after=replace(change.after, reason=f"{evil}\nState Change Actions:"))
    assert mail(change).count("\n") == MAIL.count("\n")
    assert {char for char in mail(change) if not char.isprintable()} == {"\n"}
    assert subject(change).isprintable()
