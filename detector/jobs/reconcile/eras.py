"""Which settings the account's alarm had when, as its history tells.

In: an alarm as the detection has it, and a `History`. Out: the eras of the alarm, in time order and without gaps. Where there
is no item about the configuration, the evidence of its changes of state tells threshold, period and statistic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from detector.alarm import Alarm
from detector.errors import SettingsError
from detector.jobs.reconcile.history import Actual, Configured, History

_STATISTICS = {name.casefold(): name for name in ("Sum", "Average", "Minimum", "Maximum", "SampleCount")}
_NAMES = {
    "period": "period",
    "evaluationPeriods": "evaluation_periods",
    "datapointsToAlarm": "datapoints_to_alarm",
    "threshold": "threshold",
    "comparisonOperator": "comparison_operator",
    "treatMissingData": "treat_missing_data",
    "evaluateLowSampleCountPercentile": "evaluate_low_sample_count_percentiles",
}
_OPTIONAL = {
    "datapoints_to_alarm": None,
    "treat_missing_data": "missing",
    "evaluate_low_sample_count_percentiles": None,
}
_COMPARED = (
    *("period", "evaluation_periods", "m", "threshold", "comparison_operator", "treat_missing_data"),
    *("statistic_name", "ignores_low_samples"),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting that the account had, and the detection has otherwise."""

    name: str
    theirs: str
    ours: str


@dataclass(frozen=True, slots=True)
class Era:
    """From ``start`` up to ``end`` the alarm had these settings; None: there was no such alarm.

    ``refused`` says why the settings of the history could not be used, and those of the detection are.
    """

    start: datetime | None
    end: datetime | None
    alarm: Alarm | None
    differences: tuple[Difference, ...] = ()
    refused: str = ""

    def has(self, at: datetime) -> bool:
        """Whether an instant is in it."""
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)


def eras(alarm: Alarm, history: History) -> tuple[Era, ...]:
    """The eras of the alarm; one of the detection's own settings where nothing tells of others."""
    told = _told(alarm, history.configured) if history.configured else _seen(alarm, history.changes)
    ends = [start for start, *_ in told[1:]]
    found = []
    for (start, settings, refused), end in zip(told, [*ends, None], strict=True):
        differences = () if settings is None else tuple(_differences(alarm, settings))
        found.append(Era(start, end, settings, differences, refused))
    return tuple(found)


def _told(alarm: Alarm, configured: Sequence[Configured]) -> list[tuple[datetime | None, Alarm | None, str]]:
    """What items about the configuration say, and what was before the first of them."""
    first = configured[0]
    if first.kind == "Create":
        told: list[tuple[datetime | None, Alarm | None, str]] = [(None, None, "")]
    else:
        told = [(None, *_settings(alarm, {**(first.after or {}), **first.before}))]
    for one in configured:
        told.append((one.at, None, "") if one.after is None else (one.at, *_settings(alarm, one.after)))
    return told


def _seen(alarm: Alarm, changes: Sequence[Actual]) -> list[tuple[datetime | None, Alarm | None, str]]:
    """What the evidence of changes of state says, each from the first one that says it."""
    told: list[tuple[datetime | None, Alarm | None, str]] = []
    for one in changes:
        if one.data is None:
            continue
        said = {name: one.data[name] for name in ("threshold", "period", "statistic") if name in one.data}
        settings, refused = _settings(alarm, said, whole=False)
        if not told or told[-1][1] != settings:
            told.append((one.at if told else None, settings, refused))
    return told or [(None, alarm, "")]


def _settings(alarm: Alarm, said: Mapping[str, Any], *, whole: bool = True) -> tuple[Alarm, str]:
    """An alarm as the history has it; unless ``whole``, what it does not say is as in the detection."""
    fields: dict[str, Any] = dict(_OPTIONAL) if whole else {}
    flat = _flat(said)
    fields |= {name: flat[key] for key, name in _NAMES.items() if flat.get(key) is not None}
    statistic = flat.get("statistic") or flat.get("extendedStatistic")
    if isinstance(statistic, str):
        # A plain statistic is written as an extended one in capitals, too (recorded).
        plain = _STATISTICS.get(statistic.casefold())
        fields |= {"statistic": plain, "extended_statistic": None if plain else statistic}
    for name in ("period", "evaluation_periods", "datapoints_to_alarm"):
        if isinstance(fields.get(name), float) and fields[name].is_integer():
            fields[name] = int(fields[name])
    try:
        return replace(alarm, **fields), ""
    except (SettingsError, TypeError, ValueError, AttributeError) as error:
        return alarm, str(error)


def _flat(said: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with those of its only metric query, if it has one."""
    queries = said.get("metrics")
    if not isinstance(queries, list) or len(queries) != 1 or not isinstance(queries[0], dict):
        return dict(said)
    metric = queries[0].get("metricStat")
    if not isinstance(metric, dict):
        return dict(said)
    return {**said, "period": metric.get("period"), "statistic": metric.get("stat")}


def _differences(ours: Alarm, theirs: Alarm) -> list[Difference]:
    found = []
    for name in _COMPARED:
        mine, other = getattr(ours, name), getattr(theirs, name)
        if mine != other:
            shown = {"m": "datapoints_to_alarm", "statistic_name": "statistic"}.get(name, name)
            texts = (f"{value:g}" if isinstance(value, float) else str(value) for value in (other, mine))
            found.append(Difference(shown, *texts))
    return found
