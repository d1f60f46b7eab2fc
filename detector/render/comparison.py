"""A `Comparison` for people: the verdict in a sentence, an event for each difference, and what an archive says."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from detector import jsontext
from detector.pattern import Pattern
from detector.relation import Relation
from detector.render.layout import WIDTH, clean, count, indented, time
from detector.render.printable import json_printable

if TYPE_CHECKING:
    from datetime import datetime

    from detector.alarm import Transition
    from detector.jobs.changes import Changes, Example, Group
    from detector.jobs.compare import Comparison, Side
    from detector.jobs.transitions import TransitionChanges
    from detector.render.style import Style

_SENTENCES = {
    Relation.EQUIVALENT: "EQUIVALENT. Both match the same events.",
    Relation.NARROWER: "NARROWER. NEW matches nothing that OLD does not, and loses events.",
    Relation.WIDER: "WIDER. NEW matches all that OLD does, and more.",
    Relation.OVERLAPPING: "OVERLAPPING. NEW loses events that OLD matches, and gains others.",
    Relation.DISJOINT: "DISJOINT. No event matches both.",
}
_NEVER = {
    Relation.EQUIVALENT: " Neither can ever match.",
    Relation.NARROWER: " NEW can never match.",
    Relation.WIDER: " OLD can never match.",
}
_TITLES = {
    "principal": "who",
    "event_name": "what",
    "event_source": "service",
    "error_code": "error",
    "address": "from",
}
SHOWN = 5
LONGEST_WITNESS = 2_000


def report(comparison: Comparison, style: Style) -> str:
    """The whole report, ending with a line break."""
    lines = [
        *_verdict(comparison, style),
        "",
        *_side("OLD", comparison.old),
        *_side("NEW", comparison.new),
        "",
        *_witnesses(comparison),
    ]
    if comparison.archive is not None:
        lines += ["", *_archive(comparison.archive, style)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _verdict(comparison: Comparison, style: Style) -> Iterator[str]:
    relation, found = comparison.relation, comparison.witnesses
    if relation is None:
        yield style.bad("NOT DECIDED.") + " How NEW relates to OLD on any event is not known:"
        yield from indented(f"{comparison.why_not}.", 2)
        return
    said = _SENTENCES[relation]
    never = _NEVER.get(relation, "") if found.both is None and "both" not in found.not_found else ""
    paint = style.good if relation is Relation.EQUIVALENT else style.bold
    word, _, rest = said.partition(" ")
    yield f"{paint(word)} {rest}{never} Proved for every event."


def _side(label: str, side: Side) -> Iterator[str]:
    pattern = side if isinstance(side, Pattern) else (side.pattern or side.filters[0].pattern)
    if not isinstance(side, Pattern):
        yield f"{label}  {clean(side.name, WIDTH - 5)}"
        label = ""
    source = " ".join(textwrap.dedent(pattern.source).split("\n")).strip()
    lines = textwrap.wrap(clean(source, 1024), WIDTH - 5, subsequent_indent="  ") or ["(every event)"]
    for i, line in enumerate(lines):
        yield f"{label if i == 0 else '':<3}  {line}"


def _witnesses(comparison: Comparison) -> Iterator[str]:
    found = comparison.witnesses
    for label, name in (("only OLD", "old_only"), ("only NEW", "new_only"), ("both", "both")):
        event = getattr(found, name)
        none = "none found" if name in found.not_found else "no event"
        yield f"{label:<10}{none if event is None else _event(event)}"


def _event(event: dict[str, Any] | str) -> str:
    """The event as one line of JSON; text as it is, in quotes."""
    if event == "":
        return '""  (the empty message, which PutLogEvents may refuse)'
    shown = json_printable(jsontext.dump_json(event).decode("utf-8", "replace"))
    return shown if len(shown) <= LONGEST_WITNESS else f"{shown[:LONGEST_WITNESS]}…"


def _archive(found: Changes, style: Style) -> Iterator[str]:
    read = f"{count(found.files, 'file')}, {count(found.records, 'record')}"
    skipped = (
        f"; {count(found.skipped, 'file')} cannot hold a match and were not decoded" if found.skipped else ""
    )
    yield style.bold("On this archive") + style.dim(f" ({read}{skipped}; all times are UTC)")
    yield f"OLD matches {found.old:,}, NEW {found.new:,}: {found.both:,} the same, {_gained_and_lost(found, style)}"
    for kind in ("lost", "gained"):
        if getattr(found, kind):
            yield ""
            yield from _kind(kind, found, style)
    if found.transitions is not None:
        yield ""
        yield from _transitions(found.transitions, style)


def _gained_and_lost(found: Changes, style: Style) -> str:
    lost = f"{found.lost:,} lost"
    return f"{style.bad(lost) if found.lost else lost}, {found.gained:,} gained."


def _kind(kind: str, found: Changes, style: Style) -> Iterator[str]:
    yield style.bold(f"{kind.capitalize()}: {count(getattr(found, kind), 'record')}")
    for name, title in _TITLES.items():
        yield from _group(title, found.groups[kind][name])
    for example in found.examples[kind]:
        yield from _example(example)


def _group(title: str, group: Group) -> Iterator[str]:
    shown = [f"{number:>9,}  {clean(value, WIDTH - 24)}" for value, number in group.top[:SHOWN]]
    more = group.more + max(0, len(group.top) - SHOWN)
    shown += [f"{'':>9}  and {more:,} more"] if more else []
    for i, line in enumerate(shown):
        yield f"  {title if i == 0 else '':<8}{line}"


def _example(example: Example) -> Iterator[str]:
    who = example.evidence
    when = "no valid time" if example.time is None else time(example.time)
    about = " ".join(part for part in (who.event_name, who.error_code, who.principal) if part)
    yield f"  e.g.    {when}  {clean(about, WIDTH - 32)}"
    yield f"          {clean(f'{example.path}, record {example.position}', WIDTH - 10)}"


def _transitions(found: TransitionChanges, style: Style) -> Iterator[str]:
    yield style.bold("Alarm") + (
        f": {found.kept:,} transitions the same, {len(found.gained):,} gained, {len(found.lost):,} lost, "
        f"{len(found.moved):,} moved"
    )
    yield from _listed("lost", found.lost)
    yield from _listed("gained", found.gained)
    for pair in found.moved[: 2 * SHOWN]:
        yield f"  moved   {_instant(pair.old)} → {_instant(pair.new)}  {pair.new.before} → {pair.new.after}"


def _listed(label: str, transitions: Sequence[Transition]) -> Iterator[str]:
    for one in transitions[: 2 * SHOWN]:
        yield f"  {label:<8}{_instant(one)}  {one.before} → {one.after}"
    if len(transitions) > 2 * SHOWN:
        yield f"  … {len(transitions) - 2 * SHOWN:,} more {label}; --format json has them all"


def _instant(one: Transition) -> str:
    at: Any = one.at
    moment: datetime = at
    return time(moment)
