"""The worst episodes of an alarm as Markdown: a line each, then the very worst with who did what from where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from detector.alarm import Reason
from detector.quantities import count, minute, span, time
from detector.render.kit.markdown import code, heading, listed, plain, table

if TYPE_CHECKING:
    from detector.jobs.episodes import Episode
    from detector.jobs.ranking import Ranking

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


def episodes(worst: Sequence[Episode]) -> Iterator[str]:
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
        for episode in worst[:LISTED]
    )
    yield from table(heads, rows, ("ALARM", "matches", "calls"))
    if more := len(worst) - LISTED:
        yield from ("", f"and {more:,} more") if more > 0 else ()
    for episode in worst[:WORST]:
        yield ""
        when = (
            f"{minute(episode.start)}, {span(episode.lasted)}, {count(episode.matches, 'match', 'matches')}"
        )
        yield from heading(3, f"ALARM {episode.number}: {when}")
        yield from listed(_facts(episode))


def _facts(episode: Episode) -> Iterator[tuple[str, str]]:
    yield from ((f"sign, {sign.points_to}", plain(sign.fact)) for sign in episode.signs)
    reason: object = episode.times[0].raised.reason  # of a composite alarm it has the names of others
    yield "reason", str(reason) if isinstance(reason, Reason) else code(str(reason), 1_000)
    for name, label in _FIELDS.items():
        if episode.fields[name].size:
            yield label, _ranked(episode.fields[name])
    if episode.first and episode.last:
        yield "seen", f"first {time(episode.first)}, last {time(episode.last)}"


def _ranked(ranking: Ranking) -> str:
    shown = [f"{code(value)} ({number:,})" for value, number in ranking.top[:SHOWN]]
    more = ranking.size - len(shown)
    return ", ".join([*shown, *([f"and {more:,} more"] if more else [])])
