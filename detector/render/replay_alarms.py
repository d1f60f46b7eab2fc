"""The transitions of an alarm with their reasons, and each episode with who, what and from where."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from detector.alarm import State
from detector.quantities import count, minute, span, time
from detector.render.kit.page import LABEL, Page, ending, rows
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    from detector.alarm import Transition
    from detector.jobs.episodes import Episode, Ranking
    from detector.jobs.replay import Replay

MANY = 40
EDGE = 10
"""Of very many transitions (or episodes), so many are shown at each end."""
TIMES = 24
SHOWN = 5
"""Values of a field, and principals with their calls; the result knows more of them."""
NAME = 40
"""Columns for the end of a principal's name beside its calls."""
LINES = 2
"""Lines for the calls of one principal."""
AND_MORE = len(" and 1,234 more")

# The label of a field, and how many lines one value may take: who it was is not cut short so soon, since the end
# of an ARN tells most.
_LABELS: Final = {
    "principals": ("who", 2),
    "events": ("what", 1),
    "errors": ("errors", 1),
    "addresses": ("from", 1),
    "user_agents": ("agents", 1),
    "regions": ("regions", 1),
}


def alarms(replay: Replay, page: Page) -> Iterator[str]:
    """Episodes first, because they are what one acts on; then the transitions."""
    size = len(replay.episodes)
    for place, episode in enumerate(replay.episodes):
        if _shown(place, size):
            yield ""
            yield from _episode(place + 1, episode, page)
        elif place == EDGE:
            yield from ("", f"… {count(size - 2 * EDGE, 'more episode')}; --format json has them all …")
    yield ""
    yield from _transitions(replay.transitions, page)


def _shown(place: int, size: int) -> bool:
    return size <= MANY or place < EDGE or place >= size - EDGE


def _episode(number: int, episode: Episode, page: Page) -> Iterator[str]:
    start, end, lasted = episode.start, episode.end, span(episode.lasted)
    if end is None:
        when = f"{minute(start)}, still in ALARM at the end of the logs ({lasted})"
    else:
        until = f"{end:%H:%M}" if end.date() == start.date() else minute(end)
        when = f"{minute(start)} to {until} ({lasted})"
    yield page.bad(f"ALARM {number}: {when}") + f", {count(episode.matches, 'match', 'matches')}"
    if len(episode.times) > 1:
        # 13:43, 13:57, …; a time of another day than the one before it has its date.
        starts = [alarm.start for alarm in episode.times[:TIMES]]
        before = [start, *starts]
        listed = [
            f"{raised:%H:%M}" if raised.date() == earlier.date() else minute(raised)
            for earlier, raised in zip(before, starts, strict=False)
        ]
        listed += [f"and {len(episode.times) - TIMES:,} more"] if len(episode.times) > TIMES else []
        yield from page.labelled("  raised", f"{len(episode.times):,} times: {', '.join(listed)}")
    yield from page.labelled("  reason", str(episode.times[0].raised.reason))
    for name, (label, lines) in _LABELS.items():
        yield from rows(f"  {label}", _cells(episode.fields[name], lines, page.width - LABEL))
        if name == "events":
            yield from rows("  calls", list(_calls(episode, page.width - LABEL)))
    if episode.first and episode.last:
        yield from rows("  seen", [f"first {time(episode.first)}, last {time(episode.last)}"])


def _calls(episode: Episode, room: int) -> Iterator[str]:
    """Who called what, a line a principal, those with the most different calls first.

    A service that calls one thing ten thousand times comes last, and whoever tries this and that first. Nothing
    where who and what already say it.
    """
    principals, events = episode.fields["principals"], episode.fields["events"]
    if len(principals.top) < 2 or len(events.top) < 2:  # noqa: PLR2004 - one of either says nothing new
        return
    ranked = sorted(episode.calls.items(), key=lambda call: -len(call[1].top) - call[1].more)
    for name, calls in ranked[:SHOWN]:
        lines, left = [f"{ending(name, NAME)}:"], len(calls.top)
        for event, number in calls.top:
            cell = f"{printable(event.partition(' ')[0], NAME)} ({number:,}),"
            if len(lines[-1]) + 1 + len(cell) <= room - (AND_MORE if len(lines) == LINES else 0):
                lines[-1] += f" {cell}"
            elif len(lines) < LINES:
                lines.append(f"  {cell}")
            else:
                break
            left -= 1
        more = left + calls.more
        lines[-1] = f"{lines[-1]} and {more:,} more" if more else lines[-1][:-1]
        yield from lines


def _cells(ranking: Ranking, lines: int, room: int) -> list[str]:
    """Values with their counts, side by side where there is room, each cut to so many lines."""
    cells: list[str] = []
    others = [("others", ranking.others)] if ranking.others else []
    for name, number in (*ranking.top[:SHOWN], *others):
        cell = f"{printable(name, lines * (room - 3) - 10)} ({number:,})"
        cells += [cell] if len(cell) < room else textwrap.wrap(cell, room - 1, subsequent_indent="  ")
        cells[-1] += ","
    more = ranking.more + len(ranking.top[SHOWN:])
    cells = [*cells, f"and {more:,} more"] if more else [*cells[:-1], *(cell[:-1] for cell in cells[-1:])]
    packed: list[str] = []
    for cell in cells:
        whole = packed and packed[-1].endswith(",") and not packed[-1].startswith(" ")
        if whole and len(packed[-1]) + 1 + len(cell) <= room:
            packed[-1] += f" {cell}"
        else:
            packed.append(cell)
    return packed


def _transitions(transitions: Sequence[Transition], page: Page) -> Iterator[str]:
    if not transitions:
        yield page.bold("Transitions") + ": none, the alarm stays in INSUFFICIENT_DATA"
        return
    yield page.bold("Transitions") + f": {_counts(transitions)}"
    for place, transition in enumerate(transitions):
        if _shown(place, len(transitions)):
            after = str(transition.after)
            paint = {State.ALARM: page.bad, State.OK: page.good}.get(transition.after, page.dim)
            yield f"  {time(transition.at)}  {transition.before} → {paint(after)}"
            yield from page.indented(str(transition.reason), 4)
        elif place == EDGE:
            yield f"  … {_counts(transitions[EDGE:-EDGE], ' more')}; --format json has them all …"


def _counts(transitions: Sequence[Transition], more: str = "") -> str:
    """``12, of which 4 to ALARM, 4 to OK, 4 to INSUFFICIENT_DATA``."""
    to = {state: sum(transition.after is state for transition in transitions) for state in State}
    order = (State.ALARM, State.OK, State.INSUFFICIENT_DATA)
    return f"{len(transitions):,}{more}, of which " + ", ".join(
        f"{to[state]:,} to {state}" for state in order if to[state]
    )
