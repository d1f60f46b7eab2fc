"""Replays as Markdown for a ticket or a pull request: the verdict, the worst episodes, and what was asked.

In: replays of one pass. Out: Markdown in which whatever stands in a record, a path or a name is code.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from detector.alarm.delivery import Pages
from detector.jobs.replayed import Verdict
from detector.quantities import count, minute, percent, span, time
from detector.render.kit.markdown import code, document, fenced, heading, listed, plain, table
from detector.render.reading_markdown import reading

if TYPE_CHECKING:
    from detector.jobs.composites import CompositeReplay
    from detector.jobs.episodes import Episode, Ranking
    from detector.jobs.replay import Replay, Replays

WORST, LISTED, SHOWN = 3, 20, 5
"""Episodes in full, in the table, and values of a field."""
_FIELDS = {
    "principals": "who",
    "events": "what",
    "resources": "on",
    "errors": "errors",
    "addresses": "from",
    "user_agents": "agents",
    "regions": "regions",
}


def report(replays: Replays) -> str:
    """The whole report."""
    lines = [*_summary(replays), ""] if len(replays) + len(replays.composites) > 1 else []
    for composite in replays.composites:
        lines += [*_composite(composite), ""]
    for replay in replays:
        if len(replays) == 1 or replay.episodes:
            lines += [*_section(replay), ""]
    return document([*lines, *reading(replays.reading)])


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
        yield from _episodes(replay)
    yield ""
    yield from _settings(replay)


def _composite(replay: CompositeReplay) -> Iterator[str]:
    """One composite alarm: its rule and its children, the episodes, and what became of its pages."""
    composite, settings = replay.composite, replay.composite.settings
    yield from heading(2, plain(composite.title), f"({code(replay.name)})")
    if replay.verdict is Verdict.NO_EVIDENCE:
        yield f"**NO EVIDENCE.** There was {code(str(replay.reading.empty), 1_000)}."
    else:
        yield f"**ALARM {count(replay.alarms, 'time')}**." if replay.alarms else "**Never in ALARM.**"
    yield ""
    yield from fenced(str(settings.rule))
    yield ""
    heads = ("child", "verdict", "ALARM")
    children = ((code(name), str(one.verdict), f"{one.alarms:,}") for name, one in replay.children.items())
    yield from table(heads, children, heads[2:])
    if replay.episodes:
        yield ""
        yield from _episodes(replay)
    yield ""
    pages = Pages.of(replay.deliveries)
    sent = f"{pages.at_once:,} sent at once, {pages.late:,} late, {pages.never:,} never"
    yield from listed((("alarm", f"{code(settings.name)}, composite"), ("pages", sent)))


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


def _episodes(replay: Replay | CompositeReplay) -> Iterator[str]:
    """A line for each of the worst, then the very worst in full."""
    heads = ("ALARM", "raised (UTC)", "lasted", "matches", "calls", "signs", "most matches by")
    rows = (
        (
            str(episode.number),
            minute(episode.start),
            span(episode.lasted) + ("" if episode.end else ", still on"),
            f"{episode.matches:,}",
            f"{episode.fields['events'].size:,}",
            ", ".join(dict.fromkeys(str(sign.points_to) for sign in episode.signs)),
            code(episode.fields["principals"].first),
        )
        for episode in replay.worst[:LISTED]
    )
    yield from table(heads, rows, ("ALARM", "matches", "calls"))
    if more := len(replay.episodes) - LISTED:
        yield from ("", f"and {more:,} more") if more > 0 else ()
    for episode in replay.worst[:WORST]:
        yield ""
        when = (
            f"{minute(episode.start)}, {span(episode.lasted)}, {count(episode.matches, 'match', 'matches')}"
        )
        yield from heading(3, f"ALARM {episode.number}: {when}")
        yield from listed(_facts(episode))


def _facts(episode: Episode) -> Iterator[tuple[str, str]]:
    yield from ((f"sign, {sign.points_to}", plain(sign.fact)) for sign in episode.signs)
    yield "reason", plain(str(episode.times[0].raised.reason))
    for name, label in _FIELDS.items():
        if episode.fields[name].size:
            yield label, _ranked(episode.fields[name])
    if episode.first and episode.last:
        yield "seen", f"first {time(episode.first)}, last {time(episode.last)}"


def _ranked(ranking: Ranking) -> str:
    shown = [f"{code(value)} ({number:,})" for value, number in ranking.top[:SHOWN]]
    more = ranking.size - len(shown)
    return ", ".join([*shown, *([f"and {more:,} more"] if more else [])])


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
