"""`Sightings` as text: for each event the detections that match it, and in a line each why the others do not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from detector.jobs.explain import GIVEN
from detector.render.explanation_notes import reasons
from detector.render.kit.page import Page, joined
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    from detector.jobs.sightings import Opinion, Sighting, Sightings


def sightings_text(found: Sightings, page: Page) -> str:
    """A block for each event."""
    lines: list[str] = []
    for number, one in enumerate(found.events, 1):
        lines += [*([""] if lines else []), *_event(one, number, page)]
    return joined(lines)


def _event(one: Sighting, number: int, page: Page) -> Iterator[str]:
    yield page.bold(f"{number}. {title(one)}")
    matching = [each for each in one.opinions if each.matches]
    others = [each for each in one.opinions if not each.matches and each.concerned]
    if not matching:
        yield f"  {page.bad('No detection matches.')}"
    for each in matching:
        yield from _line(each, page.good("✓"), page)
    for each in others:
        yield from _line(each, page.bad("✗"), page)
    rest = [
        printable(each.detection.name, 60) for each in one.opinions if not each.matches and not each.concerned
    ]
    if rest:
        yield from page.indented(f"{len(rest):,} not about such events: {', '.join(rest)}", 2)


def _line(each: Opinion, mark: str, page: Page) -> Iterator[str]:
    why = printable(each.detection.title, 200) if each.matches else " ".join(reasons(each.explanation))
    first, *more = page.indented(f"{printable(each.detection.name, 60)}: {why}", 4)
    yield f"  {mark} {first.strip()}"
    yield from more


def title(one: Sighting) -> str:
    """``ConsoleLogin of signin.amazonaws.com (logs/a.json, record 3)``."""
    name = printable(one.kind.name, 80) or "an event without a name"
    source = f" of {printable(one.kind.source, 80)}" if one.kind.source else ""
    place = "" if one.path in {"", GIVEN} else f" ({printable(one.path, 300)}, record {one.position})"
    return f"{name}{source}{place}"
