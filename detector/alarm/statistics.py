"""Statistics: in come samples, out goes the datapoint of one window, or of all windows of a history at once.

The claim: ``datapoint`` is the meaning, for one window; ``runs`` gives the same for every window, which it
looks at only where a sample enters or leaves one. Sums are exact and rounded once, so that no order of
samples and no faster way of adding can give another answer.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec import Struct

from detector.alarm.samples import Samples
from detector.alarm.settings import AlarmSettings
from detector.alarm.values import Statistic

if TYPE_CHECKING:
    from fractions import Fraction

# The bins of a percentile's histogram are 10 % wide (recorded).
_WIDTH = 1.1
# The bin of zero, and of what PutMetricData refuses as too small to tell from it.
_ZERO, _LEAST = -10_000, 2.0**-360


def datapoint(alarm: AlarmSettings, samples: Sequence[tuple[float, int]]) -> float | None:
    """The alarm's statistic over (value, count) pairs; None without samples, or without a percentile of them."""
    if not samples:
        return None
    lowest, highest = min(value for value, _ in samples), max(value for value, _ in samples)
    count = sum(weight for _, weight in samples)
    if alarm.percentile is not None:
        bins = Counter[int]()
        for value, weight in samples:
            bins[bin_of(value)] += weight
        numbers = sorted(bins)
        return _percentile(alarm.percentile, numbers, [bins[number] for number in numbers], lowest, highest)
    from fractions import Fraction  # noqa: PLC0415 - histories take their sums from `runs`

    total = float(sum((Fraction(value) * weight for value, weight in samples), Fraction()))
    return {
        Statistic.SAMPLE_COUNT: float(count),
        Statistic.SUM: total,
        Statistic.AVERAGE: total / count,
        Statistic.MINIMUM: lowest,
        Statistic.MAXIMUM: highest,
    }[Statistic(alarm.statistic_name)]


def bin_of(value: float) -> int:
    """The number k of the histogram's bin [1.1^k, 1.1^(k+1)) in which a value lies.

    Zero has a bin of its own, below all others: no recorded value shows what the service does with it.
    """
    if value < _LEAST:
        return _ZERO
    number = math.floor(math.log(value) / math.log(_WIDTH))
    # The quotient of logarithms is off by a bin at some of the bounds themselves.
    number -= _WIDTH**number > value
    return number + (_WIDTH ** (number + 1) <= value)


def _percentile(
    percentile: Fraction, bins: Sequence[int], counts: Sequence[int], lowest: float, highest: float
) -> float | None:
    """The percentile of a histogram: its bins from the lowest on, and the samples in each; None with a negative one.

    As the service computes it: interpolated logarithmically inside the bin of the rank, whose bounds are no
    wider than the window's values (40 recorded values). Negative samples have none (GetMetricStatistics).
    """
    if lowest < 0:
        return None
    reached = list(accumulate(counts))
    rank = percentile * reached[-1] / 100
    place = bisect_left(reached, math.ceil(rank))
    if not rank or bins[place] == _ZERO:
        return lowest
    share = float((rank - reached[place] + counts[place]) / counts[place])
    low, high = max(_WIDTH ** bins[place], lowest), min(_WIDTH ** (bins[place] + 1), highest)
    return high if share == 1 else low * (high / low) ** share


def is_low(percentile: Fraction | None, count: int) -> bool:
    """Whether so few samples are "low" for the percentile (strictly fewer than the limit).

    Documented: 10 / (1 - p) for p in [0.5, 1) and 10 / p for p in (0, 0.5). Recorded: p90 with 99
    samples is low, with 100 it is not. For p0 and p100 there is no limit, so nothing is low.
    """
    if percentile is None or not 0 < percentile < 100:  # noqa: PLR2004 - per cent
        return False
    tail = min(percentile, 100 - percentile)
    return count * tail < 10 * 100


class Runs(Struct, frozen=True):
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


def runs(alarm: AlarmSettings, samples: Samples, enter: list[int], stride: int, size: int) -> Runs:
    """The runs of ``size`` windows.

    ``enter`` (sorted) has the first window of each sample, which belongs to the ``stride`` windows from there on.
    """
    starts = sorted({*enter, *(index + stride for index in enter)})
    del starts[bisect_left(starts, size) :]
    slices = [(bisect_right(enter, index - stride), bisect_right(enter, index)) for index in starts]
    totals = [0, *accumulate(samples.counts)]
    counts = [totals[high] - totals[low] for low, high in slices]
    values = statistics(alarm, samples, slices, counts)
    return Runs(starts, [v if n else None for v, n in zip(values, counts, strict=True)], counts)


def statistics(
    alarm: AlarmSettings, samples: Samples, slices: list[tuple[int, int]], counts: list[int]
) -> Sequence[float | None]:
    """The statistic of each slice of the samples, whose ends never go back; of an empty one, anything."""
    if alarm.percentile is not None:
        return list(_percentiles(alarm.percentile, samples, slices, counts))
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
) -> Iterator[float | None]:
    """The percentiles of sliding samples, of which only the counts by bin are kept."""
    numbers = list(map(bin_of, samples.values))
    bins = sorted(set(numbers))
    places = [bisect_left(bins, number) for number in numbers]
    inside, left, done = [0] * len(bins), 0, 0
    lowest = [-value for value in _greatest([-value for value in samples.values], slices)]
    for (low, high), count, least, most in zip(
        slices, counts, lowest, _greatest(samples.values, slices), strict=True
    ):
        for index in range(done, high):
            inside[places[index]] += samples.counts[index]
        for index in range(left, low):
            inside[places[index]] -= samples.counts[index]
        left, done = low, high
        yield _percentile(percentile, bins, inside, least, most) if count else None
