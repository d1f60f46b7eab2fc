"""Replays as a page for the person on call: what happened, who did it, and whether it is bad, in a minute.

In: an `Investigation`. Out: one HTML document. Layout is in ``pages/replay.html``; the numbers of the slider are the
engine's, embedded as data (`facts`).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from detector.alarm.evaluate import Rule
from detector.jobs.episodes import Points
from detector.jobs.investigation import investigate
from detector.jobs.replay import Replay, Replays
from detector.jobs.replayed import Verdict
from detector.jobs.runbook import STEPS, Leaning, mapping
from detector.quantities import count, instant, minute, number, percent, span, time
from detector.render.deliveries import hold_of, outcome_of
from detector.render.kit.html import Scripts, page
from detector.render.kit.printable import printable
from detector.render.replay_facts import facts

if TYPE_CHECKING:
    from detector.alarm import Reason
    from detector.alarm.delivery import Delivery
    from detector.jobs.episodes import Episode
    from detector.jobs.investigation import Investigated, Investigation
    from detector.jobs.ranking import Ranking

WINDOWS = 8
"""Datapoints of an evaluation that are listed."""
TRANSITIONS, FEW_TRANSITIONS = 1_000, 100
"""Transitions that the page lists, and those of a detection beside many others."""


def document(investigation: Investigation, scripts: Scripts | None = None) -> str:
    """The page; ``scripts`` may have been started before the archive was read."""
    data = facts(investigation)
    return page(
        "replay.html",
        scripts or Scripts(),
        data,
        investigation=investigation,
        title=_title(investigation),
        lead=_lead(investigation),
        transitions=max(FEW_TRANSITIONS, TRANSITIONS // max(1, len(investigation.raised))),
        rules=list(Rule),
        steps=STEPS,
        leanings=_leanings(investigation),
        **{
            one.__name__: one
            for one in (
                verdict,
                story,
                leaning,
                signs,
                top,
                when,
                setting,
                datapoints,
                quoted,
                held,
                hold_of,
                outcome_of,
            )
        },
        mapping=mapping,
        **{one.__name__: one for one in (count, minute, number, percent, span, time, seconds)},
    )


def page_of(replays: Replay | Replays) -> str:
    """The page of one or several replays of one pass; the archive is looked at again for it."""
    scripts = Scripts()
    several = Replays((replays,), replays.reading) if isinstance(replays, Replay) else replays
    return document(investigate(several), scripts)


def _title(investigation: Investigation) -> str:
    names = [one.replay.detection.title for one in investigation.detections]
    return names[0] if len(names) == 1 else f"{len(names)} detections"


def _lead(investigation: Investigation) -> str:
    """The verdict in one sentence."""
    found = investigation.detections
    if not found:
        return "No detection was replayed."
    if len(found) == 1:
        return verdict(found[0])
    raised = investigation.raised
    if found[0].replay.verdict is Verdict.NO_EVIDENCE:
        return verdict(found[0])
    if not raised:
        records = count(found[0].replay.records, "record")
        return f"None of {count(len(found), 'detection')} went to ALARM in {records}."
    probing = sum(Leaning.of(one.replay.worst[0]) in {Leaning.PROBING, Leaning.BOTH} for one in raised)
    signs = (
        f", {'all of them' if probing == len(raised) else probing} with signs of probing" if probing else ""
    )
    lead = f"{len(raised):,} of {len(found):,} detections went to ALARM{signs}."
    by = next(iter(investigation.actors), None)
    if by is None or (len(by.detections) == 1 and not by.widest):
        return lead
    where = f" from {printable(by.addresses[0], 60)}" if by.addresses else ""
    who = f"{by.parts.kind} {printable(by.parts.name, 80)}".strip()
    return f"{lead} Look first at {who}{where}, in {count(len(by.detections), 'detection')}."


def _leanings(investigation: Investigation) -> list[Leaning]:
    """Those of any episode, as the steps stand on the page."""
    found = {Leaning.of(episode) for one in investigation.detections for episode in one.replay.episodes}
    return [one for one in Leaning if one in found]


def datapoints(reason: Reason) -> str:
    """The windows of an evaluation, the newest first: when each starts, and its value or that it is missing."""
    shown = [
        f"{instant(window.start):%H:%M} {'missing' if window.value is None else number(window.value)}"
        for window in reason.windows[::-1][:WINDOWS]
    ]
    more = len(reason.windows) - len(shown)
    return ", ".join(shown) + (f" and {more:,} before" if more > 0 else "")


def verdict(one: Investigated) -> str:
    """What came of one detection, in a sentence."""
    replay = one.replay
    match replay.verdict:
        case Verdict.NO_EVIDENCE:
            return f"No evidence: {replay.reading.empty}."
        case Verdict.NOTHING_MATCHED if replay.is_left_out:
            return "Nothing matched: the field selection criteria leave out the log group."
        case Verdict.NOTHING_MATCHED:
            return f"Nothing matched: none of {count(replay.records, 'record')} satisfies the pattern."
        case Verdict.NO_ALARM:
            return f"Never in ALARM: {replay.matched:,} of {count(replay.records, 'record')} match."
        case _:
            episodes = count(len(replay.episodes), "episode")
            return (
                f"ALARM {count(replay.alarms, 'time')} in {episodes}: {replay.matched:,} of "
                f"{count(replay.records, 'record')} match."
            )


def story(episode: Episode) -> str:
    """An episode in two sentences: who, what, from where, how much."""
    who, events, errors = (episode.fields[name] for name in ("principals", "events", "errors"))
    if not who.top:
        return f"{count(episode.matches, 'match', 'matches')} within {span(episode.lasted)}."
    name, made = max(who.top, key=lambda pair: (episode.calls[pair[0]].size, pair[1]))
    more = who.size - 1
    others = f" ({count(more, 'other principal')} too)" if more else ""
    calls = episode.calls[name]
    called = calls.first.partition(" ")[0] if calls.size == 1 else f"{calls.size:,} different calls"
    address = next((at for at, by in episode.callers.items() if name in dict(by.top)), "")
    ended = (
        f", {errors.first} most of all"
        if errors.first and events.size > 1
        else f" ({errors.first})"
        if errors.first
        else ""
    )
    return (
        f"{printable(name, 200)} makes {made:,} of {count(episode.matches, 'match', 'matches')}"
        f"{f' from {printable(address, 60)}' if address else ''}: {printable(called, 80)}{printable(ended, 80)}{others}."
    )


def leaning(episode: Episode) -> Leaning:
    """What the signs speak for; never more than a hint."""
    return Leaning.of(episode)


def signs(episode: Episode) -> list[tuple[str, list[str]]]:
    """The signs, those of probing first."""
    names = {Points.SUSPICIOUS: "Probing", Points.MISCONFIGURATION: "Misconfiguration"}
    found = [
        (names[kind], [sign.fact for sign in episode.signs if sign.points_to is kind]) for kind in Points
    ]
    return [(name, facts) for name, facts in found if facts]


def when(episode: Episode) -> str:
    """From when until when it was in ALARM."""
    end, start = episode.end, episode.start
    if end is None:
        return f"{minute(start)} UTC, still in ALARM at the end of the logs ({span(episode.lasted)})"
    until = f"{end:%H:%M}" if end.date() == start.date() else minute(end)
    return f"{minute(start)} to {until} UTC ({span(episode.lasted)})"


def top(ranking: Ranking, most: int = 5) -> str:
    """The first values with their counts in one line."""
    shown = [f"{printable(value, 120)} ({number:,})" for value, number in ranking.top[:most]]
    more = ranking.size - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "") or "-"


def setting(alarm: Any) -> str:
    """The settings of an alarm in words."""
    window = (
        ""
        if alarm.evaluation_window is None
        else f", windows on the clock of {alarm.evaluation_window.timezone}"
    )
    return f"{alarm}{window}"


def held(delivered: Iterable[Delivery]) -> list[Delivery]:
    """The pages that were held."""
    return [one for one in delivered if one.is_page and one.holds]


def quoted(words: Iterable[str]) -> str:
    """Words of a command, as a shell takes them."""
    return shlex.join(words)


def seconds(number: float) -> str:
    """A number of seconds as a duration."""
    return span(timedelta(seconds=number))
