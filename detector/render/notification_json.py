"""Changes of state as the documents that the service would deliver: SNS, EventBridge, Lambda, DescribeAlarmHistory.

In: `StateChange` values. Out: a `Notification` for each delivery, in time order. The claim: each document has the
members of a recorded one, in their order and form, and one more, ``simulated``, which says that it is.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from detector.alarm import State
from detector.alarm.reason import json_time
from detector.jobs.notifications import (
    AlarmState,
    CompositeConfiguration,
    NotifyingAlarm,
    StateChange,
    in_time_order,
)
from detector.quantities import instant
from detector.render.episode_json import episode_facts
from detector.render.kit.json_values import compact, iso
from detector.render.notification_mail import mail, subject, text_message
from detector.render.notification_message import message

_MOST = 5
"""Values of each field of an episode in a notification."""
_IDS = uuid.UUID("6d0f2a3c-3f0e-5c57-9d5e-0a1c8f6f2b11")
"""The name space of ids, which are the same in every run."""


class Kind(StrEnum):
    """What is delivered, in the order in which it is said of one change."""

    HISTORY = "history"
    EVENTBRIDGE = "eventbridge"
    SNS = "sns"
    LAMBDA = "lambda"


@dataclass(frozen=True, slots=True)
class Notification:
    """One document that is delivered at ``at``; ``mail`` is what it says to people, if it does."""

    kind: Kind
    at: datetime
    alarm: str
    state: State
    document: dict[str, Any]
    mail: str = ""


def notifications(
    changes: Iterable[StateChange], kinds: Collection[Kind], *, enriched: bool = False
) -> Iterator[Notification]:
    """What of these kinds is delivered, in time order; ``enriched`` adds the episode to ``simulated``."""
    documents = {
        Kind.HISTORY: _items,
        Kind.EVENTBRIDGE: _events,
        Kind.SNS: _messages,
        Kind.LAMBDA: _invocations,
    }
    for change in in_time_order(changes):
        mark: dict[str, Any] = {"by": "detector", "detection": change.alarm.detection}
        if enriched and change.episode is not None:
            mark["episode"] = episode_facts(change.episode, _MOST)
        for kind in (kind for kind in Kind if kind in kinds):
            said = mail(change) if kind is Kind.SNS else ""
            for document in documents[kind](change, mark):
                alarm = change.alarm.name
                yield Notification(kind, change.at, alarm, change.after.value, document, said)


def _items(change: StateChange, mark: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """AlarmHistoryItems of DescribeAlarmHistory: the change, and an item for each action."""
    is_composite = isinstance(change.alarm.configuration, CompositeConfiguration)
    before, after = change.before.value, change.after.value

    def item(kind: str, summary: str, data: dict[str, Any]) -> dict[str, Any]:
        return {
            "AlarmName": change.alarm.name,
            "AlarmType": "CompositeAlarm" if is_composite else "MetricAlarm",
            "Timestamp": instant(change.at).isoformat(),
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": compact(data),
            "simulated": mark,
        }

    if before is not after:
        states = {"oldState": _history_state(change.before), "newState": _history_state(change.after)}
        yield item("StateUpdate", f"Alarm updated from {before} to {after}", {"version": "1.0", **states})
    for arn in change.ran:
        published = _published(change, mark) if _service(arn) == "sns" else None
        yield item(
            "Action", f"Successfully executed action {arn}", _action(change, arn, "Succeeded", published)
        )
    for arn in change.suppressed:
        yield item("Action", f"Suppressed action {arn}", _action(change, arn, "Suppressed", None))


def _action(change: StateChange, arn: str, state: str, published: str | None) -> dict[str, Any]:
    return {
        "actionState": state,
        "stateUpdateTimestamp": _milliseconds(change.after.since),
        "notificationResource": arn,
        "publishedMessage": published,
        "error": None,
        "muteWindowEndTimestamp": None if change.muted_until is None else _milliseconds(change.muted_until),
    }


def _published(change: StateChange, mark: dict[str, Any]) -> str:
    said = compact(message(change, mark))
    return compact({"default": said, "sms": text_message(change), "email": mail(change)})


def _history_state(state: AlarmState) -> dict[str, Any]:
    data = {} if state.data is None else {"stateReasonData": state.data}
    return {"stateValue": str(state.value), "stateReason": state.reason, **data}


def _events(change: StateChange, mark: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """EventBridge's "CloudWatch Alarm State Change"; actions, and whether they run, do not matter for it."""
    if change.after_mute:
        return
    alarm, since = change.alarm, instant(change.after.since)
    yield {
        "version": "0",
        "id": _id(change, "event"),
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": alarm.place.account,
        "time": iso(since),
        "region": alarm.place.region,
        "resources": [alarm.arn],
        "detail": {**_detail(change), **_muted(change)},
        "simulated": mark,
    }


def _muted(change: StateChange) -> dict[str, Any]:
    """Which mute rule holds the actions back, and from when to when (documented)."""
    if not change.muted_by:
        return {}
    return {
        "muteDetail": {
            "mutedByArn": change.alarm.place.arn("cloudwatch", f"alarm-mute-rule:{change.muted_by}"),
            "muteWindowStart": json_time(change.muted_from),
            "muteWindowEnd": json_time(change.muted_until),
        }
    }


def _invocations(change: StateChange, mark: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The payload that each Lambda function among the actions gets."""
    for _ in _running(change, "lambda"):
        yield {
            "source": "aws.cloudwatch",
            "alarmArn": change.alarm.arn,
            "accountId": change.alarm.place.account,
            "time": json_time(change.after.since),
            "region": change.alarm.place.region,
            "alarmData": _detail(change),
            "simulated": mark,
        }


def _messages(change: StateChange, mark: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What SNS delivers for each topic among the actions: without a signature, since there is none to be had."""
    plain = {name: value for name, value in mark.items() if name != "episode"}
    for arn in _running(change, "sns"):
        yield {
            "Type": "Notification",
            "MessageId": _id(change, arn),
            "TopicArn": arn,
            "Subject": subject(change),
            "Message": compact(message(change, mark)),
            "Timestamp": f"{instant(change.at):%Y-%m-%dT%H:%M:%S}.{change.at.microsecond // 1000:03d}Z",
            "simulated": {**plain, "mail": mail(change)},
        }


def _detail(change: StateChange) -> dict[str, Any]:
    """What EventBridge and Lambda are told alike."""
    return {
        "alarmName": change.alarm.name,
        "state": _state(change.after),
        "previousState": _state(change.before),
        "configuration": _configuration(change.alarm),
    }


def _state(state: AlarmState) -> dict[str, Any]:
    held = {"actionsSuppressedBy": state.suppressed_by, "actionsSuppressedReason": state.suppressed_reason}
    return {
        **(held if state.suppressed_by else {}),
        "value": str(state.value),
        "reason": state.reason,
        **({} if state.data is None else {"reasonData": compact(state.data)}),
        "timestamp": json_time(state.since),
    }


def _configuration(alarm: NotifyingAlarm) -> dict[str, Any]:
    configuration = alarm.configuration
    described = {"description": alarm.description} if alarm.description else {}
    if isinstance(configuration, CompositeConfiguration):
        suppressor = {
            "actionsSuppressor": configuration.suppressor or None,
            "actionsSuppressorWaitPeriod": configuration.wait,
            "actionsSuppressorExtensionPeriod": configuration.extension,
        }
        known = {name: value for name, value in suppressor.items() if value is not None}
        return {"alarmRule": configuration.rule, **known, **described}
    settings = configuration.alarm
    metric = {
        "namespace": configuration.namespace,
        "name": configuration.metric,
        "dimensions": dict(settings.dimensions),
    }
    unit = {"unit": settings.unit} if settings.unit else {}
    stat = {"metric": metric, "period": settings.period, "stat": settings.statistic_name, **unit}
    of_metric = str(uuid.uuid5(_IDS, f"{alarm.arn} {stat}"))
    return {"metrics": [{"id": of_metric, "metricStat": stat, "returnData": True}], **described}


def _running(change: StateChange, service: str) -> list[str]:
    """The actions of one service that run."""
    return [arn for arn in change.ran if _service(arn) == service]


def _service(arn: str) -> str:
    return (arn.split(":", 3) + [""] * 3)[2]


def _id(change: StateChange, what: str) -> str:
    return str(
        uuid.uuid5(_IDS, f"{change.alarm.arn} {instant(change.at).isoformat()} {change.after.value} {what}")
    )


def _milliseconds(moment: datetime) -> int:
    return round(instant(moment).timestamp() * 1000)
