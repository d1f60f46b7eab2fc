"""Composite alarms as sections of a report, in front of the detections that they rest on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from detector.jobs.composites import CompositeReplay
from detector.jobs.replayed import Verdict
from detector.quantities import count, percent, span
from detector.render.deliveries import pages
from detector.render.kit.page import Page, rows
from detector.render.kit.printable import printable
from detector.render.replay_alarms import episodes, transitions

if TYPE_CHECKING:
    from detector.jobs.replayed import Replay


def section(replay: CompositeReplay, page: Page, worst: int, *, full: bool) -> Iterator[str]:
    """One composite: title, verdict, episodes, rule and children, what became of its pages, transitions."""
    composite, settings = replay.composite, replay.composite.settings
    yield from page.heading(composite.title, replay.name)
    yield ""
    yield from _verdict(replay, page)
    yield from episodes(replay, page, worst)
    yield ""
    yield from page.labelled("Rule", printable(str(settings.rule), 2000), break_on_hyphens=False)
    cells = [_child(name, child) for name, child in replay.children.items() if name in settings.children]
    yield from rows("Children", [printable(cell, page.width) for cell in cells] or ["none"])
    if settings.suppressor:
        told = _child(settings.suppressor, replay.children[settings.suppressor])
        held = (
            f"a change waits {settings.wait_period} s for it, and {settings.extension_period} s when it ends"
        )
        yield from page.labelled("Held by", f"{printable(told, 500)}; {held}")
    yield from page.labelled("Alarm", f"{printable(settings.name)}, composite")
    yield from pages(replay.deliveries, page, full=full)
    yield ""
    yield from transitions(replay, page, full=full)


def _verdict(replay: CompositeReplay, page: Page) -> Iterator[str]:
    if replay.verdict is Verdict.NO_EVIDENCE:
        yield page.bad("NO EVIDENCE.")
        yield from page.indented(printable(f"There was {replay.reading.empty}.", 2000))
        return
    children = [replay.children[name] for name in replay.composite.settings.children]
    alarmed = sum(bool(child.episodes) for child in children)
    of = f" {alarmed:,} of {count(len(children), 'child', 'children')} went to ALARM."
    if replay.verdict is not Verdict.ALARM:
        yield from page.led(page.good, "Never in ALARM.", of)
        return
    time = f" In ALARM for {percent(replay.share_in_alarm)} of the time ({span(replay.in_alarm)})."
    yield from page.led(page.bad, f"ALARM {count(replay.alarms, 'time')}.", of + time)


def _child(name: str, child: Replay | CompositeReplay) -> str:
    alarmed = f"ALARM {count(child.alarms, 'time')}" if child.alarms else "never in ALARM"
    kind = " (composite)" if isinstance(child, CompositeReplay) else ""
    return f"{name}{kind}: {alarmed}"
