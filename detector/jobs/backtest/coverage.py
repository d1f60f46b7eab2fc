"""How much an archive can prove: in come the hours with a log, out go weeks, gaps and a spread.

The claim: an hour without any log file is not evidence of silence; it is in no week that pages are counted
against. The spread by week and the interval say how far a figure per week can be trusted.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import NormalDist
from typing import NamedTuple

from detector.alarm.values import HOUR, WEEK
from detector.jobs.backtest.scores import MONDAY, Score, week_of

HOURS_A_WEEK = 168
ENOUGH_WEEKS = 4
"""Fewer weeks of logs are too short for a statement about pages per week."""
_CONFIDENCE = 0.95
# From so many pages on, the interval is computed by the cube root that is nearly normal.
_LARGE = 1_000


class Week(NamedTuple):
    """A calendar week from Monday 00:00 UTC: its hours with a log, and the pages in it."""

    start: datetime
    hours: int
    pages: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """The hours (since 1970) for which there was a log, and the selection by time in seconds, if there was one.

    Where all hours of a span have one, they are a range.
    """

    hours: frozenset[int] | range
    start: int | None = None
    end: int | None = None

    @classmethod
    def of(cls, hours: frozenset[int], start: int | None = None, end: int | None = None) -> Coverage:
        """Of these hours, those in a selection by time (seconds since 1970)."""
        first = -math.inf if start is None else start
        last = math.inf if end is None else end
        inside = frozenset(hour for hour in hours if (hour + 1) * HOUR > first and hour * HOUR < last)
        return cls(inside, start, end)

    def proves(self, start: int, end: int) -> bool:
        """Whether there was a log in any hour from ``start`` until ``end``, seconds since 1970."""
        first = start if self.start is None else max(start, self.start)
        last = end if self.end is None else min(end, self.end)
        return first < last and any(first // HOUR <= hour < -(-last // HOUR) for hour in self.hours)

    @property
    def weeks(self) -> float:
        """The hours with a log, in weeks."""
        return len(self.hours) / HOURS_A_WEEK

    @property
    def gaps(self) -> int:
        """The hours without a log between the first and the last with one."""
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
        """Pages a week with a log; None without any log."""
        return pages / self.weeks if self.hours else None

    def by_week(self, score: Score) -> list[Week]:
        """The weeks with a log or a page, in time order."""
        hours = Counter(week_of(hour * HOUR) for hour in self.hours)
        pages = dict(score.by_week)
        return [
            Week(datetime.fromtimestamp(week * WEEK + MONDAY, UTC), hours[week], pages.get(week, 0))
            for week in sorted({*hours, *pages})
        ]

    def spread(self, score: Score) -> tuple[int, int] | None:
        """The fewest and the most pages of a week, of those with a log for at least half of their hours."""
        whole = [week.pages for week in self.by_week(score) if week.hours >= HOURS_A_WEEK // 2]
        return (min(whole), max(whole)) if whole else None

    def interval(self, pages: int) -> tuple[float, float] | None:
        """Which rates per week would not be a surprise: the exact interval of a Poisson count (Garwood, 1936).

        Pages come in bursts, which a Poisson count does not: the truth is wider.
        """
        if not self.hours:
            return None
        tail = (1 - _CONFIDENCE) / 2
        low = _mean_with(pages - 1, 1 - tail) if pages else 0.0
        return low / self.weeks, _mean_with(pages, tail) / self.weeks


def _mean_with(most: int, probability: float) -> float:
    """The mean of a Poisson count that is at most ``most`` with this probability.

    By halving; large counts by the cube root that is nearly normal (Wilson and Hilferty, 1931), right to 5
    digits there.
    """
    if most >= _LARGE:
        degrees, normal = most + 1, NormalDist().inv_cdf(1 - probability)
        return degrees * (1 - 1 / (9 * degrees) + normal / (3 * math.sqrt(degrees))) ** 3
    low, high = 0.0, 2.0 * most + 20
    for _ in range(60):
        mean = (low + high) / 2
        logs = (k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(most + 1))
        if math.fsum(math.exp(term) for term in logs) > probability:
            low = mean
        else:
            high = mean
    return low
