"""Every row of the alarm tables, through one evaluation, the fast history and the plain history."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from detector.alarm import Alarm, State, decide, history_plain
from detector.alarm.clock import newest_end, to_microseconds, window_start
from detector.errors import SettingsError

TABLES = Path(__file__).parent / "tables"
DAY = datetime(2026, 9, 14, tzinfo=UTC)
HISTORIES = (Alarm.history, history_plain)

# Rows that an old edition gave and CloudWatch later corrected: asserted to differ.
SUPERSEDED = {"doc2020-3of3-r1-ignore": "ALARM until 2020-06, corrected to keeping the state in 2020-09"}

# Rows of the validation table that are not about settings which this project has.
NOT_OURS = {
    "sdv-metricname-and-metrics": "metric queries are not part of a detection",
    "sdv-action-not-arn": "actions are not replayed",
    "sdv-update-tags-ignored": "no updates, no tags",
    "sdv-repeat-noop": "no updates",
    "sdv-name-of-composite": "tests/test_composite_replay.py asks it",
    "sdv-tag-aws": "no tags",
    "sdv-tags-51": "no tags",
    "sdv-setstate-missing-alarm": "no SetAlarmState",
    "sdv-setstate-bad-json": "no SetAlarmState",
    "sdv-setstate-empty-reason": "no SetAlarmState",
    "sdv-setstate-same-state": "no SetAlarmState",
    "sdv-enable-missing": "actions are not replayed",
    "sdv-insights-30": "no Metrics Insights queries",
    "sdv-insights-60x179": "no Metrics Insights queries",
    "sdv-insights-60x180": "no Metrics Insights queries",
    "sdv-insights-60x181": "no Metrics Insights queries",
    "sdv-insights-300x36": "no Metrics Insights queries",
    "sdv-insights-300x37": "no Metrics Insights queries",
    "sdv-insights-10800x1": "no Metrics Insights queries",
    "sdv-insights-10860x1": "no Metrics Insights queries",
    "sdv-ddb-default": "only metrics of metric filters are replayed",
}


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (TABLES / name).read_text().splitlines() if line.strip()]


def by_id(table: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", table, ids=[row["id"] for row in table])


CASES = rows("alarm_cases.jsonl")
TIMELINES = rows("alarm_timelines.jsonl")
VALIDATION = rows("alarm_validation.jsonl")
PERCENTILES = rows("percentile_cases.jsonl")


def alarm_of(row: dict[str, Any]) -> Alarm:
    return Alarm(
        name=row["id"],
        statistic=row.get("statistic", "Sum"),
        period=row.get("period", 300),
        evaluation_periods=row["evaluation_periods"],
        datapoints_to_alarm=row["datapoints_to_alarm"],
        threshold=row.get("threshold", 0),
        comparison_operator=row.get("comparison", "GreaterThanThreshold"),
        treat_missing_data=row.get("treat_missing_data", "missing"),
    )


def states_before(row: dict[str, Any]) -> list[State]:
    return [State(row["prior_state"])] if "prior_state" in row else list(State)


def wanted(row: dict[str, Any], before: State) -> State:
    return before if row["expect"] == "RETAIN" else State(row["expect"])


@by_id(CASES)
def test_one_evaluation(row: dict[str, Any]) -> None:
    for before in states_before(row):
        found = alarm_of(row).evaluate(row["datapoints"], before)
        if row["id"] in SUPERSEDED:
            assert decide(alarm_of(row), row["datapoints"]).state is None
            assert row["expect"] == "ALARM"
        else:
            assert found is wanted(row, before)


@pytest.mark.parametrize("engine", HISTORIES)
@by_id([row for row in CASES if row["id"] not in SUPERSEDED])
def test_one_evaluation_as_a_history(row: dict[str, Any], engine: Any) -> None:
    alarm, at = alarm_of(row), DAY + timedelta(hours=12)
    samples, start = [], newest_end(alarm, to_microseconds(at))
    for datapoint in row["datapoints"][::-1]:
        start = window_start(alarm, start)
        if datapoint is not None:
            samples.append((datetime.fromtimestamp(start, UTC), datapoint))
    for before in states_before(row):
        found = engine(alarm, samples, start=at, end=at, state=before)
        assert (found[-1].after if found else before) is wanted(row, before)


def clock(text: str) -> datetime:
    hours, minutes, *seconds = map(int, text.split(":"))
    return DAY + timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))


@pytest.mark.parametrize("engine", HISTORIES)
@by_id([row for row in TIMELINES if row["kind"] == "replay"])
def test_timeline(row: dict[str, Any], engine: Any) -> None:
    second = timedelta(seconds=row["eval_second"])
    samples = [(clock(minute), value) for minute, value in row["samples"]]
    start, end, state = clock(row["start"]) + second, clock(row["end"]) + second, State(row["start_state"])
    found = engine(alarm_of(row), samples, start=start, end=end, state=state)
    assert [(t.at, t.after) for t in found] == [(clock(at), State(after)) for at, after in row["expect"]]


@pytest.mark.parametrize("engine", HISTORIES)
@by_id([row for row in TIMELINES if row["kind"] == "replay"])
def test_timeline_on_a_scale_of_minutes(row: dict[str, Any], engine: Any) -> None:
    def minutes(text: str) -> float:
        return (clock(text) - DAY) / timedelta(minutes=1)

    samples = [(int(minutes(minute)), value) for minute, value in row["samples"]]
    start, end = (minutes(row[key]) + row["eval_second"] / 60 for key in ("start", "end"))
    found = engine(alarm_of(row), samples, start=start, end=end, state=State(row["start_state"]))
    assert [(t.at, t.after) for t in found] == [
        (pytest.approx(minutes(at)), State(after)) for at, after in row["expect"]
    ]


@by_id([row for row in TIMELINES if row["kind"] == "windows"])
def test_window_starts(row: dict[str, Any]) -> None:
    alarm, end, starts = alarm_of(row), newest_end(alarm_of(row), to_microseconds(clock(row["at"]))), []
    for _ in range(alarm.evaluation_range):
        end = window_start(alarm, end)
        starts.append(f"{datetime.fromtimestamp(end, UTC):%H:%M}")
    assert starts[::-1] == row["expect_window_starts"]


@pytest.mark.parametrize("engine", HISTORIES)
@by_id(PERCENTILES)
def test_percentile(row: dict[str, Any], engine: Any) -> None:
    alarm = alarm_of({"id": row["id"], "evaluation_periods": 1, "datapoints_to_alarm": 1, "threshold": -1})
    alarm = replace(alarm, statistic=None, extended_statistic=row["statistic"])
    samples, at = [(DAY, value, count) for value, count in row["samples"]], DAY + timedelta(minutes=1)
    (found,) = engine(alarm, samples, start=at, end=at)
    assert found.reason.windows[-1].value == pytest.approx(row["expect"], rel=1e-9)


API_NAMES = {
    "Statistic": "statistic",
    "ExtendedStatistic": "extended_statistic",
    "Period": "period",
    "EvaluationPeriods": "evaluation_periods",
    "DatapointsToAlarm": "datapoints_to_alarm",
    "Threshold": "threshold",
    "ComparisonOperator": "comparison_operator",
    "EvaluateLowSampleCountPercentile": "evaluate_low_sample_count_percentiles",
}
PLACEHOLDERS: dict[str, dict[str, Any]] = {
    "Unit": {"unit": "Count"},
    "Dimensions": {"dimensions": {"FunctionName": "f"}},
}


def settings_of(row: dict[str, Any]) -> dict[str, Any]:
    """The row's settings; what it leaves open is filled with something harmless."""
    found: dict[str, Any] = {"period": 60, "evaluation_periods": 1, "threshold": 1}
    found["comparison_operator"] = "GreaterThanThreshold"
    for name, value in row["settings"].items():
        found |= PLACEHOLDERS.get(name) or {API_NAMES[name]: value}
    return found


def test_every_validation_row_is_used_or_explained() -> None:
    assert set(NOT_OURS) < {row["id"] for row in VALIDATION}


@by_id([row for row in VALIDATION if row["id"] not in NOT_OURS])
def test_validation(row: dict[str, Any]) -> None:
    if row["accepted"]:
        assert Alarm(name="row", **settings_of(row)).evaluation_range > 0
        return
    with pytest.raises(SettingsError) as refused:
        Alarm(name="row", **settings_of(row))
    assert str(refused.value) == row.get("message", str(refused.value))
