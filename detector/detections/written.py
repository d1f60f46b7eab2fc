"""What is written of detections in every format: each filter once, each alarm, and the variables that they share.

In: detections. Out: a `Deployment`: settings under Terraform's names, without those that are the service's defaults. The
claim: what is read back has the same filters and alarms; detections of one metric with different filters are refused,
because in an account they would be one metric.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from detector.alarm.values import LowSamples, MissingData
from detector.detections.model import Detection
from detector.detections.resources import scalar
from detector.errors import DetectionError
from detector.metrics.filter import MetricFilter

ACTIONS = {"alarm_actions": "alarm", "ok_actions": "ok", "insufficient_data_actions": "insufficient_data"}
_WORD = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Variable:
    """Something that differs between deployments: ``default`` is None where it has to be given."""

    name: str
    about: str
    default: str | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class WrittenFilter:
    """A metric filter: the words of its identifier, its settings, and those of its metric."""

    words: tuple[str, ...]
    settings: Mapping[str, Any]
    metric: Mapping[str, Any]
    log_group: Variable
    filter: MetricFilter


@dataclass(frozen=True, slots=True)
class WrittenAlarm:
    """An alarm with the filters that feed its metric; ``actions`` are variables by the setting."""

    words: tuple[str, ...]
    settings: Mapping[str, Any]
    feeding: tuple[WrittenFilter, ...]
    actions: Mapping[str, Variable]
    detection: Detection


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is to be deployed."""

    variables: tuple[Variable, ...]
    filters: tuple[WrittenFilter, ...]
    alarms: tuple[WrittenAlarm, ...]


def deployment(detections: Sequence[Detection], reserved: Collection[str] = ()) -> Deployment:
    """What several detections are together; `DetectionError` where two of them cannot be in one account.

    ``reserved`` are names that no variable may have, in lower case and without underscores.
    """
    _check_metrics(detections)
    _check_texts(detections)
    variables: dict[tuple[str, Any], Variable] = {}

    def variable(kind: str, default: Any) -> Variable:
        if (kind, default) not in variables:
            used = {one.name for one in variables.values()}
            names = (kind, *(f"{kind}_{number}" for number in range(2, len(used) + len(reserved) + 3)))
            free = (name for name in names if name not in used and name.replace("_", "") not in reserved)
            variables[kind, default] = Variable(next(free), _ABOUT[kind], default)
        return variables[kind, default]

    filters: list[WrittenFilter] = []
    taken: set[tuple[str, ...]] = set()
    alarms = []
    for detection in detections:
        for one in detection.filters:
            if all(one != known.filter for known in filters):
                group = variable("log_group_name", one.log_group.name or None)
                words = _unique(taken, _words(one.name))
                filters.append(WrittenFilter(words, _filter(one), _metric(one), group, one))
        actions = {
            setting: variable(setting, getattr(detection.actions, name))
            for setting, name in ACTIONS.items()
            if setting == "alarm_actions" or getattr(detection.actions, name)
        }
        words = _words(detection.alarm.name)
        words = _unique(taken, words if words[-1].lower() == "alarm" else (*words, "alarm"))
        feeding = tuple(one for one in filters if one.filter in detection.filters)
        alarms.append(WrittenAlarm(words, _alarm(detection), feeding, actions, detection))
    return Deployment(tuple(variables.values()), tuple(filters), tuple(alarms))


_ABOUT = {
    "log_group_name": "The log group that CloudTrail delivers to.",
    "alarm_actions": "Who hears of ALARM: ARNs, such as that of a topic.",
    "ok_actions": "Who hears of OK: ARNs.",
    "insufficient_data_actions": "Who hears of INSUFFICIENT_DATA: ARNs.",
}


def texts(detections: Iterable[Detection]) -> Iterator[str]:
    """Every text of detections that may have a placeholder in it."""
    for detection in detections:
        yield from (
            detection.alarm.name,
            detection.alarm.alarm_description,
            *detection.alarm.dimensions.values(),
        )
        yield from (*detection.actions.alarm, *detection.actions.ok, *detection.actions.insufficient_data)
        for one in detection.filters:
            yield from (one.name, one.namespace, one.metric, one.log_group.name)


def _filter(one: MetricFilter) -> dict[str, Any]:
    found: dict[str, Any] = {"name": one.name, "pattern": one.pattern.source}
    if one.field_selection_criteria:
        found["field_selection_criteria"] = one.field_selection_criteria
    if one.emit_system_field_dimensions:
        found["emit_system_field_dimensions"] = list(one.emit_system_field_dimensions)
    return found


def _metric(one: MetricFilter) -> dict[str, Any]:
    found: dict[str, Any] = {"metric": one.metric, "namespace": one.namespace, "value": one.value}
    if one.default is not None:
        found["default_value"] = one.default
    if one.unit is not None:
        found["unit"] = one.unit
    if one.dimensions:
        found["dimensions"] = dict(one.dimensions)
    return found


def _alarm(detection: Detection) -> dict[str, Any]:
    alarm = detection.alarm
    found: dict[str, Any] = {"name": alarm.name}
    optional = {
        "alarm_description": alarm.alarm_description or None,
        "statistic": alarm.statistic,
        "extended_statistic": alarm.extended_statistic,
        "evaluate_low_sample_count_percentiles": alarm.evaluate_low_sample_count_percentiles,
        "period": alarm.period,
        "evaluation_periods": alarm.evaluation_periods,
        "datapoints_to_alarm": alarm.datapoints_to_alarm,
        "threshold": alarm.threshold,
        "comparison_operator": str(alarm.comparison_operator),
        "treat_missing_data": None
        if alarm.treat_missing_data == MissingData.MISSING
        else str(alarm.treat_missing_data),
        "unit": alarm.unit,
        "dimensions": dict(alarm.dimensions) or None,
        "evaluation_window": None if alarm.evaluation_window is None else alarm.evaluation_window.timezone,
        "warm_up_configuration": None
        if alarm.warm_up_configuration is None
        else {
            "WarmUpPeriodDurationInMinutes": alarm.warm_up_configuration.warm_up_period_duration_in_minutes,
            "OnlyStartEvaluatingAfterWarmUpPeriodEnds": alarm.warm_up_configuration.only_start_evaluating_after_warm_up_period_ends,
        },
        "actions_enabled": None if detection.actions.enabled else False,
    }
    if optional["evaluate_low_sample_count_percentiles"] is not None:
        optional["evaluate_low_sample_count_percentiles"] = str(
            LowSamples(alarm.evaluate_low_sample_count_percentiles or "")
        )
    return found | {name: value for name, value in optional.items() if value is not None}


def _check_metrics(detections: Iterable[Detection]) -> None:
    seen: dict[tuple[str, str], Detection] = {}
    for detection in detections:
        first = detection.filters[0]
        other = seen.setdefault((first.namespace, first.metric), detection)
        if any(one not in other.filters for one in detection.filters) or len(other.filters) != len(
            detection.filters
        ):
            reason = (
                f"expected detections with metrics of their own: {other.name} has other filters for "
                f"{first.namespace}/{first.metric}, and in one account both would write it"
            )
            raise DetectionError(detection.name, "metric", reason)


def _check_texts(detections: Sequence[Detection]) -> None:
    """A lone surrogate is in no file of UTF-8."""
    for detection in detections:
        patterns = (one.pattern.source for one in detection.filters)
        for text in (*texts([detection]), *patterns):
            try:
                text.encode()
            except UnicodeEncodeError as error:
                reason = f"expected text that UTF-8 can hold: {error.reason}"
                raise DetectionError(detection.name, "", reason) from None


def _words(name: str) -> tuple[str, ...]:
    words = tuple(
        word for word in _WORD.sub(" ", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)).split() if word
    )
    return words[:12] or ("unnamed",)


def _unique(taken: set[tuple[str, ...]], words: tuple[str, ...]) -> tuple[str, ...]:
    lowered = tuple(word.lower() for word in words)
    number, unique = 2, lowered
    while unique in taken:
        unique, number = (*lowered, str(number)), number + 1
    taken.add(unique)
    return unique


def number(value: float) -> str:
    """A number without a needless fraction."""
    return scalar(float(value))
