"""A `Comparison` as Markdown for a pull request: the verdict, an event for each difference, and what an archive says."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from detector.detections import Detection
from detector.jobs.split import Change
from detector.pattern import Pattern
from detector.quantities import count, time
from detector.render.comparison_text import NEVER, SENTENCES, witness
from detector.render.kit.markdown import code, document, fenced, heading, table
from detector.render.reading_markdown import reading

if TYPE_CHECKING:
    from detector.jobs.changes import Changes, Side
    from detector.jobs.compare import Comparison

SHOWN = 5
_KEPT = {"principal": "who", "event_name": "what", "error_code": "error", "address": "from"}


def report(comparison: Comparison) -> str:
    """The whole report."""
    return document(_lines(comparison))


def _lines(comparison: Comparison) -> Iterator[str]:
    relation = comparison.relation
    if relation is None:
        why_not = code(comparison.why_not, 1_000)
        yield f"**NOT DECIDED.** How NEW relates to OLD on any event is not known: {why_not}"
    else:
        never = NEVER[comparison.never_match]
        yield f"**{relation.upper()}.** {SENTENCES[relation]}{never} Proved for every event."
    yield ""
    for label, side in (("OLD", comparison.old), ("NEW", comparison.new)):
        yield from _side(label, side)
    rows = (
        (label, code(witness(comparison.witnesses, name), 2_000))
        for label, name in (("only OLD", "old_only"), ("only NEW", "new_only"), ("both", "both"))
    )
    yield from table(("matched by", "smallest event"), rows)
    if comparison.filters:
        yield ""
        yield from _filters(comparison)
    if comparison.archive is not None:
        yield ""
        yield from archive_lines(comparison.archive)


def _side(label: str, side: Side) -> Iterator[str]:
    patterns, named = [("", side)] if isinstance(side, Pattern) else [], ""
    if isinstance(side, Detection):
        patterns, named = [(one.name, one.pattern) for one in side.filters], f" {code(side.name)}"
    yield f"**{label}**{named}"
    for name, pattern in patterns:
        yield from ("", f"filter {code(name)}") if len(patterns) > 1 else ()
        yield ""
        yield from fenced(textwrap.dedent(pattern.source).strip() or "(every event)")
    yield ""


def _filters(comparison: Comparison) -> Iterator[str]:
    yield from heading(3, "Filter by filter")
    rows = []
    for change in comparison.filters:
        said = "only in OLD" if change.new is None else "only in NEW"
        if change.verdict is not None:
            said = str(change.verdict.relation or "not decided")
        counts = ["", "", ""]
        if comparison.archive is not None:
            found = comparison.archive.filters[change.name]
            counts = [f"{number:,}" for number in (found.both, found.lost, found.gained)]
        rows.append((code(change.name), said, *counts))
    heads = ("filter", "NEW is", "the same", "lost", "gained")
    yield from table(heads, rows, heads[2:])


def archive_lines(changes: Changes) -> Iterator[str]:
    """What is gained and lost on an archive."""
    yield from heading(3, "On this archive")
    if changes.reading.empty is not None:
        yield f"**NO EVIDENCE.** There was {code(str(changes.reading.empty), 1_000)}."
        return
    figures = (changes.old, changes.new, changes.both, changes.lost, changes.gained)
    heads = ("OLD", "NEW", "the same", "lost", "gained")
    yield from table(heads, [[f"{number:,}" for number in figures]], heads)
    for kind, number in ((Change.LOST, changes.lost), (Change.GAINED, changes.gained)):
        if number:
            yield ""
            yield from _records(changes, kind, number)
    if (moved := changes.transitions) is not None:
        yield ""
        yield (
            f"**Alarm** {moved.kept:,} transitions the same, {len(moved.gained):,} gained, {len(moved.lost):,} lost, "
            f"{len(moved.moved):,} moved"
        )
    yield ""
    yield from reading(changes.reading)


def _records(changes: Changes, kind: Change, number: int) -> Iterator[str]:
    """Who and what some records are about, and a few of them."""
    yield f"**{kind.capitalize()}**: {count(number, 'record')}"
    yield ""
    for field, label in _KEPT.items():
        ranking = changes.groups[kind][field]
        shown = ", ".join(f"{code(value)} ({times:,})" for value, times in ranking.top[:SHOWN])
        more = ranking.more + len(ranking.top[SHOWN:])
        yield from [f"- **{label}** {shown}{f', and {more:,} more' if more else ''}"] if shown else []
    for example in changes.examples[kind]:
        who = example.evidence
        when = "no valid time" if example.time is None else time(example.time)
        called = code(" ".join(part for part in (who.event_name, who.error_code) if part))
        yield f"- e.g. {when} {called} by {code(who.principal)}, record {example.position} of {code(example.path)}"
