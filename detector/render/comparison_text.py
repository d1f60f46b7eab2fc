"""A `Comparison` for people: the verdict in a sentence, an event for each difference, and what an archive says."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from detector import jsontext
from detector.detections import Detection
from detector.jobs.split import Change
from detector.quantities import count, time
from detector.relation import Relation
from detector.render.kit.page import Page, ending, joined, rows
from detector.render.kit.printable import json_printable, printable

if TYPE_CHECKING:
    from detector.alarm import Transition
    from detector.jobs.changes import Changes, Example, Side
    from detector.jobs.compare import Comparison
    from detector.jobs.moved import TransitionChanges
    from detector.jobs.ranking import Ranking
    from detector.pattern import Pattern
    from detector.relation import Witnesses

SENTENCES = {
    Relation.EQUIVALENT: "Both match the same events.",
    Relation.NARROWER: "NEW matches nothing that OLD does not, and loses events.",
    Relation.WIDER: "NEW matches all that OLD does, and more.",
    Relation.OVERLAPPING: "NEW loses events that OLD matches, and gains others.",
    Relation.DISJOINT: "No event matches both.",
}
NEVER = {
    (): "",
    ("old", "new"): " Neither can ever match.",
    ("new",): " NEW can never match.",
    ("old",): " OLD can never match.",
}
_TITLES = {
    "principal": "who",
    "event_name": "what",
    "event_source": "service",
    "error_code": "error",
    "address": "from",
}
SHOWN = 5
LISTED = 10
"""Transitions of each kind."""
LONGEST_WITNESS = 2_000


def report(comparison: Comparison, page: Page) -> str:
    """The whole report, ending with a line break."""
    lines = [
        *_verdict(comparison, page),
        "",
        *_side("OLD", comparison.old, page),
        *_side("NEW", comparison.new, page),
        "",
        *(
            f"{label:<10}{witness(comparison.witnesses, name)}"
            for label, name in (("only OLD", "old_only"), ("only NEW", "new_only"), ("both", "both"))
        ),
    ]
    if comparison.filters:
        lines += ["", *_filters(comparison, page)]
    if comparison.archive is not None:
        lines += ["", *archive_lines(comparison.archive, page)]
    return joined(lines)


def _verdict(comparison: Comparison, page: Page) -> Iterator[str]:
    relation = comparison.relation
    if relation is None:
        yield from page.led(page.bad, "NOT DECIDED.", " How NEW relates to OLD on any event is not known:")
        yield from page.indented(f"{comparison.why_not}.", 2)
        return
    paint = page.good if relation is Relation.EQUIVALENT else page.bold
    never = NEVER[comparison.never_match]
    said = f" {SENTENCES[relation]}{never} Proved for every event."
    yield from page.led(paint, f"{relation.upper()}.", said)


def _side(label: str, side: Side, page: Page) -> Iterator[str]:
    lines = []
    if isinstance(side, Detection):
        lines.append(printable(side.name, page.width - 5))
        for metric_filter in side.filters:
            name = [f"filter {printable(metric_filter.name)}"] if len(side.filters) > 1 else []
            lines += [*name, *pattern_lines(metric_filter.pattern, page)]
    else:
        lines += pattern_lines(side, page)
    for i, line in enumerate(lines):
        yield f"{label if i == 0 else '':<3}  {line}"


def pattern_lines(pattern: Pattern, page: Page) -> list[str]:
    """A pattern wrapped beside a label of five columns."""
    source = " ".join(textwrap.dedent(pattern.source).split("\n")).strip()
    return textwrap.wrap(printable(source, 1024), page.width - 5, subsequent_indent="  ") or ["(every event)"]


def witness(witnesses: Witnesses, name: str) -> str:
    """The event as one line of JSON; text as it is, in quotes."""
    event = getattr(witnesses, name)
    if event is None:
        return "none found" if name in witnesses.not_found else "no event"
    if event == "":
        return '""  (the empty message, which PutLogEvents may refuse)'
    shown = json_printable(jsontext.dump_json(event).decode("utf-8", "replace"))
    return shown if len(shown) <= LONGEST_WITNESS else f"{shown[:LONGEST_WITNESS]}…"


def _filters(comparison: Comparison, page: Page) -> Iterator[str]:
    """A line for each filter: how it relates, and what it gains and loses on the archive."""
    yield page.bold("Filter by filter")
    for change in comparison.filters:
        if change.verdict is None:
            said = "only in OLD" if change.new is None else "only in NEW"
        else:
            said = change.verdict.relation or "not decided"
        if comparison.archive is not None:
            counts = comparison.archive.filters[change.name]
            said += f"; {counts.both:,} the same, {counts.lost:,} lost, {counts.gained:,} gained"
        yield f"  {printable(change.name, 40)}: {said}"


def archive_lines(changes: Changes, page: Page) -> Iterator[str]:
    """What is gained and lost on an archive, who and what that is about, and what becomes of the alarm."""
    read, skipped = f"{count(changes.reading.files, 'file')}, {count(changes.records, 'record')}", ""
    if changes.reading.skipped:
        skipped = f"; {count(changes.reading.skipped, 'file')} cannot hold a match and were not decoded"
    yield from page.led(page.bold, "On this archive", f" ({read}{skipped}; all times are UTC)")
    if changes.reading.empty is not None:
        yield page.bad("NO EVIDENCE.")
        yield from page.indented(printable(f"There was {changes.reading.empty}.", 2000))
        return
    lost = f"{changes.lost:,} lost"
    yield (
        f"OLD matches {changes.old:,}, NEW {changes.new:,}: {changes.both:,} the same, "
        f"{page.bad(lost) if changes.lost else lost}, {changes.gained:,} gained."
    )
    for kind, number in ((Change.LOST, changes.lost), (Change.GAINED, changes.gained)):
        if number:
            yield ""
            yield page.bold(f"{kind.capitalize()}: {count(number, 'record')}")
            yield from _records(changes.groups[kind], changes.examples[kind], page)
    if changes.transitions is not None:
        yield ""
        yield from _transitions(changes.transitions, page)


def _records(groups: Mapping[str, Ranking], examples: Sequence[Example], page: Page) -> Iterator[str]:
    """Who and what some records are about, and a few of them."""
    for name, title in _TITLES.items():
        ranking = groups[name]
        others = [("others", ranking.others)] if ranking.others else []
        ranked = (*ranking.top[:SHOWN], *others)
        cut = ending if name == "principal" else printable
        cells = [f"{number:>9,}  {cut(value, page.width - 24)}" for value, number in ranked]
        more = ranking.more + max(0, len(ranking.top) - SHOWN)
        cells += [f"{'':>9}  and {more:,} more"] if more else []
        yield from (f"  {line}" for line in rows(title, cells, 8))
    for example in examples:
        who = example.evidence
        when = "no valid time" if example.time is None else time(example.time)
        room = page.width - 32
        what = printable(" ".join(part for part in (who.event_name, who.error_code) if part), room - 20)
        yield f"  e.g.    {when}  {what} {ending(who.principal, room - len(what))}"
        place = f", record {example.position}"
        yield f"          {ending(example.path, page.width - 10 - len(place))}{place}"


def _transitions(changes: TransitionChanges, page: Page) -> Iterator[str]:
    yield from page.led(
        page.bold,
        "Alarm",
        f": {changes.kept:,} transitions the same, {len(changes.gained):,} gained, {len(changes.lost):,} lost, "
        f"{len(changes.moved):,} moved",
    )
    yield from _listed("lost", changes.lost)
    yield from _listed("gained", changes.gained)
    for pair in changes.moved[:LISTED]:
        yield f"  moved   {time(pair.old.at)} → {time(pair.new.at)}  {pair.new.before} → {pair.new.after}"


def _listed(label: str, transitions: Sequence[Transition]) -> Iterator[str]:
    for transition in transitions[:LISTED]:
        yield f"  {label:<8}{time(transition.at)}  {transition.before} → {transition.after}"
    if len(transitions) > LISTED:
        yield f"  … {len(transitions) - LISTED:,} more {label}; --format json has them all"
