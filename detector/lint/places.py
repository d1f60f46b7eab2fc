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
    names = [] if "@" in asked and not os.path.isfile(asked) else variants(asked)  # noqa: PTH113 - as in detections
    text = Path(first.path).read_text(encoding="utf-8")
    found = [
        (asked, first.filter.pattern),
        *((name, load_detection(name).filter.pattern) for name in _at(asked, names)),
    ]
    keys = list(_keys(text))
    return tuple(_target(name, pattern, first.path, text, keys) for name, pattern in found)


def _at(asked: str, names: list[str]) -> list[str]:
    return [f"{asked}@{name}" for name in names]


@dataclass(frozen=True, slots=True)
class _Key:
    """A ``pattern =`` in the file: its line, where its value begins, and the line before it."""

    line: int
    value: int
    lines: tuple[str, ...]


def _keys(text: str) -> Iterator[_Key]:
    section, start, lines = "", 0, text.splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        header, key = _HEADER.match(line), _KEY.match(line)
        section = header[1] if header else section
        if key and section in {"filter", "variant"}:
            yield _Key(number, start + key.end(), tuple(lines[max(0, number - 2) : number]))
        start += len(line)


def _target(name: str, pattern: Pattern, path: str, text: str, keys: list[_Key]) -> Target:
    for key in keys:
        place = text.find(pattern.source, key.value, key.value + _NEAR + len(pattern.source))
        if place >= 0:
            after = text[place + len(pattern.source) :].partition("\n")[0]
            ignored = _ignored([*key.lines, after])
            return Target(name, pattern, shown(path), text, place, key.line, ignored)
    return Target(name, pattern, shown(path), text, None, keys[0].line if keys else 1)


def _ignored(lines: list[str]) -> tuple[str, ...]:
    found = (match[1] for line in lines for match in _IGNORE.finditer(line))
    return tuple(code.strip() for listed in found for code in listed.split(",") if code.strip())


def shown(path: str) -> str:
    """A path as a reader of the working directory names it."""
    near = os.path.relpath(path)
    return path if near.startswith("..") else near
