"""What a page, a flap, a detection, a delay and a false alarm are: small timelines, in minutes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.alarm import Alarm, WallClock
from detector.jobs.backtest.coverage import Coverage
from detector.jobs.backtest.draws import likely
from detector.jobs.backtest.grid import Grid
from detector.jobs.backtest.incidents import Incident
from detector.jobs.backtest.scores import Labels, Score, score
from detector.jobs.backtest.sweep import sweep
from detector.jobs.backtest.times import InAlarm, Stretches

Span = tuple[int, int]


def times(*spans: Span) -> InAlarm:
    return InAlarm([60 * a for a, _ in spans], [60 * b for _, b in spans])


def labels(*spans: Span, grace: int = 30) -> Labels:
    return Labels([Incident(str(i), 60 * a, 60 * b) for i, (a, b) in enumerate(spans)], 60 * grace)


# (in ALARM), (incidents), delays in minutes, false alarms; the grace time is 30 minutes
DETECTED: list[tuple[list[Span], list[Span], list[int | None], int]] = [
    ([], [(10, 20)], [None], 0),
    ([(10, 11)], [(10, 20)], [0], 0),  # at its very start
    ([(9, 10)], [(10, 20)], [None], 1),  # over when it begins: it overlaps nothing
    (
        [(9, 11)],
        [(10, 20)],
        [None],
        0,
    ),  # on before it and into it: nobody is paged, but it is not a false alarm
    ([(9, 11), (15, 16)], [(10, 20)], [5], 0),  # raised again
    ([(15, 16), (17, 18)], [(10, 20)], [5], 0),  # the first page counts
    ([(20, 21)], [(10, 20)], [10], 0),  # its end is not in it, but the grace time is
    ([(49, 50)], [(10, 20)], [39], 0),  # the last minute of the grace time
    ([(50, 51)], [(10, 20)], [None], 1),  # one too late
    ([(12, 90)], [(10, 20), (60, 70)], [2, None], 0),  # one long ALARM pages once
    ([(12, 30), (65, 66)], [(10, 20), (60, 70)], [2, 5], 0),
    ([(12, 13)], [(10, 20), (11, 30)], [2, 1], 0),  # two incidents at a time share a page
    ([(1, 2), (12, 13), (200, 201)], [(10, 20)], [2], 2),
    ([(1, 300)], [(10, 20), (100, 120)], [None, None], 0),
    ([(10, 10)], [(10, 20)], [0], 0),  # raised by the last evaluation
    ([(5, 6), (9, 9)], [(10, 20)], [None], 2),
]


@pytest.mark.parametrize(("spans", "incidents", "delays", "false"), DETECTED)
def test_incidents(spans: list[Span], incidents: list[Span], delays: list[int | None], false: int) -> None:
    found = score(times(*spans), labels(*incidents))
    assert [None if delay is None else delay // 60 for delay in found.delays] == delays
    assert found.false_alarms == false
    assert (found.detected, found.missed) == (len(delays) - delays.count(None), delays.count(None))


def test_delays_and_shares() -> None:
    found = score(times((12, 13), (65, 66), (500, 501)), labels((10, 20), (60, 70), (300, 310)))
    assert (found.median_delay, found.slowest_delay) == (210, 300)
    assert (found.precision, found.recall) == (2 / 3, 2 / 3)


def test_without_incidents_nothing_is_true_or_false() -> None:
    found = score(times((12, 13)), labels())
    assert (found.delays, found.false_alarms) == ((), 0)
    assert (found.precision, found.recall, found.median_delay) == (None, None, None)


# The second ALARM begins so many minutes after the first one was over.
@pytest.mark.parametrize(("gap", "flaps"), [(1, 1), (29, 1), (30, 1), (31, 0), (500, 0)])
def test_a_flap_comes_back_within_half_an_hour(gap: int, flaps: int) -> None:
    assert score(times((0, 90), (90 + gap, 600)), labels()).flaps == flaps


@pytest.mark.parametrize(
    ("silent", "minutes"),
    [
        ([], 0),
        ([(0, 10)], 0),
        ([(10, 15)], 5),
        ([(12, 35)], 13),
        ([(0, 1), (5, 11), (19, 20), (20, 30), (39, 90)], 3),
        ([(0, 90)], 20),
    ],
)
def test_time_in_alarm_without_a_log(silent: list[Span], minutes: int) -> None:
    gaps = [(60 * start, 60 * end) for start, end in silent]
    assert score(times((10, 20), (30, 40)), Labels((), silent=gaps)).unlogged == 60 * minutes


def test_the_gaps_of_a_coverage() -> None:
    assert Coverage(frozenset({1, 2, 5, 9})).silent == [(3 * 3600, 5 * 3600), (6 * 3600, 9 * 3600)]
    assert Coverage(frozenset()).silent == []


def test_how_long_and_when() -> None:
    """From 1970-01-01, a Thursday, on: one page at 00:30, one on Sunday at 23:59, one on Monday at 00:00."""
    day = 24 * 60
    found = score(times((30, 40), (4 * day - 1, 4 * day), (4 * day, 4 * day + 7)), labels())
    assert (found.alarms, found.seconds, found.longest, found.median) == (3, 18 * 60, 600, 420)
    assert [hour for hour, pages in enumerate(found.by_hour) if pages] == [0, 23]
    assert (found.by_hour[0], found.by_hour[23]) == (2, 1)
    assert found.by_weekday == (1, 0, 0, 1, 0, 0, 1)
    assert found.by_week == ((-1, 2), (0, 1))


PRESENT: dict[str, Any] = {
    "name": "present",
    "statistic": "Sum",
    "period": 300,
    "evaluation_periods": 1,
    "threshold": 5,
    "comparison_operator": "GreaterThanOrEqualToThreshold",
}
# One busy minute, then silence (section 5.3 of the evaluation rules): how long it is ALARM, and how long of that
# only because the alarm looks further back than its evaluation periods.
LOOKBACK: list[tuple[dict[str, Any], float, float]] = [
    ({}, 15, 10),
    ({"treat_missing_data": "notBreaching"}, 15, 10),
    ({"treat_missing_data": "breaching"}, 180, 0),
    ({"treat_missing_data": "ignore"}, 119, 0),  # kept by the treatment, not by the look-back
    ({"evaluation_periods": 3, "treat_missing_data": "missing"}, 15, 10),
    ({"evaluation_periods": 3, "datapoints_to_alarm": 1}, 25, 10),
    ({"period": 60}, 6, 5),
]


@pytest.mark.parametrize(("changed", "minutes", "lookback"), LOOKBACK)
def test_lookback(changed: dict[str, Any], minutes: float, lookback: float) -> None:
    start, busy, end = (datetime(2026, 9, 14, hour, tzinfo=UTC) for hour in (9, 10, 12))
    found = sweep(Alarm(**{**PRESENT, **changed}), Grid(), [(busy, 1)] * 9, (start, end)).current.score
    assert (found.seconds / 60, found.lookback / 60) == (minutes, lookback)


@pytest.mark.parametrize(("window", "lookback"), [(None, 1), (WallClock(), 1)])
def test_an_ignored_gap_is_bridged_by_the_lookback_for_one_minute(
    window: WallClock | None, lookback: int
) -> None:
    """2 of 2, the third window back breaches too: that raises ALARM, and from then on the treatment keeps it."""
    changed = {"evaluation_periods": 2, "treat_missing_data": "ignore", "evaluation_window": window}
    start, end = (datetime(2026, 9, 14, hour, tzinfo=UTC) for hour in (9, 12))
    busy = [(datetime(2026, 9, 14, 10, minute, tzinfo=UTC), 9.0) for minute in (0, 11)]
    found = sweep(Alarm(**{**PRESENT, **changed}), Grid(), busy, (start, end)).current.score
    assert (found.alarms, found.lookback / 60) == (1, lookback)


def test_a_rate_is_over_the_time_that_the_trail_was_on() -> None:
    monday = 4 * 24  # hours since 1970
    coverage = Coverage(frozenset([*range(monday, monday + 100), *range(monday + 110, monday + 236)]))
    assert (coverage.weeks, coverage.gaps, coverage.short) == (236 / 168, 10, True)
    assert coverage.per_week(236) == 168
    pages = Score(alarms=9, by_week=((0, 7), (1, 2)))
    assert [(week.hours, week.pages) for week in coverage.by_week(pages)] == [(168, 7), (68, 2)]
    assert coverage.spread(pages) == (7, 7)  # the second week has a log for less than half of its hours


def test_coverage_of_nothing() -> None:
    coverage = Coverage(frozenset())
    assert (coverage.weeks, coverage.gaps, coverage.per_week(0), likely(coverage, Score())) == (
        0,
        0,
        None,
        None,
    )
    assert coverage.spread(Score()) is None


def test_a_selection_by_time_narrows_the_coverage() -> None:
    found = Coverage.of(frozenset(range(10)), 2 * 3600 + 60, 5 * 3600)
    assert sorted(found.hours) == [2, 3, 4]


CUTS = st.lists(st.integers(0, 60), max_size=24, unique=True).map(sorted)


@given(CUTS, CUTS)
def test_stretches_and_times_overlap_as_their_seconds_do(cuts: list[int], others: list[int]) -> None:
    """Whichever of the two are more."""
    stretches = list(zip(cuts[::2], cuts[1::2], strict=False))
    starts, ends = others[: len(others) // 2 * 2 : 2], others[1::2]
    seconds = {one for start, end in stretches for one in range(start, end)}
    wanted = sum(one in seconds for start, end in zip(starts, ends, strict=True) for one in range(start, end))
    assert Stretches(stretches).within(starts, ends) == wanted
