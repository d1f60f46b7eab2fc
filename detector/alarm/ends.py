"""Where the windows of a history end: in come an alarm, a span and the seconds of samples, out go the ends.

The claim: of a long span, silence is left out in which no verdict can change, so that what windows cost grows with
the samples and not with the years between the first and the last of them. Before and behind what is left out, no
evaluation sees a sample: whoever looks back over it by counting windows sees what there is, nothing.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Sequence
from itertools import accumulate
from typing import SupportsIndex, overload

from detector.alarm.clock import boundaries, clock_floor, resolution
from detector.alarm.settings import AlarmSettings
from detector.alarm.values import DAY

FEW = 1 << 20
"""Windows of which none is left out: two years of minutes, which cost a few megabytes."""


class Stretches(Sequence[int]):
    """Ascending ends in several stretches, one behind the other."""

    def __init__(self, parts: Sequence[Sequence[int]]) -> None:
        self.parts = parts
        self.heads = [part[0] for part in parts]
        self.before = [0, *accumulate(map(len, parts))]

    def __len__(self) -> int:
        return self.before[-1]

    @overload
    def __getitem__(self, index: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> int | list[int]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        part = bisect_right(self.before, int(index)) - 1
        return self.parts[part][int(index) - self.before[part]]

    def first_after(self, second: int) -> int:
        """The number of the first end that is later."""
        part = max(0, bisect_right(self.heads, second) - 1)
        return self.before[part] + _first_after(self.parts[part], second)


def steps(alarm: AlarmSettings) -> tuple[int, int]:
    """How many windows lie from one to the next that does not overlap it, and from one evaluation to the next."""
    if alarm.evaluation_window is not None:
        return 1, 1
    return alarm.period // _unit(alarm), resolution(alarm) // _unit(alarm)


def _unit(alarm: AlarmSettings) -> int:
    """The finest step between two window ends that matter."""
    return math.gcd(resolution(alarm), alarm.period)


def window_ends(
    alarm: AlarmSettings, newest: int, final: int, seconds: Sequence[int], reach: int | None
) -> Sequence[int]:
    """The ends of all windows, from the one at or before ``newest`` and all of ``seconds`` (sorted) until ``final``.

    With ``reach``, the most windows that one evaluation looks at, those ends are left out of a long span that are
    not needed. A stretch begins at an evaluation and has as many of them as fit, so that every n-th window stays
    the newest of one.
    """
    first = min([newest, *seconds[:1]])
    step = _unit(alarm) if alarm.evaluation_window is None else alarm.period
    if reach is None or (final - first) // step <= FEW:
        return _between(alarm, first, final, final)
    # The windows of a sample, those of an evaluation behind them, and what clocks may be put forward or back.
    tail = (reach + 2) * alarm.period + (resolution(alarm) if alarm.evaluation_window is None else DAY)
    starting = list(seconds)
    insort(starting, newest)
    spans = list[list[int]]()
    for second in starting:
        if not spans or second - spans[-1][1] > 2 * tail:
            spans.append([second, second])
        spans[-1][1] = second
    return Stretches([_between(alarm, start, last + tail, final) for start, last in spans])


def first_after(ends: Sequence[int], seconds: Sequence[int]) -> list[int]:
    """For each second the number of the first window that ends later."""
    if isinstance(ends, Stretches):
        return [ends.first_after(second) for second in seconds]
    return [_first_after(ends, second) for second in seconds]


def _first_after(ends: Sequence[int], second: int) -> int:
    if isinstance(ends, range):
        return (second - ends.start) // ends.step + 1
    return bisect_right(ends, second)


def _between(alarm: AlarmSettings, first: int, last: int, final: int) -> Sequence[int]:
    """The ends from the evaluation at or before ``first`` on, until the evaluation behind ``last`` or until ``final``."""
    if alarm.evaluation_window is not None:
        floor = clock_floor(alarm.evaluation_window, alarm.period, first)
        return boundaries(alarm.evaluation_window, alarm.period, floor, min(last, final))
    evaluation = resolution(alarm)
    until = min((last // evaluation + 1) * evaluation, final + 1)
    return range(first // evaluation * evaluation, until, _unit(alarm))
