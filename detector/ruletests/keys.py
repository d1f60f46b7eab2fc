"""Which keys a test file may have, checked strictly: file, line, what was expected, and a suggestion."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from detector.errors import DetectionError

STRING, NUMBER, INTEGER, STRINGS, TABLE, BOOLEAN = (
    "a string",
    "a number",
    "a whole number",
    "a list of strings",
    "a table",
    "true or false",
)
_TYPES: Mapping[str, tuple[type, ...]] = {
    STRING: (str,),
    NUMBER: (int, float),
    INTEGER: (int,),
    STRINGS: (list,),
    TABLE: (dict,),
    BOOLEAN: (bool,),
}

# Per section: key -> what it must be. A key with "!" is required.
SCHEMA: Mapping[str, Mapping[str, str]] = {
    "": {"detection": STRING},
    "case": {
        "name!": STRING,
        "matches": BOOLEAN,
        "variants": TABLE,
        "event": TABLE,
        "each": TABLE,
        "base": STRING,
        "file": STRING,
        "position": INTEGER,
        "without": STRINGS,
        "null": STRINGS,
        "message": STRING,
    },
    "timeline": {"name!": STRING, "matches!": STRING, "states!": TABLE, "value": NUMBER, "state": STRING},
}
SECTIONS = ("case", "timeline")


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


def check(source: Source) -> None:
    """Refuse what is at the top of the file and should not be; its sections are checked one by one."""
    for key, value in source.table.items():
        if key in SECTIONS:
            if not isinstance(value, list):
                source.refuse(key, f"expected [[{key}]], with two brackets")
        elif key in SCHEMA[""]:
            _check_type(source, key, value, SCHEMA[""][key])
        else:
            source.refuse(key, f"unknown key; {suggestion(key, [*SCHEMA[''], *SECTIONS])}")


def check_section(source: Source, section: str, table: object) -> Mapping[str, Any]:
    """The keys of one ``[[case]]`` or ``[[timeline]]``."""
    if not isinstance(table, dict):
        source.refuse(section, f"expected [[{section}]], with keys below it")
    allowed = {key.rstrip("!"): expected for key, expected in SCHEMA[section].items()}
    for key, value in table.items():
        if key not in allowed:
            source.refuse(f"{section}.{key}", f"unknown key; {suggestion(key, list(allowed))}")
        _check_type(source, f"{section}.{key}", value, allowed[key])
    for key in SCHEMA[section]:
        if key.endswith("!") and key[:-1] not in table:
            source.refuse(section, f"expected the key {key[:-1]}")
    return table


def part(source: Source, section: str, number: int) -> Source:
    """The same file with nothing in it but one ``[[section]]``, so that its own lines are found."""
    inside, count, kept = False, -1, []
    for line in source.text.splitlines():
        header = re.match(r"\s*\[+\s*([\w-]+)([.\w\s-]*)\]+", line)
        if header and not header[2].strip():
            count += header[1] == section
            inside = header[1] == section and count == number
        elif header:
            inside = inside and header[1] == section
        kept.append(line if inside else "")
    return Source(source.path, "\n".join(kept), source.table)


def check_json(source: Source, key: str, value: object) -> None:
    """Refuse what TOML can hold and JSON cannot: dates and times, and numbers that are none."""
    match value:
        case dict():
            for name, member in value.items():
                check_json(source, f"{key}.{name}", member)
        case list():
            for member in value:
                check_json(source, key, member)
        case float() if math.isnan(value):
            refuse(source, key, "expected a value that JSON has, found nan")
        case str() | bool() | int() | float():
            pass
        case _:
            refuse(source, key, f"expected a value that JSON has; write a time in quotes: {str(value)!r}")


def refuse(source: Source, key: str, reason: str) -> NoReturn:
    """Raise the error for a key that may stand in a table of its own line or inside another."""
    known = key
    while source.line(known) is None and "." in known:
        known = known.rpartition(".")[0]
    source.refuse(known, reason)


def suggestion(key: str, allowed: list[str]) -> str:
    """``did you mean …?`` where one is near, else all that are allowed."""
    close = difflib.get_close_matches(key, allowed, n=1)
    return f"did you mean {close[0]}?" if close else f"expected one of {', '.join(sorted(allowed))}"


def _check_type(source: Source, key: str, value: object, expected: str) -> None:
    right = isinstance(value, _TYPES[expected]) and isinstance(value, bool) is (expected == BOOLEAN)
    if expected == STRINGS:
        right = right and all(isinstance(one, str) for one in value)  # type: ignore[attr-defined]  # a list
    if not right:
        source.refuse(key, f"expected {expected}, found {_shown(value)}")


def _shown(value: object) -> str:
    match value:
        case str():
            return "a string"
        case list() | dict():
            return "a list" if isinstance(value, list) else "a table"
        case _:
            return str(value).lower() if isinstance(value, bool) else str(value)
