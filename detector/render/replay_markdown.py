"""Replays as Markdown for a ticket or a pull request: the verdict, the worst episodes, and what was asked.

In: replays of one pass. Out: Markdown in which whatever stands in a record, a path or a name is code.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from detector.jobs.replayed import Verdict
from detector.quantities import count, percent, span
from detector.render import composite_markdown
from detector.render.episodes_markdown import episodes
from detector.render.held_markdown import mute_rules, pages
from detector.render.kit.markdown import code, document, fenced, heading, listed, plain, table
from detector.render.reading_markdown import reading

if TYPE_CHECKING:
    from detector.jobs.replay import Replay, Replays


def report(replays: Replays) -> str:
    """The whole report."""
    lines = [*_summary(replays), ""] if len(replays) + len(replays.composites) > 1 else []
    for composite in replays.composites:
        lines += [*composite_markdown.section(composite), ""]
    for replay in replays:
        if len(replays) == 1 or replay.episodes:
            lines += [*_section(replay), ""]
    return document([*lines, *mute_rules(replays), "", *reading(replays.reading)])


def _summary(replays: Replays) -> Iterator[str]:
    kinds = (("composite", replays.composites), ("detection", replays.detections))
    alarmed = [
        f"{sum(bool(one.episodes) for one in ones):,} of {count(len(ones), kind)}"
        for kind, ones in kinds
        if ones
    ]
    yield from heading(2, f"{' and '.join(alarmed)} in ALARM")
    heads = ("detection", "verdict", "ALARM", "of time", "matches", "most matches by")
    rows = (
        (
            code(replay.name),
            str(replay.verdict),
            f"{replay.alarms:,}",
            percent(replay.share_in_alarm),
            f"{replay.matched:,}",
            code(replay.callers.first),
        )
        for replay in (*replays.composites, *replays)
    )
    yield from table(heads, rows, heads[2:5])


def _section(replay: Replay) -> Iterator[str]:
    """One detection."""
    yield from heading(2, plain(replay.detection.title), f"({code(replay.detection.name)})")
    yield _verdict(replay)
    if stuck := replay.stuck:
        who = (
            ""
            if stuck.caller is None
            else f" {code(stuck.caller)} makes {percent(stuck.caller_share or 0)} of the matches."
        )
        share = f"in ALARM for {percent(replay.share_in_alarm)} of the time ({span(replay.in_alarm)})"
        yield from ("", f"**Stuck**: {share}.{who} {plain(f'{stuck.advice[0].upper()}{stuck.advice[1:]}.')}")
    for why in replay.why:
        yield from ("", code(why.because, 1_000), "")
        heads = ("condition", "have the field", "satisfy it")
        conditions = (
            (code(one.condition), f"{one.present:,}", f"{one.satisfied:,}") for one in why.on_selectors
        )
        yield from table(heads, conditions, heads[1:])
    if replay.episodes:
        yield ""
        yield from episodes(replay.worst)
    yield ""
    yield from _settings(replay)
    yield from pages(replay.deliveries)


def _verdict(replay: Replay) -> str:
    records = count(replay.records, "record")
    match replay.verdict:
        case Verdict.NO_EVIDENCE:
            return f"**NO EVIDENCE.** There was {code(str(replay.reading.empty), 1_000)}."
        case Verdict.NOTHING_MATCHED:
            left_out = " The field selection criteria leave out the log group." if replay.is_left_out else ""
            return f"**NOTHING MATCHED.** None of {records} satisfies the pattern.{left_out}"
        case Verdict.ALARM:
            episodes = count(len(replay.episodes), "episode")
            said = f"**ALARM {count(replay.alarms, 'time')}** in {episodes}."
        case _:
            said = "**Never in ALARM.**"
    repeated = f" {count(replay.repeats, 'match', 'matches')} repeat an eventID." if replay.repeats else ""
    oversize = f" {replay.oversize:,} are over 256 KB, and left out." if replay.oversize else ""
    return f"{said} {count(replay.matched, 'match', 'matches')} in {records}.{repeated}{oversize}"


def _settings(replay: Replay) -> Iterator[str]:
    for metric_filter, matches in zip(replay.detection.filters, replay.matches_by_filter, strict=True):
        yield f"{code(metric_filter.name)}: {count(matches, 'match', 'matches')}"
        yield ""
        yield from fenced(textwrap.dedent(metric_filter.pattern.source).strip())
        yield ""
    alarm, changes = replay.detection.alarm, replay.transitions
    yield from listed(
        (
            ("alarm", f"{code(alarm.name)}: {code(f'{alarm}; windows: {replay.window}')}"),
            ("transitions", f"{len(changes):,}" if changes else "none, the alarm stays in INSUFFICIENT_DATA"),
        )
    )
