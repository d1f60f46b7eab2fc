"""The warm-up of a new alarm: the documented example, and histories that begin where it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.alarm import Alarm, State, WarmUp, first_evaluation, history_plain
from detector.alarm.clock import to_microseconds
from detector.errors import SettingsError
from detector.quantities import instant

START = datetime(2026, 3, 5, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALARM = Alarm(
    name="warm",
    statistic="Sum",
    period=300,
    evaluation_periods=3,
    threshold=1,
    comparison_operator="GreaterThanOrEqualToThreshold",
    warm_up_configuration=WarmUp(30),
)
MINUTELY = [(START + MINUTE * minute, 1.0) for minute in range(4, 60)]


@pytest.mark.parametrize(
    ("minutes", "whole", "samples", "first"),
    [
        (30, False, MINUTELY, 19),  # documented: created 10:00, data from 10:04, begins at about 10:19
        (30, True, MINUTELY, 30),
        (10, False, MINUTELY, 10),
        (30, False, MINUTELY[:1], 30),  # nothing in the newest window when the periods are full
        (30, False, [], 30),
        (30, False, [(START - MINUTE * minute, 1.0) for minute in (20, 3)], 0),  # there was data before
        (2_880, False, [], 2_880),
    ],
)
def test_when_a_new_alarm_is_first_evaluated(
    minutes: int,
    whole: bool,
    samples: list[tuple[datetime, float]],
    first: int,
) -> None:
    alarm = replace(ALARM, warm_up_configuration=WarmUp(minutes, whole))
    assert first_evaluation(alarm, samples, START) == START + MINUTE * first
    scaled = [((at - START) / MINUTE, value) for at, value in samples]
    assert first_evaluation(alarm, scaled, 0) == first


def test_the_alarm_is_held_in_insufficient_data() -> None:
    [change] = ALARM.history(MINUTELY, start=START, end=START + 40 * MINUTE)
    assert (change.at, change.before, change.after) == (
        START + 19 * MINUTE,
        State.INSUFFICIENT_DATA,
        State.ALARM,
    )
    cold = replace(ALARM, warm_up_configuration=None)
    assert instant(cold.history(MINUTELY, start=START, end=START + 40 * MINUTE)[0].at) < instant(change.at)
    assert ALARM.history(MINUTELY, start=START, end=START + 18 * MINUTE) == []
    [warm, *_] = ALARM.history(MINUTELY, start=START, end=START + 40 * MINUTE, state=State.OK)
    assert instant(warm.at) < instant(change.at)  # it is not new


@given(
    st.lists(st.tuples(st.integers(-30, 90), st.sampled_from([0.0, 2.0])), max_size=12),
    st.integers(1, 40),
    st.booleans(),
    st.sampled_from([60, 300]),
)
def test_afterwards_it_is_as_without(
    samples: list[tuple[int, float]],
    minutes: int,
    whole: bool,
    period: int,
) -> None:
    alarm = replace(ALARM, period=period, warm_up_configuration=WarmUp(minutes, whole))
    cold = replace(alarm, warm_up_configuration=None)
    first = first_evaluation(alarm, samples, 0)
    assert 0 <= to_microseconds(first) <= to_microseconds(minutes)
    expected = [(each.at, each.after) for each in cold.history(samples, start=first, end=90)]
    assert [(each.at, each.after) for each in alarm.history(samples, start=0, end=90)] == expected
    assert [(each.at, each.after) for each in history_plain(alarm, samples, start=0, end=90)] == expected


@pytest.mark.parametrize("minutes", [0, 2_881, True, 1.5, "30"])
def test_a_warm_up_that_is_refused(minutes: object) -> None:
    with pytest.raises(SettingsError, match="1 to 2880"):
        WarmUp(minutes)  # type: ignore[arg-type]  # what a caller may write
