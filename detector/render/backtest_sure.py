"""How sure a backtest is: weeks, gaps, the spread by week, and a warning where that is too little."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from detector.jobs.coverage import ENOUGH_WEEKS
from detector.render.backtest_words import minutes, no_evidence
from detector.render.layout import clean, count, indented

if TYPE_CHECKING:
    from detector.jobs.backtest import Backtest
    from detector.jobs.scores import Score
    from detector.render.style import Style

WEEKS = 12
"""Weeks listed one by one."""


def sure(test: Backtest, style: Style) -> Iterator[str]:
    """What the figures rest on."""
    yield style.bold("How sure")
    yield from indented(_rests_on(test), 2)
    yield from (line for said in _unlogged(test) for line in indented(said, 2))
    lacking = no_evidence(test)
    if lacking:
        yield from map(style.bad, indented(clean(f"WARNING: {lacking}.", 4_000), 2))
    if not test.coverage.hours:
        return
    yield from indented(f"Pages by week, {_by_week('present', test, test.sweep.current.score)}", 2)
    chosen = test.choice.recommended
    if chosen is not None and not chosen.current:
        yield from indented(f"Pages by week, {_by_week('recommended', test, chosen.score)}", 2)
    if test.coverage.short:
        yield from map(style.bad, indented(_warning(test), 2))


def _rests_on(test: Backtest) -> str:
    coverage = test.coverage
    if not coverage.hours:
        return "There was no log at all: nothing can be said."
    silent = (
        f"no log at all for {count(coverage.gaps, 'hour')} in between, which prove nothing and are not counted"
        if coverage.gaps
        else "none missing in between"
    )
    kind = "of the metric" if test.reading.metric is not None else "with a log"
    weeks = f"{_length(test)}: " if coverage.weeks >= 1 else ""
    return f"{weeks}{count(len(coverage.hours), 'hour')} {kind}, {silent}."


def _unlogged(test: Backtest) -> Iterator[str]:
    """Where an alarm was in ALARM while there was no log."""
    chosen = test.choice.recommended
    cells = [("present", test.sweep.current)]
    cells += [("recommended", chosen)] if chosen is not None and not chosen.current else []
    parts = [f"{minutes(cell.score.unlogged)} ({name})" for name, cell in cells if cell.score.unlogged]
    if parts:
        yield f"The time in ALARM, and the longest, count hours without a log too: {' and '.join(parts)}."


def _by_week(name: str, test: Backtest, score: Score) -> str:
    """``present: 24 and 22, …``; where there are many weeks, their spread alone."""
    coverage = test.coverage
    weeks = coverage.by_week(score)
    spread, interval = coverage.spread(score), coverage.interval(score.alarms)
    told = f"{name}: "
    if len(weeks) <= WEEKS:
        parts = (f"{week.pages:,}" + ("" if week.hours == 168 else f" ({week.hours} h)") for week in weeks)  # noqa: PLR2004 - a whole week
        told += ", ".join(parts)
    if spread is not None and len(weeks) > WEEKS:
        told += f"{spread[0]:,} to {spread[1]:,}"
    if interval is not None:
        low, high = interval
        told += f"; a true rate of {low:.1f} to {high:.1f} a week would be no surprise (95%, and bursts widen it)."
    return told


def _warning(test: Backtest) -> str:
    return (
        f"WARNING: {_length(test)} are too short for a statement about a week; "
        f"{ENOUGH_WEEKS:g} weeks or more make a better one."
    )


def _length(test: Backtest) -> str:
    coverage = test.coverage
    return f"{coverage.weeks:.1f} weeks" if coverage.weeks >= 1 else count(len(coverage.hours), "hour")
