"""Alarm mute rules as a file: ``[[mute]]`` tables, read strictly.

In: a file. Out: its rules, or a `DetectionError` with file, line, key and a suggestion. The names of the keys are those
of PutAlarmMuteRule and its Schedule.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from detector.alarm.mute import MOST_ALARMS, MuteRule
from detector.alarm.schedule import LONGEST_EXPRESSION, Schedule
from detector.alarm.validation import DESCRIPTION_LENGTH, NAME_LENGTH
from detector.alarm.values import LONGEST_ZONE
from detector.detections.model import Source
from detector.detections.schema import Key, Section, keys, section_schema
from detector.detections.strict import Kind, check, read_toml
from detector.errors import SettingsError

_NAME = {"minLength": 1, "maxLength": NAME_LENGTH}

MUTES: Mapping[str, Section] = {
    "mute": {
        "name": Key(Kind.STRING, "The name of the rule, unique in the file.", _NAME, required=True),
        "expression": Key(
            Kind.STRING,
            "When it becomes active: `cron(Minutes Hours Day-of-month Month Day-of-week)` with `*`, `a-b`, `a,b` and English "
            "names, or `at(2026-03-14T02:00)` once.",
            {"minLength": 1, "maxLength": LONGEST_EXPRESSION},
            required=True,
        ),
        "duration": Key(
            Kind.STRING, "For how long each time: an ISO 8601 duration from `PT1M` to `P15D`.", required=True
        ),
        "timezone": Key(
            Kind.STRING,
            "Whose clock the expression means, such as `Europe/Berlin`; UTC by default.",
            {"minLength": 1, "maxLength": LONGEST_ZONE},
        ),
        "alarm_names": Key(
            Kind.STRINGS,
            "The alarms whose actions it holds; all of them by default.",
            {"items": {"type": "string", **_NAME}, "minItems": 1, "maxItems": MOST_ALARMS},
        ),
        "start_date": Key(
            Kind.STRING, "From when on a cron expression counts: `2026-01-01T00:00:00Z`, a whole minute."
        ),
        "expire_date": Key(Kind.STRING, "Until when it does."),
        "description": Key(Kind.STRING, "Kept with the rule.", {"maxLength": DESCRIPTION_LENGTH}),
    }
}


def json_schema() -> dict[str, Any]:
    """A JSON Schema (draft 7) of a file of mute rules."""
    rule = section_schema(MUTES["mute"])
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Alarm mute rules of cloudtrail-detector",
        "type": "object",
        "properties": {"mute": {"type": "array", "minItems": 1, "items": rule}},
        "required": ["mute"],
        "additionalProperties": False,
    }


def load_mutes(path: str | Path) -> tuple[MuteRule, ...]:
    """The mute rules in a TOML file, of which there has to be one."""
    source, table = read_toml(Path(path), str(path))
    check(source, "", {key: value for key, value in table.items() if key != "mute"}, {}, ["mute"])
    listed = table.get("mute", [])
    if not isinstance(listed, list) or not listed or not all(isinstance(one, dict) for one in listed):
        source.refuse("mute", "expected sections [[mute]], with two brackets")
    rules = [_rule(source, f"mute[{place}]", one) for place, one in enumerate(listed)]
    names = [rule.name for rule in rules]
    for place, name in enumerate(names):
        if name in names[:place]:
            source.refuse(f"mute[{place}].name", f"expected a name of its own, found {name!r} twice")
    return tuple(rules)


def _rule(source: Source, key: str, table: Mapping[str, Any]) -> MuteRule:
    check(source, key, table, keys(MUTES["mute"]))
    if "alarm_names" in table and not all(table["alarm_names"] or [""]):
        source.refuse(f"{key}.alarm_names", "expected names of alarms; leave the key out for all of them")
    dates = {
        name: _date(source, f"{key}.{name}", table[name])
        for name in ("start_date", "expire_date")
        if name in table
    }
    try:
        return MuteRule(
            name=table["name"],
            schedule=Schedule(
                expression=table["expression"],
                duration=table["duration"],
                timezone=table.get("timezone", "UTC"),
            ),
            alarm_names=tuple(table.get("alarm_names", ())),
            description=table.get("description", ""),
            **dates,
        )
    except SettingsError as error:
        source.refuse(f"{key}.{error.setting}", error.reason)


def _date(source: Source, key: str, written: str) -> datetime:
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        source.refuse(key, "expected a date and time such as 2026-01-01T00:00:00Z")
