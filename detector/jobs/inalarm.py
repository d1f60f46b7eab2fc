"""When an alarm is in ALARM: in come an alarm and its windows, out go the times, in seconds.

The claim: the same as the transitions of ``Alarm.history`` over the same span, without their reasons; and
which of it is ALARM only because the alarm looks further back than its evaluation periods. No window is
looked at singly: states are bits of one integer, and only where they change is anything listed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from detector.alarm import Alarm, Windows, states, verdicts
from detector.alarm.clock import SECOND

MINUTE = 60


@dataclass(frozen=True, slots=True)
class InAlarm:
    """The alarm is in ALARM from ``starts[i]`` to ``ends[i]`` (seconds since 1970).

    Where it is still in ALARM at the end of the span, the last end is that end. ``lookback`` are the seconds
    of it in which the newest evaluation periods alone would not have been ALARM.
    """

    starts: Sequence[int] = ()
    ends: Sequence[int] = ()
    lookback: int = 0


def in_alarm(alarm: Alarm, windows: Windows, end: int) -> InAlarm:
    """The times in ALARM up to ``end`` (seconds); ``windows`` may reach further, for other alarms."""
    clock = Clock.of(alarm, windows, end)
    surplus = windows.evaluations - clock.count
    bits = states(alarm, windows).alarm >> surplus
    if not bits:
        return InAlarm()
    starts, ends = _runs(bits, clock.count)
    undone, entered = _lookback(alarm, windows, bits, surplus)
    lookback = clock.length(undone) + clock.length(entered, alarm.step)
    return InAlarm(clock.seconds(starts), clock.seconds(ends), lookback)


@dataclass(frozen=True, slots=True)
class Clock:
    """Which second each of the first ``count`` evaluations stands for; number ``count`` is the end."""

    windows: Windows
    count: int
    end: int
    begin: int
    step: int
    """Seconds between evaluations where they are evenly spaced, else 0."""

    @classmethod
    def of(cls, alarm: Alarm, windows: Windows, end: int) -> Clock:
        """The clock of the evaluations up to ``end``."""
        begin, rest = divmod(windows.begin, SECOND)
        even = alarm.evaluation_window is None and alarm.period >= MINUTE and not (rest or begin % MINUTE)
        if even:
            count = min(windows.evaluations, max(0, (end - begin) // alarm.step + 1))
            return cls(windows, count, end, begin, alarm.step)
        numbers = range(windows.evaluations)
        return cls(windows, bisect_right(numbers, end * SECOND, key=windows.microseconds), end, begin, 0)

    def seconds(self, evaluations: Sequence[int]) -> Sequence[int]:
        """The second of each evaluation."""
        if self.step:
            known = [self.begin + self.step * one for one in evaluations]
            return [*known[:-1], self.end] if evaluations and evaluations[-1] == self.count else known
        at, count, end = self.windows.microseconds, self.count, self.end
        return [end if one == count else at(one) // SECOND for one in evaluations]

    def length(self, bits: int, most: int | None = None) -> int:
        """The seconds for which the evaluations of these bits stand, each until the next one that can differ.

        ``most`` limits each run of them.
        """
        if not self.step:
            starts, ends = (self.seconds(edges) for edges in _runs(bits, self.count))
            lengths = (end - start for start, end in zip(starts, ends, strict=True))
            return sum(lengths if most is None else (min(most, one) for one in lengths))
        last = self.begin + self.step * (self.count - 1)
        return self.step * bits.bit_count() - (self.step - (self.end - last) if bits & 1 else 0)


def _runs(bits: int, count: int) -> tuple[Sequence[int], Sequence[int]]:
    """Where each run of ones begins and where it is over, the highest of ``count`` bits being number 0."""
    edges = f"{bits ^ bits >> 1:0{count}b}".split("1")
    places = list(accumulate([len(zeros) + 1 for zeros in edges[:-1]], initial=-1))[1:]
    if bits & 1:
        places.append(count)
    return places[::2], places[1::2]


def _lookback(alarm: Alarm, windows: Windows, bits: int, surplus: int) -> tuple[int, int]:
    """The bits of ALARM that the newest evaluation periods alone, in the state before, would not give.

    First those in which they decide otherwise. Then the entries into ALARM in which they would keep the state
    before, which is another one; an evaluation later, keeping it would keep ALARM.
    """
    alone = verdicts(alarm, windows, look_back=False)
    alarmed, fine, unknown = (
        windows.evaluated(one) >> surplus for one in (alone.alarm, alone.ok, alone.insufficient)
    )
    undone = bits & (fine | unknown)
    return undone, bits & ~(bits >> 1 | alarmed | undone)
