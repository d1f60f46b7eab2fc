"""What the service was recorded to publish for a metric filter, and which filters it refused.

In: ``tests/tables/metric_captures.jsonl``. Rows about what a replay has no use for (replacing a filter) are listed in `BEYOND`, with why.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from detector.alarm import Alarm
from detector.archive import Clock, LogGroup, Source
from detector.errors import PatternError, SettingsError
from detector.metrics.datapoints import datapoints
from detector.pattern import compile as compile_pattern
from detector.scan import fast, plain
from tests import scans

TABLE = Path(__file__).parent / "tables" / "metric_captures.jsonl"
ROWS = [json.loads(line) for line in TABLE.read_text("utf-8").splitlines()]
BY_ID = {row["id"]: row for row in ROWS}

# The recordings leave out whose account it was; a replay is told.
HERE = LogGroup("<log group name>", "<account>", "<region>")
BEYOND = {
    "sdm-five-minute-view": "it sums up a recording that is not in the table; the last test here is like it",
    "sda-two-transformations": "a detection cannot even say two transformations",
    "sda-replace-keeps-creation": "no filter is ever replaced here",
    "sdm-cloudtrail-delivery": "a fact about the clock: see docs/archives.md and the DELIVERY clock",
}
CAPTURES = [row["id"] for row in ROWS if row["kind"] == "datapoints" and row["id"] not in BEYOND]
ADMISSIONS = [row["id"] for row in ROWS if row["kind"] == "admission" and row["id"] not in BEYOND]


def alarm(**settings: Any) -> Alarm:
    asked: dict[str, Any] = {
        "name": "alarm",
        "statistic": "Sum",
        "period": 60,
        "evaluation_periods": 1,
        "datapoints_to_alarm": 1,
        "threshold": 1,
        "comparison_operator": "GreaterThanOrEqualToThreshold",
    } | settings
    return Alarm(**asked)


def milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def published(folder: Path, row: dict[str, Any], scan: Any) -> list[dict[str, Any]]:
    """The data points per minute of every series that the filter of a row makes of its events."""
    events = [
        {"timestamp": milliseconds(time), "message": message}
        for time, message, fate in row["events"]
        if fate == "accepted"
    ]
    path = folder / "events.json"
    path.write_text(json.dumps({"events": events}))
    metric_filter = scans.metric_filter(
        row["filter_pattern"],
        value=row["metric_value"],
        default=row["default_value"],
        dimensions=row["dimensions"] or {},
        unit=row["unit"],
        field_selection_criteria=row.get("field_selection_criteria", ""),
        emit_system_field_dimensions=tuple(row.get("emit_system_field_dimensions", ())),
    )
    file = Source(str(path), 0)
    hits = scan(*scans.plan(metric_filter, clock=Clock.DELIVERY, log_group=HERE), [file]).hits[0]
    points = []
    for dimensions in hits.matches.dimensions or [()]:
        watched = alarm(dimensions=dict(dimensions), unit=row["unit"])
        samples = scans.sampled([hits], [metric_filter], watched)
        for (minute,), rows in samples.group_by("minute", maintain_order=True):
            values = [
                value for value, count in rows.select("value", "samples").iter_rows() for _ in range(count)
            ]
            point = {
                "minute": f"{minute:%Y-%m-%dT%H:%M:%SZ}",
                "sum": sum(values),
                "sample_count": len(values),
                "minimum": min(values),
                "maximum": max(values),
                "unit": row["unit"] or "None",
            }
            points.append(point | ({"dimensions": dict(dimensions)} if dimensions else {}))
    return points


@pytest.mark.parametrize("name", CAPTURES)
def test_the_recorded_data_points_come_out(tmp_path: Path, name: str) -> None:
    row = BY_ID[name]
    for scan in (plain.scan, fast.scan):
        assert published(tmp_path, row, scan) == row["expect"], row.get("note")


@pytest.mark.parametrize("name", ADMISSIONS)
def test_what_the_service_admits(name: str) -> None:
    row = BY_ID[name]
    if row["accepted"]:
        admitted(row)
    else:
        with pytest.raises((SettingsError, PatternError)) as refused:
            admitted(row)
        assert str(refused.value)


def admitted(row: dict[str, Any]) -> None:
    """Make the filter that a row speaks of; raises when it is refused."""
    ((setting, value),) = row["setting"].items()
    text = '{ $.kind = "a" }'
    match setting:
        case "unit":
            scans.metric_filter(text, unit=value)
        case "metricValue":
            scans.metric_filter(text, value=value)
        case "dimensions":
            pairs = value if isinstance(value, dict) else {f"D{i}": "$.kind" for i in range(value)}
            scans.metric_filter(text, dimensions=pairs)
        case "emitSystemFieldDimensions":
            scans.metric_filter(text, emit_system_field_dimensions=tuple(value))
        case "fieldSelectionCriteria":
            scans.metric_filter(text, field_selection_criteria=value)
        case "filterPattern" if value.startswith("three"):
            compile_pattern("{ $.a = %a% && $.b = %b% && $.c = %c% }")
        case "filterPattern":
            compile_pattern(value)
        case _:
            raise LookupError(setting)


def test_the_table_is_whole_and_each_row_is_asked_or_explained() -> None:
    assert len(ROWS) == len(BY_ID) == 22
    assert set(CAPTURES) | set(ADMISSIONS) | set(BEYOND) == set(BY_ID)
    assert all(row["source"] and row["strength"] for row in ROWS)
    assert len(CAPTURES) >= 10
    assert len(ADMISSIONS) >= 8


def test_periods_add_up_minutes_on_the_clock(tmp_path: Path) -> None:
    # As recorded for GetMetricStatistics with a period of 300: 01:15 and 01:18 are one.
    row = BY_ID["sdm-extractor-baseline"]
    path = tmp_path / "events.json"
    times = ("2026-09-14T01:15:51Z", "2026-09-14T01:18:02Z", "2026-09-14T01:20:00Z")
    events = [
        {"timestamp": milliseconds(time), "message": json.dumps({"kind": "wildcard", "value": value})}
        for time, value in zip(times, (3, 5.5, 7), strict=True)
    ]
    path.write_text(json.dumps({"events": events}))
    metric_filter = scans.metric_filter(row["filter_pattern"], value="$.value")
    file = Source(str(path), 0)
    hits = plain.scan(*scans.plan(metric_filter, clock=Clock.DELIVERY), [file]).hits[0]
    samples = scans.sampled([hits], [metric_filter], alarm())
    five_minutes = datapoints(samples, alarm().laid(300, "wall-clock"))
    assert five_minutes.select("start", "value", "samples").rows() == [
        (datetime(2026, 9, 14, 1, 15, tzinfo=UTC), 8.5, 2),
        (datetime(2026, 9, 14, 1, 20, tzinfo=UTC), 7.0, 1),
    ]
