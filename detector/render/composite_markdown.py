"""Composite alarms as sections of a Markdown report, in front of the detections that they rest on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from detector.jobs.replayed import Verdict
from detector.quantities import count, percent, span
from detector.render.episodes_markdown import episodes
from detector.render.held_markdown import pages
from detector.render.kit.markdown import code, fenced, heading, listed, plain

if TYPE_CHECKING:
    from detector.jobs.composites import CompositeReplay


def section(replay: CompositeReplay) -> Iterator[str]:
    """One composite: title, verdict, episodes, rule and children, what became of its pages."""
    settings = replay.composite.settings
    yield from heading(2, plain(replay.composite.title), f"({code(replay.name)})")
    yield _verdict(replay)
    if replay.episodes:
        yield ""
        yield from episodes(replay.worst)
    yield ""
    yield from fenced(str(settings.rule))
    yield ""
    yield from listed(_facts(replay))
    yield from pages(replay.deliveries)


def _verdict(replay: CompositeReplay) -> str:
    if replay.verdict is Verdict.NO_EVIDENCE:
        return f"**NO EVIDENCE.** There was {code(str(replay.reading.empty), 1_000)}."
    if replay.verdict is not Verdict.ALARM:
        return "**Never in ALARM.**"
    time = f"{percent(replay.share_in_alarm)} of the time ({span(replay.in_alarm)})"
    return f"**ALARM {count(replay.alarms, 'time')}**, for {time}."


def _facts(replay: CompositeReplay) -> Iterator[tuple[str, str]]:
    settings = replay.composite.settings
    children = [f"{code(name)} ({_alarms(replay, name)})" for name in settings.children]
    yield "alarm", f"{code(settings.name)}, composite"
    yield "children", ", ".join(children) or "none"
    if name := settings.suppressor:
        waits = (
            f"a change waits {settings.wait_period} s for it, and {settings.extension_period} s when it ends"
        )
        yield "held by", f"{code(name)} ({_alarms(replay, name)}); {waits}"
    changes = len(replay.transitions)
    yield "transitions", f"{changes:,}"


def _alarms(replay: CompositeReplay, name: str) -> str:
    child = replay.children[name]
    return f"ALARM {count(child.alarms, 'time')}" if child.alarms else "never in ALARM"
