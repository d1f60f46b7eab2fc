"""The settings of a backtest as a table: the best first, the present one always, the front marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from detector.jobs.choice import ranking
from detector.jobs.grid import key, window_name
from detector.render.backtest_words import comparison
from detector.render.layout import count, indented

if TYPE_CHECKING:
    from detector.jobs.backtest import Backtest
    from detector.jobs.sweep import Cell
    from detector.render.style import Style

RECOMMENDED, PRESENT, FRONT, BREAKS = "★", "▶", "◆", "✗"
_HEAD = ("pages", "a week", "false", "found", "median", "slowest", "in ALARM", "flaps")
_WIDTHS = (7, 8, 7, 7, 8, 9, 10, 7)
REFUSED = 20
"""Combinations named for each reason."""
_LABELLED = {"false", "found", "median", "slowest"}


def table(test: Backtest, style: Style, limit: int) -> Iterator[str]:
    """The first ``limit`` settings by the rule of the recommendation; times in minutes."""
    ranked = _ranked(test)
    shown = _shown(ranked, limit)
    words = [_setting(test, ranked[place]) for place in shown]
    width = max(map(len, words), default=0)
    columns = [i for i, name in enumerate(_HEAD) if test.sweep.incidents or name not in _LABELLED]
    yield style.bold(f"{'   Setting':<{width + 4}}" + "".join(f"{_HEAD[i]:>{_WIDTHS[i]}}" for i in columns))
    for before, place, said in zip([-1, *shown], shown, words, strict=False):
        if place - before > 1:
            yield style.dim(f"    … {place - before - 1:,} more …")
        cells = _cells(test, ranked[place])
        figures = "".join(f"{cells[i]:>{_WIDTHS[i]}}" for i in columns)
        yield _painted(
            f"{_marks(test, ranked[place]):<4}{said:<{width}}{figures}", test, ranked[place], style
        )
    left = len(ranked) - 1 - shown[-1] if shown else len(ranked)
    if left:
        yield style.dim(f"    … {left:,} more; --rows N shows more of them, --format csv all …")
    yield from map(style.dim, indented(_legend(test), 0))


def _ranked(test: Backtest) -> list[Cell]:
    """The best first; those that break the budget after those that keep it."""
    best = ranking(test.sweep.cells, test.sweep.current.alarm)
    return sorted(best, key=lambda cell: key(cell.alarm) not in test.choice.keeping)


def _legend(test: Backtest) -> str:
    front = "the fewest pages"
    found = ""
    if test.sweep.incidents:
        front = "no other is better in one of missed, pages and median delay and no worse in the rest"
        found = " Median and slowest delay and the time in ALARM are minutes."
    broken = f", {BREAKS} breaks the budget" if test.terms.budget else ""
    return f"{RECOMMENDED} recommended, {PRESENT} present{broken}, {FRONT} on the front: {front}.{found}"


def _shown(ranked: Sequence[Cell], limit: int) -> list[int]:
    present = next(place for place, cell in enumerate(ranked) if cell.current)
    return sorted({*range(min(limit, len(ranked))), present})


def _setting(test: Backtest, cell: Cell) -> str:
    """The setting in columns; a statistic or a window only where more than one was tried."""
    alarm = cell.alarm
    statistics = {key(one.alarm)[0] for one in test.sweep.cells}
    windows = {key(one.alarm)[6] for one in test.sweep.cells}
    pair = f"{alarm.m}/{alarm.evaluation_periods}"
    parts = [f"{key(alarm)[0]:<12}"] if len(statistics) > 1 else []
    parts += [f"{comparison(alarm):<7}", f"{alarm.period:>5} s  {pair:<5}", f"{alarm.treat_missing_data:<12}"]
    parts += [window_name(alarm.evaluation_window)] if len(windows) > 1 else []
    return " ".join(parts)


def _cells(test: Backtest, cell: Cell) -> list[str]:
    score = cell.score
    weekly = test.coverage.per_week(score.alarms)
    return [
        f"{score.alarms:,}",
        "-" if weekly is None else f"{weekly:.1f}",
        f"{score.false_alarms:,}",
        f"{score.detected}/{len(score.delays)}",
        _minutes(score.median_delay),
        _minutes(score.slowest_delay),
        _minutes(score.seconds),
        f"{score.flaps:,}",
    ]


def _minutes(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds / 60:,.1f}".removesuffix(".0")


def _marks(test: Backtest, cell: Cell) -> str:
    recommended = test.choice.recommended
    best = recommended is not None and key(recommended.alarm) == key(cell.alarm)
    front = key(cell.alarm) in test.choice.front
    marks = {
        RECOMMENDED: best,
        PRESENT: cell.current,
        BREAKS: key(cell.alarm) not in test.choice.keeping,
        FRONT: front,
    }
    return "".join(mark for mark, holds in marks.items() if holds)


def _painted(line: str, test: Backtest, cell: Cell, style: Style) -> str:
    if test.choice.recommended is not None and key(test.choice.recommended.alarm) == key(cell.alarm):
        return style.good(line)
    return style.bold(line) if cell.current else line


def refused(test: Backtest, limit: int = REFUSED) -> Iterator[str]:
    """What of the grid CloudWatch would not take, and why: a line a reason, with up to ``limit`` combinations."""
    for one in test.sweep.refused:
        more = len(one.settings) - limit
        some = "; ".join(one.settings[:limit]) + (f"; and {more:,} more" if more > 0 else "")
        yield f"{count(len(one.settings), 'combination')}: {one.reason} ({some})"
