"""An audit as text: a line for each control, and below it the filter, the reasons, and what is not shown.

In: what `detector.jobs.audit` says. Out: lines for a terminal. Controls at the same level stand in the order of the
benchmark; those that are absent have a line each and no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detector.jobs.audit.result import Audit, Audited, Found, Level, Reason
from detector.jsontext import dump_json
from detector.lint.targets import Place
from detector.quantities import count
from detector.relation import Relation
from detector.render.kit.page import Page, joined
from detector.render.kit.printable import printable

_LABEL = 16
RELATIONS = {
    Relation.EQUIVALENT: "equivalent to",
    Relation.WIDER: "covers",
    Relation.NARROWER: "narrower than",
    Relation.OVERLAPPING: "overlaps",
    Relation.DISJOINT: "disjoint from",
    None: "undecided against",
}


def audit_text(audit: Audit, page: Page) -> str:
    """The whole report."""
    lines = [*page.heading(f"Audit against {named(audit.benchmark)}", ", ".join(audit.sources))]
    looked = (
        f"{count(audit.filters, 'filter')}, {count(audit.alarms, 'alarm')}, {count(audit.trails, 'trail')}"
    )
    levels = ", ".join(f"{number} {level}" for level, number in audit.levels.items() if number)
    lines += page.indented(f"{looked}. {levels or 'no control'}.")
    for one in sorted(audit.controls, key=lambda each: each.found is None):
        lines += _control(one, page, audit.unknown)
    for sentence in audit.unknown:
        lines += ["", *page.indented(f"Not shown: {printable(sentence, 400)}.")]
    if audit.lost:
        lines += ["", page.bold(f"Not looked at: {len(audit.lost):,}")]
        lines += [line for remark in audit.lost for line in page.hanging(printable(str(remark), 400), 2)]
    return joined(lines)


def named(benchmark: str) -> str:
    """``CIS 1.4.0``, ``Security Hub``."""
    return f"CIS {benchmark}" if benchmark[:1].isdigit() else "Security Hub"


def _control(one: Audited, page: Page, once: Sequence[str]) -> Iterator[str]:
    level = f"{one.level!s:<8}"
    paint = page.good if one.level is Level.COVERED else page.bad if one.level <= Level.DEAD else page.bold
    if one.found is None:
        yield f"{paint(level)}  {one.section}: {one.control.title}"
        return
    yield ""
    yield f"{paint(level)}  {page.bold(f'{one.section}: {one.control.title}')}"
    for label, text in _facts(one, one.found, once):
        yield from page.labelled(f"  {label}", text, _LABEL, break_on_hyphens=False)


def _facts(one: Audited, found: Found, once: Sequence[str]) -> Iterator[tuple[str, str]]:
    path = "" if found.place is None else found.place.path
    source, _, address = found.name.partition("#")
    name = address if address and path.startswith(source) else found.name
    relation = f"{RELATIONS[found.relation]} {found.to}"
    yield "filter", f"{printable(name, 400)}{_where(found.place)}: {relation}"
    if found.added is not None and found.relation is Relation.WIDER:
        event = found.added if isinstance(found.added, str) else dump_json(found.added).decode()
        yield "also counts", printable(event, 400)
    if found.alarm is not None:
        yield "alarm", printable(f"{found.alarm.name}: {found.alarm}", 400)
    for receiver in found.receivers[:3]:
        yield "tells", printable(receiver, 200)
    for reason in one.reasons:
        yield str(reason.level), said(reason, path)
    for sentence in (each for each in one.unknown if each not in once):
        yield "not shown", printable(sentence, 400)
    yield "text check", one.text_check.sentence
    if one.others:
        yield "also", printable(", ".join(one.others), 400)


def said(reason: Reason, path: str = "") -> str:
    """A reason with its code and its place, of which a ``path`` that has been said is left out."""
    code = f" ({reason.code})" if reason.code else ""
    return f"{printable(reason.sentence, 2000)}{code}{_where(reason.place, path)}"


def _where(place: Place | None, path: str = "") -> str:
    if place is None:
        return ""
    return f" [line {place.line}]" if place.path == path else f" [{printable(place.path, 400)}:{place.line}]"
