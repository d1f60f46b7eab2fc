"""Reasons: CloudWatch's exact sentences, and the evidence as data."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from detector.alarm import Alarm, Rule, State, Transition
from detector.alarm.reason import double

AT = datetime(2026, 9, 14, 10, 30, 10, tzinfo=UTC)
X, GOOD, GAP = 6.0, 1.0, None


def last(points: list[float | None], before: State, **changed: Any) -> Transition:
    """The transition of one evaluation at AT over these datapoints, oldest first."""
    settings: dict[str, Any] = {
        "name": "words",
        "statistic": "Sum",
        "period": 300,
        "evaluation_periods": 3,
        "threshold": 3,
        "comparison_operator": "GreaterThanOrEqualToThreshold",
        **changed,
    }
    minutes = settings["period"] // 60
    oldest = AT.replace(second=0) - timedelta(minutes=minutes * len(points))
    samples = [
        (oldest + timedelta(minutes=minutes * n), point)
        for n, point in enumerate(points)
        if point is not None
    ]
    (found,) = Alarm(**settings).history(samples, start=AT, end=AT, state=before)
    return found


OK, ALARM, UNKNOWN = State.OK, State.ALARM, State.INSUFFICIENT_DATA
TOLD = {"evaluation_periods": 1, "datapoints_to_alarm": 1}
TWO_OF_THREE = {"datapoints_to_alarm": 2}
THREE = {"datapoints_to_alarm": 3}

SENTENCES: list[tuple[list[float | None], State, dict[str, Any], str]] = [
    (
        [X],
        OK,
        TOLD,
        (
            "Threshold Crossed: 1 out of the last 1 datapoints [6.0 (14/09/26 10:25:00)] was greater than or equal "
            "to the threshold (3.0) (minimum 1 datapoint for OK -> ALARM transition)."
        ),
    ),
    (
        [GOOD],
        UNKNOWN,
        TOLD,
        (
            "Threshold Crossed: 1 out of the last 1 datapoints [1.0 (14/09/26 10:25:00)] was not greater than or "
            "equal to the threshold (3.0) (minimum 1 datapoint for ALARM -> OK transition)."
        ),
    ),
    (
        [X, GOOD, X],
        OK,
        TWO_OF_THREE,
        (
            "Threshold Crossed: 2 out of the last 3 datapoints [6.0 (14/09/26 10:25:00), 6.0 (14/09/26 10:15:00)] "
            "were greater than or equal to the threshold (3.0) (minimum 2 datapoints for OK -> ALARM transition)."
        ),
    ),
    (
        [X, GOOD, GOOD],
        ALARM,
        TWO_OF_THREE,
        (
            "Threshold Crossed: 2 out of the last 3 datapoints [1.0 (14/09/26 10:25:00), 1.0 (14/09/26 10:20:00)] "
            "were not greater than or equal to the threshold (3.0) "
            "(minimum 2 datapoints for ALARM -> OK transition)."
        ),
    ),
    (
        [X, GAP, GAP],
        OK,
        THREE,
        (
            "Threshold Crossed: 1 out of the last 3 datapoints [6.0 (14/09/26 10:15:00)] was greater than or equal "
            "to the threshold (3.0) (minimum 3 datapoints for OK -> ALARM transition)."
        ),
    ),
    (
        [X, GAP, X],
        OK,
        {**THREE, "treat_missing_data": "breaching"},
        (
            "Threshold Crossed: 2 out of the last 3 datapoints [6.0 (14/09/26 10:25:00), 6.0 (14/09/26 10:15:00)] "
            "were greater than or equal to the threshold (3.0) and 1 missing datapoint was treated as [Breaching] "
            "(minimum 3 datapoints for OK -> ALARM transition)."
        ),
    ),
    (
        [X, GAP],
        OK,
        {"datapoints_to_alarm": 1, "treat_missing_data": "notBreaching"},
        (
            "Threshold Crossed: 1 out of the last 3 datapoints [6.0 (14/09/26 10:20:00)] was greater than or equal "
            "to the threshold (3.0) and 2 missing datapoints were treated as [NonBreaching] "
            "(minimum 1 datapoint for OK -> ALARM transition)."
        ),
    ),
    (
        [GOOD],
        OK,
        {**TWO_OF_THREE, "treat_missing_data": "breaching"},
        (
            "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as "
            "[Breaching]."
        ),
    ),
    (
        [],
        OK,
        {"treat_missing_data": "breaching"},
        (
            "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as "
            "[Breaching]."
        ),
    ),
    (
        [],
        ALARM,
        {**TOLD, "treat_missing_data": "notBreaching"},
        (
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
            "[NonBreaching]."
        ),
    ),
    ([], ALARM, TOLD, "Insufficient Data: 1 datapoint was unknown."),
    ([], OK, {}, "Insufficient Data: 3 datapoints were unknown."),
    ([X], OK, {}, "Insufficient Data: 2 datapoints were unknown."),
    (
        [21.5],
        OK,
        {"evaluation_periods": 1, "threshold": 21, "comparison_operator": "GreaterThanThreshold"},
        "Threshold Crossed: 1 datapoint [21.5 (14/09/26 10:25:00)] was greater than the threshold (21.0).",
    ),
    (
        [0.5, 0.25],
        OK,
        {"evaluation_periods": 2, "threshold": 0.5, "comparison_operator": "LessThanOrEqualToThreshold"},
        (
            "Threshold Crossed: 2 datapoints [0.25 (14/09/26 10:25:00), 0.5 (14/09/26 10:20:00)] were less than or "
            "equal to the threshold (0.5)."
        ),
    ),
    (
        [0.25],
        OK,
        {"evaluation_periods": 1, "threshold": 0.5, "comparison_operator": "LessThanThreshold"},
        "Threshold Crossed: 1 datapoint [0.25 (14/09/26 10:25:00)] was less than the threshold (0.5).",
    ),
    (
        [9.0, 8.0, 7.0, 6.0, 5.0, 4.0],
        OK,
        {"evaluation_periods": 6, "period": 60},
        (
            "Threshold Crossed: 6 datapoints were greater than or equal to the threshold (3.0). The most recent "
            "datapoints which crossed the threshold: [4.0 (14/09/26 10:29:00), 5.0 (14/09/26 10:28:00), "
            "6.0 (14/09/26 10:27:00), 7.0 (14/09/26 10:26:00), 8.0 (14/09/26 10:25:00)]."
        ),
    ),
    (
        [60.0, 60.0, 60.0, 59.0, 59.0],
        OK,
        {"evaluation_periods": 5, "datapoints_to_alarm": 5, "period": 60},
        (
            "Threshold Crossed: 5 out of the last 5 datapoints were greater than or equal to the threshold (3.0). "
            "The most recent datapoints which crossed the threshold: [59.0 (14/09/26 10:29:00), "
            "59.0 (14/09/26 10:28:00), 60.0 (14/09/26 10:27:00), 60.0 (14/09/26 10:26:00), "
            "60.0 (14/09/26 10:25:00)] (minimum 5 datapoints for OK -> ALARM transition)."
        ),
    ),
]


@pytest.mark.parametrize(("points", "before", "changed", "sentence"), SENTENCES)
def test_sentence(points: list[float | None], before: State, changed: dict[str, Any], sentence: str) -> None:
    assert str(last(points, before, **changed).reason) == sentence


# points, before, settings -> needed, evaluated (index of each datapoint, newest first), recent datapoints
EVALUATED: list[tuple[list[float | None], State, dict[str, Any], list[int], list[float | None]]] = [
    ([GAP, GAP, X, GOOD, X], OK, TWO_OF_THREE, [4, 2], [X, GOOD, X]),
    ([GAP, GAP, X, X, X], OK, TWO_OF_THREE, [4, 3], [X, X, X]),
    ([GAP, GAP, X, GAP, GAP], OK, THREE, [4, 3, 2], [X]),
    ([X, GAP, X, GAP, GAP], OK, THREE, [4, 2, 0], [X, GAP, X]),
    ([GOOD, GAP, X, GAP, X], ALARM, THREE, [0], [GOOD, GAP, X, GAP, X]),
    ([GAP, GAP, GAP, GAP, GAP], OK, THREE, [4, 3, 2], []),
    ([GAP, GAP, GAP, GAP, X], OK, THREE, [3, 2, 1], [X]),
    ([GAP, GAP, X, GAP, X], OK, {**THREE, "treat_missing_data": "breaching"}, [4, 3, 2], [X, GAP, X]),
    ([GAP, GAP, GAP, GAP, X], ALARM, {**THREE, "treat_missing_data": "notBreaching"}, [3], [X]),
    ([GAP, GAP, GAP, GAP, GOOD], OK, {**TWO_OF_THREE, "treat_missing_data": "breaching"}, [3, 2], [GOOD]),
    ([GAP, GAP, GAP, X, X], OK, {**TWO_OF_THREE, "treat_missing_data": "ignore"}, [4, 3], [X, X]),
    ([GAP, X, GAP, GOOD, GAP], ALARM, {**TWO_OF_THREE, "treat_missing_data": "ignore"}, [3], [X, GAP, GOOD]),
]


@pytest.mark.parametrize(("points", "before", "changed", "evaluated", "recent"), EVALUATED)
def test_listed_datapoints(
    points: list[float | None],
    before: State,
    changed: dict[str, Any],
    evaluated: list[int],
    recent: list[float | None],
) -> None:
    reason = last(points, before, **changed).reason
    assert [window.value for window in reason.windows] == points
    assert list(reason.evaluated) == [reason.windows[index] for index in evaluated]
    assert list(reason.recent_datapoints) == recent
    starts = [window.start for window in reason.windows if window.value is not None]
    assert reason.start_date == (starts[-3:][0] if starts else None)


def test_as_dict() -> None:
    found = last([X, GAP], ALARM, **TOLD, treat_missing_data="missing", unit="Count", threshold=7)
    assert json.loads(json.dumps(found.reason.as_dict())) == {
        "version": "1.0",
        "queryDate": "2026-09-14T10:30:10.000+0000",
        "startDate": "2026-09-14T10:20:00.000+0000",
        "unit": "Count",
        "statistic": "Sum",
        "period": 300,
        "recentDatapoints": [6.0],
        "threshold": 7.0,
        "evaluatedDatapoints": [
            {"timestamp": "2026-09-14T10:20:00.000+0000", "sampleCount": 1.0, "value": 6.0}
        ],
        "sentence": str(found.reason),
        "rule": "REAL_DATAPOINTS",
        "ruleSentence": Rule.REAL_DATAPOINTS.sentence,
        "comparisonOperator": "GreaterThanOrEqualToThreshold",
        "evaluationPeriods": 1,
        "datapointsToAlarm": 1,
        "treatMissingData": "missing",
        "missing": 0,
        "windows": [
            {"start": "2026-09-14T10:15:00.000+0000", "value": None, "samples": 0},
            {"start": "2026-09-14T10:20:00.000+0000", "value": 6.0, "samples": 1},
            {"start": "2026-09-14T10:25:00.000+0000", "value": None, "samples": 0},
        ],
    }


def test_as_dict_without_any_datapoint() -> None:
    found = last([], OK, **TOLD).reason.as_dict()
    assert "startDate" not in found
    assert found["recentDatapoints"] == []
    assert found["evaluatedDatapoints"] == [{"timestamp": "2026-09-14T10:25:00.000+0000"}]


def test_a_transition_is_a_value() -> None:
    found = last([X], OK, **TOLD)
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301 - our own bytes
    assert (found.at, found.before, found.after, found.reason.at) == (AT, OK, ALARM, AT)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0.0"),
        (5.0, "5.0"),
        (0.0666851903306472, "0.0666851903306472"),
        (-61.123, "-61.123"),
        (624630.0, "624630.0"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (-12345678.9, "-1.23456789E7"),
        (0.001, "0.001"),
        (0.0005, "5.0E-4"),
        (1.5e300, "1.5E300"),
    ],
)
def test_numbers_print_as_doubles(number: float, text: str) -> None:
    assert double(number) == text
