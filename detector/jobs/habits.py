"""What the principals of episodes usually do: how regularly, from where, with what, and what they did first.

In: the matches of a replay and its episodes. Out: `Habits` for the principals that lead an episode (the most matches, the
most different calls), over all of the archive's matches. The claim: counted over matches alone, which a pattern has
chosen: an address that is new among them may be an old one elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise

from msgspec import Struct, field

from detector.alarm.values import DAY
from detector.cloudtrail.credentials import CHANGES
from detector.jobs.episodes import Episode
from detector.jobs.rankings import Tallies
from detector.metrics.rows import Rows

CALLS = 500
"""Calls of a principal in an episode that are looked at in their order."""
LULL = 240
"""Seconds without a match after which the next one begins another run of a job."""
ALIKE = 0.1
"""How far a gap may be from the usual one, as a share of it."""


class Seen(Struct, frozen=True):
    """When a value was first seen, and how many matches have it."""

    value: str
    first: int
    matches: int


class Habits(Struct, frozen=True):
    """One principal over the whole archive; times are those of matches.

    ``every`` is the median of the seconds from one run of matches to the next, ``gaps`` how many there are and
    ``regular`` how many of them are like it. ``call`` with ``error`` was made on ``days`` different days. ``changes`` are its
    successful calls that change credentials.
    """

    every: int = 0
    gaps: int = 0
    regular: int = 0
    call: str = ""
    error: str = ""
    days: int = 0
    addresses: tuple[Seen, ...] = ()
    user_agents: tuple[Seen, ...] = ()
    changes: tuple[tuple[int, str], ...] = ()


class Known(Struct, frozen=True):
    """The habits of principals, and the calls of each that leads an episode in it (by its number), in their order: (time, name)."""

    habits: Mapping[str, Habits] = field(default_factory=dict)
    calls: Mapping[tuple[int, str], Sequence[tuple[int, str]]] = field(default_factory=dict)


def leading(episode: Episode) -> tuple[str, ...]:
    """The principal with the most matches, and the one with the most different calls."""
    most = episode.fields["principals"].first
    widest = max(episode.calls, key=lambda name: episode.calls[name].size, default="")
    return tuple(dict.fromkeys(name for name in (most, widest) if name))


def known_of(episodes: Sequence[Episode], rows: Rows, inside: Sequence[Rows], tallies: Tallies) -> Known:
    """What is known of the principals that lead an episode: of ``rows``, those of each episode are ``inside``."""
    leads = [leading(one) for one in episodes]
    calls = {
        (one.number, who): _calls(own.having("principal", who).part(0, CALLS))
        for one, own, names in zip(episodes, inside, leads, strict=True)
        for who in names
    }
    return Known({who: tallies.once(habits, rows, who) for who in chain(*leads)}, calls)


def habits(rows: Rows, who: str) -> Habits:
    """Those of a principal, of all its matches."""
    own = rows.having("principal", who)
    days = [key for key, *_ in own.groups("event_name", "error_code", unit=DAY)]
    changes = () if CHANGES.isdisjoint(name for _, name, _ in days) else _changes(own)
    return Habits(*_gaps(own), *_failing(days), _seen(own, "address"), _seen(own, "user_agent"), changes)


def _calls(rows: Rows) -> list[tuple[int, str]]:
    """The calls in their order, with their times."""
    return [(time, name or "") for time, name in zip(rows.times, rows.said("event_name"), strict=True)]


def _changes(own: Rows) -> tuple[tuple[int, str], ...]:
    """The successful calls that change credentials."""
    told = zip(_calls(own), own.said("error_code"), strict=True)
    return tuple([call for call, error in told if call[1] in CHANGES and not error])


def _gaps(own: Rows) -> tuple[int, int, int]:
    """The usual time from run to run, how many there are, and how many are like the usual one."""
    minutes = [minute * 60 for (minute,), _, _ in own.groups(unit=60)]
    runs = [*minutes[:1], *(after for before, after in pairwise(minutes) if after - before > LULL)]
    gaps = sorted([after - before for before, after in pairwise(runs)])
    if not gaps:
        return 0, 0, 0
    usual = (gaps[(len(gaps) - 1) // 2] + gaps[len(gaps) // 2]) / 2
    return int(usual), len(gaps), sum(abs(gap - usual) <= ALIKE * usual for gap in gaps)


def _failing(days: Iterable[tuple[int, str | None, str | None]]) -> tuple[str, str, int]:
    """The failing call that was made on the most days, of days with names and errors: its name and error, and how many."""
    counts = Counter([(name, error) for _, name, error in days if error])
    if not counts:
        return "", "", 0
    (name, error), most = min(
        counts.items(), key=lambda one: (-one[1], one[0][0] is not None, *map(str, one[0]))
    )
    return name or "", error or "", most


def _seen(own: Rows, column: str) -> tuple[Seen, ...]:
    """Each value, the first to be seen first."""
    seen = sorted(
        [(own.times[first], value, count) for (value,), count, first in own.groups(column) if value]
    )
    return tuple([Seen(value, first, count) for first, value, count in seen])
