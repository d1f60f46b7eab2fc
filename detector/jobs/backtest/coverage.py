"""How much an archive can prove: in come the hours with a file, out go the time that the trail was on, weeks and gaps.

The claim: silence in an hour proves something where there was a log file or a digest file, and nowhere else. A rate is
over the time that the trail was on: these hours, and those between two of them that are at most a day apart, since a
quiet account writes no file.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from detector.alarm.values import DAY, HOUR, WEEK
from detector.jobs.backtest.scores import MONDAY, Score, week_of
from detector.quantities import count

HOURS_A_WEEK = 168
ENOUGH_WEEKS = 4
"""Fewer weeks of logs are too short for a statement about pages per week."""
_BRIDGED = 24


@dataclass(frozen=True, slots=True)
class BurnIn:
    """From the first evaluation until ``end`` (seconds since 1970) some setting still looks back to before the archive.

    What it would have seen there is not known, so nothing of this time is scored, for no setting: ``left_out``. Of an
    archive of which it would be more than a quarter, or that is shorter than a day, nothing is left out.
    """

    start: int
    end: int
    left_out: bool = True


class Week(NamedTuple):
    """A calendar week from Monday 00:00 UTC: its hours with the trail on, and the pages in it."""

    start: datetime
    hours: int
    pages: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """The hours (since 1970) in which silence proves something, and the selection by time in seconds, if there was one.

    Where all hours of a span do, they are a range. ``logged`` of them have a log file, ``digested`` only a digest file;
    ``assumed``: the archive is said to be complete. The hours of a ``burn_in`` that is left out are in no rate.
    """

    hours: frozenset[int] | range
    start: int | None = None
    end: int | None = None
    logged: int = 0
    digested: int = 0
    assumed: bool = False
    burn_in: BurnIn | None = None

    @classmethod
    def of(
        cls,
        hours: frozenset[int],
        start: int | None = None,
        end: int | None = None,
        *,
        digests: frozenset[int] = frozenset(),
        complete: bool = False,
    ) -> Coverage:
        """Of the hours with a log or a digest file, those in a selection by time (seconds since 1970).

        ``complete``: every hour of the selection, or else from the first to the last of them.
        """
        first = -math.inf if start is None else start
        last = math.inf if end is None else end
        inside, digested = (
            frozenset(hour for hour in some if (hour + 1) * HOUR > first and hour * HOUR < last)
            for some in (hours, digests - hours)
        )
        known: frozenset[int] | range = inside | digested
        if complete and known:
            begin = min(known) if start is None else start // HOUR
            known = range(begin, max(known) + 1 if end is None else -(-end // HOUR))
        return cls(known, start, end, len(inside), len(digested), complete)

    def proves(self, start: int, end: int) -> bool:
        """Whether there was a log in any hour from ``start`` until ``end``, seconds since 1970."""
        first = start if self.start is None else max(start, self.start)
        last = end if self.end is None else min(end, self.end)
        return first < last and any(first // HOUR <= hour < -(-last // HOUR) for hour in self.hours)

    @property
    def on(self) -> frozenset[int] | range:
        """The hours with the trail on."""
        return _on(self.hours, self.since // HOUR)

    @property
    def since(self) -> int:
        """From when on something is scored, in seconds since 1970; 0 where nothing is left out."""
        return self.burn_in.end if self.burn_in and self.burn_in.left_out else 0

    @property
    def weeks(self) -> float:
        """The hours with the trail on, in weeks."""
        return len(self.on) / HOURS_A_WEEK

    @property
    def length(self) -> str:
        """``2.0 weeks``, ``5 hours``: the time with the trail on."""
        return f"{self.weeks:.1f} weeks" if self.weeks >= 1 else count(len(self.on), "hour")

    @property
    def days(self) -> Mapping[int, int]:
        """The days (since 1970) with the trail on, and for how many hours."""
        return _days(self.on)

    @property
    def calendar(self) -> list[int]:
        """The numbers of the weeks with the trail on."""
        return sorted({week_of(day * DAY) for day in self.days})

    @property
    def extent(self) -> tuple[int, int]:
        """From the first to the end of the last hour that is scored, in seconds since 1970."""
        return (
            (max(self.since, min(self.hours) * HOUR), (max(self.hours) + 1) * HOUR) if self.hours else (0, 0)
        )

    @property
    def off(self) -> int:
        """The hours in between that are in no rate: longer than a day without any file."""
        return max(self.on) + 1 - max(min(self.hours), self.since // HOUR) - len(self.on) if self.on else 0

    @property
    def gaps(self) -> int:
        """The hours that prove nothing between the first and the last that do."""
        return max(self.hours) + 1 - min(self.hours) - len(self.hours) if self.hours else 0

    @property
    def silent(self) -> list[tuple[int, int]]:
        """The gaps as times from and until, in seconds since 1970."""
        if not self.gaps:
            return []
        ordered = sorted(self.hours)
        return [((hour + 1) * HOUR, later * HOUR) for hour, later in pairwise(ordered) if later > hour + 1]

    @property
    def short(self) -> bool:
        """Whether there are too few weeks to say something about a week."""
        return self.weeks < ENOUGH_WEEKS

    def per_week(self, pages: int) -> float | None:
        """Pages a week with the trail on; None without any log."""
        return pages / self.weeks if self.on else None

    def by_week(self, score: Score) -> list[Week]:
        """The weeks with the trail on or a page, in time order."""
        hours = Counter[int]()
        for day, length in self.days.items():
            hours[week_of(day * DAY)] += length
        pages = dict(score.by_week)
        return [
            Week(datetime.fromtimestamp(week * WEEK + MONDAY, UTC), hours[week], pages.get(week, 0))
            for week in sorted({*hours, *pages})
        ]

    def spread(self, score: Score) -> tuple[int, int] | None:
        """The fewest and the most pages of a week, of those with the trail on for at least half of their hours."""
        whole = [week.pages for week in self.by_week(score) if week.hours >= HOURS_A_WEEK // 2]
        return (min(whole), max(whole)) if whole else None


@lru_cache(maxsize=16)
def _on(hours: frozenset[int] | range, first: int) -> frozenset[int] | range:
    """The hours from a first one on, and those between two of them that are at most a day apart."""
    if isinstance(hours, range):
        return hours[max(0, first - hours.start) :]
    between = (
        range(hour + 1, later) for hour, later in pairwise(sorted(hours)) if 1 < later - hour <= _BRIDGED
    )
    return frozenset(hour for hour in hours.union(*between) if hour >= first)


@lru_cache(maxsize=16)
def _days(hours: frozenset[int] | range) -> Mapping[int, int]:
    return dict(sorted(Counter(hour * HOUR // DAY for hour in hours).items()))
