"""A test file in, its cases and timelines out; or a `DetectionError` with file, line, key and a suggestion."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector import archive
from detector.alarm import State
from detector.archive import Event, Plan, source_events
from detector.errors import DetectionError
from detector.pattern import text_of
from detector.ruletests.keys import Source, check, check_json, check_section, part, refuse, suggestion
from detector.ruletests.notation import minute, minutes
from detector.ruletests.plainest import NAMES, base

SUFFIX = ".test.toml"
MAIN = ""
"""The name of a detection's own pattern among its variants."""


@dataclass(frozen=True, slots=True)
class Case:
    """A log event, and whether the pattern must match it: ``matches`` by variant, `MAIN` for the pattern itself."""

    name: str
    line: int
    event: dict[str, Any] | str
    matches: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Matches by minute, and the states of the alarm at given minutes.

    ``value`` is what a match publishes if the metric's value is no number; ``state`` is the one before 00:00.
    """

    name: str
    line: int
    matches: Mapping[int, int]
    states: Mapping[int, State]
    value: float | None = None
    state: State = State.INSUFFICIENT_DATA


@dataclass(frozen=True, slots=True)
class RuleTests:
    """One test file; ``detection`` is what to give to `load_detection`."""

    path: str
    detection: str
    cases: tuple[Case, ...]
    timelines: tuple[Timeline, ...]
    narrowed: bool = False
    """Whether only one of the detection's patterns is asked for."""


def load(path: str | Path) -> RuleTests:
    """The tests in a file; those of ``x.test.toml`` are about ``x.toml`` beside it unless ``detection`` says otherwise."""
    source = _read(Path(path))
    check(source)
    return RuleTests(
        path=source.path,
        detection=_detection(source),
        cases=tuple(case for one in _sections(source, "case") for case in _cases(*one)),
        timelines=tuple(_timeline(*one) for one in _sections(source, "timeline")),
    )


def _read(path: Path) -> Source:
    try:
        text = path.read_text(encoding="utf-8")
        return Source(str(path), text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise DetectionError(str(path), "", f"expected TOML: {error}") from None
    except OSError as error:
        raise DetectionError(str(path), "", f"expected a readable text file: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise DetectionError(str(path), "", f"expected a text file in UTF-8: {error.reason}") from None


def _detection(source: Source) -> str:
    path = Path(source.path)
    named = source.table.get("detection")
    if named is not None:
        beside = path.parent / str(named)
        return str(beside if beside.is_file() else named)
    if not path.name.endswith(SUFFIX):
        source.refuse("", f'expected the name x{SUFFIX} beside x.toml, or detection = "…"')
    return str(path.with_name(path.name.removesuffix(SUFFIX) + ".toml"))


def _sections(source: Source, section: str) -> list[tuple[Source, Mapping[str, Any]]]:
    parts = [(part(source, section, i), table) for i, table in enumerate(source.table.get(section, []))]
    return [(one, check_section(one, section, table)) for one, table in parts]


def _cases(source: Source, table: Mapping[str, Any]) -> Iterator[Case]:
    """The case, or one for each value of ``each``."""
    if "each" not in table:
        yield _case(source, table, table["name"], _event(source, table))
        return
    path, values = _each(source, "case.each", table["each"])
    for value in values:
        changed = _merged(table.get("event", {}), _nested(path, value))
        yield _case(source, table, f"{table['name']}: {value}", _event(source, {**table, "event": changed}))


def _each(source: Source, key: str, table: Mapping[str, Any]) -> tuple[list[str], list[Any]]:
    """The one list in ``each``, and the path to it."""
    name, values = next(iter(table.items()), ("", None))
    if len(table) != 1 or not isinstance(values, list | dict) or not values:
        refuse(source, key, 'expected one field with a list of its values: each = { eventName = ["A", "B"] }')
    if isinstance(values, list):
        check_json(source, f"{key}.{name}", values)
        return [name], values
    path, found = _each(source, f"{key}.{name}", values)
    return [name, *path], found


def _case(source: Source, table: Mapping[str, Any], name: str, event: dict[str, Any] | str) -> Case:
    matches = {MAIN: table["matches"]} if "matches" in table else {}
    for variant, expected in table.get("variants", {}).items():
        if not isinstance(expected, bool):
            refuse(
                source,
                f"case.variants.{variant}",
                f"expected true or false for {variant}, found {expected!r}",
            )
        matches[variant] = expected
    if not matches:
        source.refuse("case", "expected the key matches (true or false), or variants = { name = true }")
    return Case(name, source.line("case") or 0, event, matches)


def _event(source: Source, table: Mapping[str, Any]) -> dict[str, Any] | str:
    if "message" in table:
        others = {"event", "each", "base", "file", "position", "without", "null"} & set(table)
        if others:
            source.refuse("case.message", f"expected message alone, found {', '.join(sorted(others))} too")
        return str(table["message"])
    record = _from_file(source, table) if "file" in table else _from_base(source, table)
    changes = {"without", "event", "null"} & set(table)
    if not isinstance(record, dict):
        if changes:
            source.refuse("case.file", f"expected a record, found a text, which {min(changes)} cannot change")
        return record
    check_json(source, "case.event", table.get("event", {}))
    for path in table.get("without", ()):
        _remove(record, path.split("."))
    record = _merged(record, table.get("event", {}))
    for path in table.get("null", ()):
        record = _merged(record, _nested(path.split("."), None))
    return record


def _from_base(source: Source, table: Mapping[str, Any]) -> dict[str, Any]:
    name = table.get("base", "role")
    if name not in NAMES:
        source.refuse("case.base", f"unknown base record {name!r}; {suggestion(name, list(NAMES))}")
    if "position" in table:
        source.refuse("case.position", "expected position beside file only")
    return base(name)


def _from_file(source: Source, table: Mapping[str, Any]) -> dict[str, Any] | str:
    """The one event of a file beside the test, or that at ``position``, counted from 0."""
    if "base" in table:
        source.refuse("case.base", "expected either base or file, found both")
    path = Path(source.path).parent / table["file"]
    found = list(source_events(Plan(timed=False), archive.Source(str(path))))
    problem = next((one.reason for one in found if not isinstance(one, Event)), None)
    if problem is not None:
        source.refuse("case.file", f"{table['file']}: {problem}")
    at = table.get("position", 0 if len(found) == 1 else None)
    if at is None or not 0 <= at < len(found):
        source.refuse(
            "case.file", f"expected position = 0 to {len(found) - 1}: the file has {len(found)} events"
        )
    event = found[at]
    assert isinstance(event, Event)  # noqa: S101 - the others are problems, refused above
    return event.record if event.record is not None else text_of(event.message or "")


def _remove(record: dict[str, Any], names: list[str]) -> None:
    for name in names[:-1]:
        inner = record.get(name)
        if not isinstance(inner, dict):
            return
        record = inner
    record.pop(names[-1], None)


def _merged(record: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are merged, anything else takes the place of what was there."""
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


def _timeline(source: Source, table: Mapping[str, Any]) -> Timeline:
    try:
        matches = minutes(table["matches"])
    except ValueError as error:
        source.refuse("timeline.matches", str(error))
    return Timeline(
        name=table["name"],
        line=source.line("timeline") or 0,
        matches=matches,
        states=_states(source, table["states"]),
        value=table.get("value"),
        state=_state(source, "timeline.state", table.get("state", "INSUFFICIENT_DATA")),
    )


def _states(source: Source, table: Mapping[str, Any]) -> dict[int, State]:
    if not table:
        source.refuse("timeline.states", 'expected the state at one minute at least: { "00:05" = "ALARM" }')
    found = {}
    for clock, name in table.items():
        try:
            found[minute(clock)] = _state(source, "timeline.states", name)
        except ValueError as error:
            if isinstance(error, DetectionError):
                raise
            source.refuse("timeline.states", str(error))
    return dict(sorted(found.items()))


def _state(source: Source, key: str, name: object) -> State:
    if name not in list(State):
        refuse(source, key, f"expected OK, ALARM or INSUFFICIENT_DATA, found {name!r}")
    return State(str(name))
