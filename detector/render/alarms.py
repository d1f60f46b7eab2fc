"""The transitions of an alarm with their reasons, and each time in ALARM with who, what and from where."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from detector.alarm import State
from detector.render.episodes import Counts, Episode, Who, moment, who
from detector.render.layout import LABEL, WIDTH, clean, count, indented, labelled, minute, rows, span, time

if TYPE_CHECKING:
    from detector.alarm import Transition
    from detector.jobs.replay import Replay
    from detector.render.style import Style

MANY = 40
EDGE = 10
"""Of very many transitions (or episodes), so many are shown at each end."""
TIMES = 24
LINES = {"principals": 2}
"""Who it was is not cut short so soon: the end of an ARN tells most."""

_LABELS = {
    "principals": "who",
    "events": "what",
    "errors": "errors",
    "addresses": "from",
    "user_agents": "agents",
    "regions": "regions",
}


def alarms(replay: Replay, found: Sequence[Episode], style: Style) -> Iterator[str]:
    """Times in ALARM first, because they are what one acts on; then the transitions."""
    places = [place for place in range(len(found)) if _shown(place, len(found))]
    described = dict(zip(places, who([found[place] for place in places]), strict=True))
    for place, episode in enumerate(found):
        if place in described:
            yield ""
            yield from _episode(place + 1, episode, described[place], replay, style)
        elif place == EDGE:
            hidden = count(len(found) - len(places), "more episode")
            yield from ("", f"… {hidden}; --format json has all transitions …")
    yield ""
    yield from _transitions(replay.transitions, style)


def _shown(place: int, size: int) -> bool:
    return size <= MANY or place < EDGE or place >= size - EDGE


def _episode(number: int, episode: Episode, known: Who, replay: Replay, style: Style) -> Iterator[str]:
    yield style.bad(f"ALARM {number}: {_when(episode, replay)}") + f", {_matches(episode, known)}"
    if len(episode.times) > 1:
        yield from labelled("  raised", _raised(episode))
    yield from labelled("  reason", str(episode.times[0].raised.reason))
    for name, label in _LABELS.items():
        yield from rows(f"  {label}", _cells(known.tables[name], known.more[name], LINES.get(name, 1)))
    if episode.seen:
        first, last = map(time, episode.seen)
        yield f"{'  seen':<{LABEL}}first {first}, last {last}"


def _matches(episode: Episode, known: Who) -> str:
    counted = count(len(episode.matches), "match", "matches")
    return counted + (f", the first {known.looked_at:,}:" if known.looked_at < len(episode.matches) else "")


def _raised(episode: Episode) -> str:
    """``14 times: 13:43, 13:57, …``; a time of another day than the one before it has its date."""
    listed, day = [], episode.start.date()
    for one in episode.times[:TIMES]:
        listed.append(f"{one.start:%H:%M}" if one.start.date() == day else minute(one.start))
        day = one.start.date()
    if len(episode.times) > TIMES:
        listed.append(f"and {len(episode.times) - TIMES:,} more")
    return f"{len(episode.times):,} times: {', '.join(listed)}"


def _when(episode: Episode, replay: Replay) -> str:
    """``2025-03-05 13:43 to 16:53 (3 h 10 min)``."""
    end = episode.end
    if end is None:
        lasted = span((replay.end or episode.start) - episode.start)
        return f"{minute(episode.start)}, still in ALARM at the end of the logs ({lasted})"
    until = f"{end:%H:%M}" if end.date() == episode.start.date() else minute(end)
    return f"{minute(episode.start)} to {until} ({span(end - episode.start)})"


def _cells(table: Counts, more: int, lines: int) -> list[str]:
    """Values with their counts, side by side where there is room, each cut to so many lines."""
    room = WIDTH - LABEL - 1
    shown: list[str] = []
    for name, number in table:
        cell = f"{clean(name, lines * (room - 2) - 10)} ({number:,})"
        shown += [cell] if len(cell) <= room else textwrap.wrap(cell, room, subsequent_indent="  ")
        shown[-1] += ","
    shown = [*shown, f"and {more:,} more"] if more else [*shown[:-1], *(one[:-1] for one in shown[-1:])]
    return _packed(shown, room + 1)


def _packed(cells: Sequence[str], room: int) -> list[str]:
    lines: list[str] = []
    for cell in cells:
        whole = lines and lines[-1].endswith(",") and not lines[-1].startswith(" ")
        if whole and len(lines[-1]) + 1 + len(cell) <= room:
            lines[-1] += f" {cell}"
        else:
            lines.append(cell)
    return lines


def _transitions(transitions: Sequence[Transition], style: Style) -> Iterator[str]:
    if not transitions:
        yield style.bold("Transitions") + ": none, the alarm stays in INSUFFICIENT_DATA"
        return
    yield style.bold("Transitions") + f": {_counts(transitions)}"
    for place, transition in enumerate(transitions):
        if _shown(place, len(transitions)):
            yield from _transition(transition, style)
        elif place == EDGE:
            yield f"  … {_counts(transitions[EDGE:-EDGE], ' more')}; --format json has them all …"


def _counts(transitions: Sequence[Transition], more: str = "") -> str:
    """``12, of which 4 to ALARM, 4 to OK, 4 to INSUFFICIENT_DATA``."""
    to = {state: sum(one.after is state for one in transitions) for state in State}
    order = (State.ALARM, State.OK, State.INSUFFICIENT_DATA)
    return f"{len(transitions):,}{more}, of which " + ", ".join(
        f"{to[state]:,} to {state}" for state in order if to[state]
    )


def _transition(transition: Transition, style: Style) -> Iterator[str]:
    after = {State.ALARM: style.bad, State.OK: style.good}.get(transition.after, style.dim)(
        str(transition.after)
    )
    yield f"  {time(moment(transition.at))}  {transition.before} → {after}"
    yield from indented(str(transition.reason), 4)
