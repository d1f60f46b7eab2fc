"""A composite alarm as a file: ``[composite]`` with its rule, its children and its suppressor.

In: the table of a file, and the alarms that it may refer to. Out: a `Composite`, or a `DetectionError` with file, line,
key and a suggestion. The claim: every alarm that a `Composite` refers to is there, and none depends on itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from detector.alarm.validation import DESCRIPTION_LENGTH
from detector.composite import CompositeSettings
from detector.composite.settings import LONGEST_NAME, missing
from detector.composite.syntax import LONGEST
from detector.detections.alarmed import Alarmed, Composite, name_of
from detector.detections.model import Source
from detector.detections.schema import SECTIONS, Key, Section, keys, section_schema
from detector.detections.strict import Kind, check, suggestion
from detector.detections.toml import actions_of
from detector.errors import SettingsError

COMPOSITE: Mapping[str, Section] = {
    "": SECTIONS[""],
    "composite": {
        "name": SECTIONS["alarm"]["name"],
        "alarm_rule": Key(
            Kind.STRING,
            'Which states of other alarms make it ALARM: `ALARM("a") AND NOT OK("b")`, `AT_LEAST(2, ALARM, ("a", "b", "c"))`.',
            {"minLength": 1, "maxLength": LONGEST},
            required=True,
        ),
        "children": Key(
            Kind.STRINGS,
            "Where the alarms of the rule are: detection and composite files beside this one, folders of them, names of "
            "shipped ones. The rule has the names of their alarms. What is not listed may stand in the rule itself, as "
            "a file, a shipped name, or the alarm name of a shipped one.",
        ),
        "alarm_description": Key(Kind.STRING, "Kept with the alarm.", {"maxLength": DESCRIPTION_LENGTH}),
        "actions_suppressor": Key(
            Kind.TABLE,
            'An alarm whose ALARM holds the actions back, `{ alarm = "maintenance", wait_period = 60, extension_period = 60 }`: '
            "how many seconds a change waits for it, and how long it holds them after it has left ALARM.",
            {
                "properties": {
                    "alarm": {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME},
                    "wait_period": {"type": "integer", "minimum": 0},
                    "extension_period": {"type": "integer", "minimum": 0},
                },
                "required": ["alarm", "wait_period", "extension_period"],
                "additionalProperties": False,
            },
        ),
        **{key: SECTIONS["alarm"][key] for key in ("actions_enabled", "alarm_actions", "ok_actions")},
        "insufficient_data_actions": SECTIONS["alarm"]["insufficient_data_actions"],
    },
}
_SUPPRESSOR = {"alarm!": Kind.STRING, "wait_period!": Kind.INTEGER, "extension_period!": Kind.INTEGER}


def json_schema() -> dict[str, Any]:
    """A JSON Schema (draft 7) of a composite file."""
    top = {name: key.json_schema() for name, key in COMPOSITE[""].items()}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A composite alarm of cloudtrail-detector",
        "type": "object",
        "properties": {**top, "composite": section_schema(COMPOSITE["composite"])},
        "required": ["composite"],
        "additionalProperties": False,
    }


@dataclass(frozen=True, slots=True)
class Draft:
    """A composite file that has been read, before its alarms are looked for."""

    name: str
    source: Source
    table: Mapping[str, Any]
    settings: CompositeSettings

    @property
    def children(self) -> tuple[str, ...]:
        """Where it says that its alarms are."""
        return tuple(self.table["composite"].get("children", ()))

    @property
    def wanted(self) -> tuple[str, ...]:
        """The names that its rule has for its children, and that of its suppressor."""
        named = (*self.settings.children, self.settings.suppressor)
        return tuple(name for name in dict.fromkeys(named) if name)

    def place(self, wanted: str) -> str:
        """The key that a name stands at."""
        in_rule = wanted in self.settings.children
        return "composite.alarm_rule" if in_rule else "composite.actions_suppressor"

    def composite(self, alarms: Mapping[str, Alarmed]) -> Composite:
        """The composite with all its alarms; `DetectionError` for one that is not there."""
        for name in self.wanted:
            if name not in alarms:
                listed = [other for other in alarms if other != name]
                reason = missing(self.settings, alarms) or f"expected an alarm that exists, found {name!r}"
                hint = suggestion(name, listed) if listed else "add its file to children"
                self.source.refuse(self.place(name), f"{reason}; {hint}")
        if any(name_of(alarmed) == self.settings.name for alarmed in alarms.values()):
            said = f"AlarmName {self.settings.name} is already used by another alarm of a different type"
            self.source.refuse("composite.name", said)
        inner = self.table["composite"]
        return Composite(
            name=self.name,
            settings=self.settings,
            alarms={name: alarms[name] for name in self.wanted},
            title=self.table.get("title", ""),
            description=self.table.get("description", ""),
            references=tuple(self.table.get("references", ())),
            actions=actions_of(inner),
            source=self.source,
        )


def draft(source: Source, table: Mapping[str, Any], name: str) -> Draft:
    """The table of a composite file, read strictly."""
    outer = {key: value for key, value in table.items() if key != "composite"}
    check(source, "", outer, keys(COMPOSITE[""]), ["composite"])
    inner = table["composite"]
    if not isinstance(inner, dict):
        source.refuse("composite", "expected a section [composite]")
    check(source, "composite", inner, keys(COMPOSITE["composite"]))
    suppressor = inner.get("actions_suppressor", {})
    if "actions_suppressor" in inner:
        check(source, "composite.actions_suppressor", suppressor, _SUPPRESSOR)
        if not suppressor["alarm"]:
            source.refuse("composite.actions_suppressor.alarm", "expected the name of an alarm")
    try:
        settings = CompositeSettings(
            name=inner["name"],
            alarm_rule=inner["alarm_rule"],
            alarm_description=inner.get("alarm_description", ""),
            actions_suppressor=suppressor.get("alarm", ""),
            wait_period=suppressor.get("wait_period", 0),
            extension_period=suppressor.get("extension_period", 0),
        )
    except SettingsError as error:
        source.refuse(f"composite.{error.setting}", error.reason)
    return Draft(name, source, table, settings)
