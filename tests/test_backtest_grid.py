"""The grid: what can be written, what comes of it, and what CloudWatch would refuse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from detector.alarm import Alarm, WallClock
from detector.errors import SettingsError
from detector.jobs.backtest.grid import DEFAULT, Grid, alarms, key

PRESENT = Alarm(
    name="present",
    statistic="Sum",
    period=300,
    evaluation_periods=1,
    threshold=5,
    comparison_operator="GreaterThanOrEqualToThreshold",
)

WRITTEN: list[tuple[dict[str, Any], Grid]] = [
    ({}, Grid()),
    ({"threshold": "1,3,5"}, Grid(threshold=(1, 3, 5))),
    ({"threshold": "1,3,10..50:20"}, Grid(threshold=(1, 3, 10, 30, 50))),
    ({"threshold": "10..14:3, 1..3"}, Grid(threshold=(10, 13, 1, 2, 3))),
    ({"threshold": "0.1..0.3:0.1,0.3"}, Grid(threshold=(0.1, 0.2, 0.3))),
    ({"threshold": "-2..1"}, Grid(threshold=(-2, -1, 0, 1))),
    ({"threshold": [1, 2.5, "5..6"]}, Grid(threshold=(1, 2.5, 5, 6))),
    ({"threshold": 7}, Grid(threshold=(7,))),
    ({"period": "60,300,900..1800:900"}, Grid(period=(60, 300, 900, 1800))),
    ({"datapoints": "1/1, 2/3"}, Grid(datapoints=((1, 1), (2, 3)))),
    ({"datapoints": [(1, 2), "3/3"]}, Grid(datapoints=((1, 2), (3, 3)))),
    ({"treat_missing_data": "missing,notBreaching"}, Grid(treat_missing_data=("missing", "notBreaching"))),
    ({"statistic": "Sum,p90"}, Grid(statistic=("Sum", "p90"))),
    ({"window": "sliding,wall-clock"}, Grid(window=(None, WallClock()))),
]


@pytest.mark.parametrize(("table", "grid"), WRITTEN)
def test_what_is_written_is_what_is_meant(table: dict[str, Any], grid: Grid) -> None:
    assert Grid.of(table) == grid


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"treshold": 1}, "treshold", "expected one of threshold"),
    ({"threshold": "five"}, "threshold", "expected numbers such as"),
    ({"threshold": "nan"}, "threshold", "expected numbers such as"),
    ({"threshold": "5..1"}, "threshold", "a range upwards"),
    ({"threshold": "1..5:0"}, "threshold", "a range upwards"),
    ({"threshold": "1..1e9"}, "threshold", "at most 10,000 values"),
    ({"threshold": [True]}, "threshold", "expected numbers"),
    ({"period": "60.5"}, "period", "whole seconds"),
    ({"datapoints": "2 of 3"}, "datapoints", "M/N"),
    ({"treat_missing_data": "notbreaching"}, "treat_missing_data", "notBreaching"),
    ({"statistic": "p101"}, "statistic", "a percentile such as p90"),
    ({"window": "tumbling"}, "window", "sliding or wall-clock"),
]


@pytest.mark.parametrize(("table", "setting", "reason"), WRONG)
def test_what_cannot_be_meant_is_told(table: dict[str, Any], setting: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason) as caught:
        Grid.of(table)
    assert caught.value.setting == setting


def test_wall_clock_has_the_zone_that_was_asked_for() -> None:
    assert Grid.of({"window": "wall-clock"}, "Europe/Berlin").window == (WallClock("Europe/Berlin"),)


def test_an_empty_grid_is_the_present_setting() -> None:
    assert alarms(PRESENT, Grid()) == ([PRESENT], [])


def test_the_present_setting_is_there_once_as_it_is() -> None:
    """M written out or not is the same setting; the present alarm itself stays."""
    found, _ = alarms(PRESENT, Grid(threshold=(5, 6), datapoints=((1, 1),)))
    assert [one.threshold for one in found] == [5, 6]
    assert found[0] is PRESENT
    assert key(found[0]) == key(replace(PRESENT, datapoints_to_alarm=1))


def test_every_combination_is_there() -> None:
    found, refused = alarms(PRESENT, DEFAULT)
    assert len(found) == len({key(one) for one in found}) == 10 * 4 * 4 * 2
    assert not refused


REFUSED: list[tuple[Grid, int, list[tuple[str, int]]]] = [
    (Grid(datapoints=((3, 2), (2, 2))), 2, [("DatapointsToAlarm (3) must not be greater", 1)]),
    (Grid(period=(90, 60), threshold=(1, 2)), 3, [("Period must be 10, 20, 30 or a multiple", 2)]),
    (Grid(period=(900,), window=(None, WallClock())), 2, [("A WallClockWindow needs a Period", 1)]),
    (Grid(period=(300,), datapoints=((1, 300),)), 1, [("more than a day", 1)]),
    (
        Grid(period=(90,), datapoints=((2, 1), (1, 1))),
        1,
        [("Period must be 10, 20, 30 or a multiple", 2)],
    ),
]


@pytest.mark.parametrize(("grid", "count", "reasons"), REFUSED)
def test_what_cloudwatch_would_refuse_is_left_out_and_listed(
    grid: Grid, count: int, reasons: list[tuple[str, int]]
) -> None:
    found, refused = alarms(PRESENT, grid)
    assert len(found) == count
    assert [len(one.settings) for one in refused] == [number for _, number in reasons]
    assert all(reason in one.reason for one, (reason, _) in zip(refused, reasons, strict=True))


def test_a_refused_combination_says_what_it_was() -> None:
    _, refused = alarms(PRESENT, Grid(period=(900,), datapoints=((1, 2),), window=(WallClock("+05:30"),)))
    assert refused[0].settings == ("period 900, 1/2, wall-clock +05:30",)


def test_a_percentile_and_a_statistic_exclude_each_other() -> None:
    low = replace(
        PRESENT, statistic=None, extended_statistic="p90", evaluate_low_sample_count_percentiles="ignore"
    )
    found, refused = alarms(low, Grid(statistic=("Sum", "p99", "p90")))
    assert [key(one)[0] for one in found] == ["Sum", "p90", "p99"]
    assert [one.evaluate_low_sample_count_percentiles for one in found] == [None, "ignore", "ignore"]
    assert not refused


def test_too_many_combinations_are_refused() -> None:
    many = tuple(float(i) for i in range(5_000))
    with pytest.raises(SettingsError, match="at most 100,000 combinations, found 150,000"):
        alarms(PRESENT, Grid(threshold=many, period=tuple(range(60, 1860, 60))))
