"""A `Coverage` as text: a line for each detection, the blind ones with the reason, then the event names that nobody asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from detector.jobs.coverage import Sight
from detector.quantities import count
from detector.render.kit.page import Page, joined
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    from detector.jobs.census import EventKind
    from detector.jobs.coverage import Coverage, Watch, Watched

MOST = 40
"""Event names that are listed; JSON has all."""
KINDS = 3
"""Event names of a detection's matches that are listed."""


def coverage_text(found: Coverage, page: Page) -> str:
    """The whole report."""
    lines = [
        page.bold(summary(found)),
        "",
        page.dim("What each matched, of the events of names that it could match:"),
    ]
    lines += [line for one in found.detections for line in _watch(one, found, page)]
    if found.kinds:
        lines += ["", *_unnamed(found, page)]
    return joined(lines)


def summary(found: Coverage) -> str:
    """``4,540 events of 119 names; 17 detections: 16 matched, 1 blind``."""
    sights = [(sight, sum(one.sight is sight for one in found.detections)) for sight in Sight]
    said = ", ".join(f"{number:,} {TOLD[sight]}" for sight, number in sights if number)
    what = f"{count(found.records, 'event')} of {count(len(found.kinds), 'name')}"
    return f"{what}; {count(len(found.detections), 'detection')}: {said}"


TOLD = {
    Sight.MATCHED: "matched",
    Sight.SAW: "saw events and matched none",
    Sight.BLIND: "could not see any",
}


def _watch(one: Watch, found: Coverage, page: Page) -> Iterator[str]:
    width = max(len(printable(each.detection.name, 60)) for each in found.detections)
    name = f"{printable(one.detection.name, 60):<{width}}"
    counts = [
        f"{max(figures):,}"
        for figures in zip(*((each.matched, each.seen) for each in found.detections), strict=True)
    ]
    head = f"{name}  {one.matched:>{len(counts[0])},} of {one.seen:>{len(counts[1])},}"
    paint: Callable[[str], str] = str
    if one.sight is not Sight.SAW:
        paint = page.good if one.sight is Sight.MATCHED else page.bad
    rest = said(one)
    if len(head) + 2 + len(rest) <= page.width:
        yield f"{paint(head)}  {rest}"
        return
    yield paint(head)
    yield from page.indented(rest, 4)


def said(one: Watch) -> str:
    """What a detection matched, or why it matched nothing."""
    if one.sight is Sight.BLIND:
        return f"blind: {printable(one.why_blind, 400)}"
    if one.sight is Sight.SAW:
        return "saw such events and matched none"
    shown = [f"{printable(kind.name or '(no name)', 80)} {number:,}" for kind, number in one.kinds.items()]
    more = f" and {count(len(shown) - KINDS, 'more name')}" if len(shown) > KINDS else ""
    return f"{', '.join(shown[:KINDS])}{more}"


def _unnamed(found: Coverage, page: Page) -> Iterator[str]:
    unnamed = found.unnamed
    yield page.bold(heading(found))
    if not unnamed:
        return
    if every := taken(found):
        yield from page.indented(every)
    width = max(len(service(one.kind)) for one in unnamed[:MOST])
    counts = len(f"{unnamed[0].events:,}")
    for one in unnamed[:MOST]:
        label = f"  {one.events:>{counts},}  {service(one.kind):<{width}}  {printable(one.kind.name or '(no name)', 80)}"
        by = matched(one)
        if by and len(label) + 2 + len(by) > page.width:
            yield label
            yield from page.indented(by, 6 + counts)
        else:
            yield f"{label}  {page.dim(by)}" if by else label
    if len(unnamed) > MOST:
        yield f"  and {len(unnamed) - MOST:,} more; --format json has all"


def heading(found: Coverage) -> str:
    """How many of the archive's event names no detection asks for."""
    events = sum(one.events for one in found.unnamed)
    return (
        f"No detection asks for {len(found.unnamed):,} of {count(len(found.kinds), 'event name')} "
        f"({count(events, 'event')})"
    )


def taken(found: Coverage) -> str:
    """The detections that look at events of any name, if there are such."""
    names = [printable(one.detection.name, 60) for one in found.detections if one.every]
    if not names:
        return ""
    return f"{', '.join(names)} {'looks' if len(names) == 1 else 'look'} at events of any name."


def matched(one: Watched) -> str:
    """Which detections matched events of a kind all the same."""
    return ", ".join(f"{printable(name, 60)} {number:,}" for name, number in one.matched.items())


def service(kind: EventKind) -> str:
    """``ec2`` of ``ec2.amazonaws.com``."""
    return printable(kind.source.removesuffix(".amazonaws.com") or "-", 60)
