"""What to sweep and what to demand of a detection: the options of ``detector backtest``, else its ``[backtest]`` table.

In: the parsed options and a detection. Out: its `Terms`. A wrong value is refused with the option, or with the file and
line.
"""

from __future__ import annotations

import argparse
import difflib
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from detector.alarm import WallClock
from detector.cli import values
from detector.cli.console import UsageError
from detector.detections import Detection
from detector.errors import DetectionError, SettingsError
from detector.jobs.backtest.budget import Budget
from detector.jobs.backtest.calendar import OfficeHours
from detector.jobs.backtest.grid import DEFAULT, KEYS, Grid
from detector.jobs.backtest.incidents import Incident, Verdict, incidents_of, load_incidents
from detector.jobs.backtest.ranking import Limits
from detector.jobs.backtest.result import Terms
from detector.jobs.backtest.scores import GRACE

T = TypeVar("T")
_FILES = (".toml", ".csv", ".json")


def terms(args: argparse.Namespace, detection: Detection) -> Terms:
    """The terms of one detection; `UsageError`, `DetectionError` or `ArchiveError` for values that make no sense."""
    settings = _Settings(args, detection)
    grace = settings.read("grace", _seconds)
    names, incidents = _incidents(settings)
    budget = Budget(
        max_pages_per_week=settings.read("max_pages_per_week", _rate),
        must_detect=frozenset(names),
        max_delay=settings.read("max_delay", _seconds),
        max_time_in_alarm=settings.read("max_time_in_alarm", _share),
    )
    if budget.max_delay is not None and not incidents:
        settings.refuse("max_delay", "expected --incidents or --must-detect with it")
    usual = Limits()
    limits = Limits(
        usual.delay if budget.max_delay is None else budget.max_delay,
        usual.share if budget.max_time_in_alarm is None else budget.max_time_in_alarm,
    )
    office = settings.read("office_hours", OfficeHours.of)
    return Terms(_grid(settings), tuple(incidents), GRACE if grace is None else grace, budget, limits, office)


class _Settings:
    """Each setting as an option has it, else as the table has it."""

    def __init__(self, args: argparse.Namespace, detection: Detection) -> None:
        self.options = {key: value for key, value in vars(args).items() if value is not None}
        self.detection = detection

    def __contains__(self, key: str) -> bool:
        return key in self.options or key in self.detection.backtest

    def read(self, key: str, convert: Callable[[Any], T]) -> T | None:
        """The converted value; None if there is none."""
        if key not in self:
            return None
        try:
            return convert(self.options[key] if key in self.options else self._of_table(key))
        except (SettingsError, argparse.ArgumentTypeError) as error:
            self.refuse(key, str(error))

    def refuse(self, key: str, reason: str) -> NoReturn:
        """Raise the error with the place of the value."""
        if key in self.options or key not in self.detection.backtest:
            raise UsageError(f"--{key.replace('_', '-')}: {reason}")
        where = f"backtest.{key}"
        raise DetectionError(self.detection.path, where, reason, self.detection.line(where))

    def _of_table(self, key: str) -> Any:
        """A value of the table; files that it names are beside the detection file."""
        value = self.detection.backtest[key]
        if key not in {"incidents", "must_detect"}:
            return value
        listed = [str(one) for one in (value if isinstance(value, list) else [value])]
        folder = Path(self.detection.path).parent
        placed = [
            str(folder / name) if name.endswith(_FILES) or key == "incidents" else name for name in listed
        ]
        return placed[0] if key == "incidents" else placed


def _incidents(settings: _Settings) -> tuple[list[str], list[Incident]]:
    """The names of those that must be detected, and all incidents."""
    incidents = settings.read("incidents", load_incidents) or []
    names = list[str]()
    for word in settings.read("must_detect", list[str]) or ():
        if word.endswith(_FILES) and all(one.name != word for one in incidents):
            demanded = load_incidents(word)
            incidents = [*incidents, *demanded]
            names += [one.name for one in demanded if one.verdict is Verdict.ATTACK]
        else:
            names.append(word)
    try:
        incidents = incidents_of(incidents)
    except SettingsError as error:
        raise UsageError(f"--incidents and --must-detect: {error}") from None
    if incidents and all(one.verdict is Verdict.UNDECIDED for one in incidents):
        key = "incidents" if "incidents" in settings else "must_detect"
        settings.refuse(
            key,
            "nobody has said what these incidents are: write attack, misconfiguration or noise as verdict",
        )
    _check_names(settings, names, [one.name for one in incidents if one.verdict is Verdict.ATTACK])
    return names, incidents


def _check_names(settings: _Settings, names: Sequence[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"expected one of {', '.join(known)}"
            if not known:
                hint = "expected a file, or --incidents with an incident of that name"
            settings.refuse("must_detect", f"no incident is named {name!r}; {hint}")


def _grid(settings: _Settings) -> Grid:
    """Each axis as it is set; the usual grid if none is."""
    if "time_zone" in settings:
        if "window" not in settings:
            settings.refuse("time_zone", "expected --window wall-clock with it")
        settings.read("time_zone", WallClock)
    window = settings.detection.alarm.evaluation_window
    zone = settings.options.get("time_zone") or (window.timezone if window else None)
    axes = {}
    for key in KEYS:
        axis = settings.read(key, lambda value, key=key: Grid.of({key: value}, zone))  # type: ignore[misc]  # mypy does not infer the default
        if axis is not None:
            axes[key] = getattr(axis, key)
    return Grid(**axes) if axes else DEFAULT


def _rate(value: float) -> float:
    """Pages a week; an option was checked before, of the table it is only known that this is a number."""
    if not 0 <= value < math.inf:
        raise SettingsError(
            f"expected a number of pages such as 2 or 0.5, found {value!r}", "max_pages_per_week"
        )
    return float(value)


def _share(value: float | str) -> float:
    """A share of the time: an option is one already, the table has a string."""
    return values.share(value) if isinstance(value, str) else value


def _seconds(value: Any) -> int:
    """A time span: options are seconds already, the table has strings."""
    return values.duration(value) if isinstance(value, str) else int(value)
