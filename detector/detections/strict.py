"""TOML files read strictly: which keys there may be, what each must be, and where each stands.

In: a file and a schema. Out: its table and its `Source`, or a `DetectionError` with file, line, key, what was
expected, and a suggestion. Detections and rule tests are read with it.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from detector.detections.model import Source
from detector.errors import UnreadableError


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
        """Whether a value is of this kind: a number is one that a double can hold, and true and false are none."""
        if self is Kind.STRINGS:
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        if isinstance(value, int) and abs(value) > _LARGEST:
            return False
        return isinstance(value, _TYPES[self]) and isinstance(value, bool) is (self is Kind.BOOLEAN)


_TYPES: Mapping[Kind, tuple[type, ...]] = {
    Kind.STRING: (str,),
    Kind.NUMBER: (int, float),
    Kind.INTEGER: (int,),
    Kind.BOOLEAN: (bool,),
    Kind.TABLE: (dict,),
    Kind.VALUES: (str, int, float, list),
}

DEEPEST = 100
"""Tables and lists inside of each other."""
_MOST_BITS = 14_000
_TOO_DEEP = f"expected TOML with at most {DEEPEST} tables and lists inside of each other"
_TOO_LONG = "expected TOML with numbers of at most 4,000 digits"
_LONG = 10**20
_LARGEST = int(sys.float_info.max)

Schema = Mapping[str, Kind]
"""What each key of a table must be; a key with an exclamation mark is required."""


def read_toml(path: Path, typed: str) -> tuple[Source, dict[str, Any]]:
    """A file and its table; ``shown`` is the path as the user typed it, for messages."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableError(typed, "", f"expected a readable text file in UTF-8: {error.reason}") from None
    except OSError as error:
        raise UnreadableError(typed, "", f"expected a readable text file: {error.strerror}") from None
    return parse(text, typed if path == Path(typed) else str(path))


def parse(text: str, path: str) -> tuple[Source, dict[str, Any]]:
    """The same from the text of a file."""
    try:
        table = toml_table(text)
    except ValueError as error:
        raise UnreadableError(path, "", str(error)) from None
    return Source(path, text, offsets(text)), table


def toml_table(text: str) -> dict[str, Any]:
    """The table that a TOML text spells; ValueError, one sentence, also for values that nobody could print."""
    try:
        table = tomllib.loads(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"expected TOML: {error}") from None
    except ValueError:  # only numbers of that many digits
        raise ValueError(_TOO_LONG) from None
    inside: list[tuple[object, int]] = [(table, 0)]
    while inside:
        value, depth = inside.pop()
        if depth > DEEPEST:
            raise ValueError(_TOO_DEEP)
        if isinstance(value, int) and value.bit_length() > _MOST_BITS:
            raise ValueError(_TOO_LONG)
        if isinstance(value, dict | list):
            inside += [(each, depth + 1) for each in (value.values() if isinstance(value, dict) else value)]
    return table


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
    from difflib import get_close_matches  # noqa: PLC0415 - not before something is wrong

    close = get_close_matches(name, allowed, n=1)
    return f"did you mean {close[0]}?" if close else f"expected one of {', '.join(sorted(allowed))}"


def shown(value: object) -> str:
    """The kind of a value, and the value itself where it is short."""
    kinds = {bool: "true or false", str: "a string", int: "a whole number", float: "a number", list: "a list"}
    kind = kinds.get(type(value), "a table" if isinstance(value, dict) else "a date or time")
    if isinstance(value, int) and abs(value) >= _LONG:
        return f"{kind} of {len(str(abs(value)))} digits"
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
