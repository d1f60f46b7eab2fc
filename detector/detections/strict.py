"""TOML files read strictly: which keys there may be, what each must be, and where each stands.

In: a file and a schema. Out: its table and its `Source`, or a `DetectionError` with file, line, key, what was
expected, and a suggestion. Detections and rule tests are read with it.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from detector.detections.model import Source
from detector.errors import DetectionError


class Kind(StrEnum):
    """What the value of a key must be, in the words of an error message."""

    STRING = "a string"
    NUMBER = "a number"
    INTEGER = "a whole number"
    BOOLEAN = "true or false"
    STRINGS = "a list of strings"
    TABLE = "a table"
    VALUES = "a number, a string or a list of them"

    def takes(self, value: object) -> bool:
        """Whether a value is of this kind. True and false are not numbers, though Python says so."""
        if self is Kind.STRINGS:
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        return isinstance(value, _TYPES[self]) and isinstance(value, bool) is (self is Kind.BOOLEAN)


_TYPES: Mapping[Kind, tuple[type, ...]] = {
    Kind.STRING: (str,),
    Kind.NUMBER: (int, float),
    Kind.INTEGER: (int,),
    Kind.BOOLEAN: (bool,),
    Kind.TABLE: (dict,),
    Kind.VALUES: (str, int, float, list),
}

Schema = Mapping[str, Kind]
"""What each key of a table must be; a key with an exclamation mark is required."""


def read_toml(path: Path, typed: str) -> tuple[Source, dict[str, Any]]:
    """A file and its table; ``shown`` is the path as the user typed it, for messages."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DetectionError(typed, "", f"expected a readable text file in UTF-8: {error.reason}") from None
    except OSError as error:
        raise DetectionError(typed, "", f"expected a readable text file: {error.strerror}") from None
    return parse(text, typed if path == Path(typed) else str(path))


def parse(text: str, path: str) -> tuple[Source, dict[str, Any]]:
    """The same from the text of a file."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DetectionError(path, "", f"expected TOML: {error}") from None
    return Source(path, text, offsets(text)), table


def check(
    source: Source, key: str, table: Mapping[str, Any], schema: Schema, more: Collection[str] = ()
) -> None:
    """Refuse a table at ``key`` with an unknown key, a value of the wrong kind, or without a required key.

    ``more`` are keys that are checked elsewhere, and are here only to be suggested.
    """
    allowed = {name.rstrip("!"): kind for name, kind in schema.items()}
    for name, value in table.items():
        place = f"{key}.{name}" if key else name
        if name not in allowed:
            source.refuse(place, f"unknown key; {suggestion(name, [*allowed, *more])}")
        if not allowed[name].takes(value):
            source.refuse(place, f"expected {allowed[name]}, found {shown(value)}")
    for name in schema:
        if name.endswith("!") and name[:-1] not in table:
            source.refuse(key, f"expected the key {name[:-1]}")


def suggestion(name: str, allowed: list[str]) -> str:
    """``did you mean …?`` where one is near, else all that are allowed."""
    close = difflib.get_close_matches(name, allowed, n=1)
    return f"did you mean {close[0]}?" if close else f"expected one of {', '.join(sorted(allowed))}"


def shown(value: object) -> str:
    """The kind of a value, and the value itself where it is short."""
    kinds = {bool: "true or false", str: "a string", int: "a whole number", float: "a number", list: "a list"}
    kind = kinds.get(type(value), "a table" if isinstance(value, dict) else "a date or time")
    return f"{kind} ({value!r})" if isinstance(value, bool | int | float) else kind


_PART = r"""(?:[\w-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')"""
_KEY = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_TOKEN = re.compile(
    rf"""^[ \t]*(?P<header>\[[ \t]*{_KEY}[ \t]*\]|\[\[[ \t]*{_KEY}[ \t]*\]\])[ \t]*(?=\#|\r?$)
    | (?P<key>{_KEY})[ \t]*=[ \t]*
    | \"\"\"(?:\\.|[^\\])*?\"{{3,5}} | '''.*?'{{3,5}} | "(?:\\.|[^"\\\n])*" | '[^'\n]*' | \#[^\n]*
    | (?P<open>[\[{{]) | (?P<close>[\]}}])""",
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)


def offsets(text: str) -> dict[str, int]:
    """Where each key's value begins in a valid TOML text, and each section; the keys are those of `Source`.

    ``tomllib`` does not tell. The tokens are enough for that: strings and comments are skipped as a whole, so
    that nothing inside of them is taken for a key, or inside of a list for a header.
    """
    places: dict[str, int] = {}
    counts = Counter[str]()
    section, key, outer = "", "", list[str]()
    for token in _TOKEN.finditer(text):
        if token["header"] and not outer:
            section = ""
            for part in _parts(token["header"]):
                section = f"{section}[{counts[section] - 1}]" if section in counts else section
                section = f"{section}.{part}" if section else part
            places.setdefault(section, token.start("header"))
            if token["header"].startswith("[["):
                counts[section] += 1
                section = f"{section}[{counts[section] - 1}]"
                places[section] = token.start("header")
        elif token["key"]:
            above = outer[-1] if outer else section
            key = ".".join([above, *_parts(token["key"])] if above else _parts(token["key"]))
            places.setdefault(key, token.end())
        elif token["open"]:
            outer.append(key)
        elif token["close"]:
            outer.pop()
    return places


def _parts(key: str) -> Iterator[str]:
    return (part.strip("\"'") for part in re.findall(_PART, key))
