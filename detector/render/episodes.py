"""Times in ALARM: from the transitions and matches of a `Replay`, who did what from where.

The claim: an episode's matches are those that published samples, from the start of the oldest window that
raised the alarm until the alarm left ALARM. An alarm that is back within half an hour is the same episode:
it is the same cause, and mostly the same matches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, TypeAlias

from detector.alarm import State

if TYPE_CHECKING:
    import polars as pl

    from detector.alarm import Transition
    from detector.jobs.replay import Replay

TOP = 5
LOOKED_AT = 200
"""Matches of an episode whose records are read again: the first ones, which raised it."""
QUIET = timedelta(minutes=30)
"""An alarm that stays out of ALARM for longer begins a new episode."""

Counts: TypeAlias = list[tuple[str, int]]

COLUMNS = {
    "principals": ("principal",),
    "events": ("event_name", "event_source"),
    "errors": ("error_code",),
    "addresses": ("address",),
    "user_agents": ("user_agent",),
    "regions": ("region",),
}


@dataclass(frozen=True, slots=True)
class Time:
    """One time in ALARM: the transition that raised it, and the one that ended it (None: still on)."""

    raised: Transition
    left: Transition | None

    @property
    def start(self) -> datetime:
        """When it was raised."""
        return moment(self.raised.at)

    @property
    def end(self) -> datetime | None:
        """When it left ALARM."""
        return None if self.left is None else moment(self.left.at)


@dataclass(frozen=True, slots=True, eq=False)
class Episode:
    """One or more times in ALARM with at most `QUIET` between them, and its matches in time order."""

    times: tuple[Time, ...]
    matches: pl.DataFrame

    @property
    def start(self) -> datetime:
        """When it was first raised."""
        return self.times[0].start

    @property
    def end(self) -> datetime | None:
        """When it last left ALARM; None when it was still on at the end of the replay."""
        return self.times[-1].end

    @property
    def seen(self) -> tuple[datetime, datetime] | None:
        """The times of the first and the last match."""
        first, last = self.matches["time"].min(), self.matches["time"].max()
        return (first, last) if isinstance(first, datetime) and isinstance(last, datetime) else None


@dataclass(frozen=True, slots=True)
class Who:
    """Who did what from where, from the first ``looked_at`` matches of an episode.

    The tables list the most frequent values with their counts, ties by name; ``more`` says how many other
    values each of them has.
    """

    looked_at: int
    tables: dict[str, Counts]
    more: dict[str, int]


def episodes(replay: Replay) -> list[Episode]:
    """The episodes in time order."""
    return [
        Episode(tuple(times), _published(replay, min(map(_first_window, times)), times[-1].end))
        for times in _grouped(times_in_alarm(replay.transitions))
    ]


def who(shown: Sequence[Episode]) -> list[Who]:
    """Who did what from where, for each of some episodes; their log files are opened once more, each once."""
    import polars as pl  # noqa: PLC0415 - start-up: a report without matches does not need it

    from detector.jobs.evidence import with_evidence  # noqa: PLC0415 - the same

    if not shown:
        return []
    looked_at = [episode.matches.head(LOOKED_AT) for episode in shown]
    rows = with_evidence(pl.concat(looked_at))
    ends = [0, *accumulate(map(len, looked_at))]
    return [_who(rows[start:end]) for start, end in pairwise(ends)]


def times_in_alarm(transitions: Sequence[Transition]) -> list[Time]:
    """Every time in ALARM, in time order."""
    times: list[Time] = []
    for i, transition in enumerate(transitions):
        if transition.after is State.ALARM:
            times.append(Time(transition, transitions[i + 1] if i + 1 < len(transitions) else None))
    return times


def moment(time: datetime | float) -> datetime:
    """A transition's instant; a replay's are always datetimes."""
    return time.astimezone(UTC) if isinstance(time, datetime) else datetime.fromtimestamp(time * 60, UTC)


def _grouped(times: Sequence[Time]) -> list[list[Time]]:
    groups: list[list[Time]] = []
    for time in times:
        before = groups[-1][-1].end if groups else None
        if before is not None and time.start - before <= QUIET:
            groups[-1].append(time)
        else:
            groups.append([time])
    return groups


def _who(rows: pl.DataFrame) -> Who:
    tables, more = {}, {}
    for name, columns in COLUMNS.items():
        tables[name], more[name] = _table(rows, columns)
    return Who(len(rows), tables, more)


def _first_window(time: Time) -> datetime:
    """Where the oldest window starts that speaks for ALARM; where none does (missing data breaches), of all."""
    windows = time.raised.reason.supporting or time.raised.reason.windows
    return min((moment(window.start) for window in windows), default=time.start)


def _published(replay: Replay, start: datetime, end: datetime | None) -> pl.DataFrame:
    import polars as pl  # noqa: PLC0415 - start-up: a report without matches does not need it

    wanted = (pl.col("time") >= start) & ~pl.col("oversize") & pl.col("value").is_not_null()
    if end is not None:
        wanted &= pl.col("time") < end
    if replay.dedupe:
        wanted &= ~pl.col("repeat")
    return replay.matches.filter(wanted)


def _table(matches: pl.DataFrame, columns: tuple[str, ...]) -> tuple[Counts, int]:
    rows = matches.group_by(*columns).len().rows()
    named = [(" ".join(map(str, names)).strip(), count) for *names, count in rows]
    ranked = sorted((one for one in named if one[0]), key=lambda one: (-one[1], one[0]))
    return ranked[:TOP], len(ranked[TOP:])
