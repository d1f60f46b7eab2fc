"""Settings of an alarm or a filter as text that can be compared, and what a difference of one amounts to.

In: items. Out: `Setting` values for whatever is not the same. The claim: what AWS fills in where nothing is said is no
difference (`datapoints_to_alarm`, missing data, the unit None, generated names), nor is a number in another spelling; and a
value with a placeholder is never said to differ from one that the placeholder may stand for.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from detector.composite import parse
from detector.detections.alarmed import Composite
from detector.detections.model import Actions, Detection
from detector.detections.resources import Resource, scalar
from detector.errors import RuleError
from detector.jobs.drift.result import Item, Setting, Weight, What
from detector.metrics.filter import MetricFilter

_WORDS = {"alarm_description", "filter.name"}
_UNSAID = {
    *("filter.log_group_name", "filter.log_group_account"),
    *("actions_suppressor", "wait_period", "extension_period"),
}
"""What some sources do not say at all: where a filter is in a detection file, suppressors in what an account says."""
_ACTIONS = ("alarm_actions", "ok_actions", "insufficient_data_actions")
_DEFAULTS = {
    "treat_missing_data": "missing",
    "actions_enabled": "true",
    "evaluate_low_sample_count_percentiles": "evaluate",
}
_SETTINGS = (
    *("alarm_description", "namespace", "metric_name", "statistic", "extended_statistic", "period"),
    *("evaluation_periods", "datapoints_to_alarm", "threshold", "comparison_operator", "treat_missing_data"),
    *("evaluate_low_sample_count_percentiles", "unit", "dimensions", "actions_enabled"),
)
_OF_COMPOSITE = ("alarm_description", "actions_enabled", "alarm_rule")
_PLACEHOLDER = re.compile(r"\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
_GENERATED = re.compile(r"(?:.*-)?(.+)-[A-Za-z0-9]{8,16}")
"""What CloudFormation calls a resource that has no name: the stack, the logical id, and random letters."""


def facts(item: Item) -> dict[str, str | frozenset[str]]:
    """Every setting by its name, but for what belongs to a filter."""
    value = item.value
    if isinstance(value, Detection):
        return _of_detection(value)
    if isinstance(value, Composite):
        settings = value.settings
        suppressor = {
            "actions_suppressor": settings.actions_suppressor,
            "wait_period": scalar(settings.wait_period) if settings.actions_suppressor else "",
            "extension_period": scalar(settings.extension_period) if settings.actions_suppressor else "",
        }
        return {
            "alarm_name": settings.name,
            "alarm_description": settings.alarm_description,
            "alarm_rule": str(settings.rule),
            **suppressor,
            **_of_actions(value.actions),
        }
    if isinstance(value, Resource):
        return _of_resource(item, value)
    return of_filter(value, "filter.")


def _of_detection(one: Detection) -> dict[str, str | frozenset[str]]:
    alarm, first = one.alarm, one.filters[0]
    percentile = alarm.percentile
    warm_up = alarm.warm_up_configuration
    return {
        "alarm_name": alarm.name,
        "alarm_description": alarm.alarm_description,
        "namespace": first.namespace,
        "metric_name": first.metric,
        "statistic": alarm.statistic_name if percentile is None else f"p{float(percentile):g}",
        "period": scalar(alarm.period),
        "evaluation_periods": scalar(alarm.evaluation_periods),
        "datapoints_to_alarm": scalar(alarm.m),
        "threshold": scalar(alarm.threshold),
        "comparison_operator": str(alarm.operator.value),
        "treat_missing_data": str(alarm.treat_missing_data),
        "evaluate_low_sample_count_percentiles": "ignore" if alarm.ignores_low_samples else "evaluate",
        "unit": alarm.unit or "",
        "dimensions": _pairs(alarm.dimensions),
        "evaluation_window": alarm.window_name,
        "warm_up_configuration": "" if warm_up is None else str(warm_up),
        **_of_actions(one.actions),
    }


def _of_actions(actions: Actions) -> dict[str, str | frozenset[str]]:
    listed = (actions.alarm, actions.ok, actions.insufficient_data)
    return {
        "actions_enabled": scalar(actions.enabled),
        **{name: frozenset(several) for name, several in zip(_ACTIONS, listed, strict=True)},
    }


def of_filter(one: MetricFilter, prefix: str) -> dict[str, str | frozenset[str]]:
    """The settings of a filter but for its pattern; those of its metric only where it stands alone."""
    constant = one.constant
    said: dict[str, str | frozenset[str]] = {
        "name": one.name,
        "namespace": one.namespace,
        "metric_name": one.metric,
        "value": one.value if constant is None else scalar(constant),
        "default_value": "" if one.default is None else scalar(float(one.default)),
        "unit": one.unit or "None",
        "dimensions": _pairs(one.dimensions),
        "field_selection_criteria": "" if one.criteria is None else str(one.criteria),
        "emit_system_field_dimensions": frozenset(map(str, one.emit_system_field_dimensions)),
        "log_group_name": one.log_group.name,
        "log_group_account": one.log_group.account,
    }
    return {f"{prefix}{name}": value for name, value in said.items()}


def _of_resource(item: Item, one: Resource) -> dict[str, str | frozenset[str]]:
    """An alarm as its file has it, with what AWS fills in."""
    said: dict[str, str | frozenset[str]] = {"alarm_name": item.name}
    for name in _SETTINGS if item.what is What.ALARM else _OF_COMPOSITE:
        value = one.values.get(name)
        text = _pairs(value) if isinstance(value, Mapping) else one.text(name)
        said[name] = _number(text) if text else _DEFAULTS.get(name, "")
    if item.what is What.ALARM:
        said["datapoints_to_alarm"] = said["datapoints_to_alarm"] or said["evaluation_periods"]
        return said | _listed(one)
    with contextlib.suppress(RuleError):  # it is compared as it is written
        said["alarm_rule"] = str(parse(str(said["alarm_rule"]))) if said["alarm_rule"] else ""
    return said | _listed(one)


def _listed(one: Resource) -> dict[str, str | frozenset[str]]:
    """The actions of an alarm as its file has it."""
    found: dict[str, str | frozenset[str]] = {}
    for name in _ACTIONS:
        value = one.values.get(name)
        found[name] = frozenset(
            map(scalar, value if isinstance(value, list | tuple) else [value] if value else ())
        )
    return found


def _pairs(value: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={scalar(value[name])}" for name in sorted(value))


def _number(text: str) -> str:
    try:
        return scalar(float(text))
    except ValueError:
        return text


def differences(
    old: Mapping[str, str | frozenset[str]], new: Mapping[str, str | frozenset[str]], ids: set[str]
) -> Iterator[Setting]:
    """What is not the same on both sides; ``ids`` are logical ids, of which CloudFormation makes names.

    A setting that only one side knows of at all, such as the suppressor of a composite, is not set on the other.
    """
    for name in dict.fromkeys([*old, *new]):
        values = (old.get(name, ""), new.get(name, ""))
        weight = _weight(re.sub(r"^filter\[.*\]\.", "filter.", name), *values, ids)
        if weight is not None:
            yield Setting(name, _shown(values[0]), _shown(values[1]), weight)


def _weight(name: str, old: str | frozenset[str], new: str | frozenset[str], ids: set[str]) -> Weight | None:
    if old == new or _same_list(old, new):
        return None
    if name in _WORDS:
        return Weight.WORDS
    if name == "alarm_name" and any(_is_generated(value, ids) for value in (old, new)):
        return None
    if name in _UNSAID and not (old and new):
        return Weight.UNKNOWN
    return Weight.UNKNOWN if _may_be_same(old, new) else Weight.CHANGE


def _is_generated(value: str | frozenset[str], ids: set[str]) -> bool:
    found = _GENERATED.fullmatch(value) if isinstance(value, str) else None
    return found is not None and found[1] in ids


def _same_list(old: str | frozenset[str], new: str | frozenset[str]) -> bool:
    """Whether actions are the same; one that is no ARN is the name of a topic."""
    if isinstance(old, str) or isinstance(new, str) or len(old) != len(new):
        return False
    return _bare(old, new) == _bare(new, old)


def _bare(these: frozenset[str], those: frozenset[str]) -> frozenset[str]:
    names = {one for one in those if not one.startswith("arn:")}
    return frozenset(last if (last := one.rpartition(":")[2]) in names else one for one in these)


def _may_be_same(old: str | frozenset[str], new: str | frozenset[str]) -> bool:
    """Whether what is not known of one may be what the other has."""
    if isinstance(old, str) and isinstance(new, str):
        return _fits(old, new) or _fits(new, old)
    if isinstance(old, str) or isinstance(new, str) or len(old) != len(new):
        return False
    rest = sorted(new - old)
    for one in sorted(old - new):
        fitting = next((other for other in rest if _fits(one, other) or _fits(other, one)), None)
        if fitting is None:
            return False
        rest.remove(fitting)
    return True


def _fits(text: str, other: str) -> bool:
    """Whether a text with placeholders may be the other one; without any it may not."""
    first, *rest = _PLACEHOLDER.split(text[:10_000])
    if not rest:
        return False
    if _PLACEHOLDER.search(other):
        return True
    if not other.startswith(first) or not other.endswith(rest[-1]):
        return False
    at = len(first)
    for part in rest:
        at = other.find(part, at) + len(part)
        if at < len(part):
            return False
    return True


def _shown(value: str | frozenset[str]) -> str:
    return value if isinstance(value, str) else ", ".join(sorted(value))
