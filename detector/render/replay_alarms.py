"""The episodes of an alarm with who, what and from where, the worst first, and its transitions with their reasons."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from detector.alarm import State
from detector.jobs.episodes import Points
from detector.quantities import count, minute, span, time
from detector.render.kit.page import LABEL, Page, ending, middle, rows
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    from detector.alarm import Transition
    from detector.composite import CompositeTransition
    from detector.jobs.composites import CompositeReplay
    from detector.jobs.episodes import Episode
    from detector.jobs.ranking import Ranking
    from detector.jobs.replay import Replay

WORST = 3
"""Episodes that are shown with all that is known of them; of the others there is a line each."""
OTHERS = 20
MOST = "most matches by"
FOR_SIGNS, FOR_LASTED = 90, 80
"""Columns of a page that has room for these."""
FEW = 6
"""Transitions that are listed in any case."""
TIMES = 24
SHOWN = 5
"""Values of a field, and principals with their calls; the result knows more of them."""
NAME = 40
"""Columns for the end of a principal's name beside its calls, on a page of the usual width."""
LINES = 2
"""Lines for the calls of one principal."""
AND_MORE = len(" and 1,234 more")

# The label of a field, how many lines one value may take, and how a longer one is cut: who it was is not cut short so
# soon, since the end of an ARN tells most.
_LABELS: Final[dict[str, tuple[str, int, Callable[[str, int], str]]]] = {
    "principals": ("who", 2, printable),
    "events": ("what", 1, printable),
    "resources": ("on", 1, ending),
    "errors": ("errors", 1, printable),
    "addresses": ("from", 1, printable),
    "user_agents": ("agents", 1, middle),
    "regions": ("regions", 1, printable),
}


def episodes(replay: Replay | CompositeReplay, page: Page, worst: int) -> Iterator[str]:
    """The worst ones in full, and a line for each of the others; all in full, in time order, where they are few."""
    if len(replay.episodes) <= worst:
        for episode in replay.episodes:
            yield from ("", *_episode(episode, page))
        return
    title = f"Worst {count(worst, 'episode')} of {len(replay.episodes):,}" if worst > 1 else "Worst episode"
    yield ""
    yield from page.led(page.bold, title, " (by the number of different calls, then of matches)")
    for place, episode in enumerate(replay.worst[:worst]):
        yield from ("", *_episode(episode, page)) if place else _episode(episode, page)
    others = replay.worst[worst : worst + OTHERS]
    yield ""
    yield from page.led(page.bold, "The others", " (--full shows all in time order, as above)")
    # A column is left out where the page has no room for it.
    signs, lasted = (17 if page.width >= FOR_SIGNS else 0), (12 if page.width >= FOR_LASTED else 0)
    head = (
        f"  {'ALARM':<7}{'raised':<18}{'lasted' if lasted else '':<{lasted}}{'matches':>9}{'calls':>7}  "
        f"{'signs' if signs else '':<{signs}} "
    )
    yield page.dim(f"{head}{MOST[: page.width - len(head)]}")
    for episode in others:
        kinds = dict.fromkeys(sign.points_to for sign in episode.signs)
        said = "of both kinds" if len(kinds) > 1 else "".join(kinds)
        principal = episode.fields["principals"].first
        yield (
            f"  {episode.number:<7}{minute(episode.start):<18}{span(episode.lasted) if lasted else '':<{lasted}}"
            f"{episode.matches:>9,}{episode.fields['events'].size:>7,}  {said if signs else '':<{signs}} "
            f"{ending(principal, page.width - len(head))}"
        )
    if more := len(replay.episodes) - worst - len(others):
        yield f"  and {more:,} more"


def _episode(episode: Episode, page: Page) -> Iterator[str]:
    start, end, lasted = episode.start, episode.end, span(episode.lasted)
    if end is None:
        when = f"{minute(start)}, still in ALARM at the end of the logs ({lasted})"
    else:
        until = f"{end:%H:%M}" if end.date() == start.date() else minute(end)
        when = f"{minute(start)} to {until} ({lasted})"
    matches = count(episode.matches, "match", "matches")
    yield from page.led(page.bad, f"ALARM {episode.number}: {when}", f", {matches}")
    for points_to in Points:
        facts = [sign.fact for sign in episode.signs if sign.points_to is points_to]
        if facts:
            yield from page.labelled("  signs", printable(f"{points_to}: {'; '.join(facts)}", 1000))
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
    yield from page.labelled("  reason", printable(str(episode.times[0].raised.reason), 2000))
    for name, (label, lines, cut) in _LABELS.items():
        if episode.fields[name].top or name != "resources":
            yield from rows(f"  {label}", _cells(episode.fields[name], lines, page.width - LABEL, cut))
        if name == "events":
            yield from rows("  calls", list(_calls(episode, page.width - LABEL)))
    if episode.first and episode.last:
        yield from page.labelled("  seen", f"first {time(episode.first)}, last {time(episode.last)}")


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
        named = Counter(event.partition(" ")[0] for event, _ in calls.top)
        for event, number in calls.top:
            call = event.partition(" ")[0]
            # Of two services that have a call of this name, both are named.
            cell = f"{printable(call if named[call] == 1 else event, NAME)} ({number:,}),"
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


def _cells(ranking: Ranking, lines: int, room: int, cut: Callable[[str, int], str]) -> list[str]:
    """Values with their counts, side by side where there is room, each cut to so many lines."""
    cells: list[str] = []
    others = [("others", ranking.others)] if ranking.others else []
    for name, number in (*ranking.top[:SHOWN], *others):
        cell = f"{cut(name, lines * (room - 3) - 10)} ({number:,})"
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


def transitions(replay: Replay | CompositeReplay, page: Page, *, full: bool) -> Iterator[str]:
    """How many changes of state there are, and each with its reason where there are few or all are asked for."""
    changes = replay.transitions
    if not changes:
        yield from page.led(page.bold, "Transitions", ": none, the alarm stays in INSUFFICIENT_DATA")
        return
    listed = full or len(changes) <= FEW
    counts = f": {_counts(changes)}" + ("" if listed else "; --full lists them")
    yield from page.led(page.bold, "Transitions", counts)
    for transition in changes if listed else ():
        after = str(transition.after)
        paint = {State.ALARM: page.bad, State.OK: page.good}.get(transition.after, page.dim)
        yield f"  {time(transition.at)}  {transition.before} → {paint(after)}"
        yield from page.indented(printable(str(transition.reason), 2000), 4)


def _counts(transitions: Sequence[Transition | CompositeTransition]) -> str:
    """``12, of which 4 to ALARM, 4 to OK, 4 to INSUFFICIENT_DATA``."""
    to = {state: sum(transition.after is state for transition in transitions) for state in State}
    order = (State.ALARM, State.OK, State.INSUFFICIENT_DATA)
    return f"{len(transitions):,}, of which " + ", ".join(
        f"{to[state]:,} to {state}" for state in order if to[state]
    )
