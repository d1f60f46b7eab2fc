"""Backtests as a report for a terminal: what to choose and why, what it does, how sure that is, and the table.

In: backtests of one pass. Out: a section a detection, the recommendation first, then once what was read.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from detector.render.backtest_heat import heat
from detector.render.backtest_sure import sure
from detector.render.backtest_table import refused, table
from detector.render.backtest_words import because, cost, did, minutes, notes, setting, undecided
from detector.render.chart import BLOCKS
from detector.render.layout import WIDTH, clean, count, indented, minute

if TYPE_CHECKING:
    from detector.jobs.backtest import Backtest
    from detector.jobs.scores import Score
    from detector.jobs.sweep import Cell
    from detector.render.style import Style

LABEL = 13
NAMED = 10
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def report(tests: Sequence[Backtest], style: Style, limit: int) -> str:
    """The whole report, ending with a line break; ``limit`` settings in each table."""
    lines = [line for test in tests for line in (*section(test, style, limit), "")]
    lines += _reading(tests[0], style)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def section(test: Backtest, style: Style, limit: int) -> Iterator[str]:
    """One detection."""
    yield from _heading(test, style)
    yield from _choice(test, style)
    if test.terms.incidents:
        yield ""
        yield from _incidents(test, style)
    yield ""
    yield from table(test, style, limit)
    mapped = list(heat(test, style))
    yield from ["", *mapped] if mapped else []
    yield ""
    yield from _when(test, style)
    yield ""
    yield from sure(test, style)
    left_out = list(refused(test))
    if left_out:
        yield ""
        yield style.bold("Left out") + ", since CloudWatch would refuse them"
        yield from (part for line in left_out for part in indented(clean(line, 4_000), 2))


def _heading(test: Backtest, style: Style) -> Iterator[str]:
    title, name = clean(test.detection.title, 48), clean(test.detection.name, 48)
    yield style.bold(title) + " " * max(2, WIDTH - len(title) - len(name)) + style.dim(name)
    yield style.dim("─" * WIDTH)
    yield ""


def _choice(test: Backtest, style: Style) -> Iterator[str]:
    present = test.sweep.current
    yield from _labelled("Present", setting(present.alarm))
    yield from _labelled("", did(test, present.score))
    if test.terms.budget:
        yield from _labelled("Budget", _budget(test))
    yield from _recommended(test, style)


def _budget(test: Backtest) -> str:
    lacking = undecided(test)
    unjudged = [f"CANNOT BE JUDGED: {lacking}"] if lacking else []
    broken = [f"BROKEN: {'; '.join(test.choice.broken)}"] if test.choice.broken else []
    return "; ".join([*broken, *unjudged]) or "kept"


def _recommended(test: Backtest, style: Style) -> Iterator[str]:
    choice = test.choice
    chosen = choice.recommended
    if chosen is None:
        yield from _none(test, style)
        return
    said = "the present setting" if chosen.current else setting(chosen.alarm)
    first, *rest = _labelled("Recommended", said)
    yield from (style.good(first), *rest)
    yield from () if chosen.current else _labelled("", did(test, chosen.score))
    yield from _labelled("  because", because(test))
    if choice.runner_up is not None:
        yield from _labelled("Runner-up", setting(choice.runner_up.alarm))
        yield from _labelled("", did(test, choice.runner_up.score))
        yield from _labelled("  instead", cost(test))


def _none(test: Backtest, style: Style) -> Iterator[str]:
    """Nothing is recommended: no setting keeps the budget or finds anything, or there is nothing to choose by."""
    keeping, incidents = len(test.choice.keeping), test.sweep.incidents
    if keeping and not incidents:
        lacking = "an incident with evidence" if test.terms.incidents else "--incidents"
        seen = f"nothing: without {lacking} or a budget, fewer pages is all that can be seen"
        yield from _labelled("Recommended", seen)
        return
    of = f"no setting meets this, of {len(test.sweep.cells):,}"
    if keeping:
        those = f": none of the {keeping:,} that keep the budget" if test.terms.budget else ": none"
        of += f"{those} detects {'any of ' if len(incidents) > 1 else ''}the {count(len(incidents), 'incident')}"
    first, *rest = _labelled("Recommended", of)
    yield from (style.bad(first), *rest)
    if keeping:
        return
    closest = test.choice.closest
    broken = test.terms.budget.breaks(closest.score, test.sweep.incidents, test.coverage)
    yield from _labelled("Closest", setting(closest.alarm))
    yield from _labelled("", f"{did(test, closest.score)}; but {'; '.join(broken)}")


def _incidents(test: Backtest, style: Style) -> Iterator[str]:
    """Each incident: when it was, and how soon the settings in question found it."""
    shown = list(_in_question(test))
    width = min(44, max(len(one.name) for one in test.terms.incidents))
    places = {one: place for place, one in enumerate(test.sweep.incidents)}
    heads = "".join(f"{name:>13}" for name, _ in shown)
    yield style.bold(f"{'Incident':<{width}}  {'from':<16}{heads}")
    for one in test.terms.incidents:
        found = [_found(cell.score, places.get(one)) for _, cell in shown]
        cells = "".join(f"{said:>13}" for said in found)
        yield f"{clean(one.name, width):<{width}}  {minute(datetime.fromtimestamp(one.start, UTC))}{cells}"


def _found(score: Score, place: int | None) -> str:
    if place is None:
        return "no evidence"
    delay = score.delays[place]
    return "missed" if delay is None else minutes(delay)


def _when(test: Backtest, style: Style) -> Iterator[str]:
    """Pages by hour of day and day of week, of the settings in question."""
    days = "".join(f"{day:>5}" for day in DAYS)
    hours = "0     6     12    18"
    yield style.bold(f"{'Pages by hour':<18}{hours:<24}   by weekday {days}") + style.dim("  (UTC)")
    for name, cell in _in_question(test):
        counts = "".join(f"{count or '·':>5}" for count in cell.score.by_weekday)
        yield f"  {name:<16}{_bars(cell.score)}{'':>14}{counts}"


def _bars(score: Score) -> str:
    highest = max(score.by_hour)
    return "".join(BLOCKS[-(-8 * pages // highest)] if pages else "·" for pages in score.by_hour)


def _in_question(test: Backtest) -> Iterator[tuple[str, Cell]]:
    yield "present", test.sweep.current
    chosen, other = test.choice.recommended, test.choice.runner_up
    if chosen is not None and not chosen.current:
        yield "recommended", chosen
    if other is not None and not other.current:
        yield "runner-up", other


def _reading(test: Backtest, style: Style) -> Iterator[str]:
    read, data = test.reading, test.reading.metric
    yield style.bold("What was read") + style.dim(" (all times are UTC)")
    if data is not None:
        yield from _labelled(
            "Metric",
            f"{count(len(data.samples), 'value')}, from {'standard input' if data.path == '-' else data.path}",
        )
        yield from (line for note in notes(test) for line in _labelled("Note", note))
        return
    yield from _labelled("Read", f"{count(read.files, 'file')}, {count(read.records, 'record')}")
    problems = [problem for problem in read.problems if problem.means_unread]
    yield from _labelled("Problems", f"{len(problems):,} could not be used:" if problems else "none")
    yield from (f"  {clean(one.path, 300)}: {clean(one.reason, 300)}" for one in problems[:NAMED])
    if len(problems) > NAMED:
        yield f"  and {len(problems) - NAMED:,} more"


def _labelled(label: str, text: str) -> list[str]:
    """A label, and a text wrapped beside it; the text may hold names from outside."""
    lines = textwrap.wrap(clean(text, 4_000), WIDTH - LABEL, break_on_hyphens=False)
    return [f"{label if i == 0 else '':<{LABEL}}{line}" for i, line in enumerate(lines)]
