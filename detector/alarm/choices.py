"""The choices that the evidence leaves open, each in one named place.

In comes a period, a count or a list of flags, out goes the answer that this project takes where
CloudWatch documents nothing and nobody recorded it. The claim: no other module of this room
decides such a thing by itself. ``docs/alarms.md`` lists them with their reasons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

MINUTE = 60
HOUR = 3_600
DAY = 86_400
WEEK = 604_800

# Two periods more than asked for, but never less than five minutes more (one minute for periods
# below a minute). Fits every public history; recorded for P = 10, N = 3; extrapolated elsewhere.
# Wall-clock windows use the same range: nothing is known about them.
EXTRA_PERIODS = 2
EXTRA_SECONDS = 300
EXTRA_SECONDS_BELOW_A_MINUTE = 60

# Periods below a minute leave out the newest ten seconds: recorded for P = 10, taken for 20 and 30.
HIGH_RESOLUTION_LAG = 10

# PutMetricData refuses NaN, infinities and anything beyond 2**360; what a metric filter does with
# such a value is unknown, so it is no datapoint.
LARGEST_VALUE = 2.0**360

# From this many datapoints on, the sentence lists only the newest ones (seen from 5 to 30).
LISTED_DATAPOINTS = 5


def extra_windows(period: int) -> int:
    """How many windows beyond EvaluationPeriods one evaluation looks back.

    ``period`` in seconds. Documented for 3 x 300 s, recorded for 3 x 10 s, observed for eight
    more; ``ceil`` and ``floor`` differ only where nothing is known (120 s, 180 s, 240 s).
    """
    seconds = EXTRA_SECONDS if period >= MINUTE else EXTRA_SECONDS_BELOW_A_MINUTE
    return max(EXTRA_PERIODS, -(-seconds // period))


def percentile_rank(percentile: Fraction, count: int) -> int:
    """Which of ``count`` sorted samples is the percentile, counted from 1: the nearest rank.

    CloudWatch does not publish its method; the nearest rank is always a value that occurred.
    """
    rank = -(-percentile * count // 100)
    return max(1, int(rank))


def is_low(percentile: Fraction, count: int) -> bool:
    """Whether so few samples are "low" for this percentile (strictly fewer than the limit).

    Documented: 10 / (1 - p) for p in [0.5, 1) and 10 / p for p in (0, 0.5). Recorded: p90 with 99
    samples is low, with 100 it is not. For p0 and p100 there is no limit, so nothing is low.
    """
    if not 0 < percentile < 100:  # noqa: PLR2004 - per cent
        return False
    tail = min(percentile, 100 - percentile)
    return count * tail < 10 * 100


def low_keeps_state(lows: Iterable[bool]) -> bool:
    """Whether the low datapoints among those that would decide make the alarm keep its state.

    Recorded for one datapoint only; with several, one low datapoint is enough.
    """
    return any(lows)
