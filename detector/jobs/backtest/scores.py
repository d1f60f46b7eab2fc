"""What one setting did: in come its times in ALARM, the incidents and the hours with a log, out goes a score.

The claim: every word of a backtest is defined here, in one place each.

* A **page** is a transition into ALARM: that is when CloudWatch notifies.
* A **flap** is a page at most 30 minutes after the alarm had left ALARM.
* An incident is **detected** by a page from its start until its end and the grace time after it. An alarm that
  was already in ALARM when the incident began pages nobody for it: no detection, unless it is raised again.
* An incident has **no evidence** where its hours, the grace time included, have no log: it is neither detected
  nor missed, and a page in its time is not a false alarm.
* The **delay** is from the incident's start to that page.
* A **false alarm** is a page whose time in ALARM overlaps no incident, from its start until its end and the
  grace time after it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter, sub
from statistics import median

from detector.alarm.values import DAY, HOUR, MINUTE, WEEK
from detector.jobs.backtest.incidents import Incident

# 1970-01-05, a Monday: weeks begin there.
MONDAY = 4 * DAY
# Seconds; as long as a report counts an alarm that comes back to the same episode.
_FLAP = 30 * MINUTE
GRACE = 30 * MINUTE
"""Seconds after an incident's end in which an ALARM still belongs to it, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class InAlarm:
    """The alarm is in ALARM from ``starts[i]`` to ``ends[i]`` (seconds since 1970).

    Where it is still in ALARM at the end of the span, the last end is that end. ``lookback`` are the seconds
    of it in which the newest evaluation periods alone would not have been ALARM.
    """

    starts: Sequence[int] = ()
    ends: Sequence[int] = ()
    lookback: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """What one setting did; times in seconds.

    ``delays`` has one entry an incident, None for one that was missed. ``by_hour`` begins at midnight UTC,
    ``by_weekday`` on Monday; ``by_week`` counts pages by the number of the week since Monday 1970-01-05.
    ``unlogged`` are those of ``seconds`` that lie in a gap of the archive.
    """

    alarms: int = 0
    seconds: int = 0
    longest: int = 0
    median: float | None = None
    lookback: int = 0
    flaps: int = 0
    by_hour: tuple[int, ...] = (0,) * 24
    by_weekday: tuple[int, ...] = (0,) * 7
    by_week: tuple[tuple[int, int], ...] = ()
    delays: tuple[int | None, ...] = ()
    false_alarms: int = 0
    unlogged: int = 0

    @property
    def detected(self) -> int:
        """How many incidents."""
        return len(self.delays) - self.missed

    @property
    def missed(self) -> int:
        """How many incidents."""
        return self.delays.count(None)

    @property
    def median_delay(self) -> float | None:
        """Over the incidents that were detected."""
        known = [delay for delay in self.delays if delay is not None]
        return median(known) if known else None

    @property
    def slowest_delay(self) -> int | None:
        """Over the incidents that were detected."""
        return max((delay for delay in self.delays if delay is not None), default=None)

    @property
    def precision(self) -> float | None:
        """The share of pages that belong to an incident; None without any page or any incident."""
        return (self.alarms - self.false_alarms) / self.alarms if self.alarms and self.delays else None

    @property
    def recall(self) -> float | None:
        """The share of incidents that were detected; None without any."""
        return self.detected / len(self.delays) if self.delays else None


class Labels:
    """The incidents, prepared once for any number of settings; the ``unproven`` ones have no evidence.

    ``silent`` are the gaps of the archive, in time order.
    """

    def __init__(
        self,
        incidents: Sequence[Incident],
        grace: int = GRACE,
        unproven: Sequence[Incident] = (),
        silent: Sequence[tuple[int, int]] = (),
    ) -> None:
        self._silent = silent
        self._before = [0, *accumulate(end - start for start, end in silent)]
        self._spans = [incident.span(grace) for incident in incidents]
        # All spans that explain an ALARM, in time order; those that touch are one.
        self._merged: list[tuple[int, int]] = []
        for start, end in sorted([*self._spans, *(incident.span(grace) for incident in unproven)]):
            if self._merged and start <= self._merged[-1][1]:
                self._merged[-1] = self._merged[-1][0], max(end, self._merged[-1][1])
            else:
                self._merged.append((start, end))

    def delays(self, starts: Sequence[int]) -> Iterable[int | None]:
        """For each incident, the seconds until its first page."""
        for start, end in self._spans:
            first = bisect_left(starts, start)
            yield starts[first] - start if first < len(starts) and starts[first] < end else None

    def false_alarms(self, times: InAlarm) -> int:
        """How many times in ALARM overlap no incident."""
        if not self._spans:
            return 0
        starts, ends = times.starts, times.ends
        if starts and ends[-1] == starts[-1]:  # raised by the last evaluation: a page all the same
            ends = [*ends[:-1], ends[-1] + 1]
        overlapping, counted = 0, 0
        for start, end in self._merged:
            low, high = bisect_right(ends, start), bisect_left(starts, end)
            overlapping += max(0, high - max(low, counted))
            counted = max(counted, high)
        return len(starts) - overlapping

    def unlogged(self, times: InAlarm) -> int:
        """How many seconds in ALARM lie in gaps."""
        if not self._silent:
            return 0
        return sum(map(self._gaps_before, times.ends)) - sum(map(self._gaps_before, times.starts))

    def _gaps_before(self, second: int) -> int:
        place = bisect_right(self._silent, second, key=itemgetter(0))
        if not place:
            return 0
        start, end = self._silent[place - 1]
        return self._before[place - 1] + min(second, end) - start


def score(times: InAlarm, labels: Labels) -> Score:
    """The score of one setting's times in ALARM."""
    starts, ends = times.starts, times.ends
    delays = tuple(labels.delays(starts))
    if not starts:
        return Score(delays=delays)
    lengths = list(map(sub, ends, starts))
    # Counted by hour of the week first, which are only 168, however many pages there are.
    by_hour, by_weekday = [0] * 24, [0] * 7
    for hour, count in Counter([start // HOUR % 168 for start in starts]).items():
        by_hour[hour % 24] += count
        by_weekday[(hour // 24 + 3) % 7] += count  # 1970-01-01 was a Thursday: three days after Monday
    return Score(
        alarms=len(starts),
        seconds=sum(lengths),
        longest=max(lengths),
        median=median(lengths),
        lookback=times.lookback,
        flaps=sum(map(_FLAP.__ge__, map(sub, starts[1:], ends))),
        by_hour=tuple(by_hour),
        by_weekday=tuple(by_weekday),
        by_week=tuple(_by_week(starts)),
        delays=delays,
        false_alarms=labels.false_alarms(times),
        unlogged=labels.unlogged(times),
    )


def week_of(second: int) -> int:
    """The number of the week in which a second since 1970 lies."""
    return (second - MONDAY) // WEEK


def _by_week(starts: Sequence[int]) -> Iterable[tuple[int, int]]:
    """The weeks that have pages, and how many."""
    low = 0
    while low < len(starts):
        week = week_of(starts[low])
        high = bisect_left(starts, (week + 1) * WEEK + MONDAY, low)
        yield week, high - low
        low = high
