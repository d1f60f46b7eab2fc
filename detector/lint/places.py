"""What is checked, and where it stands: a typed pattern, or the patterns of a detection file.

In: what was typed. Out: a `Target` for each pattern. A pattern in a file knows its line and column there, if the TOML
holds it letter by letter, and the codes that a comment beside it says to ignore:

    # detector: ignore[D202]
    pattern = '''{ … }'''  # detector: ignore[D403, D5]
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from detector.detections import load_detection, variants
from detector.pattern import Pattern
from detector.pattern import compile as compile_pattern

_IGNORE = re.compile(r"#\s*detector:\s*ignore\[([^\]\n]*)\]")
_HEADER = re.compile(r"\s*\[+\s*([\w.-]+)\s*\]+\s*(?:#.*)?$")
_KEY = re.compile(r"\s*pattern\s*=\s*")
_NEAR = 8
"""Characters between the sign of equality and the pattern: quotes, a line break, a blank."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a text file; lines and columns are counted from 1, in characters."""

    path: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Target:
    """One pattern to be checked."""

    name: str
    """What was typed, or ``file@variant``; empty for a typed pattern."""
    pattern: Pattern
    path: str = ""
    text: str = ""
    offset: int | None = None
    """Where the pattern begins in the file's text; None where the text spells it otherwise."""
    line: int = 0
    ignored: tuple[str, ...] = ()

    def place(self, at: int) -> Place | None:
        """Where a character of the pattern stands in the file; the line of its key if that is all that is known."""
        if not self.path:
            return None
        if self.offset is None:
            return Place(self.path, self.line, 1)
        before = self.text[: self.offset + at]
        return Place(self.path, before.count("\n") + 1, len(before) - before.rfind("\n"))


def typed(pattern: str) -> Target:
    """A pattern from the command line; raises `PatternError`."""
    return Target("", compile_pattern(pattern))


def in_file(asked: str) -> tuple[Target, ...]:
    """The patterns of a detection file or a shipped detection: the main one and its variants, or the one asked for.

    Raises `DetectionError` for a file that cannot be used.
    """
    first = load_detection(asked)
    base, at, only = asked.partition("@") if not os.path.isfile(asked) else (asked, "", "")  # noqa: PTH113 - as in detections
    listed = variants(base)
    text = Path(first.path).read_text(encoding="utf-8")
    keys = list(_keys(text))
    places = [key for key in keys if key.section == "variant"]
    if at:
        return (_target(asked, first.filter.pattern, first.path, text, _nth(places, listed.index(only))),)
    main = _target(
        asked, first.filter.pattern, first.path, text, _nth([k for k in keys if k not in places], 0)
    )
    others = ((place, f"{asked}@{name}") for place, name in enumerate(listed))
    return (
        main,
        *(
            _target(name, load_detection(name).filter.pattern, first.path, text, _nth(places, place))
            for place, name in others
        ),
    )


def _nth(keys: list[_Key], place: int) -> _Key | None:
    return keys[place] if place < len(keys) else None


@dataclass(frozen=True, slots=True)
class _Key:
    """A ``pattern =`` in the file: its line, where its value begins, and the line before it."""

    section: str
    line: int
    value: int
    lines: tuple[str, ...]


def _keys(text: str) -> Iterator[_Key]:
    section, start, lines = "", 0, text.splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        header, key = _HEADER.match(line), _KEY.match(line)
        section = header[1] if header else section
        if key and section in {"filter", "variant"}:
            yield _Key(section, number, start + key.end(), tuple(lines[max(0, number - 2) : number]))
        start += len(line)


def _target(name: str, pattern: Pattern, path: str, text: str, key: _Key | None) -> Target:
    if key is None:
        return Target(name, pattern, shown(path), text, None, 1)
    place = text.find(pattern.source, key.value, key.value + _NEAR + len(pattern.source))
    if place < 0:
        return Target(name, pattern, shown(path), text, None, key.line, _ignored(list(key.lines)))
    after = text[place + len(pattern.source) :].partition("\n")[0]
    return Target(name, pattern, shown(path), text, place, key.line, _ignored([*key.lines, after]))


def _ignored(lines: list[str]) -> tuple[str, ...]:
    found = (match[1] for line in lines for match in _IGNORE.finditer(line))
    codes = (code.strip() for listed in found for code in listed.split(","))
    return tuple(dict.fromkeys(code for code in codes if code))


def shown(path: str) -> str:
    """A path as a reader of the working directory names it."""
    near = os.path.relpath(path)
    return path if near.startswith("..") else near
