"""A test file in, its cases and timelines out; or a `DetectionError` with file, line, key and a suggestion."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.alarm import State
from detector.detections.strict import Kind, Schema, check, read_toml
from detector.errors import DetectionError
from detector.ruletests.events import Place, event_of, events_of
from detector.ruletests.notation import minute, minutes

SUFFIX = ".test.toml"
MAIN = ""
"""The name of a detection as it stands, among its variants."""
SCHEMA: Mapping[str, Schema] = {
    "": {"detection": Kind.STRING},
    "case": {
        "name!": Kind.STRING,
        "matches": Kind.BOOLEAN,
        "variants": Kind.TABLE,
        "filter": Kind.STRING,
        "event": Kind.TABLE,
        "each": Kind.TABLE,
        "base": Kind.STRING,
        "file": Kind.STRING,
        "position": Kind.INTEGER,
        "without": Kind.STRINGS,
        "null": Kind.STRINGS,
        "message": Kind.STRING,
    },
    "timeline": {
        "name!": Kind.STRING,
        "matches!": Kind.STRING,
        "states!": Kind.TABLE,
        "filter": Kind.STRING,
        "value": Kind.NUMBER,
        "state": Kind.STRING,
    },
}


@dataclass(frozen=True, slots=True)
class Case:
    """A log event, and whether the detection must match it: ``matches`` by variant, `MAIN` for the detection itself.

    Of several filters any may match, or the one that ``filter`` names.
    """

    name: str
    line: int
    event: dict[str, Any] | str
    matches: Mapping[str, bool]
    filter: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Matches by minute from 00:00 on, and the states of the alarm at given minutes.

    ``value`` is what a match publishes if the metric's value is a field; ``state`` is the one before 00:00;
    ``filter`` names the filter that matches, where there are several.
    """

    name: str
    line: int
    matches: Mapping[int, int]
    states: Mapping[int, State]
    value: float | None = None
    state: State = State.INSUFFICIENT_DATA
    filter: str = ""


@dataclass(frozen=True, slots=True)
class RuleTests:
    """One test file; ``detection`` is what to give to `load_detection`."""

    path: str
    detection: str
    cases: tuple[Case, ...]
    timelines: tuple[Timeline, ...]
    variant: str | None = None
    """The only variant that is tested; None for all of them."""

    def only(self, variant: str) -> RuleTests:
        """The expectations about one variant; timelines are about the detection itself (`MAIN`)."""
        cases = (
            dataclasses.replace(case, matches={variant: case.matches[variant]})
            for case in self.cases
            if variant in case.matches
        )
        timelines = self.timelines if variant == MAIN else ()
        return dataclasses.replace(self, cases=tuple(cases), timelines=timelines, variant=variant)


def load(path: str | Path, *, outside: bool = False) -> RuleTests:
    """The tests in a file; those of ``x.test.toml`` are about ``x.toml`` beside it unless ``detection`` says otherwise.

    With ``outside`` it may name files that are not below its own folder.
    """
    source, table = read_toml(Path(path), str(path))
    sections = ("case", "timeline")
    check(
        source, "", {key: value for key, value in table.items() if key not in sections}, SCHEMA[""], sections
    )
    for section in sections:
        listed = table.get(section, [])
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            source.refuse(section, f"expected [[{section}]], with two brackets")
        for number, one in enumerate(listed):
            check(source, f"{section}[{number}]", one, SCHEMA[section])
    return RuleTests(
        path=source.path,
        detection=_detection(Place(source, "", outside), table),
        cases=tuple(
            case
            for number, one in enumerate(table.get("case", ()))
            for case in _cases(Place(source, f"case[{number}]", outside), one)
        ),
        timelines=tuple(
            _timeline(Place(source, f"timeline[{number}]", outside), one)
            for number, one in enumerate(table.get("timeline", ()))
        ),
    )


def _detection(place: Place, table: Mapping[str, Any]) -> str:
    path = Path(place.source.path)
    if "detection" not in table:
        if not path.name.endswith(SUFFIX):
            place.refuse("", f'expected the name x{SUFFIX} beside x.toml, or detection = "…"')
        return str(path.with_name(path.name.removesuffix(SUFFIX) + ".toml"))
    named = str(table["detection"])
    base = named.rpartition("@")[0] or named
    files = (path.parent / named, path.parent / base, Path(named), Path(base))
    # What is no file is the name of a shipped detection.
    return str(place.file("detection", named)) if any(file.is_file() for file in files) else named


def _cases(place: Place, table: Mapping[str, Any]) -> Iterator[Case]:
    """The case, or one for each value of ``each``."""
    matches = {MAIN: table["matches"]} if "matches" in table else {}
    for variant, expected in table.get("variants", {}).items():
        if not isinstance(expected, bool):
            place.refuse(f"variants.{variant}", f"expected true or false for {variant}, found {expected!r}")
        matches[variant] = expected
    if not matches:
        place.refuse("", "expected the key matches (true or false), or variants = { name = true }")
    each = events_of(place, table) if "each" in table else [("", event_of(place, table))]
    for value, event in each:
        name = f"{table['name']}: {value}" if value else table["name"]
        yield Case(name, place.line, event, matches, table.get("filter", ""))


def _timeline(place: Place, table: Mapping[str, Any]) -> Timeline:
    try:
        matches = minutes(table["matches"])
    except ValueError as error:
        place.refuse("matches", str(error))
    if not table["states"]:
        place.refuse("states", 'expected the state at one minute at least: { "00:05" = "ALARM" }')
    states = {}
    for clock, name in table["states"].items():
        try:
            states[minute(clock)] = _state(place, f"states.{clock}", name)
        except ValueError as error:
            if isinstance(error, DetectionError):
                raise
            place.refuse("states", str(error))
    return Timeline(
        name=table["name"],
        line=place.line,
        matches=matches,
        states=dict(sorted(states.items())),
        value=table.get("value"),
        state=_state(place, "state", table.get("state", "INSUFFICIENT_DATA")),
        filter=table.get("filter", ""),
    )


def _state(place: Place, key: str, name: object) -> State:
    if name not in list(State):
        place.refuse(key, f"expected OK, ALARM or INSUFFICIENT_DATA, found {name!r}")
    return State(str(name))
