"""The settings of a backtest in rows, the best first, and over threshold and period as a small map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detector.jobs.backtest.result import Backtest
from detector.jobs.backtest.sweep import Cell
from detector.quantities import number
from detector.render.kit.page import WIDEST, Page

_RECOMMENDED, _PRESENT, _FRONT, _BREAKS = "★", "▶", "◆", "✗"
# Heads of the columns and their widths, and whether only incidents give them a meaning.
_COLUMNS = (
    *(("pages", 7, False), ("a week", 8, False), ("false", 7, True), ("found", 7, True)),
    *(("median", 8, True), ("slowest", 9, True), ("in ALARM", 10, False), ("flaps", 7, False)),
)
# What a narrow page does without, in this order.
_SPARED = ("flaps", "slowest", "a week", "in ALARM")
_PERIODS = 10
_SHADES = "·░▒▓█"
# Pages a week up to which each shade goes; the last shade is for more.
_LEVELS = (0, 2, 7, 20)
_WIDTH = 8


def table(test: Backtest, page: Page, limit: int) -> Iterator[str]:
    """The first ``limit`` settings by the rule of the recommendation, and the present one; times in minutes."""
    ranked, labelled = test.choice.ranked, bool(test.sweep.incidents)
    present = next(place for place, cell in enumerate(ranked) if cell.current)
    shown = sorted({*range(min(limit, len(ranked))), present})
    settings = [_setting(test, ranked[place]) for place in shown]
    columns, room = _columns(labelled), page.width if page.for_eyes else WIDEST
    if _needed(settings, columns) > room:
        settings = [setting.rstrip() for setting in settings]
    for head in _SPARED:
        if _needed(settings, columns) > room:
            columns = [column for column in columns if column[0] != head]
    width = max(map(len, settings))
    heads = "".join(f"{head:>{size}}" for head, size, _ in columns)
    yield page.bold(f"{'   Setting':<{width + 4}}{heads}")
    for before, place, setting in zip([-1, *shown], shown, settings, strict=False):
        if place - before > 1:
            yield page.dim(f"    … {place - before - 1:,} more …")
        yield _row(test, ranked[place], f"{setting:<{width}}", {head for head, *_ in columns}, page)
    left = len(ranked) - 1 - shown[-1]
    if left:
        yield page.dim(f"    … {left:,} more; --rows N shows more of them, --format csv all …")
    front, minutes = "the fewest pages", ""
    if labelled:
        front = "no other is better in one of missed, pages and median delay and no worse in the rest"
        minutes = " Median and slowest delay and the time in ALARM are minutes."
    broken = f", {_BREAKS} breaks the budget" if test.terms.budget else ""
    legend = (
        f"{_RECOMMENDED} recommended, {_PRESENT} present{broken}, {_FRONT} on the front: {front}.{minutes}"
    )
    yield from map(page.dim, page.indented(legend))


def _columns(labelled: bool) -> list[tuple[str, int, bool]]:  # noqa: FBT001 - of a private function
    return [column for column in _COLUMNS if labelled or not column[2]]


def _needed(settings: Sequence[str], columns: Sequence[tuple[str, int, bool]]) -> int:
    return max(map(len, settings)) + 4 + sum(size for _, size, _ in columns)


def _setting(test: Backtest, cell: Cell) -> str:
    """The setting in columns; a statistic or a window only where more than one was tried."""
    alarm, tried = cell.alarm, test.sweep.cells
    pair, above = (
        f"{alarm.m}/{alarm.evaluation_periods}",
        f"{alarm.operator.symbol} {number(alarm.threshold)}",
    )
    parts = [f"{above:<7}", f"{alarm.period:>5} s  {pair:<5}", f"{alarm.treat_missing_data:<12}"]
    if len({other.alarm.statistic_name for other in tried}) > 1:
        parts.insert(0, f"{alarm.statistic_name:<12}")
    if len({other.alarm.window_name for other in tried}) > 1:
        parts.append(alarm.window_name)
    return " ".join(parts)


def _row(test: Backtest, cell: Cell, setting: str, shown: set[str], page: Page) -> str:
    score, choice = cell.score, test.choice
    best = cell is choice.recommended
    marks = {
        _RECOMMENDED: best,
        _PRESENT: cell.current,
        _BREAKS: cell.key not in choice.keeping,
        _FRONT: cell.key in choice.front,
    }
    weekly = test.coverage.per_week(score.alarms)
    figures = (
        f"{score.alarms:,}",
        "-" if weekly is None else f"{weekly:.1f}",
        f"{score.false_alarms:,}",
        f"{score.detected}/{len(score.delays)}",
        *(_minutes(seconds) for seconds in (score.median_delay, score.slowest_delay, score.seconds)),
        f"{score.flaps:,}",
    )
    columns = "".join(
        f"{figure:>{size}}"
        for figure, (head, size, _) in zip(figures, _COLUMNS, strict=True)
        if head in shown
    )
    line = f"{''.join(mark for mark, holds in marks.items() if holds):<4}{setting}{columns}"
    if best:
        return page.good(line)
    return page.bold(line) if cell.current else line


def _minutes(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds / 60:,.1f}".removesuffix(".0")


def heat(test: Backtest, page: Page) -> Iterator[str]:
    """Pages a week over threshold and period; the other settings as the recommended one has them.

    Nothing where there are not two thresholds and two periods, or no week to count against.
    """
    centre = test.choice.leader or test.sweep.current
    cells = {
        (cell.alarm.period, cell.alarm.threshold): cell
        for cell in test.sweep.cells
        if _others(cell) == _others(centre)
    }
    periods = sorted({period for period, _ in cells})
    thresholds = sorted({threshold for _, threshold in cells})
    if len(periods) < 2 or len(thresholds) < 2 or not test.coverage.hours:  # noqa: PLR2004 - a map has two sides
        return
    # Of more thresholds than there is room for, those around the marked setting stay.
    most = (page.width - _PERIODS) // _WIDTH
    low = max(0, min(thresholds.index(centre.alarm.threshold) - most // 2, len(thresholds) - most))
    thresholds = thresholds[low : low + most]
    statistic, evaluation_periods, datapoints, treatment, window = _others(centre)
    settings = f"{statistic}, {datapoints} of {evaluation_periods}, {treatment}, {window}"
    yield from page.led(page.bold, "Pages a week", f" by threshold and period, at {settings}")
    yield f"{'':>{_PERIODS}}" + "".join(f"{number(threshold):>{_WIDTH}}" for threshold in thresholds)
    for period in periods:
        places = (cells.get((period, threshold)) for threshold in thresholds)
        yield f"{period:>8} s" + "".join(_shaded(test, cell, page) for cell in places)
    misses = ", (in brackets) where an incident is missed" if test.sweep.incidents else ""
    shades = ", ".join(f"{shade} to {level}" for shade, level in zip(_SHADES, _LEVELS, strict=False) if level)
    legend = f"{_SHADES[0]} none, {shades}, {_SHADES[-1]} more{misses}"
    yield from map(page.dim, page.indented(legend, _PERIODS))


def _others(cell: Cell) -> tuple[object, ...]:
    """All of a setting but its threshold and its period."""
    statistic, _, periods, datapoints, _, treatment, window = cell.key
    return statistic, periods, datapoints, treatment, window


def _shaded(test: Backtest, cell: Cell | None, page: Page) -> str:
    if cell is None:
        return f"{'':>{_WIDTH}}"
    weekly = test.coverage.per_week(cell.score.alarms) or 0.0
    shade = _SHADES[next((i for i, level in enumerate(_LEVELS) if weekly <= level), len(_LEVELS))]
    figure = f"{weekly:.1f}" if cell.score.alarms else "0"
    figure = f"({figure})" if cell.score.missed else figure
    if weekly > _LEVELS[-2]:
        shade = page.bad(shade)
    elif weekly <= _LEVELS[1]:
        shade = page.good(shade)
    return f"{figure:>{_WIDTH - 1}}{shade}"
