"""Alarm settings, and timelines of a metric: samples with gaps around the windows that an alarm looks at.

In: ``draw``. Out: `Alarm`s that the service would accept, with windows of every kind, and `Timeline`s to give to
`Alarm.history`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from detector.alarm import Alarm, State, WallClock

STATISTICS = ("Sum", "SampleCount", "Average", "Minimum", "Maximum", "p50", "p90", "p99.9", "p0", "p100")
OPERATORS = (
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
)
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
PERIODS = (10, 20, 30, 60, 120, 300, 900, 3600, 5400, 86400, 604800)
CLOCKED = (60, 300, 3600, 86400, 604800)
ZONES = (
    "UTC",
    "+05:30",
    "-03:00",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
)
BASE = datetime(2026, 3, 28, 21, 30, tzinfo=UTC)
"""Every timeline begins in the night in which Berlin's clocks go forward."""
DAY, WEEK, HOUR = 86_400, 604_800, 3_600
_LONGEST_SPAN = 60
_CLOCKS = st.none() | st.builds(WallClock, timezone=st.sampled_from(ZONES))
_PERIODS, _CLOCKED = st.sampled_from(PERIODS), st.sampled_from(CLOCKED)
_STATISTICS, _OPERATORS = st.sampled_from(STATISTICS), st.sampled_from(OPERATORS)
_TREATMENTS = st.sampled_from(TREATMENTS)
_THRESHOLDS = st.sampled_from([-1, 0, 0.3, 0.5, 1, 2, 3, 5])
_LOW_SAMPLES = st.sampled_from(["ignore", "evaluate"])
_VALUES = st.sampled_from(
    [0.0, 1.0, 1.0, 2.0, 0.1, 0.2, -3.5, 5.0, 1e300, 1e-300, float("nan"), float("inf")]
)
_COUNTS = st.sampled_from([1, 1, 1, 2, 25, 50, 1000])
_STATES = st.sampled_from(State)


@st.composite
def alarms(draw: st.DrawFn) -> Alarm:
    """Settings of an alarm: sliding or wall-clock windows, M of N, percentiles, every treatment of missing data."""
    clock = draw(_CLOCKS)
    period = draw(_PERIODS if clock is None else _CLOCKED)
    periods = draw(_evaluation_periods(period))
    statistic = draw(_STATISTICS)
    percentile = statistic.startswith("p")
    return Alarm(
        name="law",
        statistic=None if percentile else statistic,
        extended_statistic=statistic if percentile else None,
        period=period,
        evaluation_periods=periods,
        datapoints_to_alarm=draw(st.none() | st.integers(1, periods)),
        threshold=draw(_THRESHOLDS),
        comparison_operator=draw(_OPERATORS),
        treat_missing_data=draw(_TREATMENTS),
        evaluate_low_sample_count_percentiles=draw(_LOW_SAMPLES) if percentile else None,
        evaluation_window=clock,
    )


def _evaluation_periods(period: int) -> st.SearchStrategy[int]:
    """How many the service takes: a day in all, or a week for periods of an hour and more."""
    most = (DAY if period < HOUR else WEEK) // period
    return st.integers(1, min(most, 6)) | st.integers(1, min(most, 60))


@dataclass(frozen=True, slots=True)
class Timeline:
    """Samples of a metric (time, value, how many) and a span to evaluate an alarm in, with its state before."""

    samples: list[tuple[datetime, float, int]]
    start: datetime
    end: datetime
    state: State


@st.composite
def timelines(draw: st.DrawFn, alarm: Alarm, *, silences: bool = False) -> Timeline:
    """Timelines around the windows of an alarm, of up to sixty evaluations, with minutes that have no sample.

    With ``silences`` the samples lie in a few places, and between them the alarm sees none for long.
    """
    start = BASE + timedelta(
        seconds=draw(st.integers(0, 7 * HOUR)), microseconds=draw(st.sampled_from([0, 500_000]))
    )
    if silences:
        silence = alarm.period * (alarm.evaluation_range + 4) * 3 + (90_000 if alarm.evaluation_window else 0)
        span = draw(st.integers(0, 5)) * silence + draw(st.integers(0, silence))
        place = st.tuples(st.integers(-1, 4), st.integers(0, 4 * max(60, alarm.period)))
        seconds = place.map(lambda where: where[0] * silence + where[1])
    else:
        span = draw(st.integers(0, _LONGEST_SPAN)) * alarm.step + draw(st.integers(0, 9))
        reach = alarm.period * (alarm.evaluation_range + 2)
        seconds = st.integers(-reach, span + 60) | st.integers(-min(reach, 900), span + 60)
    rows = draw(st.lists(st.tuples(seconds, _VALUES, _COUNTS), max_size=12 if silences else 30))
    samples = [(start + timedelta(seconds=second), value, count) for second, value, count in rows]
    return Timeline(samples, start, start + timedelta(seconds=span), draw(_STATES))
