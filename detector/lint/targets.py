"""What is checked, and where it stands: a lone pattern, or the patterns of a detection.

In: a detection. Out: a `Target` for each pattern. A pattern in a file knows its line and column there, if the TOML
holds it character by character, and the codes that a comment beside it says to ignore:

    # detector: ignore[D202]
    pattern = '''{ … }'''  # detector: ignore[D403, D5]
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from detector.detections import Detection
from detector.detections.alarmed import Alarmed
from detector.detections.model import Source
from detector.pattern import Pattern

_IGNORE = re.compile(r"#\s*detector:\s*ignore\[([^\]\n]*)\]")
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


def of(detection: Detection) -> tuple[Target, ...]:
    """The patterns of a detection: its filters and its variants, or the variant that was asked for by its name.

    Raises `DetectionError` for a variant that cannot be used.
    """
    asked = detection.name
    if "@" in asked and detection.variants and not os.path.isfile(asked):  # noqa: PTH113 - as in detections
        only = asked.rpartition("@")[2]
        at = next(i for i, one in enumerate(detection.variants) if one.name == only)
        return (_variant(asked, detection, at),)
    several = detection.source.has("filter[0]")
    filters = (
        _target(
            f"{asked}#{one.name}" if len(detection.filters) > 1 else asked,
            one.pattern,
            detection,
            f"filter[{i}].pattern" if several else "filter.pattern",
        )
        for i, one in enumerate(detection.filters)
    )
    variants = (
        _variant(f"{asked}@{variant.name}", detection.with_variant(variant.name), i)
        for i, variant in enumerate(detection.variants)
    )
    return (*filters, *variants)


def _variant(name: str, detection: Detection, at: int) -> Target:
    key = f"variant[{at}].pattern"
    changed = next(
        one.pattern
        for one in detection.filters
        if one.pattern.source.strip() == detection.variants[at].pattern.strip()
    )
    return _target(name, changed, detection, key)


def of_filter(name: str, pattern: Pattern, source: Source) -> Target:
    """The pattern of a filter that belongs to no detection."""
    return _placed(name, pattern, source, source.offset("filter.pattern") or 0)


def _target(name: str, pattern: Pattern, detection: Detection, key: str) -> Target:
    return _placed(name, pattern, detection.source.part(key), detection.source.offset(key) or 0)


def _placed(name: str, pattern: Pattern, source: Source, value: int) -> Target:
    text, path = source.text, shown(source.path) if source.path else ""
    number = text.count("\n", 0, value)
    lines = text.splitlines()[max(0, number - 1) : number + 1]
    place = text.find(pattern.source, value, value + _NEAR + len(pattern.source))
    if place < 0:
        return Target(name, pattern, path, text, None, number + 1, _ignored(lines))
    after = text[place + len(pattern.source) :].partition("\n")[0]
    return Target(name, pattern, path, text, place, number + 1, _ignored([*lines, after]))


def _ignored(lines: list[str]) -> tuple[str, ...]:
    found = (match[1] for line in lines for match in _IGNORE.finditer(line))
    codes = (code.strip() for listed in found for code in listed.split(","))
    return tuple(dict.fromkeys(code for code in codes if code))


def of_key(detection: Alarmed, key: str) -> tuple[Place | None, tuple[str, ...]]:
    """Where a setting stands in its file, and the codes that a comment beside it says to ignore."""
    number = detection.source.line(key)
    if not detection.path or number is None:
        return None, ()
    source = detection.source.part(key)
    lines = source.text.splitlines()[max(0, number - 2) : number]
    return Place(shown(source.path), number, 1), _ignored(lines)


def is_without(detection: Detection, key: str) -> bool:
    """Whether a file does not set a list or sets an empty one; one that is empty for want of a parameter's value is set."""
    source = detection.source.part(key)
    if key not in source.offsets:
        return True
    return re.match(r"\[\s*\]", source.text[source.offsets[key] :]) is not None


def shown(path: str) -> str:
    """A path as a reader of the working directory names it, so that an editor can open what is printed."""
    try:
        near = os.path.relpath(path)
    except OSError:  # the working directory is gone
        return path
    return path if near.startswith("..") else near
