"""A change of state as the mail that a topic's subscribers read, its subject and its text message.

In: a `StateChange`. Out: text as it was recorded (docs/notifications.md), with a first line that says that it is
simulated. The claim: a name, a description or a reason cannot add a line of its own.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from detector.alarm.reason import double
from detector.jobs.notifications import CompositeConfiguration
from detector.quantities import instant
from detector.render.kit.printable import printable
from detector.render.kit.regions import region_name

if TYPE_CHECKING:
    from detector.jobs.notifications import MetricConfiguration, StateChange

LONGEST_SUBJECT, LONGEST_NAME = 100, 90
"""Characters of a subject, and of the name in a text message (both recorded)."""
CHILDREN = 10
SIMULATED = "This mail is simulated: a replay of logs made it, and no alarm of an account."


def subject(change: StateChange) -> str:
    """``ALARM: "name" in EU (Ireland)`` in 100 characters, of which the name gives way."""
    room = LONGEST_SUBJECT - len(_headed(change, ""))
    return _headed(change, _cut(_ascii(change.alarm.name), room))


def text_message(change: StateChange) -> str:
    """The same with 90 characters of the name."""
    return _headed(change, _cut(_ascii(change.alarm.name), LONGEST_NAME))


def mail(change: StateChange) -> str:
    """The text of the mail."""
    alarm, region = change.alarm, change.alarm.place.region
    console = f"https://{region}.console.aws.amazon.com/cloudwatch/deeplink.js?region={region}"
    actions = alarm.actions
    listed = {"OK": actions.ok, "ALARM": actions.alarm, "INSUFFICIENT_DATA": actions.insufficient_data}
    configuration = alarm.configuration
    if isinstance(configuration, CompositeConfiguration):
        looked_at = _children(change)
    else:
        looked_at = _metric(configuration)
    lines = [
        SIMULATED,
        "",
        _opening(change),
        "",
        "View this alarm in the AWS Management Console:",
        f"{console}#alarmsV2:alarm/{quote(alarm.name, safe='')}",
        "",
        "Alarm Details:",
        *_details(change),
        "",
        *looked_at,
        "",
        "State Change Actions:",
        *(f"- {name}: {_bracketed(arns)}" for name, arns in listed.items()),
    ]
    return "".join(f"{line}\n" for line in lines)


def _opening(change: StateChange) -> str:
    state, reason, time = change.after.value, _line(change.after.reason), english(change.after.since)
    entered = f'has entered the {state} state, because "{reason}" at "{time}".'
    if isinstance(change.alarm.configuration, CompositeConfiguration):
        entered = f'has transitioned to {state} state on {time}, because "{reason}".'
    return (
        f'You are receiving this email because your Amazon CloudWatch Alarm "{_line(change.alarm.name)}" in the '
        f"{region_name(change.alarm.place.region)} region {entered}"
    )


def _details(change: StateChange) -> list[str]:
    alarm, configuration, rule = change.alarm, change.alarm.configuration, {}
    if isinstance(configuration, CompositeConfiguration):
        rule = {"Alarm Rule": _line(configuration.rule)}
    details = {
        "Name": _line(alarm.name),
        "Description": _line(alarm.description),
        "State Change": f"{change.before.value} -> {change.after.value}",
        **rule,
        "Reason for State Change": _line(change.after.reason),
        "Timestamp": english(change.after.since),
        "AWS Account": alarm.place.account,
        "Alarm Arn": _line(alarm.arn),
    }
    return _listed(details, 28)


def english(moment: datetime) -> str:
    """``Monday 14 September, 2026 11:18:44 UTC``."""
    return f"{instant(moment):%A %d %B, %Y %H:%M:%S} UTC"


def _metric(configuration: MetricConfiguration) -> list[str]:
    alarm = configuration.alarm
    metric = {
        "MetricNamespace": _line(configuration.namespace),
        "MetricName": _line(configuration.metric),
        "Dimensions": " ".join(
            f"[{_line(name)} = {_line(value)}]" for name, value in alarm.dimensions.items()
        ),
        "Period": f"{alarm.period} seconds",
        "Statistic": alarm.statistic_name,
        "Unit": alarm.unit or "not specified",
        "TreatMissingData": str(alarm.treat_missing_data),
    }
    threshold = (
        f"- The alarm is in the ALARM state when the metric is {alarm.comparison_operator} {double(alarm.threshold)} "
        f"for at least {alarm.m} of the last {alarm.evaluation_periods} period(s) of {alarm.period} seconds. "
    )
    return ["Threshold:", threshold, "", "Monitored Metric:", *_listed(metric, 37), ""]


def _children(change: StateChange) -> list[str]:
    triggering = (change.after.data or {}).get("triggeringAlarms", ())
    return [
        f"Triggering children (max. {CHILDREN}):",
        *(
            f"- {_line(child['arn'])}   {child['state']['value']:<19} {english(datetime.fromisoformat(child['state']['timestamp']))}"
            for child in triggering[:CHILDREN]
        ),
    ]


def _headed(change: StateChange, name: str) -> str:
    return f'{change.after.value}: "{name}" in {region_name(change.alarm.place.region)}'


def _ascii(name: str) -> str:
    """Runs of what is no printable ASCII become one ``_`` (recorded)."""
    return re.sub(r"[^ -~]+", "_", name)


def _cut(name: str, room: int) -> str:
    return name if len(name) <= room else f"{name[: room - 3]}..."


def _line(text: str) -> str:
    """A text that has been written by others, on one line."""
    return printable(text, len(text) or 1)


def _listed(facts: dict[str, str], column: int) -> list[str]:
    return [f"- {f'{name}:':<{column}}{value}" for name, value in facts.items()]


def _bracketed(arns: tuple[str, ...]) -> str:
    return " ".join(f"[{_line(arn)}]" for arn in arns)
