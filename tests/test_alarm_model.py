"""Alarms that PutMetricAlarm takes, and those that it refuses, with the setting and the sentence."""

from __future__ import annotations

import pickle
from fractions import Fraction
from typing import Any

import pytest

from detector.alarm import Alarm, WallClock
from detector.errors import SettingsError

PLAIN: dict[str, Any] = {
    "name": "Alarm-Unauthorized-API-Calls",
    "statistic": "Sum",
    "period": 300,
    "evaluation_periods": 1,
    "threshold": 5,
    "comparison_operator": "GreaterThanOrEqualToThreshold",
}
P90: dict[str, Any] = {"statistic": None, "extended_statistic": "p90"}

ACCEPTED: list[dict[str, Any]] = [
    {},
    {"period": 10, "evaluation_periods": 8640},
    {"period": 20},
    {"period": 30},
    {"period": 60, "evaluation_periods": 1440},
    {"period": 3600, "evaluation_periods": 168},
    {"period": 604800},
    {"period": 86400, "evaluation_periods": 7},
    {"evaluation_periods": 3, "datapoints_to_alarm": 3},
    {"threshold": -0.5},
    {**P90, "extended_statistic": "p99.99"},
    {**P90, "extended_statistic": "p0"},
    {**P90, "extended_statistic": "p100"},
    {**P90, "evaluate_low_sample_count_percentiles": "ignore"},
    {"unit": "Bytes/Second"},
    {"dimensions": {"b": "2", "a": "1"}},
    {"name": "x" * 255, "alarm_description": "y" * 1024},
    {"evaluation_window": WallClock()},
    {"evaluation_window": WallClock("Europe/Berlin"), "period": 604800},
    {"evaluation_window": WallClock("-03:35")},
    {"evaluation_window": WallClock("UTC-03:00")},
]

REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"period": 45}, "period", "Period must be 10, 20, 30 or a multiple of 60 seconds, not 45."),
    ({"period": 0}, "period", "Period must be at least 1, not 0."),
    ({"period": True}, "period", "Period must be a whole number, not True."),
    ({"period": "300"}, "period", 'Period must be a whole number, not "300".'),
    ({"period": 300.0}, "period", "Period must be a whole number, not 300.0."),
    (
        {"evaluation_periods": 289},
        "evaluation_periods",
        "<= 86400 for a Period below 3600): 289 * 300 = 86700.",
    ),
    ({"period": 3600, "evaluation_periods": 169}, "evaluation_periods", "more than seven days"),
    ({"period": 604860}, "period", "1 * 604860 = 604860."),
    ({"evaluation_periods": 0}, "evaluation_periods", "EvaluationPeriods must be at least 1, not 0."),
    ({"evaluation_periods": True}, "evaluation_periods", "must be a whole number, not True."),
    (
        {"datapoints_to_alarm": 2},
        "datapoints_to_alarm",
        "(2) must not be greater than EvaluationPeriods (1).",
    ),
    ({"datapoints_to_alarm": 0}, "datapoints_to_alarm", "DatapointsToAlarm must be at least 1, not 0."),
    ({"datapoints_to_alarm": True}, "datapoints_to_alarm", "must be a whole number, not True."),
    ({"threshold": True}, "threshold", "Threshold must be a number, not True."),
    ({"threshold": "5"}, "threshold", 'Threshold must be a number, not "5".'),
    ({"threshold": float("nan")}, "threshold", "Threshold must be a finite number."),
    ({"threshold": float("-inf")}, "threshold", "Threshold must be a finite number."),
    ({"threshold": 10**400}, "threshold", "Threshold must be a finite number."),
    ({"comparison_operator": ">="}, "comparison_operator", 'Did you mean "GreaterThanOrEqualToThreshold"?'),
    ({"comparison_operator": "greaterthan"}, "comparison_operator", 'Did you mean "GreaterThanThreshold"?'),
    ({"comparison_operator": "GreaterThanUpperThreshold"}, "comparison_operator", "anomaly detection bands"),
    ({"comparison_operator": None}, "comparison_operator", "The value None for parameter ComparisonOperator"),
    ({"treat_missing_data": "not_breaching"}, "treat_missing_data", 'Did you mean "notBreaching"?'),
    ({"treat_missing_data": "Missing"}, "treat_missing_data", 'Did you mean "missing"?'),
    ({"treat_missing_data": "zzz"}, "treat_missing_data", "breaching, notBreaching, ignore or missing."),
    ({"statistic": "sum"}, "statistic", 'Did you mean "Sum"?'),
    ({"statistic": 5}, "statistic", "Statistic must be a string, not 5."),
    ({"statistic": "p90"}, "statistic", 'write extended_statistic = "p90".'),
    ({"statistic": None}, "statistic", "One of Statistic and ExtendedStatistic must be set."),
    ({"extended_statistic": "p90"}, "extended_statistic", "Only one of Statistic and ExtendedStatistic"),
    ({**P90, "extended_statistic": "p101"}, "extended_statistic", "The value p101 for parameter Ext"),
    ({**P90, "extended_statistic": "90"}, "extended_statistic", "The value 90 for parameter Ext"),
    ({**P90, "extended_statistic": 90}, "extended_statistic", "ExtendedStatistic must be a string, not 90."),
    *[
        (
            {**P90, "extended_statistic": text},
            "extended_statistic",
            f"{text} is one that this project does not",
        )
        for text in ("tm99", "tc90", "ts10", "wm95", "IQM", "PR(:300)", "TC(0.005:0.030)", "TM(10%:90%)")
    ],
    (
        {"evaluate_low_sample_count_percentiles": "ignore"},
        "evaluate_low_sample_count_percentiles",
        "can only be set together with a percentile",
    ),
    (
        {**P90, "evaluate_low_sample_count_percentiles": "ignored"},
        "evaluate_low_sample_count_percentiles",
        'Did you mean "ignore"?',
    ),
    ({"unit": "count"}, "unit", 'Did you mean "Count"?'),
    ({"name": ""}, "name", "AlarmName must have 1 to 255 characters, not 0."),
    ({"name": "x" * 256}, "name", "AlarmName must have 1 to 255 characters, not 256."),
    ({"name": "a\nb"}, "name", "AlarmName must not contain ASCII control characters."),
    ({"name": None}, "name", "AlarmName must be a string, not None."),
    ({"alarm_description": "y" * 1025}, "alarm_description", "at most 1024 characters, not 1025."),
    ({"dimensions": {str(n): "x" for n in range(31)}}, "dimensions", "at most 30 entries, not 31."),
    ({"dimensions": [("a", "b")]}, "dimensions", "must be a mapping"),
    ({"dimensions": {"a": 1}}, "dimensions", "a name and a value that are strings and not empty."),
    (
        {"evaluation_window": WallClock(), "period": 900},
        "evaluation_window",
        "60, 300, 3600, 86400 or 604800",
    ),
]


@pytest.mark.parametrize("changed", ACCEPTED, ids=str)
def test_accepted(changed: dict[str, Any]) -> None:
    assert Alarm(**(PLAIN | changed)).evaluation_range > 0


@pytest.mark.parametrize(("changed", "setting", "words"), REFUSED, ids=lambda value: str(value)[:60])
def test_refused(changed: dict[str, Any], setting: str, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Alarm(**(PLAIN | changed))
    assert refused.value.setting == setting
    assert words in refused.value.reason
    assert "\n" not in refused.value.reason


@pytest.mark.parametrize(
    "timezone",
    [
        "",
        "Mars/Olympus",
        "+05:31",
        "UTC+05:31",
        "+24:00",
        "+01:75",
        "05:30",
        "UTC05:30",
        "GMT+05:30",
        "../x",
        "x" * 51,
        5,
    ],
)
def test_time_zone_refused(timezone: Any) -> None:
    with pytest.raises(SettingsError) as refused:
        WallClock(timezone)
    assert refused.value.setting == "evaluation_window"


# period, evaluation periods -> range (spec: documented, observed or recorded), step
RANGES = [
    (300, 3, 5, 60),
    (300, 1, 3, 60),
    (900, 8, 10, 60),
    (1800, 3, 5, 60),
    (21600, 2, 4, 60),
    (86400, 1, 3, 60),
    (60, 1, 6, 60),
    (60, 5, 10, 60),
    (60, 3, 8, 60),
    (120, 1, 4, 60),
    (180, 3, 5, 60),
    (10, 3, 9, 10),
    (20, 1, 4, 10),
    (30, 1, 3, 10),
    (86400, 2, 4, 3600),
    (3600, 25, 27, 3600),
    (3600, 24, 26, 60),
]


@pytest.mark.parametrize(("period", "periods", "reach", "step"), RANGES)
def test_range_and_step(period: int, periods: int, reach: int, step: int) -> None:
    alarm = Alarm(**(PLAIN | {"period": period, "evaluation_periods": periods}))
    assert (alarm.evaluation_range, alarm.step) == (reach, step)


def test_properties() -> None:
    assert Alarm(**PLAIN).m == 1
    assert Alarm(**(PLAIN | {"evaluation_periods": 3})).m == 3
    assert Alarm(**(PLAIN | {"evaluation_periods": 3, "datapoints_to_alarm": 2})).m == 2
    assert Alarm(**PLAIN).percentile is None
    assert Alarm(**(PLAIN | P90 | {"extended_statistic": "p99.9"})).percentile == Fraction(999, 10)
    assert isinstance(Alarm(**PLAIN).threshold, float)


def test_an_alarm_is_a_value() -> None:
    one = Alarm(**(PLAIN | {"dimensions": {"a": "1", "b": "2"}, "evaluation_window": WallClock("+01:00")}))
    two = Alarm(**(PLAIN | {"dimensions": {"b": "2", "a": "1"}, "evaluation_window": WallClock("+01:00")}))
    assert one == two
    assert hash(one) == hash(two)
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301 - our own bytes
    assert dict(one.dimensions) == {"a": "1", "b": "2"}
    assert one != Alarm(**PLAIN)
