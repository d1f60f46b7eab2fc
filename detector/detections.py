"""Detection files: a metric filter and its alarm, in TOML with Terraform's attribute names.

In: a path, or the name of a shipped detection (``cis/cloudwatch-2``, ``cis/cloudwatch-2@cis-1.3.0`` for
another text of the same control). Out: a `Detection`, or a `DetectionError` with file, line, key and a
suggestion. Strict: an unknown key, a wrong type or a value that the service would refuse is an error.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from detector.alarm import Alarm, WallClock
from detector.catalogue import find, is_file, shipped
from detector.errors import DetectionError, PatternError, SettingsError
from detector.metrics.filter import MetricFilter
from detector.pattern import compile as compile_pattern

__all__ = ["Detection", "Source", "line_of", "load_detection", "shipped", "variants"]

STRING, NUMBER, INTEGER, STRINGS, TABLE, VALUES = (
    "a string",
    "a number",
    "a whole number",
    "a list of strings",
    "a table",
    "a number, a string or a list of them",
)
_TYPES: Mapping[str, tuple[type, ...]] = {
    STRING: (str,),
    NUMBER: (int, float),
    INTEGER: (int,),
    STRINGS: (list,),
    TABLE: (dict,),
    VALUES: (str, int, float, list),
}

ACTIONS = frozenset({"alarm_actions", "ok_actions", "insufficient_data_actions"})
"""Terraform's keys that decide who hears of a transition and have no part in when there is one."""

# Per section: key -> what it must be. A key with "!" is required.
SCHEMA: Mapping[str, Mapping[str, str]] = {
    "": {"title": STRING, "description": STRING, "references": STRINGS},
    "filter": {"name!": STRING, "pattern!": STRING},
    "metric": {
        "namespace!": STRING,
        "name!": STRING,
        "value": STRING,
        "default_value": NUMBER,
        "unit": STRING,
        "dimensions": TABLE,
    },
    "alarm": {
        "name!": STRING,
        "statistic": STRING,
        "extended_statistic": STRING,
        "period!": INTEGER,
        "evaluation_periods!": INTEGER,
        "datapoints_to_alarm": INTEGER,
        "threshold!": NUMBER,
        "comparison_operator!": STRING,
        "treat_missing_data": STRING,
        "evaluate_low_sample_count_percentiles": STRING,
        "unit": STRING,
        "dimensions": TABLE,
        "alarm_description": STRING,
        "evaluation_window": TABLE,
        "alarm_actions": STRINGS,
        "ok_actions": STRINGS,
        "insufficient_data_actions": STRINGS,
    },
    "backtest": {
        "threshold": VALUES,
        "period": VALUES,
        "datapoints": VALUES,
        "treat_missing_data": VALUES,
        "statistic": VALUES,
        "window": VALUES,
        "incidents": STRING,
        "grace": STRING,
        "max_pages_per_week": NUMBER,
        "must_detect": VALUES,
        "max_delay": STRING,
    },
    "variant": {"name!": STRING, "pattern!": STRING, "versions": STRINGS, "references": STRINGS},
}


@dataclass(frozen=True, slots=True)
class Detection:
    """A metric filter and the alarm on its metric."""

    name: str
    """What the user typed to get it: a path, or the name of a shipped detection."""
    title: str
    filter: MetricFilter
    alarm: Alarm
    description: str = ""
    references: tuple[str, ...] = ()
    path: str = ""
    backtest: Mapping[str, Any] = field(default_factory=dict)
    """The table ``[backtest]`` as it stands in the file: the grid, and the budget."""


@dataclass(frozen=True, slots=True)
class Source:
    """One detection file as text, so that an error can say on which line a key stands."""

    path: str
    text: str
    table: Mapping[str, Any]

    def refuse(self, key: str, reason: str) -> NoReturn:
        """Raise the error for one key (dotted: ``alarm.period``)."""
        raise DetectionError(self.path, key, reason, self.line(key))

    def line(self, key: str) -> int | None:
        """The line on which a dotted key is set, counted from 1."""
        section, _, name = key.rpartition(".")
        current = ""
        for number, line in enumerate(self.text.splitlines(), 1):
            header = re.match(r"\s*\[+\s*([\w.-]+)\s*\]+", line)
            current = header[1] if header else current
            if (header and current == key) or (
                current == section and re.match(rf"\s*{re.escape(name)}\s*=", line)
            ):
                return number
        return None


def load_detection(path_or_name: str | Path) -> Detection:
    """The detection in a TOML file, or the shipped one of that name.

    A name followed by ``@variant`` takes the filter pattern of that ``[[variant]]``.
    """
    asked = str(path_or_name)
    base, at, variant = (asked, "", "") if is_file(Path(asked)) or "@" not in asked else asked.rpartition("@")
    source = _read(find(base), base)
    _check_keys(source)
    pattern, key = _pattern_text(source, variant if at else None)
    table = source.table
    return Detection(
        name=asked,
        title=table.get("title", base),
        filter=_filter(source, pattern, key),
        alarm=_alarm(source),
        description=table.get("description", "").strip(),
        references=tuple(table.get("references", ())),
        path=source.path,
        backtest=table.get("backtest", {}),
    )


def line_of(detection: Detection, *keys: str) -> int | None:
    """The line of its file on which the first of these keys is set (``alarm.period``; ``alarm`` is the section)."""
    source = _read(Path(detection.path), detection.path)
    return next((line for key in keys if (line := source.line(key)) is not None), None)


def variants(path_or_name: str | Path) -> list[str]:
    """The names of the other texts of a detection, in the order of the file."""
    source = _read(find(str(path_or_name)), str(path_or_name))
    return [variant["name"] for variant in _variants(source)]


def _read(path: Path, shown: str) -> Source:
    try:
        text = path.read_text(encoding="utf-8")
        return Source(shown if path == Path(shown) else str(path), text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise DetectionError(shown, "", f"expected TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DetectionError(shown, "", f"expected a readable text file: {error}") from None


def _check_keys(source: Source) -> None:
    _check_section(source, "", {k: v for k, v in source.table.items() if k not in SCHEMA})
    for section in ("filter", "metric", "alarm"):
        table = source.table.get(section)
        if not isinstance(table, dict):
            source.refuse(section, f"expected a section [{section}]")
        _check_section(source, section, table)
    grid = source.table.get("backtest", {})
    if not isinstance(grid, dict):
        source.refuse("backtest", "expected a section [backtest]")
    _check_section(source, "backtest", grid)
    _variants(source)


def _variants(source: Source) -> list[dict[str, Any]]:
    listed = source.table.get("variant", [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        source.refuse("variant", "expected [[variant]], with two brackets")
    for one in listed:
        _check_section(source, "variant", one)
    return listed


def _check_section(source: Source, section: str, table: Mapping[str, Any]) -> None:
    allowed = {key.rstrip("!"): expected for key, expected in SCHEMA[section].items()}
    prefix = f"{section}." if section else ""
    for key, value in table.items():
        if key not in allowed:
            source.refuse(
                f"{prefix}{key}", f"unknown key; {_suggestion(key, [*allowed, *_sections(section)])}"
            )
        _check_type(source, f"{prefix}{key}", value, allowed[key])
    for key in SCHEMA[section]:
        if key.endswith("!") and key[:-1] not in table:
            source.refuse(section, f"expected the key {key[:-1]}")


def _sections(section: str) -> list[str]:
    return [] if section else ["filter", "metric", "alarm", "backtest", "variant"]


def _suggestion(key: str, allowed: list[str]) -> str:
    close = difflib.get_close_matches(key, allowed, n=1)
    return f"did you mean {close[0]}?" if close else f"expected one of {', '.join(sorted(allowed))}"


def _check_type(source: Source, key: str, value: object, expected: str) -> None:
    right = isinstance(value, _TYPES[expected]) and not isinstance(value, bool)
    if expected == STRINGS:
        right = right and all(isinstance(one, str) for one in value)  # type: ignore[attr-defined]  # a list
    if not right:
        source.refuse(key, f"expected {expected}, found {_shown(value)}")


def _shown(value: object) -> str:
    kinds = {bool: "true or false", str: "a string", int: "a whole number", float: "a number", list: "a list"}
    kind = kinds.get(type(value), "a table" if isinstance(value, dict) else "a date or time")
    return f"{kind} ({value!r})" if isinstance(value, bool | int | float) else kind


def _pattern_text(source: Source, variant: str | None) -> tuple[str, str]:
    if variant is None:
        return source.table["filter"]["pattern"], "filter.pattern"
    listed = {one["name"]: one["pattern"] for one in _variants(source)}
    if variant not in listed:
        names = ", ".join(listed) or "none"
        source.refuse("variant", f"expected one of its variants ({names}), found {variant!r}")
    return listed[variant], "variant.pattern"


def _filter(source: Source, pattern: str, key: str) -> MetricFilter:
    metric = source.table["metric"]
    dimensions = metric.get("dimensions", {})
    _check_texts(source, "metric.dimensions", dimensions)
    try:
        return MetricFilter(
            name=source.table["filter"]["name"],
            pattern=compile_pattern(pattern.strip()),
            namespace=metric["namespace"],
            metric=metric["name"],
            value=metric.get("value", "1"),
            default=metric.get("default_value"),
            dimensions=dimensions,
            unit=metric.get("unit"),
        )
    except PatternError as error:
        source.refuse(key, str(error))
    except SettingsError as error:
        source.refuse(f"metric.{error.setting}", error.reason)


def _alarm(source: Source) -> Alarm:
    settings = {key: value for key, value in source.table["alarm"].items() if key not in ACTIONS}
    window = settings.pop("evaluation_window", None)
    _check_texts(source, "alarm.dimensions", settings.get("dimensions", {}))
    try:
        return Alarm(**settings, evaluation_window=None if window is None else _wall_clock(source, window))
    except SettingsError as error:
        source.refuse(f"alarm.{error.setting}", error.reason)


def _wall_clock(source: Source, window: Mapping[str, Any]) -> WallClock:
    """``evaluation_window = { wall_clock = "Europe/Berlin" }``."""
    if set(window) != {"wall_clock"} or not isinstance(window["wall_clock"], str):
        source.refuse("alarm.evaluation_window", 'expected { wall_clock = "UTC" } or another time zone')
    return WallClock(window["wall_clock"])


def _check_texts(source: Source, key: str, table: Mapping[str, Any]) -> None:
    for name, value in table.items():
        if not isinstance(value, str):
            source.refuse(key, f"expected a string for {name}, found {_shown(value)}")
