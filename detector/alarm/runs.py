"""Windows as runs: in come samples and when each enters a window, out go stretches of equal windows.

The claim: windows are looked at only where a sample enters or leaves one, and each value is what
``statistics.datapoint`` gives for the same samples. A sample that enters at window i belongs to
the windows i to i + stride - 1.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from detector.alarm.choices import percentile_rank

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from fractions import Fraction

    from detector.alarm.model import Alarm
    from detector.alarm.samples import Samples


@dataclass(frozen=True, slots=True)
class Runs:
    """From window ``starts[k]`` on, up to the next start, windows have this value and sample count."""

    starts: list[int]
    values: list[float | None]
    counts: list[int]

    def at(self, index: int) -> tuple[float | None, int]:
        """Value and sample count of one window; (None, 0) before the first run."""
        run = bisect_right(self.starts, index) - 1
        return (None, 0) if run < 0 else (self.values[run], self.counts[run])


def runs(alarm: Alarm, samples: Samples, enter: list[int], stride: int, size: int) -> Runs:
    """The runs of ``size`` windows; ``enter`` (sorted) has the first window of each sample."""
    starts = sorted({*enter, *(index + stride for index in enter)})
    del starts[bisect_left(starts, size) :]
    lows = [bisect_right(enter, index - stride) for index in starts]
    highs = [bisect_right(enter, index) for index in starts]
    totals = [0, *accumulate(samples.counts)]
    counts = [totals[high] - totals[low] for low, high in zip(lows, highs, strict=True)]
    values = _statistic(alarm)(samples, lows, highs, counts)
    return Runs(starts, [v if n else None for v, n in zip(values, counts, strict=True)], counts)


def _statistic(alarm: Alarm) -> Callable[[Samples, list[int], list[int], list[int]], Sequence[float]]:
    percentile = alarm.percentile
    if percentile is not None:
        return lambda samples, lows, highs, counts: _percentiles(percentile, samples, lows, highs, counts)
    return {
        "SampleCount": lambda _samples, _lows, _highs, counts: [float(count) for count in counts],
        "Sum": _sums,
        "Average": _averages,
        "Minimum": lambda samples, lows, highs, _: [
            -v for v in _greatest([-v for v in samples.values], lows, highs)
        ],
        "Maximum": lambda samples, lows, highs, _: list(_greatest(samples.values, lows, highs)),
    }[alarm.statistic or ""]


def _sums(samples: Samples, lows: list[int], highs: list[int], _counts: list[int]) -> list[float]:
    """Differences of exact prefix sums, rounded once: whole numbers over one power of two."""
    ratios = [value.as_integer_ratio() for value in samples.values]
    scale = max((denominator for _, denominator in ratios), default=1)
    whole = (n * (scale // d) * count for (n, d), count in zip(ratios, samples.counts, strict=True))
    prefix = [0, *accumulate(whole)]
    return [(prefix[high] - prefix[low]) / scale for low, high in zip(lows, highs, strict=True)]


def _averages(samples: Samples, lows: list[int], highs: list[int], counts: list[int]) -> list[float]:
    sums = _sums(samples, lows, highs, counts)
    return [total / count if count else 0.0 for total, count in zip(sums, counts, strict=True)]


def _greatest(values: Sequence[float], lows: list[int], highs: list[int]) -> Iterator[float]:
    """The greatest of each values[low:high]; a queue keeps only samples that can still be it."""
    queue: deque[int] = deque()
    seen = 0
    for low, high in zip(lows, highs, strict=True):
        for index in range(seen, high):
            while queue and values[queue[-1]] <= values[index]:
                queue.pop()
            queue.append(index)
        seen = high
        while queue and queue[0] < low:
            queue.popleft()
        yield values[queue[0]] if queue else 0.0


def _percentiles(
    percentile: Fraction, samples: Samples, lows: list[int], highs: list[int], counts: list[int]
) -> list[float]:
    """Nearest ranks over sliding samples, in a Fenwick tree of counts by value."""
    levels = sorted(set(samples.values))
    places = [bisect_left(levels, value) for value in samples.values]
    tree, left, seen, found = _Tree(len(levels)), 0, 0, []
    for low, high, count in zip(lows, highs, counts, strict=True):
        for index in range(seen, high):
            tree.add(places[index], samples.counts[index])
        for index in range(left, low):
            tree.add(places[index], -samples.counts[index])
        left, seen = low, high
        found.append(levels[tree.find(percentile_rank(percentile, count))] if count else 0.0)
    return found


class _Tree:
    """Counts by place, with the place of the n-th of them in logarithmic time (Fenwick)."""

    def __init__(self, size: int) -> None:
        self._sums = [0] * (size + 1)
        self._top = 1 << size.bit_length() >> 1

    def add(self, place: int, count: int) -> None:
        sums, at = self._sums, place + 1
        while at < len(sums):
            sums[at] += count
            at += at & -at

    def find(self, rank: int) -> int:
        """The place of the ``rank``-th item, counted from 1."""
        sums, at, step = self._sums, 0, self._top
        while step:
            if at + step < len(sums) and sums[at + step] < rank:
                at += step
                rank -= sums[at]
            step >>= 1
        return at
