"""Backtests as Markdown for a pull request: what to choose and why, the best settings, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from detector.jobs.backtest.grid import setting
from detector.jobs.backtest.metric_data import MetricData
from detector.jobs.backtest.result import Backtest
from detector.jobs.backtest.sweep import Cell
from detector.quantities import count, minute, minutes
from detector.render.backtest_asides import sentences
from detector.render.backtest_text import by_week, outcome, rests_on
from detector.render.kit.markdown import code, document, fenced, heading, listed, plain, table
from detector.render.reading_markdown import problems

_FIGURES = ("pages", "a week", "false", "found", "median delay", "in ALARM", "flaps")


def report(tests: Sequence[Backtest], limit: int) -> str:
    """The whole report, with ``limit`` settings in each table."""
    lines = [line for test in tests for line in (*_section(test, limit), "")]
    return document([*lines, *_reading(tests[0])])


def _section(test: Backtest, limit: int) -> Iterator[str]:
    """One detection."""
    yield from heading(2, plain(test.detection.title), f"({code(test.detection.name)})")
    if test.empty is not None:
        yield f"**NO EVIDENCE.** There was {code(str(test.empty), 1_000)}."
        return
    yield from listed(_choice(test))
    yield ""
    yield from _settings(test, limit)
    if test.terms.attacks:
        yield ""
        yield from _incidents(test)
    yield ""
    yield from _otherwise(test)
    yield from listed(_confidence(test))
    if test.sweep.refused:
        yield from ("", "Left out, since CloudWatch would refuse them:", "")
        yield from fenced("\n".join(map(str, test.sweep.refused)))


def _choice(test: Backtest) -> Iterator[tuple[str, str]]:
    choice, chosen = test.choice, test.choice.recommended
    yield "present", _did(test, test.sweep.current)
    if test.terms.budget:
        broken = [f"BROKEN: {plain('; '.join(choice.broken))}"] if choice.broken else []
        unjudged = [f"CANNOT BE JUDGED: {plain(choice.undecided)}"] if choice.undecided else []
        yield "budget", "; ".join([*broken, *unjudged]) or "kept"
    if chosen is None:
        yield "recommended", plain(choice.because)
        if choice.leader is not None:
            yield "best here", _did(test, choice.leader)
        if not choice.keeping:
            yield "closest", f"{_did(test, choice.closest)}; but {plain('; '.join(choice.closest_breaks))}"
        return
    if choice.more_pages:
        yield "WARNING", choice.more_pages
    yield "recommended", "the present setting" if chosen.current else _did(test, chosen)
    yield "because", plain(choice.because)
    if choice.runner_up is not None:
        yield "runner-up", _did(test, choice.runner_up)
        yield "instead", plain(choice.instead)


def _did(test: Backtest, cell: Cell) -> str:
    return f"{code(setting(cell.alarm))}: {outcome(test, cell.score)}"


def _settings(test: Backtest, limit: int) -> Iterator[str]:
    """The best settings, and the present one."""
    ranked, choice = test.choice.ranked, test.choice
    shown = [cell for place, cell in enumerate(ranked) if place < limit or cell.current]
    rows = []
    for cell in shown:
        score, weekly = cell.score, test.coverage.per_week(cell.score.alarms)
        marks = {
            "recommended": cell is choice.recommended,
            "present": cell.current,
            "breaks the budget": cell.key not in choice.keeping,
            "on the front": cell.key in choice.front,
        }
        figures = (
            f"{score.alarms:,}",
            "-" if weekly is None else f"{weekly:.1f}",
            f"{score.false_alarms:,}" if test.sweep.incidents else "-",
            f"{score.detected}/{len(score.delays)}" if test.sweep.incidents else "-",
            minutes(score.median_delay),
            minutes(score.seconds),
            f"{score.flaps:,}",
        )
        rows.append(
            (code(setting(cell.alarm)), *figures, ", ".join(name for name, holds in marks.items() if holds))
        )
    yield from table(("setting", *_FIGURES, ""), rows, _FIGURES)
    if len(ranked) > len(shown):
        yield from ("", f"and {len(ranked) - len(shown):,} more settings")


def _incidents(test: Backtest) -> Iterator[str]:
    """Each incident: when it was, and how soon the settings in question found it."""
    places = {incident: place for place, incident in enumerate(test.sweep.incidents)}
    rows = []
    for incident in test.terms.attacks:
        delays = [
            cell.score.delays[places[incident]] if incident in places else None
            for cell in test.in_question.values()
        ]
        missed = test.unscored(incident) or "missed"
        found = [missed if delay is None else minutes(delay) for delay in delays]
        rows.append((code(incident.name), minute(datetime.fromtimestamp(incident.start, UTC)), *found))
    yield from table(("incident", "from", *test.in_question), rows, test.in_question)


def _otherwise(test: Backtest) -> Iterator[str]:
    """The settings in question by the other clock, outside of office hours, per principal, as composites."""
    told = [(plain(label), plain(sentence)) for label, sentence in sentences(test)]
    if told:
        yield from heading(3, "Seen otherwise")
        yield from listed(told)
        yield from heading(3, "How sure")


def _confidence(test: Backtest) -> Iterator[tuple[str, str]]:
    yield "how sure", rests_on(test)
    if test.burn_in:
        yield "beside", plain(f"{test.burn_in}.")
    for warning in test.left_open:
        yield "WARNING", plain(warning)
    for sentence in test.beside:
        yield "beside", plain(sentence)
    if test.coverage.hours:
        for name, cell in test.in_question.items():
            yield f"pages by week, {name}", by_week(test, cell.score)


def _reading(test: Backtest) -> Iterator[str]:
    yield from heading(3, "What was read (all times are UTC)")
    read = test.source
    if isinstance(read, MetricData):
        path = "standard input" if read.path == "-" else code(read.path)
        yield from listed([("metric", f"{count(len(read.samples), 'value')}, from {path}")])
        yield from listed(("note", plain(note)) for note in test.notes)
        return
    yield from listed([("read", f"{count(read.files, 'file')}, {count(read.records, 'record')}")])
    yield from problems(tuple(test.unusable))
