"""A metric filter or a whole detection, made of resources.

In: resources as files define them. Out: the filter or the detection, or the remark that says why there is none: a value
that is not known, or that the service would refuse. The claim: nothing that decides about an event or a datapoint is ever
taken from a placeholder; names and ARNs may have them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from detector.alarm import Alarm, WallClock, WarmUp
from detector.archive import LogGroup
from detector.cloudtrail.record import ACCOUNT, REGION
from detector.detections.model import Actions, Detection, Source
from detector.detections.resources import (
    Kind,
    Missing,
    Remark,
    Resource,
    Subject,
    Unknown,
    because,
    scalar,
    unknowns,
)
from detector.errors import DetectorError, PatternError, SettingsError
from detector.metrics.filter import MetricFilter
from detector.pattern import BLANKS
from detector.pattern import compile as compile_pattern

_SETTINGS = (
    *("statistic", "extended_statistic", "period", "evaluation_periods", "datapoints_to_alarm", "threshold"),
    *(
        "comparison_operator",
        "treat_missing_data",
        "evaluate_low_sample_count_percentiles",
        "unit",
        "dimensions",
    ),
)
_REQUIRED = ("period", "evaluation_periods", "threshold", "comparison_operator")
_INTEGERS = {"period", "evaluation_periods", "datapoints_to_alarm"}
_NUMBERS = {"threshold", "default_value"}
_NOBODY_KNOWS = re.compile(r"\$\{(?:var\.log_group_name(?:_\d+)?|LogGroupName\d*)\}")
"""The parameter that is written for a log group where none is known."""
_LOG_GROUP_ARN = re.compile(r"arn:[^:]*:logs:([^:]*):([^:]*):log-group:([^:]*)(?::.*)?")


def flat(resource: Resource) -> Resource:
    """An alarm whose only query is a metric is an alarm on that metric."""
    queries = resource.values.get("metric_query") or ()
    if not isinstance(queries, list | tuple) or len(queries) != 1 or not isinstance(queries[0], Mapping):
        return resource
    [query] = queries
    metric = query.get("metric")
    if query.get("expression") is not None or not isinstance(metric, Mapping):
        return resource
    values = {key: value for key, value in resource.values.items() if key != "metric_query"}
    stat = metric.get("stat")
    name = (
        "statistic"
        if stat in {"Sum", "SampleCount", "Average", "Minimum", "Maximum"}
        else "extended_statistic"
    )
    flat = {key: metric.get(key) for key in ("metric_name", "namespace", "period", "unit", "dimensions")}
    return replace(resource, values={**values, **flat, name: stat})


def metric_filter(resource: Resource) -> MetricFilter | Remark:
    """The metric filter that a resource is, or why there is none."""
    pattern = resource.values.get("pattern")
    values = resource.values
    try:
        if pattern is None or isinstance(pattern, Unknown):
            missing = why(because([pattern])) if pattern is not None else "it is not set"
            return resource.remark(Subject.UNRESOLVED, f"pattern is not known: {missing}", "pattern")
        if scalar(values.get("apply_on_transformed_logs")) == "true":
            said = "a filter on transformed log events is not replayed"
            return resource.remark(Subject.UNSUPPORTED, said, "apply_on_transformed_logs")
        settings = _settings(
            resource, ("value", "default_value", "unit", "dimensions", "field_selection_criteria")
        )
        emitted = _emitted(resource)
        group = _log_group(values.get("log_group_name"), resource.region)
        if isinstance(values.get("log_group_name"), Unknown) and "@source.log" in f"{emitted} {settings}":
            group = replace(group, name="")  # a placeholder is not what the service would publish
        return MetricFilter(
            name=resource.text("name") or resource.address,
            pattern=compile_pattern(scalar(pattern).strip(BLANKS)),
            namespace=resource.text("namespace"),
            metric=resource.text("metric"),
            default=settings.pop("default_value", None),
            emit_system_field_dimensions=emitted,
            log_group=group,
            **settings,
        )
    except _LeftOutError as error:
        return error.remark
    except PatternError as error:
        return resource.remark(Subject.REFUSED, str(error), "pattern")
    except SettingsError as error:
        return resource.remark(Subject.REFUSED, f"{error.setting}: {error.reason}", error.setting)


def _emitted(resource: Resource) -> tuple[str, ...]:
    """The system fields that become dimensions."""
    name = "emit_system_field_dimensions"
    value = resource.values.get(name) or ()
    if missing := because([value]):
        raise _LeftOutError(resource.remark(Subject.UNRESOLVED, f"{name} is not known: {why(missing)}", name))
    return tuple(map(scalar, value)) if isinstance(value, list | tuple) else (scalar(value),)


def detection(
    typed: str, alarm: Resource, feeding: Sequence[tuple[Resource, MetricFilter | Remark]]
) -> Detection | Remark:
    """An alarm with the filters that feed its metric, or why there is none."""
    filters = []
    for resource, found in feeding:
        if isinstance(found, Remark):
            return alarm.remark(
                Subject.UNRESOLVED, f"left out with its filter {resource.address}", "metric_name"
            )
        filters.append((resource, found))
    source = source_of([resource for resource, _ in filters], alarm)
    try:
        return Detection(
            name=f"{typed}#{alarm.address}",
            title=alarm.text("name"),
            filters=_named_apart(filters),
            alarm=Alarm(
                name=alarm.text("name"),
                alarm_description=alarm.text("alarm_description"),
                evaluation_window=_window(alarm),
                warm_up_configuration=_warm_up(alarm),
                **_settings(alarm, _SETTINGS),
            ),
            actions=actions_of(alarm),
            source=source,
        )
    except _LeftOutError as error:
        return error.remark
    except SettingsError as error:
        return alarm.remark(Subject.REFUSED, f"{error.setting}: {error.reason}", error.setting)


class _LeftOutError(DetectorError):
    """A resource that does not become part of a detection."""

    def __init__(self, remark: Remark) -> None:
        super().__init__(remark)
        self.remark = remark


def _settings(resource: Resource, names: Iterable[str]) -> dict[str, Any]:
    """The values of settings that are set, as numbers where they are some; raises `_LeftOutError` for an unknown one."""
    found: dict[str, Any] = {}
    for name in names:
        value = resource.values.get(name)
        if value is None or value == "":
            continue
        missing = list(unknowns(value)) if name != "dimensions" or resource.kind is Kind.FILTER else []
        if missing:
            said = f"{name} is not known: {why(because(missing))}"
            raise _LeftOutError(resource.remark(Subject.UNRESOLVED, said, name))
        if name == "dimensions":
            value = (
                {str(key): scalar(inner) for key, inner in value.items()}
                if isinstance(value, Mapping)
                else {}
            )
        elif name in _INTEGERS | _NUMBERS:
            value = _number(resource, name, value)
        else:
            value = scalar(value)
        found[name] = value
    if resource.kind is Kind.ALARM:
        for name in _REQUIRED:
            if name not in found:
                said = f"expected {name}, which is not set"
                raise _LeftOutError(
                    resource.remark(Subject.UNSUPPORTED if name == "threshold" else Subject.REFUSED, said)
                )
    return found


def _number(resource: Resource, name: str, value: Any) -> float:
    try:
        number = float(scalar(value))
        if name in _INTEGERS:
            number = int(scalar(int(number)) if number.is_integer() else scalar(value))
    except (ValueError, OverflowError):
        kind = "a whole number" if name in _INTEGERS else "a number"
        said = f"{name}: expected {kind}, found {scalar(value)[:100]!r}"
        raise _LeftOutError(resource.remark(Subject.REFUSED, said, name)) from None
    return number


def actions_of(alarm: Resource) -> Actions:
    """What an alarm does in each state."""
    enabled = alarm.values.get("actions_enabled")
    listed = (alarm.values.get(f"{name}_actions") for name in ("alarm", "ok", "insufficient_data"))
    lists = (
        tuple(scalar(each) for each in (one if isinstance(one, list | tuple) else (one or "",)) if each != "")
        for one in listed
    )
    return Actions(enabled is not False and enabled != "false", *lists)


def _window(alarm: Resource) -> WallClock | None:
    """The clock that the windows lie on; None where they slide."""
    value = alarm.values.get("evaluation_window")
    if value is None or (isinstance(value, Mapping) and "SlidingWindow" in value):
        return None
    clock = value.get("WallClockWindow") if isinstance(value, Mapping) else None
    zone = (clock.get("Timezone") or "UTC") if isinstance(clock, Mapping) else None
    if not isinstance(zone, str):
        said = "expected an evaluation window that slides or lies on a wall clock"
        raise _LeftOutError(alarm.remark(Subject.UNSUPPORTED, said, "evaluation_window"))
    return WallClock(zone)


def _warm_up(alarm: Resource) -> WarmUp | None:
    value = alarm.values.get("warm_up_configuration")
    if not isinstance(value, Mapping) or any(True for _ in unknowns(value)):
        if value is None:
            return None
        said = "expected a warm-up whose settings are known"
        raise _LeftOutError(alarm.remark(Subject.UNRESOLVED, said, "warm_up_configuration"))
    minutes = _number(alarm, "period", value.get("WarmUpPeriodDurationInMinutes", ""))
    waits = scalar(value.get("OnlyStartEvaluatingAfterWarmUpPeriodEnds", False)).lower() == "true"
    return WarmUp(int(minutes), waits)


def _log_group(value: Any, region: str) -> LogGroup:
    """The log group by its name or its ARN; of one that is not known the placeholder."""
    if not isinstance(value, str):
        text = "" if value is None else scalar(value)
        return LogGroup("" if _NOBODY_KNOWS.fullmatch(text) else text, "", region)
    if arn := _LOG_GROUP_ARN.fullmatch(value):
        known = [
            part if re.fullmatch(kind, part) else ""
            for part, kind in zip(arn.groups(), (REGION, ACCOUNT), strict=False)
        ]
        return LogGroup(arn[3], known[1], known[0] or region)
    return LogGroup(value, "", region)


def _named_apart(filters: Sequence[tuple[Resource, MetricFilter]]) -> tuple[MetricFilter, ...]:
    """The filters, of which two on different log groups may have one name; then their addresses are added."""
    taken: set[str] = set()
    apart = []
    for resource, found in filters:
        names = (found.name, f"{found.name} ({resource.address})")
        more = (f"{names[1]} {number}" for number in itertools.count(2))
        name = next(name for name in itertools.chain(names, more) if name not in taken)
        taken.add(name)
        apart.append(found if name == found.name else replace(found, name=name))
    return tuple(apart)


def source_of(filters: Sequence[Resource], alarm: Resource | None = None) -> Source:
    """Where the values of a detection stand; sections in other files than the alarm's are elsewhere."""
    main = alarm.source if alarm else filters[0].source
    offsets: dict[str, int] = {}
    elsewhere: dict[str, Source] = {}
    if alarm is not None:
        offsets.update(_placed("alarm", alarm))
    for i, resource in enumerate(filters):
        section = f"filter[{i}]" if len(filters) > 1 else "filter"
        placed = _placed(section, resource)
        if resource.source.path == main.path:
            offsets.update(placed)
        else:
            elsewhere[section] = Source(resource.source.path, resource.source.text, placed)
    return Source(main.path, main.text, offsets, elsewhere)


def _placed(section: str, resource: Resource) -> dict[str, int]:
    return {f"{section}.{key}" if key else section: at for key, at in resource.source.offsets.items()}


def why(missing: Sequence[Missing]) -> str:
    """The first reasons in one line."""
    most = 3
    told = "; ".join(
        f"{one.reason} ({one.path}:{one.line})" if one.line else one.reason for one in missing[:most]
    )
    return told + (f"; and {len(missing) - most} more" if len(missing) > most else "")
