"""A `Comparison` for people: the verdict in a sentence, an event for each difference, and what an archive says."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from detector import jsontext
from detector.detections import Detection
from detector.jobs.changes import Change
from detector.quantities import count, time
from detector.relation import Relation
from detector.render.kit.page import Page, joined, rows
from detector.render.kit.printable import json_printable, printable

if TYPE_CHECKING:
    from detector.alarm import Transition
    from detector.jobs.changes import Changes, Example, Side, TransitionChanges
    from detector.jobs.compare import Comparison
    from detector.jobs.episodes import Ranking
    from detector.pattern import Pattern
    from detector.relation import Witnesses

_SENTENCES = {
    Relation.EQUIVALENT: "Both match the same events.",
    Relation.NARROWER: "NEW matches nothing that OLD does not, and loses events.",
    Relation.WIDER: "NEW matches all that OLD does, and more.",
    Relation.OVERLAPPING: "NEW loses events that OLD matches, and gains others.",
    Relation.DISJOINT: "No event matches both.",
}
_NEVER = {
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
            f"{label:<10}{_witness(comparison.witnesses, name)}"
            for label, name in (("only OLD", "old_only"), ("only NEW", "new_only"), ("both", "both"))
        ),
    ]
    if comparison.filters:
        lines += ["", *_filters(comparison, page)]
    if comparison.archive is not None:
        lines += ["", *_archive(comparison.archive, page)]
    return joined(lines)


def _verdict(comparison: Comparison, page: Page) -> Iterator[str]:
    relation = comparison.relation
    if relation is None:
        yield page.bad("NOT DECIDED.") + " How NEW relates to OLD on any event is not known:"
        yield from page.indented(f"{comparison.why_not}.", 2)
        return
    paint = page.good if relation is Relation.EQUIVALENT else page.bold
    never = _NEVER[comparison.never_match]
    yield f"{paint(f'{relation.upper()}.')} {_SENTENCES[relation]}{never} Proved for every event."


def _side(label: str, side: Side, page: Page) -> Iterator[str]:
    lines = []
    if isinstance(side, Detection):
        lines.append(printable(side.name, page.width - 5))
        for one in side.filters:
            name = [f"filter {printable(one.name)}"] if len(side.filters) > 1 else []
            lines += [*name, *_pattern(one.pattern, page)]
    else:
        lines += _pattern(side, page)
    for i, line in enumerate(lines):
        yield f"{label if i == 0 else '':<3}  {line}"


def _pattern(pattern: Pattern, page: Page) -> list[str]:
    source = " ".join(textwrap.dedent(pattern.source).split("\n")).strip()
    return textwrap.wrap(printable(source, 1024), page.width - 5, subsequent_indent="  ") or ["(every event)"]


def _witness(found: Witnesses, name: str) -> str:
    """The event as one line of JSON; text as it is, in quotes."""
    event = getattr(found, name)
    if event is None:
        return "none found" if name in found.not_found else "no event"
    if event == "":
        return '""  (the empty message, which PutLogEvents may refuse)'
    shown = json_printable(jsontext.dump_json(event).decode("utf-8", "replace"))
    return shown if len(shown) <= LONGEST_WITNESS else f"{shown[:LONGEST_WITNESS]}…"


def _filters(comparison: Comparison, page: Page) -> Iterator[str]:
    """A line for each filter: how it relates, and what it gains and loses on the archive."""
    yield page.bold("Filter by filter")
    for one in comparison.filters:
        if one.verdict is None:
            said = "only in OLD" if one.new is None else "only in NEW"
        else:
            said = one.verdict.relation or "not decided"
        if comparison.archive is not None:
            found = comparison.archive.filters[one.name]
            said += f"; {found.both:,} the same, {found.lost:,} lost, {found.gained:,} gained"
        yield f"  {printable(one.name, 40)}: {said}"


def _archive(found: Changes, page: Page) -> Iterator[str]:
    read, skipped = f"{count(found.reading.files, 'file')}, {count(found.records, 'record')}", ""
    if found.reading.skipped:
        skipped = f"; {count(found.reading.skipped, 'file')} cannot hold a match and were not decoded"
    yield page.bold("On this archive") + page.dim(f" ({read}{skipped}; all times are UTC)")
    lost = f"{found.lost:,} lost"
    yield (
        f"OLD matches {found.old:,}, NEW {found.new:,}: {found.both:,} the same, "
        f"{page.bad(lost) if found.lost else lost}, {found.gained:,} gained."
    )
    for kind, number in ((Change.LOST, found.lost), (Change.GAINED, found.gained)):
        if number:
            yield ""
            yield page.bold(f"{kind.capitalize()}: {count(number, 'record')}")
            yield from _records(found.groups[kind], found.examples[kind], page)
    if found.transitions is not None:
        yield ""
        yield from _transitions(found.transitions, page)


def _records(groups: Mapping[str, Ranking], examples: Sequence[Example], page: Page) -> Iterator[str]:
    """Who and what some records are about, and a few of them."""
    for name, title in _TITLES.items():
        ranking = groups[name]
        others = [("others", ranking.others)] if ranking.others else []
        listed = (*ranking.top[:SHOWN], *others)
        cells = [f"{number:>9,}  {printable(value, page.width - 24)}" for value, number in listed]
        more = ranking.more + max(0, len(ranking.top) - SHOWN)
        cells += [f"{'':>9}  and {more:,} more"] if more else []
        yield from (f"  {line}" for line in rows(title, cells, 8))
    for one in examples:
        who = one.evidence
        when = "no valid time" if one.time is None else time(one.time)
        about = " ".join(part for part in (who.event_name, who.error_code, who.principal) if part)
        yield f"  e.g.    {when}  {printable(about, page.width - 32)}"
        yield f"          {printable(f'{one.path}, record {one.position}', page.width - 10)}"


def _transitions(found: TransitionChanges, page: Page) -> Iterator[str]:
    yield page.bold("Alarm") + (
        f": {found.kept:,} transitions the same, {len(found.gained):,} gained, {len(found.lost):,} lost, "
        f"{len(found.moved):,} moved"
    )
    yield from _listed("lost", found.lost)
    yield from _listed("gained", found.gained)
    for pair in found.moved[:LISTED]:
        yield f"  moved   {time(pair.old.at)} → {time(pair.new.at)}  {pair.new.before} → {pair.new.after}"


def _listed(label: str, transitions: Sequence[Transition]) -> Iterator[str]:
    for one in transitions[:LISTED]:
        yield f"  {label:<8}{time(one.at)}  {one.before} → {one.after}"
    if len(transitions) > LISTED:
        yield f"  … {len(transitions) - LISTED:,} more {label}; --format json has them all"
