"""Statistics of one window: in come values with their counts, out goes the datapoint.

The claim: sums are correctly rounded (exact arithmetic, one rounding), so that no order of
samples and no faster way of adding can give another answer.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from detector.alarm.choices import percentile_rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detector.alarm.model import Alarm


def datapoint(alarm: Alarm, samples: Sequence[tuple[float, int]]) -> float | None:
    """The alarm's statistic over (value, count) pairs; None without samples."""
    if not samples:
        return None
    if alarm.percentile is not None:
        return _percentile(alarm.percentile, samples)
    count = sum(weight for _, weight in samples)
    total = float(sum((Fraction(value) * weight for value, weight in samples), Fraction()))
    return {
        "SampleCount": float(count),
        "Sum": total,
        "Average": total / count,
        "Minimum": min(value for value, _ in samples),
        "Maximum": max(value for value, _ in samples),
    }[alarm.statistic or ""]


def _percentile(percentile: Fraction, samples: Sequence[tuple[float, int]]) -> float:
    rank = percentile_rank(percentile, sum(weight for _, weight in samples))
    ordered = sorted(samples)
    for value, weight in ordered:
        rank -= weight
        if rank <= 0:
            return value
    return ordered[-1][0]
