"""The frame of datapoints: the windows that the alarm sees, no more and no fewer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from detector.alarm import Alarm, WallClock, windows
from detector.alarm.clock import window_start
from detector.metrics.datapoints import DATAPOINTS, datapoints
from detector.metrics.samples import SAMPLES
from tests.drawing import examples

# Days on which clocks change in Berlin, and by half an hour on Lord Howe; the epoch; a leap day.
DAYS = [
    datetime(*day, tzinfo=UTC)
    for day in ((2025, 3, 29), (2025, 10, 25), (2025, 4, 5), (2025, 10, 4), (1970, 1, 1), (2024, 2, 28))
]
ZONES = [
    "UTC",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/St_Johns",
    "+05:30",
    "UTC-03:35",
    "-23:55",
]
STATISTICS: list[dict[str, Any]] = [
    *({"statistic": name} for name in ("Sum", "Average", "SampleCount", "Minimum", "Maximum")),
    {"extended_statistic": "p90"},
]


def alarm(**changed: Any) -> Alarm:
    plain: dict[str, Any] = {
        "name": "a",
        "period": 300,
        "evaluation_periods": 1,
        "threshold": 3,
        "comparison_operator": "GreaterThanOrEqualToThreshold",
    }
    return Alarm(**(plain | ({} if "extended_statistic" in changed else {"statistic": "Sum"}) | changed))


def frame(rows: list[tuple[datetime, float, int]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SAMPLES, orient="row")


ROWS = st.lists(
    st.tuples(
        st.integers(0, 3 * 1440).map(lambda minute: timedelta(minutes=minute)),
        st.sampled_from([0.0, 1.0, 2.0, 3.0, 0.1, 1e16, 1e300]) | st.floats(-5, 5),
        st.integers(1, 120),
    ),
    max_size=12,
)
ALARMS = st.builds(
    lambda shape, statistic, operator: alarm(**shape, **statistic, comparison_operator=operator),
    st.one_of(
        st.sampled_from([10, 60, 180, 300, 420, 3600, 5400, 86400]).map(lambda period: {"period": period}),
        st.just({"period": 5400, "evaluation_periods": 30}),  # more than a day: evaluated by the hour
        st.builds(
            lambda period, zone: {"period": period, "evaluation_window": WallClock(zone)},
            st.sampled_from([60, 300, 3600, 86400, 604800]),
            st.sampled_from(ZONES),
        ),
    ),
    st.sampled_from(STATISTICS),
    st.sampled_from(
        [
            "GreaterThanThreshold",
            "GreaterThanOrEqualToThreshold",
            "LessThanThreshold",
            "LessThanOrEqualToThreshold",
        ]
    ),
)


@examples(300, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS, ALARMS, st.sampled_from(DAYS), st.integers(0, 4 * 1440))
def test_they_are_the_windows_that_the_alarm_sees(
    rows: list[tuple[timedelta, float, int]], asked: Alarm, day: datetime, minutes: int
) -> None:
    samples = frame([(day + after, value, count) for after, value, count in rows])
    seen = windows(samples, asked, start=day, end=day + timedelta(minutes=minutes))
    expected = []
    for place, end in enumerate(seen.ends):
        value, count = seen.runs.at(place)
        if value is not None:
            start = datetime.fromtimestamp(window_start(asked, end), UTC)
            expected.append((start, datetime.fromtimestamp(end, UTC), value, count, asked.breaches(value)))
    found = datapoints(samples, asked, day + timedelta(minutes=minutes))
    assert found.schema == DATAPOINTS
    assert found.rows() == expected


def test_windows_a_century_apart_cost_nothing() -> None:
    samples = frame([(datetime(1970, 1, 2, tzinfo=UTC), 1, 1), (datetime(2099, 1, 1, tzinfo=UTC), 1, 1)])
    assert len(datapoints(samples, alarm(period=60))) == 2
    assert len(datapoints(samples, alarm(period=300))) == 10


def test_sums_are_rounded_once_as_the_alarm_does() -> None:
    samples = frame([(DAYS[0] + timedelta(minutes=minute), 0.1, 1) for minute in range(10)])
    found = datapoints(samples, alarm(period=600, threshold=1))
    assert found.filter(samples=10).rows()[0][2:] == (1.0, 10, True)


@pytest.mark.parametrize("statistic", STATISTICS, ids=str)
def test_without_samples_there_are_none(statistic: dict[str, Any]) -> None:
    assert datapoints(frame([]), alarm(**statistic)).rows() == []
    assert datapoints(frame([]), alarm(**statistic)).schema == DATAPOINTS
