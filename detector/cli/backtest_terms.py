"""What is asked about a detection: its ``[backtest]`` table, and over it what was typed.

In: the parsed options and a detection. Out: its `Terms`. What is wrong is told with the file and line, or with
the option.
"""

from __future__ import annotations

import argparse
import difflib
import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from detector.alarm import WallClock
from detector.cli import values
from detector.cli.console import UsageError
from detector.detections import Detection
from detector.errors import DetectionError, SettingsError
from detector.jobs.backtest.budget import Budget
from detector.jobs.backtest.grid import DEFAULT, KEYS, Grid
from detector.jobs.backtest.incidents import Incident, incidents_of, load_incidents
from detector.jobs.backtest.result import Terms
from detector.jobs.backtest.scores import GRACE

T = TypeVar("T")
_FILES = (".toml", ".csv", ".json")


def terms(args: argparse.Namespace, detection: Detection) -> Terms:
    """The terms of one detection; UsageError, DetectionError or ArchiveError for what cannot be meant."""
    asked = _Asked(args, detection)
    incidents = asked.take("incidents", load_incidents, []) if asked.has("incidents") else []
    names, more = _must_detect(asked, incidents)
    known = tuple(_united([*incidents, *more]))
    _check_names(asked, names, known)
    budget = Budget(
        max_pages_per_week=asked.take("max_pages_per_week", _rate, None),
        must_detect=frozenset(names),
        max_delay=asked.take("max_delay", _seconds, None),
    )
    if budget.max_delay is not None and not known:
        asked.refuse("max_delay", "expected --incidents or --must-detect with it")
    return Terms(_grid(asked), known, asked.take("grace", _seconds, GRACE), budget)


class _Asked:
    """One value after the other, from what was typed or else from the table, and where it stands."""

    def __init__(self, args: argparse.Namespace, detection: Detection) -> None:
        self.typed = {key: value for key, value in vars(args).items() if value is not None}
        self.detection = detection
        self.table = detection.backtest
        self.zone: str | None = self.typed.get("time_zone")

    def has(self, key: str) -> bool:
        return key in self.typed or key in self.table

    def value(self, key: str) -> Any:
        """What was typed, else what the table says; a file there lies beside the detection."""
        if key in self.typed:
            return self.typed[key]
        value = self.table[key]
        return self._beside(value) if key == "incidents" else value

    def take(self, key: str, read: Callable[[Any], T], default: Any) -> T:
        """The value as ``read`` makes it."""
        if not self.has(key):
            return default  # type: ignore[no-any-return]  # the caller's own
        try:
            return read(self.value(key))
        except (SettingsError, argparse.ArgumentTypeError) as error:
            self.refuse(key, str(error))
            raise

    def words(self, key: str) -> list[str]:
        """A list of words; one that names a file in the table lies beside the detection."""
        if key in self.typed:
            return list(self.typed[key])
        found = self.table.get(key, [])
        listed = found if isinstance(found, list) else [found]
        return [self._beside(str(one)) if str(one).endswith(_FILES) else str(one) for one in listed]

    def refuse(self, key: str, reason: str) -> None:
        """Raise the error with the place of the value."""
        if key in self.typed or key not in self.table:
            raise UsageError(f"--{key.replace('_', '-')}: {reason}")
        where = f"backtest.{key}"
        raise DetectionError(self.detection.path, where, reason, self.detection.line(where))

    def _beside(self, name: str) -> str:
        return str(Path(self.detection.path).parent / name)


def _grid(asked: _Asked) -> Grid:
    """Each axis as it was typed, else as the table has it; the usual grid where neither has any."""
    if asked.zone is not None:
        _check_zone(asked)
    given = [key for key in KEYS if asked.has(key)]
    if not given:
        return DEFAULT
    window = asked.detection.alarm.evaluation_window
    zone = asked.zone or (window.timezone if window else None)
    axes = {key: asked.take(key, partial(_axis, key, zone), Grid()) for key in given}
    return Grid(**{key: getattr(axis, key) for key, axis in axes.items()})


def _axis(key: str, zone: str | None, value: Any) -> Grid:
    return Grid.of({key: value}, zone)


def _check_zone(asked: _Asked) -> None:
    if "window" not in asked.typed and "window" not in asked.table:
        asked.refuse("time_zone", "expected --window wall-clock with it")
    asked.take("time_zone", WallClock, None)


def _must_detect(asked: _Asked, incidents: Sequence[Incident]) -> tuple[list[str], list[Incident]]:
    """The names to detect, and the incidents of the files among them."""
    names, more = [], list[Incident]()
    for word in asked.words("must_detect"):
        if any(one.name == word for one in incidents) or not word.endswith(_FILES):
            names.append(word)
        else:
            loaded = load_incidents(word)
            more += loaded
            names += [one.name for one in loaded]
    return names, more


def _united(incidents: Sequence[Incident]) -> list[Incident]:
    try:
        return incidents_of(incidents)
    except SettingsError as error:
        raise UsageError(f"--incidents and --must-detect: {error}") from None


def _check_names(asked: _Asked, names: Sequence[str], known: Sequence[Incident]) -> None:
    labels = [one.name for one in known]
    for name in names:
        if name not in labels:
            close = difflib.get_close_matches(name, labels, n=1)
            hint = f"did you mean {close[0]}?" if close else f"expected one of {', '.join(labels) or 'none'}"
            what = hint if labels else "expected a file, or --incidents with an incident of that name"
            asked.refuse("must_detect", f"no incident is named {name!r}; {what}")


def _rate(value: float) -> float:
    """Pages a week; the option has refused what is none, the table has only seen to it that it is a number."""
    if not 0 <= value < math.inf:
        raise SettingsError(
            f"expected a number of pages such as 2 or 0.5, found {value!r}", "max_pages_per_week"
        )
    return float(value)


def _seconds(value: Any) -> int:
    """A time span: typed ones are seconds already, those of a table are text."""
    return values.duration(value) if isinstance(value, str) else int(value)
