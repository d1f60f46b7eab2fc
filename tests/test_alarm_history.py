"""Histories: the plain one and the fast one are one and the same, and what they show is right."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.alarm import (
    Alarm,
    ComparisonOperator,
    Samples,
    State,
    WallClock,
    changes,
    history_plain,
    states,
    transitions,
    windows,
    windows_key,
)
from detector.alarm import ends as window_ends
from detector.errors import SettingsError
from detector.testing import alarms, timelines
from detector.testing.alarms import BASE, OPERATORS, TREATMENTS
from tests.drawing import examples

ALARMS = alarms()
WORLDS = ALARMS.flatmap(lambda alarm: st.tuples(st.just(alarm), timelines(alarm)))
LONG_WORLDS = ALARMS.flatmap(lambda alarm: st.tuples(st.just(alarm), timelines(alarm, silences=True)))


@examples(300)
@given(WORLDS)
def test_history_is_the_plain_history(world: Any) -> None:
    alarm, line = world
    samples, start, end, state = line.samples, line.start, line.end, line.state
    expected = history_plain(alarm, samples, start=start, end=end, state=state)
    assert alarm.history(samples, start=start, end=end, state=state) == expected


@examples(60)
@given(WORLDS, st.data())
def test_windows_serve_every_alarm_of_their_key(world: Any, data: Any) -> None:
    """A sweep: windows are computed once, and each setting gives what its own replay gives."""
    alarm, line = world
    samples, start, end, state = line.samples, line.start, line.end, line.state
    shared = windows(Samples.of(samples), alarm, start=start, end=end)
    other = data.draw(
        st.builds(
            replace,
            st.just(alarm),
            threshold=st.integers(-1, 6),
            treat_missing_data=st.sampled_from(TREATMENTS),
            comparison_operator=st.sampled_from(OPERATORS),
            evaluation_periods=st.integers(alarm.datapoints_to_alarm or 1, alarm.evaluation_periods),
        )
    )
    if windows_key(other) != windows_key(alarm):  # fewer periods: no longer a multi-day alarm
        with pytest.raises(SettingsError, match="These windows are of"):
            transitions(other, shared, state=state)
        return
    expected = other.history(samples, start=start, end=end, state=state)
    assert transitions(other, shared, state=state) == expected
    assert [(shared.at(n), after) for n, after in changes(other, shared, state=state)] == [
        (t.at, t.after) for t in expected
    ]


def plain_states(found: list[Any], first: State, times: list[Any]) -> list[State]:
    """The state at each time, from the transitions."""
    return [([first] + [t.after for t in found if t.at <= time])[-1] for time in times]


@examples(60)
@given(WORLDS)
def test_states_are_the_transitions_spelled_out(world: Any) -> None:
    alarm, line = world
    samples, start, end, before = line.samples, line.start, line.end, line.state
    shared = windows(samples, alarm, start=start, end=end)
    found, count = states(alarm, shared, state=before), shared.evaluations
    texts = [f"{bits:0{count}b}" for bits in (found.alarm, found.ok, found.insufficient)]
    spelled = [
        (State.ALARM, State.OK, State.INSUFFICIENT_DATA)["".join(bits).index("1")]
        for bits in zip(*texts, strict=True)
    ]
    times = [shared.at(evaluation) for evaluation in range(count)]
    plain = history_plain(alarm, samples, start=start, end=end, state=before)
    assert spelled == plain_states(plain, before, times)


@examples(150)
@given(LONG_WORLDS)
def test_silence_that_is_left_out_changes_nothing(world: Any) -> None:
    alarm, line = world
    samples, start, end, state = line.samples, line.start, line.end, line.state
    every = windows(samples, alarm, start=start, end=end)
    with patch.object(window_ends, "FEW", -1):
        few = windows(samples, alarm, start=start, end=end, reach=alarm.evaluation_range)
    assert transitions(alarm, few, state=state) == transitions(alarm, every, state=state)


@pytest.mark.parametrize("second", range(0, 7200, 1800))
def test_stretches_keep_step_with_evaluations(second: int) -> None:
    """Of a multi-day alarm of an hour and a half, every second window is the newest of an evaluation."""
    alarm = alarm_of(period=5400, evaluation_periods=17, threshold=1)
    samples = [(BASE + timedelta(days=30 * i, seconds=second * (i + 1)), 1.0) for i in range(4)]
    start, end = BASE + timedelta(days=5), BASE + timedelta(days=120)
    with patch.object(window_ends, "FEW", -1):
        fast = alarm.history(samples, start=start, end=end)
    assert fast == alarm.history(samples, start=start, end=end)
    assert len(fast) >= 6


def test_windows_cost_what_their_samples_cost() -> None:
    """A century and more of ten-second periods: 400 million windows, of which a few hundred can say something."""
    alarm = alarm_of(period=10, evaluation_periods=3, threshold=1)
    start, end = datetime(1970, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC)
    samples = [(start, 1.0), (end - timedelta(hours=1), 1.0)]
    seen = windows(samples, alarm, start=start, end=end, reach=alarm.evaluation_range)
    assert len(seen.ends) < 500
    with pytest.raises(SettingsError, match="look at 9 of them, but this one looks at 11"):
        transitions(replace(alarm, evaluation_periods=5), seen)


def alarm_of(**changed: Any) -> Alarm:
    return Alarm(
        **{
            "name": "history",
            "statistic": "Sum",
            "period": 300,
            "evaluation_periods": 1,
            "threshold": 5,
            "comparison_operator": "GreaterThanOrEqualToThreshold",
            **changed,
        }
    )


MIDNIGHT = datetime(2026, 9, 14, tzinfo=UTC)
HISTORIES = pytest.mark.parametrize("engine", [Alarm.history, history_plain])


def told(found: list[Any]) -> list[tuple[str, str]]:
    return [(f"{t.at:%d %H:%M:%S}", str(t.after)) for t in found]


# One busy minute (10:00, nine samples), then silence: section 5.3 of the evaluation rules.
SPARSE: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({}, [("14 10:01:00", "ALARM"), ("14 10:16:00", "INSUFFICIENT_DATA")]),
    ({"treat_missing_data": "ignore"}, [("14 10:01:00", "ALARM")]),
    ({"treat_missing_data": "breaching"}, [("14 09:00:00", "ALARM")]),
    (
        {"treat_missing_data": "notBreaching"},
        [("14 09:00:00", "OK"), ("14 10:01:00", "ALARM"), ("14 10:16:00", "OK")],
    ),
    ({"evaluation_periods": 3}, [("14 10:11:00", "ALARM"), ("14 10:26:00", "INSUFFICIENT_DATA")]),
    ({"evaluation_periods": 3, "treat_missing_data": "ignore"}, []),
    ({"evaluation_periods": 3, "treat_missing_data": "notBreaching"}, [("14 09:00:00", "OK")]),
    (
        {"evaluation_periods": 3, "datapoints_to_alarm": 1},
        [("14 10:01:00", "ALARM"), ("14 10:26:00", "INSUFFICIENT_DATA")],
    ),
    (
        {"evaluation_window": WallClock()},
        [("14 10:05:00", "ALARM"), ("14 10:20:00", "INSUFFICIENT_DATA")],
    ),
    ({"period": 60}, [("14 10:01:00", "ALARM"), ("14 10:07:00", "INSUFFICIENT_DATA")]),
    ({"threshold": 10, "treat_missing_data": "ignore"}, [("14 10:01:00", "OK")]),
]


@HISTORIES
@pytest.mark.parametrize(("changed", "expected"), SPARSE)
def test_one_busy_minute(engine: Any, changed: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    busy = MIDNIGHT + timedelta(hours=10)
    start, end = busy - timedelta(hours=1), busy + timedelta(hours=1)
    assert told(engine(alarm_of(**changed), [(busy, 1)] * 9, start=start, end=end)) == expected


@HISTORIES
def test_high_resolution_keeps_seconds_and_leaves_out_the_newest_ten(engine: Any) -> None:
    """The recorded lone point: 05:46:55 alarms M = 2 at :27, M = 3 at :38, and is held for 70 s."""
    point = [(MIDNIGHT + timedelta(hours=5, minutes=46, seconds=55), 60)]
    settings_ = {"statistic": "Average", "period": 10, "evaluation_periods": 3, "threshold": 50}
    start, end = (
        MIDNIGHT + timedelta(hours=5, minutes=46, seconds=8.774),
        MIDNIGHT + timedelta(hours=5, minutes=50),
    )
    three = engine(alarm_of(**settings_), point, start=start, end=end)
    assert told(three) == [("14 05:47:38", "ALARM"), ("14 05:48:48", "INSUFFICIENT_DATA")]
    start = start.replace(second=7, microsecond=551_000)
    two = engine(alarm_of(**settings_, datapoints_to_alarm=2), point, start=start, end=end)
    assert told(two) == [("14 05:47:27", "ALARM"), ("14 05:48:47", "INSUFFICIENT_DATA")]


@HISTORIES
def test_multi_day_alarms_are_evaluated_by_the_hour(engine: Any) -> None:
    """2 x one day: evaluated at :30 past each hour, over windows that end on the hour."""
    alarm = alarm_of(period=86400, evaluation_periods=2, datapoints_to_alarm=1)
    start = MIDNIGHT + timedelta(minutes=30)
    found = engine(
        alarm, [(MIDNIGHT + timedelta(hours=2, minutes=50), 9)], start=start, end=start + timedelta(days=6)
    )
    assert told(found) == [("14 03:30:00", "ALARM"), ("18 03:30:00", "INSUFFICIENT_DATA")]
    assert found[0].reason.windows[-1].start == MIDNIGHT - timedelta(hours=21)


@HISTORIES
def test_periods_of_a_multi_day_alarm_need_not_be_whole_hours(engine: Any) -> None:
    alarm = alarm_of(period=5400, evaluation_periods=20, datapoints_to_alarm=1)
    busy = MIDNIGHT + timedelta(hours=2, minutes=10)
    (found,) = engine(alarm, [(busy, 9)], start=MIDNIGHT, end=MIDNIGHT + timedelta(hours=5))
    assert (found.at, found.reason.windows[-1].start) == (
        MIDNIGHT + timedelta(hours=3),
        MIDNIGHT + timedelta(hours=1, minutes=30),
    )


@HISTORIES
@pytest.mark.parametrize(
    ("count", "setting", "expected"),
    [(99, "ignore", []), (100, "ignore", ["ALARM"]), (99, "evaluate", ["ALARM"])],
)
def test_low_samples_keep_the_state(engine: Any, count: int, setting: str, expected: list[str]) -> None:
    alarm = alarm_of(
        statistic=None, extended_statistic="p90", period=60, evaluate_low_sample_count_percentiles=setting
    )
    at = MIDNIGHT + timedelta(minutes=1)
    found = engine(alarm, [(MIDNIGHT, 50.0)] * count, start=at, end=at, state=State.OK)
    assert [str(t.after) for t in found] == expected


# values with counts -> statistic -> datapoint; the percentiles' bins end at whole powers of 1.1
DATAPOINTS: list[tuple[str, float]] = [
    ("Sum", 26.0),
    ("SampleCount", 10.0),
    ("Average", 2.6),
    ("Minimum", 1.0),
    ("Maximum", 9.0),
    ("p50", 1.1**7.5),  # 2 is in [1.1^7, 1.1^8), of whose four samples two are below the fifth of ten
    ("p70", 1.1**8),
    ("p80", 1.1**11.5),
    ("p95", (1.1**23 * 9) ** 0.5),  # 9 is in [1.1^23, 1.1^24), which ends where the values end
    ("p0", 1.0),
    ("p100", 9.0),
]


@HISTORIES
@pytest.mark.parametrize(("statistic", "value"), DATAPOINTS)
def test_statistics(engine: Any, statistic: str, value: float) -> None:
    """3 x 1, 4 x 2, 2 x 3, 1 x 9: weighted, in two minutes, out of order."""
    kind = (
        {"extended_statistic": statistic, "statistic": None}
        if statistic[0] == "p"
        else {"statistic": statistic}
    )
    minute = timedelta(minutes=1)
    rows = [(MIDNIGHT + minute, 9.0, 1), (MIDNIGHT, 1.0, 3), (MIDNIGHT + minute, 3.0, 2), (MIDNIGHT, 2.0, 4)]
    (found,) = engine(
        alarm_of(**kind, threshold=-1), rows, start=MIDNIGHT + 2 * minute, end=MIDNIGHT + 2 * minute
    )
    assert (found.reason.windows[-1].value, found.reason.windows[-1].samples) == (
        pytest.approx(value, 1e-12),
        10,
    )


# samples -> percentile -> datapoint: what has none, and the choices that no recorded value decides
EDGES: list[tuple[list[float], str, float | None]] = [
    ([5.0, -0.001, 7.0], "p50", None),
    ([-3.0], "p100", None),
    ([0.0], "p90", 0.0),
    ([0.0, 0.0, 0.0, 8.0], "p75", 0.0),
    ([0.0, 0.0, 0.0, 8.0], "p100", 8.0),
    ([0.0, 8.0], "p99", 1.1**21 * (8 / 1.1**21) ** 0.98),
    ([1e-300, 1e-300], "p50", 1e-300),
    ([0.3, 0.3, 0.3], "p33.3", 0.3),
    ([1.0, 1.1], "p50", 1.1),
    ([1.1, 1.2], "p50", (1.1 * 1.2) ** 0.5),  # 1.1 begins a bin
]


@HISTORIES
@pytest.mark.parametrize(("values", "percentile", "value"), EDGES)
def test_percentiles_at_the_edges(
    engine: Any, values: list[float], percentile: str, value: float | None
) -> None:
    alarm = alarm_of(
        statistic=None, extended_statistic=percentile, threshold=-1, treat_missing_data="breaching"
    )
    samples = [(MIDNIGHT, one) for one in values]
    at = MIDNIGHT + timedelta(minutes=2)
    (found,) = engine(alarm, samples, start=at, end=at)
    assert found.reason.windows[-1].value == (None if value is None else pytest.approx(value, 1e-12))


def test_sums_are_exact() -> None:
    """0.1 ten times is 1.0 when it is rounded once, and no window is touched by the one before it."""
    alarm = alarm_of(statistic="Sum", period=60, threshold=1)
    samples = [(0, 1e100), *[(1, 0.1)] * 10]
    (found,) = alarm.history(samples, start=2, end=2)
    assert [window.value for window in found.reason.windows[-2:]] == [1e100, 1.0]


@HISTORIES
@pytest.mark.parametrize("nothing", [None, float("nan"), float("inf"), -1e200, 10**400])
def test_what_is_no_datapoint_is_left_out(engine: Any, nothing: Any) -> None:
    assert engine(alarm_of(threshold=0), [(0, nothing)], start=1, end=20) == []


@HISTORIES
def test_a_frame_says_the_same_as_pairs(engine: Any) -> None:
    polars = pytest.importorskip("polars")
    minutes = [MIDNIGHT, MIDNIGHT + timedelta(minutes=3), MIDNIGHT + timedelta(minutes=3)]
    frame = polars.DataFrame(
        {"minute": minutes, "value": [1.0, 1.0, 2.5], "samples": [4, 3, 2]},
        schema={"minute": polars.Datetime("us", "UTC"), "value": polars.Float64, "samples": polars.UInt32},
    )
    pairs = [(minutes[0], 1)] * 4 + [(minutes[1], 1)] * 3 + [(minutes[2], 2.5)] * 2
    span = {"start": MIDNIGHT, "end": MIDNIGHT + timedelta(hours=1)}
    for alarm in (
        alarm_of(),
        alarm_of(statistic="Average", threshold=1.5),
        alarm_of(statistic="SampleCount"),
    ):
        assert told(engine(alarm, frame, **span)) == told(engine(alarm, pairs, **span)) != []


@HISTORIES
def test_times_come_back_as_they_went_in(engine: Any) -> None:
    naive = MIDNIGHT.replace(tzinfo=None)
    elsewhere = MIDNIGHT.astimezone(timezone(timedelta(hours=2)))
    for midnight, zone in ((naive, None), (elsewhere, UTC), (MIDNIGHT, UTC)):
        at = midnight + timedelta(minutes=1)
        (found,) = engine(alarm_of(threshold=1), [(midnight, 1)], start=at, end=at)
        assert found.at.replace(tzinfo=UTC) == MIDNIGHT + timedelta(minutes=1)
        assert found.at.tzinfo is zone
    (found,) = engine(alarm_of(threshold=1), [(7, 1)], start=5, end=20, state=State.INSUFFICIENT_DATA)[:1]
    assert (found.at, type(found.at), str(found.reason)) == (
        8,
        int,
        "Threshold Crossed: 1 datapoint [1.0 (3)] was greater than or equal to the threshold (1.0).",
    )


@HISTORIES
def test_the_state_before_may_be_its_name(engine: Any) -> None:
    name: Any = "INSUFFICIENT_DATA"
    assert engine(alarm_of(), [], start=0, end=5, state=name) == []


@HISTORIES
def test_nothing_to_evaluate(engine: Any) -> None:
    assert engine(alarm_of(treat_missing_data="breaching"), [(5, 9)], start=10, end=9) == []


WRONG: list[tuple[Any, Any, Any, str]] = [
    ([("10:00", 1)], 0, 9, "'10:00' is neither a datetime nor a number of minutes"),
    ([(1,)], 0, 9, "Samples must be (minute, value) pairs"),
    ([5], 0, 9, "Samples must be (minute, value) pairs"),
    ([(1, "x")], 0, 9, "Samples must be (minute, value) pairs"),
    ([(1, 1), (MIDNIGHT, 1)], 0, 9, "either all minutes are datetimes or none is"),
    ([(1, 1)], MIDNIGHT, MIDNIGHT, "must be written like start: aware datetimes."),
    ([(MIDNIGHT, 1)], 1, 2, "must be written like start: minutes on the caller's own scale."),
    ([], 0, MIDNIGHT, "end must be written like start"),
    ([], "now", 5, "Expected a datetime, or a number of minutes, not 'now'."),
    ([], float("nan"), 5, "Expected a datetime"),
    ([], True, 5, "Expected a datetime"),
]


@pytest.mark.parametrize(("samples", "start", "end", "words"), WRONG)
def test_wrong_input_is_one_sentence(samples: Any, start: Any, end: Any, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        alarm_of().history(samples, start=start, end=end)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_importing_the_room_does_not_import_polars() -> None:
    script = "import sys, detector.alarm; sys.exit('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_year_of_minutes() -> None:
    """50,000 samples over 525,600 minutes: no fixed answer, but the bits and the transitions agree."""
    random = Random(7)  # noqa: S311 - a seeded corpus, no secret
    samples = Samples.of([(random.randrange(525_600), 1.0) for _ in range(50_000)])
    alarm = alarm_of(threshold=4, treat_missing_data="notBreaching")
    shared = windows(samples, alarm, start=0, end=525_599)
    alarmed = states(alarm, shared).alarm
    found = transitions(alarm, shared)
    entered: list[Any] = [t.at for t in found if t.after is State.ALARM]
    left: list[Any] = [t.at for t in found if t.before is State.ALARM]
    assert alarmed.bit_count() == sum(left) - sum(entered)
    assert (alarmed & ~(alarmed >> 1)).bit_count() == len(entered) > 500


@HISTORIES
def test_a_clock_period_that_ends_within_the_hour_waits_for_the_next_hour(engine: Any) -> None:
    """Days of +05:30 end at 18:30; a multi-day alarm sees data up to the hour: 19:45, not 18:45."""
    clock = WallClock("+05:30")
    alarm = alarm_of(period=86400, evaluation_periods=2, datapoints_to_alarm=1, evaluation_window=clock)
    start = MIDNIGHT + timedelta(minutes=45)
    (found,) = engine(alarm, [(MIDNIGHT, 9)], start=start, end=start + timedelta(days=1))
    assert (told([found]), found.reason.windows[-1].value) == ([("14 19:45:00", "ALARM")], 9.0)


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("threshold", [-1, 0, 254, 254.5, 255, 256, 300, 511, 512, 699, 700])
def test_many_different_values(operator: str, threshold: float) -> None:
    """More values than one byte can number: 0 to 699, one a minute, in an order that jumps about."""
    alarm = alarm_of(period=60, comparison_operator=operator, threshold=threshold)
    line = [float(minute * 277 % 700) for minute in range(700)]
    shared = windows(enumerate(line), alarm, start=1, end=700)
    expected = "".join("1" if ComparisonOperator(operator).test(value, threshold) else "0" for value in line)
    assert f"{shared.breaching(alarm):0{len(shared.ends)}b}"[-700:] == expected
