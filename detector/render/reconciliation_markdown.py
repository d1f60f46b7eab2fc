"""A `Reconciliation` as Markdown for a ticket: whether both agree, and under each cause what does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from detector.quantities import number, time
from detector.render.kit.markdown import code, document, heading, plain, table
from detector.render.reconciliation_text import by, facts, grouped, headline, minutes_text, state

if TYPE_CHECKING:
    from detector.jobs.reconcile import Entry, Reconciliation
    from detector.jobs.reconcile.result import Minutes

SHOWN = 10


def report(found: Reconciliation) -> str:
    """The whole report."""
    return document(_lines(found))


def _lines(found: Reconciliation) -> Iterator[str]:
    verdict, said = headline(found)
    yield from (f"**{verdict}** {plain(said, 1_000)}", "")
    rows = [(label, code(text, 600)) for label, text in facts(found)]
    yield from table(("", "what was compared"), rows)
    for cause, entries in grouped(found):
        shown = ", shown by a replay" if cause.shown else ""
        yield from ("", *heading(3, f"{cause.because.capitalize()}: {len(entries):,}{shown}"))
        cells = [_cells(one) for one in entries[:SHOWN]]
        yield from table(("at (UTC)", "", "change of state", "cause"), cells)
        if len(entries) > SHOWN:
            yield from ("", f"and {len(entries) - SHOWN:,} more")
    if found.minutes is not None:
        yield from ("", *heading(3, "Datapoints a minute"), *_minutes(found.minutes))
    if found.edits:
        yield from ("", *heading(3, "Calls in the log that changed the filter or the alarm"))
        yield from (f"- {time(one.at)} {code(one.event)} by {code(one.by)}" for one in found.edits[:SHOWN])


def _cells(one: Entry) -> tuple[str, ...]:
    moved = f"{one.before} → {one.after}{state(one)}".replace("_", " ")
    because = code("" if one.cause is None else one.cause.sentence, 600)
    return time(one.at), f"{one.agreement}{by(one)}", moved, because


def _minutes(found: Minutes) -> Iterator[str]:
    yield from (minutes_text(found), "")
    sums = [
        (time(one.at), *("-" if value is None else number(value) for value in (one.ours, one.theirs)))
        for one in found.examples
    ]
    yield from table(("minute", "here", "there"), sums) if sums else ()
    yield from ("", *(f"- {plain(doubt, 600)}" for doubt in found.doubts))
