"""Replays as one report that reads well in a terminal and in a mail.

In: replays of one pass, and why the silent ones matched nothing. Out: a section a detection with the verdict
first, then once what was read and what was not, then a summary when there are several.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from detector.alarm import State
from detector.render.alarms import alarms
from detector.render.episodes import Episode, episodes
from detector.render.layout import LABEL, WIDTH, clean, count, indented, labelled, rows
from detector.render.metric import metric
from detector.render.reading import reading
from detector.render.silence import silence

if TYPE_CHECKING:
    from detector.jobs.replay import Replay
    from detector.render.style import Style
    from detector.why import Why

Explained: TypeAlias = "tuple[Replay, Why | None]"


def report(replays: Sequence[Explained], style: Style) -> str:
    """The whole report, ending with a line break."""
    lines = [line for replay, why in replays for line in (*section(replay, why, style), "")]
    if replays:
        lines += reading(replays[0][0], style)
    if len(replays) > 1:
        lines += ["", *_summary([replay for replay, _ in replays], style)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def section(replay: Replay, why: Why | None, style: Style) -> Iterator[str]:
    """One detection: title, verdict, and what it rests on."""
    found = episodes(replay)
    yield from _heading(replay, style)
    yield ""
    yield from _verdict(replay, found, style)
    if why is not None:
        yield from silence(why, style)
    yield ""
    yield from settings(replay)
    yield from metric(replay, style)
    yield from alarms(replay, found, style)


def settings(replay: Replay) -> list[str]:
    """What was asked: the filter, the metric and the alarm in one line each."""
    detection = replay.detection
    alarm = detection.alarm
    asked = f"{clean(alarm.name)}: {alarm}; windows: {clean(replay.window)}"
    lines = []
    for one in detection.filters:
        source = textwrap.dedent(one.pattern.source).strip()
        wrapped = [part for line in source.splitlines() for part in _wrapped(clean(line, 1024))]
        if len(detection.filters) > 1:
            matches = count(len(replay.matches.filter(filter=one.name)), "match", "matches")
            wrapped.insert(0, f"{clean(one.name, WIDTH)}: {matches}")
        lines += rows("Pattern", wrapped)
    return [*lines, *labelled("Alarm", asked)]


def _wrapped(line: str) -> list[str]:
    """A line of a pattern; what does not fit is indented under its beginning."""
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(line, WIDTH - LABEL, subsequent_indent=indent)


def _heading(replay: Replay, style: Style) -> Iterator[str]:
    title, name = clean(replay.detection.title, 48), _ending(replay.detection.name, 48)
    gap = " " * max(2, WIDTH - len(title) - len(name))
    yield style.bold(title) + gap + style.dim(name)
    yield style.dim("─" * WIDTH)


def _ending(name: str, limit: int) -> str:
    """A name or path; what is too long loses its beginning."""
    return clean(name if len(name) <= limit else f"…{name[1 - limit :]}", limit)


def _verdict(replay: Replay, found: Sequence[Episode], style: Style) -> Iterator[str]:
    if not len(replay.matches):
        read = f" None of {count(replay.records, 'record')} satisfies the pattern." if replay.records else ""
        yield style.bad("NOTHING MATCHED.") + read
        return
    raised = sum(len(episode.times) for episode in found)
    alarmed = f"ALARM {count(raised, 'time')}"
    if len(found) < raised:
        alarmed += f" in {count(len(found), 'episode')} (half an hour apart or more)"
    yield f"{style.bad(f'{alarmed}.') if raised else style.good('Never in ALARM.')} {_counted(replay)}"
    yield from _marks(replay)


def _counted(replay: Replay) -> str:
    matches = replay.matched
    verb = "matches" if matches == 1 else "match"
    what = "the pattern" if len(replay.detection.filters) == 1 else "a filter"
    return f"{matches:,} of {count(replay.records, 'record')} {verb} {what}."


def _marks(replay: Replay) -> Iterator[str]:
    """What is not simply a match."""
    if replay.repeats:
        kept = "counted, as CloudWatch does; --dedupe counts once"
        counted = "left out of the metric by --dedupe" if replay.dedupe else kept
        one = "was a delivery" if replay.repeats == 1 else "were deliveries"
        yield from indented(
            f"{replay.repeats:,} of the matches {one} of an eventID that had matched before ({counted}).", 0
        )
    if replay.oversize:
        one = "is" if replay.oversize == 1 else "are"
        yield f"{replay.oversize:,} of the matches {one} over 256 KB and never reach CloudWatch Logs: left out."


def _summary(replays: Sequence[Replay], style: Style) -> Iterator[str]:
    yield style.bold("Summary")
    width = max(len(_ending(replay.detection.name, 60)) for replay in replays)
    for replay in replays:
        raised = sum(transition.after is State.ALARM for transition in replay.transitions)
        name = f"{_ending(replay.detection.name, width):<{width}}"
        verdict = (
            style.bad("nothing matched") if not len(replay.matches) else f"{len(replay.matches):,} matched"
        )
        yield f"{name}  {verdict}, ALARM {count(raised, 'time')}" if raised else f"{name}  {verdict}"
