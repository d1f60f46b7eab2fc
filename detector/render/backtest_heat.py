"""Pages a week over threshold and period, as a small map; the other settings as the recommended one has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from detector.jobs.grid import key
from detector.render.chart import number

if TYPE_CHECKING:
    from detector.jobs.backtest import Backtest
    from detector.jobs.sweep import Cell
    from detector.render.style import Style

COLUMNS = 11
"""Thresholds shown; of more, the ones around the marked settings stay."""
_SHADES = "·░▒▓█"
_LEVELS = (0, 2, 7, 20)
"""Pages a week up to which each shade goes; the last one is for more."""
_WIDTH = 8

Cells: TypeAlias = Mapping[tuple[int, float], "Cell"]


def heat(test: Backtest, style: Style) -> Iterator[str]:
    """The map; nothing where there are not two thresholds and two periods, or no week to count against."""
    centre = test.choice.recommended or test.sweep.current
    cells = {
        (one.alarm.period, one.alarm.threshold): one
        for one in test.sweep.cells
        if _slice(one) == _slice(centre)
    }
    periods = sorted({period for period, _ in cells})
    thresholds = _columns(sorted({threshold for _, threshold in cells}), centre)
    if len(periods) < 2 or len(thresholds) < 2 or not test.coverage.hours:  # noqa: PLR2004 - a map has two sides
        return
    yield style.bold("Pages a week") + f" by threshold and period, at {_said(centre)}"
    yield f"{'':>10}" + "".join(f"{number(threshold):>{_WIDTH}}" for threshold in thresholds)
    for period in periods:
        yield f"{period:>8} s" + "".join(_cell(test, cells, (period, one), style) for one in thresholds)
    misses = ", (in brackets) where an incident is missed" if test.sweep.incidents else ""
    shades = ", ".join(f"{shade} to {level}" for shade, level in zip(_SHADES, _LEVELS, strict=False) if level)
    yield style.dim(f"{'':>10}{_SHADES[0]} none, {shades}, {_SHADES[-1]} more{misses}")


def _slice(cell: Cell) -> tuple[object, ...]:
    """All of a setting but its threshold and its period."""
    statistic, _, periods, datapoints, _, treatment, window = key(cell.alarm)
    return statistic, periods, datapoints, treatment, window


def _said(cell: Cell) -> str:
    statistic, periods, datapoints, treatment, window = _slice(cell)
    return f"{statistic}, {datapoints} of {periods}, {treatment}, {window}"


def _columns(thresholds: list[float], centre: Cell) -> list[float]:
    if len(thresholds) <= COLUMNS:
        return thresholds
    low = max(0, min(thresholds.index(centre.alarm.threshold) - COLUMNS // 2, len(thresholds) - COLUMNS))
    return thresholds[low : low + COLUMNS]


def _cell(test: Backtest, cells: Cells, place: tuple[int, float], style: Style) -> str:
    cell = cells.get(place)
    if cell is None:
        return f"{'':>{_WIDTH}}"
    weekly = test.coverage.per_week(cell.score.alarms) or 0.0
    shade = _SHADES[next((i for i, level in enumerate(_LEVELS) if weekly <= level), len(_LEVELS))]
    figure = f"{weekly:.1f}" if cell.score.alarms else "0"
    figure = f"({figure})" if cell.score.missed else figure
    return f"{figure:>{_WIDTH - 1}}" + _painted(shade, weekly, style)


def _painted(shade: str, weekly: float, style: Style) -> str:
    if weekly > _LEVELS[-2]:
        return style.bad(shade)
    return style.good(shade) if weekly <= _LEVELS[1] else shade
