"""Detections as TOML, with Terraform's attribute names: read strictly, and written.

In: a file. Out: a `Detection`, or a `DetectionError` with file, line, key and a suggestion: an unknown key, a
wrong type or a value that the service would refuse is an error. The claim: what is written reads back equal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, time
from pathlib import Path
from typing import Any, TypeAlias

from msgspec import structs

from detector.alarm import Alarm, WallClock, WarmUp
from detector.archive import LogGroup
from detector.detections.model import Actions, Detection, Source, Variant
from detector.detections.quoted import SHORT, escaped, is_plain
from detector.detections.schema import PUBLISHED, SECTIONS, strict
from detector.detections.strict import Kind, check, parse, read_toml, shown
from detector.errors import DetectionError, PatternError, SettingsError
from detector.metrics.filter import MetricFilter
from detector.pattern import BLANKS
from detector.pattern import compile as compile_pattern
from detector.pattern.pretty import WIDTH, pretty

_LOG_GROUP = ("name", "account", "region")


def load(path: Path, name: str) -> Detection:
    """The detection in a file; ``name`` is what the user typed to get it."""
    return _detection(name, *read_toml(path, name))


def read(text: str, name: str) -> Detection:
    """The detection in the text of a file."""
    return _detection(name, *parse(text, name))


def _detection(name: str, source: Source, table: Mapping[str, Any]) -> Detection:
    sections = [section for section in SECTIONS if section]
    if "composite" in table:
        source.refuse(
            "composite", "expected a detection, found a composite alarm; replay, match and check take it"
        )
    check(
        source, "", {key: value for key, value in table.items() if key not in sections}, strict(""), sections
    )
    tables = {section: _tables(source, section, table.get(section)) for section in sections}
    for section, keyed in tables.items():
        for key, inner in keyed:
            check(source, key, inner, strict(section))
    try:
        return Detection(
            name=name,
            title=table.get("title", ""),
            filters=tuple(_filter(source, key, inner, table["metric"]) for key, inner in tables["filter"]),
            alarm=_alarm(source, table["alarm"]),
            description=table.get("description", ""),
            references=tuple(table.get("references", ())),
            variants=tuple(Variant(**_frozen(inner)) for _, inner in tables["variant"]),
            actions=actions_of(table["alarm"]),
            backtest=table.get("backtest", {}),
            source=source,
        )
    except SettingsError as error:
        source.refuse(error.setting, error.reason)


Tables: TypeAlias = list[tuple[str, dict[str, Any]]]
"""The tables of a section, each with its key in the `Source`."""


def _tables(source: Source, section: str, content: Any) -> Tables:
    """``[filter]`` and ``[[filter]]`` alike; a variant always has two brackets."""
    if content is None and section in {"backtest", "variant"}:
        return []
    if isinstance(content, dict) and section != "variant":
        return [(section, content)]
    several = isinstance(content, list) and section in {"filter", "variant"}
    if not several or not all(isinstance(inner, dict) for inner in content):
        brackets = "[[variant]], with two brackets" if section == "variant" else f"a section [{section}]"
        source.refuse(section, f"expected {brackets}")
    return [(f"{section}[{i}]", inner) for i, inner in enumerate(content)]


def _filter(source: Source, key: str, table: Mapping[str, Any], metric: Mapping[str, Any]) -> MetricFilter:
    """What the filter does not say about its samples, ``[metric]`` says for all filters."""

    def place(setting: str) -> str:
        return f"{key}.{setting}" if setting in table else f"metric.{setting}"

    published = {name: table.get(name, metric.get(name)) for name in PUBLISHED}
    dimensions = published["dimensions"] or {}
    _check_strings(source, place("dimensions"), dimensions)
    try:
        return MetricFilter(
            name=table["name"],
            pattern=compile_pattern(table["pattern"].strip(BLANKS)),
            namespace=metric["namespace"],
            metric=metric["name"],
            value="1" if published["value"] is None else published["value"],
            default=published["default_value"],
            dimensions=dimensions,
            unit=published["unit"],
            field_selection_criteria=table.get("field_selection_criteria", ""),
            emit_system_field_dimensions=tuple(table.get("emit_system_field_dimensions", ())),
            log_group=LogGroup(*(table.get(f"log_group_{part}", "") for part in _LOG_GROUP)),
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

_WARM_UP = {
    "warm_up_period_duration_in_minutes!": Kind.INTEGER,
    "only_start_evaluating_after_warm_up_period_ends": Kind.BOOLEAN,
}


def actions_of(table: Mapping[str, Any]) -> Actions:
    """The actions of an alarm of any kind, by Terraform's names."""
    return Actions(**_frozen({name: table[key] for key, name in _ACTIONS.items() if key in table}))


def _alarm(source: Source, table: Mapping[str, Any]) -> Alarm:
    settings = {key: value for key, value in table.items() if key not in _ACTIONS}
    _check_strings(source, "alarm.dimensions", settings.get("dimensions", {}))
    window = settings.pop("evaluation_window", None)
    if window is not None and not (set(window) == {"wall_clock"} and isinstance(window["wall_clock"], str)):
        source.refuse("alarm.evaluation_window", 'expected { wall_clock = "UTC" } or another time zone')
    warm_up = settings.pop("warm_up_configuration", None)
    if warm_up is not None:
        check(source, "alarm.warm_up_configuration", warm_up, _WARM_UP)
    try:
        clock = None if window is None else WallClock(window["wall_clock"])
        warmed = None if warm_up is None else WarmUp(**warm_up)
        return Alarm(**settings, evaluation_window=clock, warm_up_configuration=warmed)
    except SettingsError as error:
        source.refuse(f"alarm.{error.setting}", error.reason)


def _frozen(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}


def _check_strings(source: Source, key: str, table: Mapping[str, Any]) -> None:
    for name, value in table.items():
        if not isinstance(value, str):
            source.refuse(key, f"expected a string for {name}, found {shown(value)}")


def write(detection: Detection) -> str:
    """The text of a file from which `read` makes the same detection; long patterns are broken into lines.

    `DetectionError` for characters that a TOML file, which is UTF-8, cannot hold.
    """
    first = detection.filters[0]
    metric = {"namespace": first.namespace, "name": first.metric}
    filters = [_filter_table(metric_filter) for metric_filter in detection.filters]
    alarm = _alarm_table(detection)
    top = {"title": detection.title, "description": detection.description, "references": detection.references}
    sections = [_section("", "", top)]
    if len(filters) == 1:  # the usual form: what the filter publishes is said with the metric
        sections.append(
            _section(
                "filter",
                "[filter]",
                {key: value for key, value in filters[0].items() if key not in PUBLISHED},
            )
        )
        metric |= {key: value for key, value in filters[0].items() if key in PUBLISHED}
    sections.append(_section("metric", "[metric]", metric))
    if len(filters) > 1:
        sections += [_section("filter", "[[filter]]", inner) for inner in filters]
    sections.append(_section("alarm", "[alarm]", alarm))
    if detection.backtest:
        sections.append(_section("backtest", "[backtest]", detection.backtest))
    sections += [
        _section("variant", "[[variant]]", structs.asdict(variant)) for variant in detection.variants
    ]
    text = "\n".join(sections)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise DetectionError(
            detection.name, "", f"expected text that UTF-8 can hold: {error.reason}"
        ) from None
    return text


def _alarm_table(detection: Detection) -> dict[str, Any]:
    alarm = {field.name: getattr(detection.alarm, field.name) for field in fields(detection.alarm)}
    window = detection.alarm.evaluation_window
    warm_up = detection.alarm.warm_up_configuration
    alarm["warm_up_configuration"] = None if warm_up is None else structs.asdict(warm_up)
    alarm["evaluation_window"] = None if window is None else {"wall_clock": window.timezone}
    alarm |= {key: getattr(detection.actions, name) for key, name in _ACTIONS.items()}
    alarm["actions_enabled"] = None if detection.actions.enabled else False
    return alarm


def _filter_table(metric_filter: MetricFilter) -> dict[str, Any]:
    return {
        "name": metric_filter.name,
        "pattern": pretty(metric_filter.pattern),
        **{f"log_group_{part}": getattr(metric_filter.log_group, part) for part in _LOG_GROUP},
        "field_selection_criteria": metric_filter.field_selection_criteria,
        "emit_system_field_dimensions": metric_filter.emit_system_field_dimensions,
        "value": metric_filter.value,
        "default_value": metric_filter.default,
        "unit": metric_filter.unit,
        "dimensions": dict(metric_filter.dimensions),
    }


def _section(section: str, header: str, table: Mapping[str, Any]) -> str:
    """A section with its keys in the order of the schema; what is absent or empty is left out unless it is required."""
    lines = [header] if header else []
    keys = SECTIONS[section]
    order = dict.fromkeys([*keys, *table])
    for key, value in ((key, table[key]) for key in order if key in table):
        # In [backtest] an empty value is a mistake of the author's, who shall hear of it.
        if (key in keys and keys[key].required) or section == "backtest" or value not in (None, "", (), {}):
            lines.append(f"{key} = {inline(value)}")
    return "".join(f"{line}\n" for line in lines)


_PLAIN = re.compile(r"[^'\x00-\x08\x0a-\x1f\x7f]*")
_PLAIN_LINES = re.compile(r"(?:(?!''')[^\x00-\x08\x0b-\x1f\x7f])*(?<!')")


def inline(value: object) -> str:
    """A value as TOML, a table on one line."""
    match value:
        case str():
            written = _string(value)
        case bool():
            written = str(value).lower()
        case float() if value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - longer ones get an exponent
            written = str(int(value))
        case date() | time():
            written = value.isoformat()
        case list() | tuple():
            items = list(map(inline, value))
            long = sum(map(len, items)) > WIDTH
            written = (
                "[\n" + "".join(f"  {item},\n" for item in items) + "]" if long else f"[{', '.join(items)}]"
            )
        case Mapping():
            written = ", ".join(f"{_quoted(str(key))} = {inline(inner)}" for key, inner in value.items())
            written = f"{{ {written} }}"
        case _:
            written = str(value)
    return written


def _string(value: str) -> str:
    plain = is_plain(value)
    if plain and "\n" in value and _PLAIN_LINES.fullmatch(value):
        return f"'''\n{value}'''"
    if plain and ('"' in value or "\\" in value) and _PLAIN.fullmatch(value):
        return f"'{value}'"
    return _quoted(value)


def _quoted(value: str) -> str:
    """In quotes on one line."""
    return f'"{escaped(str(value), SHORT)}"'
