"""Backtests as a report for a terminal: what to choose and why, what it does, how sure that is, and the table.

In: backtests of one pass. Out: a section a detection, the recommendation first, then once what was read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from detector.jobs.backtest.coverage import ENOUGH_WEEKS, HOURS_A_WEEK
from detector.jobs.backtest.draws import likely
from detector.jobs.backtest.grid import setting
from detector.jobs.backtest.metric_data import MetricData
from detector.jobs.backtest.result import Backtest
from detector.jobs.backtest.scores import Score
from detector.quantities import count, minute, minutes, percent
from detector.render.backtest_asides import lines as asides
from detector.render.backtest_table import heat, table
from detector.render.kit.chart import BLOCKS
from detector.render.kit.page import Page, joined
from detector.render.kit.printable import printable

_LABEL = 13
_LONGEST = 4_000
_PROBLEMS = 10
# Weeks listed one by one; of more, the spread.
_WEEKS = 12
# Columns of a page that has room for the widest tables with all their words.
_ROOMY = 98
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def report(tests: Sequence[Backtest], page: Page, limit: int) -> str:
    """The whole report, ending with a line break; ``limit`` settings in each table."""
    lines = [line for test in tests for line in (*section(test, page, limit), "")]
    return joined([*lines, *_reading(tests[0], page)])


def section(test: Backtest, page: Page, limit: int) -> Iterator[str]:
    """One detection."""
    yield from page.heading(test.detection.title, test.detection.name)
    yield ""
    if test.empty is not None:
        yield from (page.bad("NO EVIDENCE."), *page.indented(printable(f"There was {test.empty}.", 2000)))
        return
    yield from _choice(test, page)
    if test.terms.attacks:
        yield ""
        yield from _incidents(test, page)
    yield ""
    yield from table(test, page, limit)
    mapped = list(heat(test, page))
    yield from ["", *mapped] if mapped else []
    yield ""
    yield from _when(test, page)
    yield ""
    yield from asides(test, page)
    yield ""
    yield from _confidence(test, page)
    if test.sweep.refused:
        yield ""
        yield from page.led(page.bold, "Left out", ", since CloudWatch would refuse them")
        for refused in test.sweep.refused:
            yield from page.indented(printable(str(refused), _LONGEST), 2)


def _labelled(page: Page, label: str, string: str) -> list[str]:
    """A label, and a string wrapped beside it; the string may hold names from outside."""
    return page.labelled(label, printable(string, _LONGEST), _LABEL, break_on_hyphens=False)


def _choice(test: Backtest, page: Page) -> Iterator[str]:
    choice, present, chosen = test.choice, test.sweep.current, test.choice.recommended
    yield from _labelled(page, "Present", setting(present.alarm))
    yield from _labelled(page, "", outcome(test, present.score))
    if test.terms.budget:
        broken = [f"BROKEN: {'; '.join(choice.broken)}"] if choice.broken else []
        unjudged = [f"CANNOT BE JUDGED: {choice.undecided}"] if choice.undecided else []
        yield from _labelled(page, "Budget", "; ".join([*broken, *unjudged]) or "kept")
    if chosen is None:
        yield from _none(test, page)
        return
    if choice.more_pages:
        yield from map(page.bad, _labelled(page, "WARNING", f"{choice.more_pages}:"))
    first, *rest = _labelled(
        page, "Recommended", "the present setting" if chosen.current else setting(chosen.alarm)
    )
    yield from (page.good(first), *rest)
    yield from () if chosen.current else _labelled(page, "", outcome(test, chosen.score))
    yield from _labelled(page, "  because", choice.because)
    yield from _runner_up(test, page)


def _runner_up(test: Backtest, page: Page) -> Iterator[str]:
    choice = test.choice
    if choice.runner_up is not None:
        yield from _labelled(page, "Runner-up", setting(choice.runner_up.alarm))
        yield from _labelled(page, "", outcome(test, choice.runner_up.score))
        yield from _labelled(page, "  instead", choice.instead)


def _none(test: Backtest, page: Page) -> Iterator[str]:
    """Nothing is recommended: no setting keeps the budget or finds anything, or there is nothing to choose by."""
    choice = test.choice
    first, *rest = _labelled(page, "Recommended", choice.because)
    yield from (page.bad(first) if test.sweep.incidents or not choice.keeping else first, *rest)
    if choice.leader is not None:
        yield from _labelled(page, "Best here", setting(choice.leader.alarm))
        yield from _labelled(page, "", outcome(test, choice.leader.score))
        yield from _runner_up(test, page)
    if not choice.keeping:
        yield from _labelled(page, "Closest", setting(choice.closest.alarm))
        did = outcome(test, choice.closest.score)
        yield from _labelled(page, "", f"{did}; but {'; '.join(choice.closest_breaks)}")


def outcome(test: Backtest, score: Score) -> str:
    """What a setting did, in a line or two."""
    weekly = test.coverage.per_week(score.alarms)
    parts = [count(score.alarms, "page") + ("" if weekly is None else f" ({weekly:.1f} a week)")]
    if test.sweep.incidents:
        parts.append(count(score.false_alarms, "false alarm") + kinds(score))
        parts.append(f"{score.detected} of {count(len(score.delays), 'incident')} detected")
        if test.sweep.unproven:
            parts.append(f"{len(test.sweep.unproven):,} without evidence")
        if test.sweep.early:
            parts.append(f"{len(test.sweep.early):,} in the burn-in")
        if score.detected:
            parts.append(f"delay {minutes(score.median_delay)} (slowest {minutes(score.slowest_delay)})")
    if score.alarms:
        parts.append(
            f"in ALARM {minutes(score.seconds)} ({percent(score.share_in_alarm)} of the time, longest {minutes(score.longest)}, median "
            f"{minutes(score.median)}, only by look-back {minutes(score.lookback)})"
        )
        parts.append(count(score.flaps, "flap"))
    return ", ".join(parts)


def kinds(score: Score) -> str:
    """`` (2 misconfiguration, 1 noise)``: of the false alarms, those that have a label."""
    labels = (("misconfiguration", score.misconfigurations), ("noise", score.noise))
    told = [f"{number:,} {name}" for name, number in labels if number]
    return f" ({', '.join(told)})" if told else ""


def _incidents(test: Backtest, page: Page) -> Iterator[str]:
    """Each incident: when it was, and how soon the settings in question found it."""
    columns = 13 if page.width >= _ROOMY else 12
    room = page.width - 18 - columns * len(test.in_question)
    names = {
        incident: _shortened(printable(incident.name, _LONGEST), room) for incident in test.terms.attacks
    }
    width = max(map(len, ("Incident", *names.values())))
    places = {incident: place for place, incident in enumerate(test.sweep.incidents)}
    heads = "".join(f"{name:>{columns}}" for name in test.in_question)
    yield page.bold(f"{'Incident':<{width}}  {'from':<16}{heads}")
    for incident in test.terms.attacks:
        line = f"{names[incident]:<{width}}  {minute(datetime.fromtimestamp(incident.start, UTC))}"
        for cell in test.in_question.values():
            delay = cell.score.delays[places[incident]] if incident in places else None
            found = test.unscored(incident) or ("missed" if delay is None else minutes(delay))
            line += f"{found:>{columns}}"
        yield line
    yield from page.indented(printable(shares(test), _LONGEST))


def _shortened(name: str, room: int) -> str:
    """A name without its middle where there is no room for it: of a drafted one, the time is at the end."""
    tail = max(0, room - 1) // 2
    return name if len(name) <= room else f"{name[: room - 1 - tail]}…{name[len(name) - tail :]}"


def shares(test: Backtest) -> str:
    """How much of the page that detects an incident is the incident's; empty where it is all, or nothing says it."""
    told = [
        f"{incident.name} {percent(share)} ({name})"
        for name, cell in test.in_question.items()
        for incident, share in zip(test.sweep.incidents, cell.score.shares, strict=True)
        if share is not None and share < 1
    ]
    return f"Not all that was in the windows of its page: {', '.join(told)}." if told else ""


def _when(test: Backtest, page: Page) -> Iterator[str]:
    """Pages by hour of day and day of week, of the settings in question."""
    roomy = page.width >= _ROOMY
    days = "".join(f"{day:>5}" for day in _DAYS)
    by = f"{'   by weekday ' if roomy else '':<{14 if roomy else 0}}"
    head = page.bold(f"{'Pages by hour':<18}{'0     6     12    18':<24}{by}{days}")
    yield head + page.dim("  (UTC)") if roomy else head
    for name, cell in test.in_question.items():
        by_hour, highest = cell.score.by_hour, max(cell.score.by_hour)
        bars = "".join(BLOCKS[-(-8 * pages // highest)] if pages else "·" for pages in by_hour)
        counts = "".join(f"{pages or '·':>5}" for pages in cell.score.by_weekday)
        yield f"  {name:<16}{bars}{'':>{len(by)}}{counts}"


def _confidence(test: Backtest, page: Page) -> Iterator[str]:
    """What the figures rest on."""
    coverage = test.coverage
    shown = {name: cell.score for name, cell in test.in_question.items() if name != "runner-up"}
    yield page.bold("How sure")
    yield from page.indented(rests_on(test), 2)
    yield from page.indented(f"{test.burn_in}.", 2) if test.burn_in else ()
    parts = [f"{minutes(score.unlogged)} ({name})" for name, score in shown.items() if score.unlogged]
    if parts:
        counted = "The time in ALARM, and the longest, count hours without a log too"
        yield from page.indented(f"{counted}: {' and '.join(parts)}.", 2)
    for warning in test.left_open:
        yield from map(page.bad, page.indented(printable(f"WARNING: {warning}.", _LONGEST), 2))
    for sentence in test.beside:
        yield from page.indented(printable(sentence, _LONGEST), 2)
    if not coverage.hours:
        return
    for name, score in shown.items():
        yield from page.indented(f"Pages by week, {name}: {by_week(test, score)}", 2)
    if coverage.short:
        short = f"{coverage.length} {'is' if coverage.length == '1 hour' else 'are'} too short for a statement about a week"
        better = f"{ENOUGH_WEEKS} weeks or more make a better one"
        yield from map(page.bad, page.indented(f"WARNING: {short}; {better}.", 2))


def rests_on(test: Backtest) -> str:
    """The hours with a log that the figures are of."""
    coverage = test.coverage
    if not coverage.hours:
        return "There was no log at all: nothing can be said."
    if isinstance(test.source, MetricData):
        weeks = f"{test.coverage.length}: " if coverage.weeks >= 1 else ""
        return f"{weeks}{count(len(coverage.hours), 'hour')} of the metric."
    parts = [f"{count(coverage.logged, 'hour')} with a log"]
    if coverage.digested:
        parts.append(f"{coverage.digested:,} with a digest file alone")
    if coverage.assumed:
        parts.append(f"{len(coverage.hours) - coverage.logged - coverage.digested:,} assumed to be quiet")
    elif coverage.gaps > coverage.off:
        quiet = f"{coverage.gaps - coverage.off:,} between files a day apart or less"
        parts.append(f"{quiet} (nothing shows that the trail was on: --assume-complete says so)")
    silent = (
        f"; no file at all for {count(coverage.off, 'hour')} in between, which are in no rate"
        if coverage.off
        else ""
    )
    return f"{test.coverage.length} with the trail on: {', '.join(parts)}{silent}."


def by_week(test: Backtest, score: Score) -> str:
    """``24, 22 (30 h); a true rate of …``; where there are many weeks, their spread alone."""
    coverage = test.coverage
    weeks, spread, interval = coverage.by_week(score), coverage.spread(score), likely(coverage, score)
    figures = ""
    if len(weeks) <= _WEEKS:
        hours = ("" if week.hours == HOURS_A_WEEK else f" ({week.hours} h)" for week in weeks)
        figures = ", ".join(f"{week.pages:,}{part}" for week, part in zip(weeks, hours, strict=True))
    elif spread is not None:
        figures = f"{spread[0]:,} to {spread[1]:,}"
    else:
        pages = [week.pages for week in weeks]
        figures = f"{min(pages):,} to {max(pages):,}, in {len(weeks):,} weeks with a log for less than half of their hours"
    if interval is None:
        figures += "; too few days for a range of rates."
    else:
        low, high = interval
        figures += f"; a true rate of {low:.1f} to {high:.1f} a week would be no surprise (95%, by days drawn again)."
    return figures


def _reading(test: Backtest, page: Page) -> Iterator[str]:
    read = test.source
    yield page.bold("What was read") + page.dim(" (all times are UTC)")
    if isinstance(read, MetricData):
        path = "standard input" if read.path == "-" else read.path
        yield from _labelled(page, "Metric", f"{count(len(read.samples), 'value')}, from {path}")
        yield from (line for note in test.notes for line in _labelled(page, "Note", note))
        return
    told = "verified" if read.verified else "not verified (detector verify archive)"
    yield from _labelled(
        page, "Read", f"{count(read.files, 'file')}, {count(read.records, 'record')}, {told}"
    )
    problems = test.unusable
    yield from _labelled(page, "Problems", f"{len(problems):,} could not be used:" if problems else "none")
    yield from (
        f"  {printable(problem.path, 300)}: {printable(problem.reason, 300)}"
        for problem in problems[:_PROBLEMS]
    )
    if len(problems) > _PROBLEMS:
        yield f"  and {len(problems) - _PROBLEMS:,} more"
