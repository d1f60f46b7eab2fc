"""Times in ALARM of one setting, and stretches of time: seconds since 1970 in, what of them lies where out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter, sub

from detector.jobs.backtest.attribution import Stretch


@dataclass(frozen=True, slots=True)
class InAlarm:
    """The alarm is in ALARM from ``starts[i]`` to ``ends[i]`` (seconds since 1970).

    Where it is still in ALARM at the end of the span, the last end is that end. ``lookback`` are the seconds
    of it in which the newest evaluation periods alone would not have been ALARM. ``breached`` are the windows that
    speak for ALARM in the evaluation of ``starts[i]``. ``carried`` is a time in ALARM before these that is the rest of one
    that began before: it paged nobody here.
    """

    starts: Sequence[int] = ()
    ends: Sequence[int] = ()
    lookback: int = 0
    breached: Callable[[int], Sequence[Stretch]] = lambda _: ()
    carried: Stretch | None = None

    @property
    def everything(self) -> tuple[Sequence[int], Sequence[int]]:
        """When each time in ALARM begins and ends, that without a page included."""
        if self.carried is None:
            return self.starts, self.ends
        return [self.carried[0], *self.starts], [self.carried[1], *self.ends]

    def since(self, second: int) -> InAlarm:
        """What of them is from a second on; their ``lookback`` is of all of them still."""
        first = bisect_left(self.starts, second)
        if not first:
            return self
        before = self.ends[first - 1]
        return InAlarm(
            self.starts[first:],
            self.ends[first:],
            self.lookback,
            lambda page: self.breached(first + page),
            (second, before) if before > second else None,
        )


class Stretches:
    """Stretches of time in seconds, in any order; those that touch are one."""

    def __init__(self, stretches: Iterable[Stretch]) -> None:
        self._stretches: list[Stretch] = []
        for start, end in sorted(stretches):
            if self._stretches and start <= self._stretches[-1][1]:
                self._stretches[-1] = self._stretches[-1][0], max(end, self._stretches[-1][1])
            else:
                self._stretches.append((start, end))
        self._before = [0, *accumulate(end - start for start, end in self._stretches)]

    def within(self, starts: Sequence[int], ends: Sequence[int]) -> int:
        """How many seconds of some times lie in them; the times are in order and apart."""
        if len(self._stretches) >= len(starts):
            return sum(map(self._until, ends)) - sum(map(self._until, starts)) if self._stretches else 0
        # Of fewer stretches than times, as with incidents and pages, each is looked up among the times.
        before = [0, *accumulate(map(sub, ends, starts))]

        def until(second: int) -> int:
            place = bisect_right(starts, second)
            return before[place] - max(0, ends[place - 1] - second) if place else 0

        return sum(until(end) - until(start) for start, end in self._stretches)

    def _until(self, second: int) -> int:
        place = bisect_right(self._stretches, second, key=itemgetter(0))
        if not place:
            return 0
        start, end = self._stretches[place - 1]
        return self._before[place - 1] + min(second, end) - start
