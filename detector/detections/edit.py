"""A detection's settings and patterns put into the text of its own file: only the literals that change.

In: a detection as it was read, and as it should be. Out: an `Edit`, the new texts of the files and each change with its place;
or an `UneditableError` that says which value cannot be changed in place, and why. The claim: comments, layout and every
other value stay as they are, since nothing but the literals of changed values is replaced, and a literal is replaced only
if it spells the present value; whoever writes the texts reads them again and compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from detector.alarm import Alarm
from detector.detections.model import Detection, Source
from detector.detections.resources import scalar
from detector.detections.spelling import Language, Literal, language_of, literal_at, spelled
from detector.errors import DetectorError, PatternError
from detector.pattern import BLANKS, Pattern
from detector.pattern import compile as compile_pattern

_SETTINGS = ("threshold", "period", "evaluation_periods", "datapoints_to_alarm", "treat_missing_data")
_SIBLINGS = ("evaluation_periods", "period", "threshold", "comparison_operator")
_STATISTICS = ("statistic", "extended_statistic")


class UneditableError(DetectorError):
    """A value that cannot be changed where it stands: ``where`` it is, and why."""

    def __init__(self, key: str, where: str, reason: str) -> None:
        super().__init__(f"{where}: {key}: {reason}")


class Change(NamedTuple):
    """A value that changes: where it stands, what is written there now (empty: nothing), and what will be."""

    path: str
    line: int
    key: str
    before: str
    after: str

    def __str__(self) -> str:
        before, after = (" ".join(text.split()) or "(not set)" for text in (self.before, self.after))
        return f"{self.path}:{self.line}: {self.key}: {before} -> {after}"


@dataclass(frozen=True, slots=True)
class Edit:
    """The new text of each file that changes, the text that it replaces, and what changes in them."""

    texts: Mapping[str, str]
    before: Mapping[str, str]
    changes: tuple[Change, ...]


def wanted_settings(present: Detection, wanted: Detection) -> dict[str, Any]:
    """The values that differ, by their keys in a `Source`; None for one that is to be set no more."""
    found = {f"alarm.{key}": value for key, value in _alarm(present.alarm, wanted.alarm)}
    for place, (old, new) in enumerate(zip(present.filters, wanted.filters, strict=True)):
        if old.pattern != new.pattern:
            keys = [f"filter[{place}].pattern", "filter.pattern"]
            found[next((key for key in keys if present.source.has(key)), keys[-1])] = new.pattern.source
    return found


def effective(alarm: Alarm) -> Alarm:
    """The alarm with the datapoints to alarm said, which are otherwise all."""
    return replace(alarm, datapoints_to_alarm=alarm.m)


def edit(present: Detection, wanted: Detection) -> Edit:
    """What to write so that the files of ``present`` define ``wanted``; `UneditableError` where that is not safe."""
    settings = wanted_settings(present, wanted)
    replacements: dict[str, list[tuple[int, int, str]]] = {}
    sources: dict[str, Source] = {}
    changes = []
    renamed = _renamed(settings)
    for key, value in settings.items():
        if key == renamed:
            continue
        source = present.source.part(key)
        sources[source.path] = source
        start, end, text = _replacement(present, source, key, value, renamed)
        replacements.setdefault(source.path, []).append((start, end, text))
        line = source.text.count("\n", 0, start) + 1
        changes.append(Change(source.path, line, key, source.text[start:end], text.strip()))
    texts = {path: _applied(sources[path].text, some) for path, some in replacements.items()}
    return Edit(texts, {path: sources[path].text for path in texts}, tuple(changes))


def _alarm(present: Alarm, wanted: Alarm) -> Iterator[tuple[str, Any]]:
    if effective(present).datapoints_to_alarm == effective(wanted).datapoints_to_alarm or (
        present.datapoints_to_alarm is None and wanted.m == wanted.evaluation_periods
    ):
        left_alone = {"datapoints_to_alarm"}
    else:
        left_alone = set()
    for key in (*_SETTINGS, *_STATISTICS):
        value = getattr(effective(wanted), key)
        if key not in left_alone and getattr(present, key) != value:
            yield key, value if value is None or isinstance(value, int | float) else str(value)
    if present.evaluation_window != wanted.evaluation_window:
        clock = wanted.evaluation_window
        yield "evaluation_window", None if clock is None else {"wall_clock": clock.timezone}


def _renamed(settings: Mapping[str, Any]) -> str:
    """The statistic that takes the place of the other kind's, so that the key changes with the value."""
    gone = [name for name in _STATISTICS if settings.get(f"alarm.{name}", "") is None]
    return f"alarm.{gone[0]}" if gone else ""


def _replacement(
    present: Detection, source: Source, key: str, value: Any, renamed: str
) -> tuple[int, int, str]:
    """Which characters are replaced by what."""
    language = language_of(source)
    name = key.rpartition(".")[2]
    if language is None:
        raise UneditableError(
            key, source.path or present.name, "this is the output of a command: change what it was made from"
        )
    if isinstance(value, dict) and language is not Language.TOML:
        raise UneditableError(key, source.path, "a wall clock is put into TOML files alone")
    if name in _STATISTICS and renamed:
        literal = _literal(present, source, renamed, language)
        start = _key_start(source.text, literal.start, renamed.rpartition(".")[2], language)
        old = source.text[start : literal.start]
        named = old.replace(language.key(renamed.rpartition(".")[2]), language.key(name), 1)
        return start, literal.end, named + spelled(value, literal.text, language)
    if key in source.offsets:
        literal = _literal(present, source, key, language)
        if value is not None:
            return literal.start, literal.end, spelled(value, literal.text, language)
        start = _key_start(source.text, literal.start, name, language)
        if source.text[literal.end : literal.end + 1] != "\n":
            raise UneditableError(key, source.path, "something stands behind it on its line")
        return start, literal.end + 1, ""
    return _insertion(source, key, value, language)


def _literal(present: Detection, source: Source, key: str, language: Language) -> Literal:
    """The literal at a key, which has to spell the present value."""
    where = f"{source.path}:{source.line(key)}"
    literal = literal_at(source.text, source.offsets[key], language)
    if literal is None:
        raise UneditableError(
            key, where, "it is no plain literal there, but a variable, a function or a reference"
        )
    section, _, name = key.rpartition(".")
    if section.startswith("filter"):
        place = int(section[7:-1]) if section.endswith("]") else 0
        is_same = _is_pattern(scalar(literal.value), present.filters[place].pattern)
    elif name == "evaluation_window":
        is_same = True
    else:
        value = getattr(present.alarm, name)
        is_same = (
            scalar(value) == scalar(literal.value) or _number(value) == _number(literal.value) is not None
        )
    if not is_same:
        raise UneditableError(key, where, "what stands there is not the value that it has")
    return literal


def _is_pattern(text: str, pattern: Pattern) -> bool:
    """Whether a text is a pattern, however it is indented where it stands."""
    try:
        return compile_pattern(text.strip(BLANKS)) == pattern
    except PatternError:
        return False


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _key_start(text: str, value: int, name: str, language: Language) -> int:
    """Where the key of a value begins; `ValueError` where there is none before it."""
    found = re.search(rf"[\"']?{re.escape(language.key(name))}[\"']?[ \t]*[=:]\s*$", text[:value])
    if found is None:
        raise UneditableError(name, "", "its key does not stand right before it")
    return found.start()


def _insertion(source: Source, key: str, value: Any, language: Language) -> tuple[int, int, str]:
    """A key that the file does not have, on a line of its own before another one of the alarm."""
    section, _, name = key.rpartition(".")
    beside = next((one for one in _SIBLINGS if f"{section}.{one}" in source.offsets), None)
    if beside is None:
        raise UneditableError(key, source.path, "there is no other setting beside which it could stand")
    at = source.offsets[f"{section}.{beside}"]
    start = _key_start(source.text, at, beside, language)
    begin = source.text.rfind("\n", 0, start) + 1
    indent = source.text[begin:start]
    between = source.text[start:at].replace(language.key(beside), "", 1).strip("\"'")
    width = len(language.key(beside)) + len(between) - len(between.lstrip())
    written = language.key(name)
    if language is Language.JSON:
        line = f'"{written}": {spelled(value, "", language)},'
        return start, start, f"{line}\n{indent}" if not indent.strip() else f"{line} "
    if indent.strip():
        raise UneditableError(
            key, source.path, "the settings beside which it could stand are not on lines of their own"
        )
    sign = between.strip() or "="
    padded = written.ljust(width) if sign == "=" else written
    space = "" if padded.endswith(" ") or sign == ":" else " "
    return start, start, f"{padded}{space}{sign} {spelled(value, '', language)}\n{indent}"


def _applied(text: str, replacements: list[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(replacements, reverse=True):
        text = text[:start] + new + text[end:]
    return text
