"""Detection files in TOML, with Terraform's attribute names.

In: a file. Out: a `Detection`, or a `DetectionError` with file, line, key and a suggestion. Strict: an unknown
key, a wrong type or a value that the service would refuse is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from detector.alarm import Alarm, WallClock
from detector.detections.model import Actions, Detection, Source, Variant
from detector.detections.strict import Kind, Schema, check, read_toml, shown
from detector.errors import PatternError, SettingsError
from detector.metrics.filter import MetricFilter
from detector.pattern import compile as compile_pattern

_PUBLISHED = {
    "value": Kind.STRING,
    "default_value": Kind.NUMBER,
    "unit": Kind.STRING,
    "dimensions": Kind.TABLE,
}
SCHEMA: Mapping[str, Schema] = {
    "": {"title": Kind.STRING, "description": Kind.STRING, "references": Kind.STRINGS},
    "filter": {"name!": Kind.STRING, "pattern!": Kind.STRING, "log_group_name": Kind.STRING, **_PUBLISHED},
    "metric": {"namespace!": Kind.STRING, "name!": Kind.STRING, **_PUBLISHED},
    "alarm": {
        "name!": Kind.STRING,
        "statistic": Kind.STRING,
        "extended_statistic": Kind.STRING,
        "period!": Kind.INTEGER,
        "evaluation_periods!": Kind.INTEGER,
        "datapoints_to_alarm": Kind.INTEGER,
        "threshold!": Kind.NUMBER,
        "comparison_operator!": Kind.STRING,
        "treat_missing_data": Kind.STRING,
        "evaluate_low_sample_count_percentiles": Kind.STRING,
        "unit": Kind.STRING,
        "dimensions": Kind.TABLE,
        "alarm_description": Kind.STRING,
        "evaluation_window": Kind.TABLE,
        "actions_enabled": Kind.BOOLEAN,
        "alarm_actions": Kind.STRINGS,
        "ok_actions": Kind.STRINGS,
        "insufficient_data_actions": Kind.STRINGS,
    },
    "backtest": {
        "threshold": Kind.VALUES,
        "period": Kind.VALUES,
        "datapoints": Kind.VALUES,
        "treat_missing_data": Kind.VALUES,
        "statistic": Kind.VALUES,
        "window": Kind.VALUES,
        "incidents": Kind.STRING,
        "grace": Kind.STRING,
        "max_pages_per_week": Kind.NUMBER,
        "must_detect": Kind.VALUES,
        "max_delay": Kind.STRING,
    },
    "variant": {
        "name!": Kind.STRING,
        "pattern!": Kind.STRING,
        "filter": Kind.STRING,
        "versions": Kind.STRINGS,
        "references": Kind.STRINGS,
    },
}


def load(path: Path, name: str) -> Detection:
    """The detection in a file; ``name`` is what the user typed to get it."""
    source, table = read_toml(path, name)
    sections = ("filter", "metric", "alarm", "backtest", "variant")
    check(
        source, "", {key: value for key, value in table.items() if key not in sections}, SCHEMA[""], sections
    )
    tables = {section: _tables(source, section, table.get(section)) for section in sections}
    for section, listed in tables.items():
        for key, one in listed:
            check(source, key, one, SCHEMA[section])
    try:
        return Detection(
            name=name,
            title=table.get("title", name),
            filters=tuple(_filter(source, key, one, table["metric"]) for key, one in tables["filter"]),
            alarm=_alarm(source, table["alarm"]),
            description=table.get("description", "").strip(),
            references=tuple(table.get("references", ())),
            variants=tuple(_variant(one) for _, one in tables["variant"]),
            actions=_actions(table["alarm"]),
            backtest=table.get("backtest", {}),
            source=source,
        )
    except SettingsError as error:
        source.refuse(error.setting, error.reason)


Tables: TypeAlias = list[tuple[str, dict[str, Any]]]
"""The tables of a section, each with its key in the `Source`."""


def _tables(source: Source, section: str, found: Any) -> Tables:
    """``[filter]`` and ``[[filter]]`` alike; a variant always has two brackets."""
    if found is None and section in {"backtest", "variant"}:
        return []
    if isinstance(found, dict) and section != "variant":
        return [(section, found)]
    several = isinstance(found, list) and section in {"filter", "variant"}
    if not several or not all(isinstance(one, dict) for one in found):
        brackets = "[[variant]], with two brackets" if section == "variant" else f"a section [{section}]"
        source.refuse(section, f"expected {brackets}")
    return [(f"{section}[{i}]", one) for i, one in enumerate(found)]


def _filter(source: Source, key: str, table: Mapping[str, Any], metric: Mapping[str, Any]) -> MetricFilter:
    """What the filter does not say about its samples, ``[metric]`` says for all filters."""

    def place(setting: str) -> str:
        return f"{key}.{setting}" if setting in table else f"metric.{setting}"

    published = {name: table.get(name, metric.get(name)) for name in _PUBLISHED}
    dimensions = published["dimensions"] or {}
    _check_strings(source, place("dimensions"), dimensions)
    try:
        return MetricFilter(
            name=table["name"],
            pattern=compile_pattern(table["pattern"].strip()),
            namespace=metric["namespace"],
            metric=metric["name"],
            value="1" if published["value"] is None else published["value"],
            default=published["default_value"],
            dimensions=dimensions,
            unit=published["unit"],
            log_group=table.get("log_group_name", ""),
        )
    except PatternError as error:
        source.refuse(f"{key}.pattern", str(error))
    except SettingsError as error:
        source.refuse("metric.name" if error.setting == "metric" else place(error.setting), error.reason)


_ACTIONS = {
    "actions_enabled": "enabled",
    "alarm_actions": "alarm",
    "ok_actions": "ok",
    "insufficient_data_actions": "insufficient_data",
}


def _alarm(source: Source, table: Mapping[str, Any]) -> Alarm:
    settings = {key: value for key, value in table.items() if key not in _ACTIONS}
    _check_strings(source, "alarm.dimensions", settings.get("dimensions", {}))
    window = settings.pop("evaluation_window", None)
    if window is not None and not (set(window) == {"wall_clock"} and isinstance(window["wall_clock"], str)):
        source.refuse("alarm.evaluation_window", 'expected { wall_clock = "UTC" } or another time zone')
    try:
        clock = None if window is None else WallClock(window["wall_clock"])
        return Alarm(**settings, evaluation_window=clock)
    except SettingsError as error:
        source.refuse(f"alarm.{error.setting}", error.reason)


def _actions(table: Mapping[str, Any]) -> Actions:
    return Actions(**_frozen({_ACTIONS[key]: value for key, value in table.items() if key in _ACTIONS}))


def _variant(table: Mapping[str, Any]) -> Variant:
    return Variant(**_frozen(table))


def _frozen(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}


def _check_strings(source: Source, key: str, table: Mapping[str, Any]) -> None:
    for name, value in table.items():
        if not isinstance(value, str):
            source.refuse(key, f"expected a string for {name}, found {shown(value)}")
