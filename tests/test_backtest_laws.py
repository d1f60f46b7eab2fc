"""The law of a sweep: every cell is what a replay with that setting alone gives."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.alarm import Alarm, State, WallClock, ends
from detector.jobs.backtest.grid import Grid, alarms, key
from detector.jobs.backtest.incidents import Incident
from detector.jobs.backtest.scores import Labels, Score
from detector.jobs.backtest.sweep import sweep

BASE = datetime(2026, 3, 28, 21, 0, tzinfo=UTC)  # the night in which Berlin's clocks go forward
MINUTE = timedelta(minutes=1)
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
STATISTICS = ("Sum", "SampleCount", "Average", "Minimum", "Maximum", "p50", "p90")
PRESENT = Alarm(
    name="law",
    statistic="Sum",
    period=300,
    evaluation_periods=1,
    threshold=5,
    comparison_operator="GreaterThanOrEqualToThreshold",
)


def second(at: datetime | float) -> int:
    assert isinstance(at, datetime)
    return int(at.timestamp())


def by_replay(
    alarm: Alarm,
    samples: Any,
    span: tuple[datetime, datetime],
    incidents: list[Incident],
    grace: int,
    since: datetime = BASE,
) -> dict[str, Any]:
    """The score of one setting from a time on, from its transitions and, minute by minute, from its windows."""
    start, end = span
    found = alarm.history(samples, start=start, end=end)
    ends = [*(second(one.at) for one in found[1:]), second(end)]
    every = [(second(one.at), ends[i]) for i, one in enumerate(found) if one.after is State.ALARM]
    times = [(first, last) for first, last in every if first >= second(since)]
    carried = [(second(since), last) for first, last in every if first < second(since) < last]
    lengths = [last - first for first, last in (*carried, *times)]
    delays = []
    for one in incidents:
        raised = [first - one.start for first, _ in times if one.start <= first < one.end + grace]
        delays.append(min(raised, default=None))
    near = [
        any(first < one.end + grace and max(last, first + 1) > one.start for one in incidents)
        for first, last in times
    ]
    return {
        "alarms": len(times),
        "seconds": sum(lengths),
        "longest": max(lengths, default=0),
        "median": median(lengths) if lengths else None,
        "flaps": sum(b[0] - a[1] <= 1800 for a, b in itertools.pairwise([*carried, *times])),
        "by_hour": tuple(sum(first // 3600 % 24 == hour for first, _ in times) for hour in range(24)),
        "by_weekday": tuple(
            sum(datetime.fromtimestamp(first, UTC).weekday() == day for first, _ in times) for day in range(7)
        ),
        "delays": tuple(delays),
        "false_alarms": near.count(False) if incidents else 0,
        "lookback": lookback(alarm, samples, span, second(since)),
    }


def lookback(alarm: Alarm, samples: Any, span: tuple[datetime, datetime], since: int) -> int:
    """Seconds in ALARM in which the newest evaluation periods alone would not be ALARM; one evaluation at a time."""
    from detector.alarm.clock import Scale, to_microseconds
    from detector.alarm.history import windows_plain
    from detector.alarm.samples import Samples

    data, state, seconds = Samples.of(samples), State.INSUFFICIENT_DATA, 0
    first, last = map(to_microseconds, span)
    for at in range(first, last + 1, alarm.step * 1_000_000):
        values = [window.value for window in windows_plain(alarm, data, at, Scale.AWARE)]
        after = alarm.evaluate(values, state)
        alone = alarm.evaluate([None] * len(values) + values[-alarm.evaluation_periods :], state)
        if after is State.ALARM and alone is not State.ALARM and at >= since * 1_000_000:
            seconds += (min(at + alarm.step * 1_000_000, last) - at) // 1_000_000
        state = after
    return seconds


def told(score: Score, wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(score, name) for name in wanted}


PERIODS = st.sampled_from([60, 120, 300, 900, 3600, 86400])
CLOCKS = st.sampled_from([None, WallClock(), WallClock("Europe/Berlin"), WallClock("+05:30")])
PAIRS = st.sampled_from([(1, 1), (1, 2), (2, 2), (2, 3), (3, 3), (1, 4), (4, 6)])


@st.composite
def grids(draw: Any) -> Grid:
    def some(values: Any) -> Any:
        return tuple(draw(st.lists(values, max_size=2, unique=True)))

    return Grid(
        threshold=some(st.sampled_from([-1.0, 0.0, 1.0, 2.0, 5.0, 0.5])),
        period=some(PERIODS),
        datapoints=some(PAIRS),
        treat_missing_data=some(st.sampled_from(TREATMENTS)),
        statistic=some(st.sampled_from(STATISTICS)),
        window=some(CLOCKS),
    )


@st.composite
def worlds(draw: Any) -> tuple[Alarm, Grid, Any, Any, list[Incident], int]:
    present = draw(
        st.builds(
            replace,
            st.just(PRESENT),
            period=st.sampled_from([60, 300, 3600]),
            evaluation_window=CLOCKS,
            treat_missing_data=st.sampled_from(TREATMENTS),
            comparison_operator=st.sampled_from(["GreaterThanOrEqualToThreshold", "LessThanThreshold"]),
        )
    )
    length = draw(st.integers(0, 400))
    minutes = st.integers(-120, length)
    values = st.sampled_from([0.0, 1.0, 1.0, 2.0, 0.1, 5.0, -1.0])
    rows = draw(st.lists(st.tuples(minutes, values, st.sampled_from([1, 1, 3, 50])), max_size=25))
    samples = [(BASE + MINUTE * minute, value, count) for minute, value, count in rows]
    begins = draw(st.lists(st.tuples(st.integers(-60, 400), st.integers(1, 90)), max_size=3))
    zero = int(BASE.timestamp())
    incidents = [Incident(str(i), zero + 60 * a, zero + 60 * (a + b)) for i, (a, b) in enumerate(begins)]
    shorter = draw(st.integers(0, length))
    return (
        present,
        draw(grids()),
        samples,
        (length, shorter),
        incidents,
        draw(st.sampled_from([0, 600, 1800])),
    )


@settings(max_examples=60)
@given(worlds(), st.sampled_from([0, 0, 3, 20, 120, 500]))
def test_every_cell_is_a_replay_of_its_own(world: Any, burn_in: int) -> None:
    present, grid, samples, (length, shorter), incidents, grace = world

    def span(alarm: Alarm) -> tuple[datetime, datetime]:
        """As an archive's: not every setting is evaluated for as long."""
        return BASE, BASE + MINUTE * (shorter if alarm.threshold > 1 else length)

    since = BASE + MINUTE * burn_in
    found = sweep(present, grid, samples, span, Labels(incidents, grace), second(since))
    assert [cell.alarm for cell in found.cells] == alarms(present, grid)[0]
    for cell in found.cells:
        wanted = by_replay(cell.alarm, samples, span(cell.alarm), incidents, grace, since)
        assert told(cell.score, wanted) == wanted, key(cell.alarm)


@settings(max_examples=60)
@given(worlds())
def test_silence_that_is_left_out_changes_no_score(world: Any) -> None:
    present, grid, samples, (length, _), incidents, grace = world
    apart = [(BASE + (minute - BASE) * 60, value, count) for minute, value, count in samples]
    span = (BASE, BASE + 60 * MINUTE * length)
    every = sweep(present, grid, apart, span, Labels(incidents, grace))
    with patch.object(ends, "FEW", -1):
        assert sweep(present, grid, apart, span, Labels(incidents, grace)).cells == every.cells


def test_settings_that_breach_alike_keep_their_own_spans() -> None:
    """Without samples no threshold is reached; missing data breaches for as long as each is evaluated."""
    present = replace(PRESENT, treat_missing_data="breaching")
    found = sweep(present, Grid(threshold=(6, 7)), [], lambda one: (BASE, BASE + MINUTE * int(one.threshold)))
    assert [cell.score.seconds for cell in found.cells] == [300, 360, 420]


SMALL = Grid(
    threshold=(1, 2, 3),
    period=(60, 300),
    datapoints=((1, 1), (1, 2), (2, 2), (2, 3), (3, 3)),
    treat_missing_data=TREATMENTS,
    window=(None, WallClock()),
)
# Minutes with a match, to the minute: alone, in a row, a period apart, just within the look-back.
WORLDS = list(itertools.product((0, 1, 2), repeat=3))


@pytest.mark.parametrize("spacing", [5, *(pytest.param(one, marks=pytest.mark.slow) for one in (1, 4, 11))])
def test_a_small_world_exhaustively(spacing: int) -> None:
    """Every string of three minutes of 0, 1 or 2 matches, every setting: the sweep is the replays."""
    span = (BASE, BASE + 70 * MINUTE)
    for bits in WORLDS:
        samples = [(BASE + MINUTE * (10 + spacing * i), 1.0, bit) for i, bit in enumerate(bits)]
        found = sweep(PRESENT, SMALL, samples, span)
        assert len(found.cells) == 3 * 2 * 5 * 4 * 2 + 1
        for cell in found.cells:
            history = cell.alarm.history(samples, start=span[0], end=span[1])
            raised = [one for one in history if one.after is State.ALARM]
            assert cell.score.alarms == len(raised), (key(cell.alarm), bits)
