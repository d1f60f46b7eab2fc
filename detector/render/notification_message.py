"""A change of state as the message that SNS passes on, and that the history keeps.

In: a `StateChange`. Out: its members in the order of recorded messages.
"""

from __future__ import annotations

from typing import Any

from detector.alarm.reason import json_time
from detector.jobs.notifications import AlarmState, MetricConfiguration, StateChange
from detector.render.kit.regions import region_name


def message(change: StateChange, mark: dict[str, Any]) -> dict[str, Any]:
    """The message: in that of a composite alarm some members stand elsewhere (recorded)."""
    alarm, configuration = change.alarm, change.alarm.configuration
    late = {"ActionExecutedAfterMuteWindow": change.after_mute}
    old = {"OldStateValue": str(change.before.value)}
    actions = {
        "OKActions": list(alarm.actions.ok),
        "AlarmActions": list(alarm.actions.alarm),
        "InsufficientDataActions": list(alarm.actions.insufficient_data),
    }
    configured, rest = {}, {**actions, **late, **old}
    if isinstance(configuration, MetricConfiguration):
        configured = {"AlarmConfigurationUpdatedTimestamp": json_time(alarm.created)}
        rest = {**old, **late, **actions, "Trigger": _trigger(configuration)}
    else:
        rest |= {"AlarmRule": configuration.rule, "TriggeringChildren": _children(change.after)}
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description or None,
        "AWSAccountId": alarm.place.account,
        **configured,
        "NewStateValue": str(change.after.value),
        "NewStateReason": change.after.reason,
        "StateChangeTime": json_time(change.after.since),
        "Region": region_name(alarm.place.region),
        "AlarmArn": alarm.arn,
        **rest,
        "simulated": mark,
    }


def _trigger(configuration: MetricConfiguration) -> dict[str, Any]:
    alarm = configuration.alarm
    statistic = (
        {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": alarm.extended_statistic}
        if alarm.statistic is None
        else {"StatisticType": "Statistic", "Statistic": alarm.statistic.upper()}
    )
    needed = {} if alarm.datapoints_to_alarm is None else {"DatapointsToAlarm": alarm.datapoints_to_alarm}
    return {
        "MetricName": configuration.metric,
        "Namespace": configuration.namespace,
        **statistic,
        "Unit": alarm.unit,
        "Dimensions": [{"value": value, "name": name} for name, value in alarm.dimensions.items()],
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        **needed,
        "ComparisonOperator": str(alarm.comparison_operator),
        "Threshold": alarm.threshold,
        "TreatMissingData": str(alarm.treat_missing_data),
        "EvaluateLowSampleCountPercentile": str(alarm.evaluate_low_sample_count_percentiles or ""),
    }


def _children(state: AlarmState) -> list[dict[str, Any]]:
    """The alarms that made a composite alarm change, as its reason data has them."""
    return [
        {
            "Arn": child["arn"],
            "State": {"Value": child["state"]["value"], "Timestamp": child["state"]["timestamp"]},
        }
        for child in (state.data or {}).get("triggeringAlarms", ())
    ]
