"""Statistics: in come samples, out goes the datapoint of one window, or of all windows of a history at once.

The claim: ``datapoint`` is the meaning, for one window; ``runs`` gives the same for every window, which it
looks at only where a sample enters or leaves one. Sums are exact and rounded once, so that no order of
samples and no faster way of adding can give another answer.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from detector.alarm.samples import Samples
from detector.alarm.settings import Settings
from detector.alarm.values import Statistic


def datapoint(alarm: Settings, samples: Sequence[tuple[float, int]]) -> float | None:
    """The alarm's statistic over (value, count) pairs; None without samples."""
    if not samples:
        return None
    if alarm.percentile is not None:
        rank = percentile_rank(alarm.percentile, sum(weight for _, weight in samples))
        ordered = sorted(samples)
        passed = accumulate(weight for _, weight in ordered)
        return next(value for (value, _), upto in zip(ordered, passed, strict=True) if upto >= rank)
    count = sum(weight for _, weight in samples)
    total = float(sum((Fraction(value) * weight for value, weight in samples), Fraction()))
    return {
        Statistic.SAMPLE_COUNT: float(count),
        Statistic.SUM: total,
        Statistic.AVERAGE: total / count,
        Statistic.MINIMUM: min(value for value, _ in samples),
        Statistic.MAXIMUM: max(value for value, _ in samples),
    }[Statistic(alarm.statistic_name)]


def percentile_rank(percentile: Fraction, count: int) -> int:
    """Which of ``count`` sorted samples is the percentile, counted from 1: the nearest rank."""
    rank = -(-percentile * count // 100)
    return max(1, int(rank))


def is_low(percentile: Fraction | None, count: int) -> bool:
    """Whether so few samples are "low" for the percentile (strictly fewer than the limit).

    Documented: 10 / (1 - p) for p in [0.5, 1) and 10 / p for p in (0, 0.5). Recorded: p90 with 99
    samples is low, with 100 it is not. For p0 and p100 there is no limit, so nothing is low.
    """
    if percentile is None or not 0 < percentile < 100:  # noqa: PLR2004 - per cent
        return False
    tail = min(percentile, 100 - percentile)
    return count * tail < 10 * 100


@dataclass(frozen=True, slots=True)
class Runs:
    """Stretches of equal windows: from window ``starts[k]`` on, all have this value and sample count."""

    starts: list[int]
    values: list[float | None]
    counts: list[int]

    def at(self, index: int) -> tuple[float | None, int]:
        """Value and sample count of one window; (None, 0) before the first run."""
        run = bisect_right(self.starts, index) - 1
        return (None, 0) if run < 0 else (self.values[run], self.counts[run])

    def lengths(self, size: int) -> list[int]:
        """How many windows each run has, of ``size`` windows in all."""
        return [end - start for start, end in zip(self.starts, [*self.starts[1:], size], strict=False)]


def runs(alarm: Settings, samples: Samples, enter: list[int], stride: int, size: int) -> Runs:
    """The runs of ``size`` windows.

    ``enter`` (sorted) has the first window of each sample, which belongs to the ``stride`` windows from there on.
    """
    starts = sorted({*enter, *(index + stride for index in enter)})
    del starts[bisect_left(starts, size) :]
    slices = [(bisect_right(enter, index - stride), bisect_right(enter, index)) for index in starts]
    totals = [0, *accumulate(samples.counts)]
    counts = [totals[high] - totals[low] for low, high in slices]
    values = _statistic(alarm, samples, slices, counts)
    return Runs(starts, [v if n else None for v, n in zip(values, counts, strict=True)], counts)


def _statistic(
    alarm: Settings, samples: Samples, slices: list[tuple[int, int]], counts: list[int]
) -> Sequence[float]:
    """The statistic of each slice of the samples; of an empty one, anything."""
    if alarm.percentile is not None:
        return _percentiles(alarm.percentile, samples, slices, counts)
    match Statistic(alarm.statistic_name):
        case Statistic.SAMPLE_COUNT:
            return [float(count) for count in counts]
        case Statistic.SUM:
            return _sums(samples, slices)
        case Statistic.AVERAGE:
            sums = _sums(samples, slices)
            return [total / count if count else 0.0 for total, count in zip(sums, counts, strict=True)]
        case Statistic.MINIMUM:
            return [-value for value in _greatest([-value for value in samples.values], slices)]
        case Statistic.MAXIMUM:
            return list(_greatest(samples.values, slices))


def _sums(samples: Samples, slices: list[tuple[int, int]]) -> list[float]:
    """Differences of exact prefix sums, rounded once: whole numbers over one power of two."""
    ratios = [value.as_integer_ratio() for value in samples.values]
    scale = max((denominator for _, denominator in ratios), default=1)
    whole = (n * (scale // d) * count for (n, d), count in zip(ratios, samples.counts, strict=True))
    prefix = [0, *accumulate(whole)]
    return [(prefix[high] - prefix[low]) / scale for low, high in slices]


def _greatest(values: Sequence[float], slices: list[tuple[int, int]]) -> Iterator[float]:
    """The greatest of each values[low:high]; a queue keeps only samples that can still be it."""
    queue: deque[int] = deque()
    done = 0
    for low, high in slices:
        for index in range(done, high):
            while queue and values[queue[-1]] <= values[index]:
                queue.pop()
            queue.append(index)
        done = high
        while queue and queue[0] < low:
            queue.popleft()
        yield values[queue[0]] if queue else 0.0


def _percentiles(
    percentile: Fraction, samples: Samples, slices: list[tuple[int, int]], counts: list[int]
) -> list[float]:
    """Nearest ranks over sliding samples, in a Fenwick tree of counts by value."""
    levels = sorted(set(samples.values))
    places = [bisect_left(levels, value) for value in samples.values]
    tree, left, done, found = _Tree(len(levels)), 0, 0, []
    for (low, high), count in zip(slices, counts, strict=True):
        for index in range(done, high):
            tree.add(places[index], samples.counts[index])
        for index in range(left, low):
            tree.add(places[index], -samples.counts[index])
        left, done = low, high
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
