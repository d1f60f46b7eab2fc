"""The log event of a case: a base record, the record in a file or a message in, changes applied, the event out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from detector import archive
from detector.archive import Event, Plan, source_events
from detector.detections import Source
from detector.detections.strict import suggestion
from detector.pattern import text_of
from detector.ruletests.base_records import NAMES, base

ASK = "detector test --allow-outside reads any"


@dataclass(frozen=True, slots=True)
class Place:
    """One ``[[case]]`` or ``[[timeline]]`` of a file: ``key`` is ``case[0]``."""

    source: Source
    key: str
    outside: bool = False
    """Whether files outside of the test file's folder may be named."""

    @property
    def line(self) -> int:
        """The line of its header."""
        return self.source.line(self.key) or 0

    def refuse(self, name: str, reason: str) -> NoReturn:
        """Raise the `DetectionError` for one key of the section, or without a name for the section itself."""
        self.source.refuse(".".join(part for part in (self.key, name) if part), reason)

    def file(self, name: str, path: str) -> Path:
        """The file that a key names, which is below the folder of the test file: whoever runs a test trusts no more."""
        folder = Path(self.source.path).parent
        if not self.outside and not (folder / path).resolve().is_relative_to(folder.resolve()):
            self.refuse(name, f"expected a file below the folder of the test file, found {path} ({ASK})")
        return folder / path


def events_of(place: Place, table: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """An event for each value of ``each``, with the value."""
    path, values = _each(place, "each", table["each"])
    for value in values:
        changed = _merged(table.get("event", {}), _nested(path, value))
        yield str(value), event_of(place, {**table, "event": changed})


def _each(place: Place, key: str, table: Mapping[str, Any]) -> tuple[list[str], list[Any]]:
    """The one list in ``each``, and the path to it."""
    name, values = next(iter(table.items()), ("", None))
    if len(table) != 1 or not isinstance(values, list | dict) or not values:
        place.refuse(key, 'expected one field with a list of its values: each = { eventName = ["A", "B"] }')
    if isinstance(values, list):
        _check_json(place, f"{key}.{name}", values)
        return [name], values
    path, inner = _each(place, f"{key}.{name}", values)
    return [name, *path], inner


def event_of(place: Place, table: Mapping[str, Any]) -> dict[str, Any] | str:
    """The record after ``without``, ``event`` and ``null``, in this order; a string for a ``message``."""
    if "message" in table:
        others = {"event", "each", "base", "file", "position", "without", "null"} & set(table)
        if others:
            place.refuse("message", f"expected message alone, found {', '.join(sorted(others))} too")
        return str(table["message"])
    record = _from_file(place, table) if "file" in table else _from_base(place, table)
    changes = {"without", "event", "null"} & set(table)
    if not isinstance(record, dict):
        if changes:
            place.refuse("file", f"expected a record, found plain text, which {min(changes)} cannot change")
        return record
    _check_json(place, "event", table.get("event", {}))
    for path in table.get("without", ()):
        _remove(record, path.split("."))
    record = _merged(record, table.get("event", {}))
    for path in table.get("null", ()):
        record = _merged(record, _nested(path.split("."), None))
    return record


def _from_base(place: Place, table: Mapping[str, Any]) -> dict[str, Any]:
    name = table.get("base", "role")
    if name not in NAMES:
        place.refuse("base", f"unknown base record {name!r}; {suggestion(name, list(NAMES))}")
    if "position" in table:
        place.refuse("position", "expected position beside file only")
    return base(name)


def _from_file(place: Place, table: Mapping[str, Any]) -> dict[str, Any] | str:
    """The only event of a file beside the test, or the one at ``position``, counted from 0."""
    if "base" in table:
        place.refuse("base", "expected either base or file, found both")
    path = place.file("file", table["file"])
    events = list[Event]()
    for item in source_events(Plan(timed=False), archive.Source(str(path))):
        if isinstance(item, Event):
            events.append(item)
        elif item.kind is not archive.ProblemKind.NOT_CLOUDTRAIL:  # a test may be about any event
            place.refuse("file", f"{table['file']}: {item.reason}")
    at = table.get("position", 0 if len(events) == 1 else None)
    if at is None or not 0 <= at < len(events):
        expected = f"expected position = 0 to {len(events) - 1}"
        place.refuse("file", f"{expected}: the file has {len(events)} events")
    event = events[at]
    return event.record if event.record is not None else text_of(event.message or "")


def _check_json(place: Place, key: str, value: object) -> None:
    """Refuse what TOML has and JSON has not: dates and times, and NaN."""
    match value:
        case dict():
            for name, member in value.items():
                _check_json(place, f"{key}.{name}", member)
        case list():
            for member in value:
                _check_json(place, key, member)
        case float() if math.isnan(value):
            place.refuse(key, "expected a value that JSON has, found nan")
        case str() | bool() | int() | float():
            pass
        case _:
            place.refuse(key, f"expected a value that JSON has; write a time in quotes: {str(value)!r}")


def _remove(record: dict[str, Any], names: list[str]) -> None:
    for name in names[:-1]:
        inner = record.get(name)
        if not isinstance(inner, dict):
            return
        record = inner
    record.pop(names[-1], None)


def _merged(record: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are merged, anything else replaces what was there."""
    merged = dict(record)
    for name, value in changes.items():
        before = merged.get(name)
        merged[name] = (
            _merged(before if isinstance(before, dict) else {}, value) if isinstance(value, dict) else value
        )
    return merged


def _nested(path: list[str], value: Any) -> dict[str, Any]:
    name, *rest = path
    return {name: _nested(rest, value) if rest else value}
