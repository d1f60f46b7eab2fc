"""A broken budget in words: where in the detection file, what is broken, and which change would keep it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from detector.detections import line_of
from detector.jobs.grid import window_name
from detector.render.backtest_words import setting, undecided
from detector.render.chart import number
from detector.render.layout import clean

if TYPE_CHECKING:
    from detector.alarm import Alarm
    from detector.jobs.backtest import Backtest


def complaints(test: Backtest) -> list[list[str]]:
    """What is broken, then what cannot be judged; a list of lines each."""
    lacking = undecided(test)
    unjudged = f"{test.detection.path}: the budget cannot be judged: {clean(lacking, 2_000)}"
    return ([_broken(test)] if test.choice.broken else []) + ([[unjudged]] if lacking else [])


def _broken(test: Backtest) -> list[str]:
    """The first line names the place and what is broken; the others the nearest setting that would keep it."""
    choice, present = test.choice, test.sweep.current.alarm
    changed = [] if choice.nearest is None else changes(present, choice.nearest.alarm)
    place = _place(test, changed[0][0] if changed else "threshold")
    lines = [f"{place}: the budget is broken: {clean('; '.join(choice.broken), 2_000)}"]
    if choice.nearest is None:
        return [*lines, f"  none of the {len(test.sweep.cells):,} settings of the grid keeps it"]
    lines.append(f"  nearest setting that keeps it: {setting(choice.nearest.alarm)}{_blind(test)}")
    return [*lines, *(f"    {_place(test, key)} = {value}" for key, value in changed)]


def _blind(test: Backtest) -> str:
    nearest = test.choice.nearest
    silent = test.sweep.incidents and nearest is not None and not nearest.score.detected
    return " (but it detects no incident)" if silent else ""


def changes(present: Alarm, other: Alarm) -> list[tuple[str, str]]:
    """The keys of ``[alarm]`` that another setting needs otherwise, with their values as TOML."""
    return [(key, value) for key, value in _values(other) if (key, value) not in set(_values(present))]


def _values(alarm: Alarm) -> Iterator[tuple[str, str]]:
    yield "threshold", number(alarm.threshold).replace(",", "")
    yield "period", str(alarm.period)
    yield "evaluation_periods", str(alarm.evaluation_periods)
    yield "datapoints_to_alarm", str(alarm.m)
    yield "treat_missing_data", f'"{alarm.treat_missing_data}"'
    if alarm.statistic is not None:
        yield "statistic", f'"{alarm.statistic}"'
    else:
        yield "extended_statistic", f'"{alarm.extended_statistic}"'
    if alarm.evaluation_window is not None:
        yield "evaluation_window", f'{{ wall_clock = "{alarm.evaluation_window.timezone}" }}'
    else:
        yield "evaluation_window", window_name(None)


def _place(test: Backtest, key: str) -> str:
    """``mine.toml:12: alarm.threshold``; the line of the section where the key is not set."""
    line = line_of(test.detection, f"alarm.{key}", "alarm")
    return f"{test.detection.path}:{line}: alarm.{key}"
