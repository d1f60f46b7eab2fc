"""Whether somebody hears of an alarm, and whether a trail brings the events of every region to its filter.

In: an alarm's actions or a filter's log group, and the configuration around them. Out: reasons, and sentences about what
the configuration does not show. Names and ARNs are compared as text: two with the same placeholder are the same thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from detector.alarm import State
from detector.detections import Detection
from detector.detections.configuration import Configuration
from detector.jobs.audit.result import Aspect, Level, Reason
from detector.lint import targets
from detector.metrics.filter import MetricFilter

_TOPIC = re.compile(r"arn:[^:]*:sns:|\$\{[^}]*sns|\$\{[^}]*[Tt]opic")
_LOG_GROUP_ARN = re.compile(r"arn:[^:]*:logs:[^:]*:[^:]*:log-group:")
_ATTRIBUTE = re.compile(r"(\$\{[^}]+?)\.(?:Arn|arn|name|id)\}")


def receivers(detection: Detection, configuration: Configuration) -> tuple[str, ...]:
    """The confirmed subscribers of the topics that ALARM is published to, as ``protocol:endpoint``."""
    topics = set(detection.actions.of(State.ALARM))
    return tuple(
        dict.fromkeys(
            f"{one.protocol}:{one.endpoint}" if one.endpoint else one.protocol
            for one in configuration.subscriptions
            if one.topic in topics and one.confirmed is not False
        )
    )


def actions(detection: Detection, configuration: Configuration) -> Iterator[Reason | str]:
    """Reasons why nobody hears of ALARM; a string for what is not shown."""
    told = detection.actions
    place, _ = targets.of_key(detection, "alarm.alarm_actions")
    if not told.enabled:
        yield Reason(Level.UNWIRED, Aspect.ACTION, "the actions of the alarm are disabled", "D812", place)
    elif not told.alarm:
        if detection.path.endswith(".toml") and not (told.ok or told.insufficient_data):
            yield "the detection does not say who is told of ALARM"
        elif not targets.is_without(detection, "alarm.alarm_actions"):
            yield "who is told of ALARM depends on a parameter without a value"
        else:
            said = "the alarm runs no action when it goes into ALARM"
            yield Reason(Level.UNWIRED, Aspect.ACTION, said, "D813", place)
    elif all(map(_TOPIC.match, told.alarm)) and not receivers(detection, configuration):
        ours = [one for one in configuration.subscriptions if one.topic in told.alarm]
        if ours:
            said = "no subscription to the topic of the alarm is confirmed"
            yield Reason(Level.UNWIRED, Aspect.ACTION, said, place=place)
        elif set(told.alarm) <= set(configuration.topics) and configuration.subscriptions:
            yield Reason(
                Level.UNWIRED, Aspect.ACTION, "nobody is subscribed to the topic of the alarm", "", place
            )
        else:
            yield f"who is subscribed to {', '.join(told.alarm)} is not in the configuration"


def trail(metric_filter: MetricFilter, configuration: Configuration) -> Iterator[Reason | str]:
    """Reasons why events of some regions do not reach the filter; a string for what is not shown."""
    if not configuration.trails:
        yield "no trail is in the configuration, so whether events of every region arrive is not known"
        return
    named = {text for pattern, text in configuration.log_groups if pattern == metric_filter.pattern.source}
    group = _identity(metric_filter.log_group.name or (named.pop() if len(named) == 1 else ""))
    logging = [one for one in configuration.trails if group and _identity(one.log_group) == group]
    unresolved = any("${" in name for name in (group, *(one.log_group for one in configuration.trails)))
    if not group or (not logging and unresolved):
        yield "whether a trail logs to the log group of the filter is not known"
    elif not logging:
        yield _unwired(f"no trail logs to the log group {group}")
    elif all(one.logging is False for one in logging):
        yield _unwired(f"the trail {logging[0].name or logging[0].address} does not log")
    elif all(one.multi_region is False for one in logging):
        yield _unwired(f"the trail {logging[0].name or logging[0].address} logs one region alone")
    elif not any(one.multi_region for one in logging):
        yield "whether the trail logs all regions is not known"


def _unwired(sentence: str) -> Reason:
    return Reason(Level.UNWIRED, Aspect.TRAIL, sentence)


def _identity(log_group: str) -> str:
    """A log group by its name, whether it was given by name, by ARN, or by an attribute of a resource without either."""
    name = _LOG_GROUP_ARN.sub("", log_group).removesuffix(":*")
    return _ATTRIBUTE.sub(r"\1}", name)
