"""Files beside an archive: labelled incidents, and CloudWatch's metric data."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from detector.alarm import Alarm
from detector.errors import ArchiveError, SettingsError
from detector.jobs.backtest.grid import Grid
from detector.jobs.backtest.incidents import Incident, incidents_of, load_incidents
from detector.jobs.backtest.metric_data import load_metric
from detector.jobs.backtest.sweep import sweep

THREE, FOUR = (int(datetime(2025, 3, 8, hour, tzinfo=UTC).timestamp()) for hour in (3, 4))
WANTED = [Incident("key", THREE, FOUR, ("svc",)), Incident("late", FOUR, FOUR + 90)]

TOML = """
[[incident]]
name = "late"
start = 2025-03-08T04:00:00Z
end = 2025-03-08T04:01:30Z
[[incident]]
name = "key"
start = 2025-03-08T03:00:00Z
end = "2025-03-08T05:00:00+01:00"
principal = "svc"
"""
CSV = """name, start, end, principal
key,2025-03-08T03:00:00Z,2025-03-08T04:00:00Z,svc
late,2025-03-08 04:00:00,2025-03-08T04:01:30,
"""
CSV_SECONDS = f"""Name,START,End
key,{THREE},{FOUR}.5
late,{FOUR},{FOUR + 90}
"""
SAME: list[tuple[str, str]] = [
    ("i.toml", TOML),
    ("i.csv", CSV),
    (
        "i.json",
        json.dumps(
            [
                {"name": "key", "start": "2025-03-08T03:00:00Z", "end": FOUR, "principal": "svc"},
                {"name": "late", "start": FOUR, "end": FOUR + 90.5},
            ]
        ),
    ),
    (
        "i.JSON",
        json.dumps(
            {
                "incidents": [
                    {"name": "late", "start": FOUR, "end": FOUR + 90},
                    {"name": "key", "start": THREE, "end": FOUR, "principal": "svc"},
                ]
            }
        ),
    ),
]


@pytest.mark.parametrize(("name", "text"), SAME)
def test_three_formats_say_the_same(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8-sig")
    assert load_incidents(path) == WANTED


def test_a_date_is_its_first_instant_in_utc(tmp_path: Path) -> None:
    path = tmp_path / "i.toml"
    path.write_text('[[incident]]\nname = "day"\nstart = 1970-01-02\nend = 1970-01-03\n', encoding="utf-8")
    assert load_incidents(path) == [Incident("day", 86_400, 172_800)]


def test_csv_may_have_seconds_since_1970_and_any_capitals(tmp_path: Path) -> None:
    path = tmp_path / "i.csv"
    path.write_text(CSV_SECONDS, encoding="utf-8")
    assert load_incidents(path) == [Incident("key", THREE, FOUR), WANTED[1]]


def test_eight_digits_are_a_date(tmp_path: Path) -> None:
    path = tmp_path / "i.csv"
    path.write_text("name,start,end\nx,19700102,172800\n", encoding="utf-8")
    assert load_incidents(path) == [Incident("x", 86_400, 172_800)]


ONE = {"name": "x", "start": THREE, "end": FOUR}
WRONG: list[tuple[str, str, str]] = [
    ("i.txt", "", "expected incidents in a file named .toml, .csv or .json"),
    ("i.toml", "= 1", "expected a file of incidents: "),
    ("i.toml", "[other]\n", "expected a list named incident"),
    ("i.json", "3", "expected a list named incident"),
    ("i.json", "[3]", "incident 1: expected the keys name, start, end"),
    ("i.json", json.dumps([{**ONE, "principle": "x"}]), "incident 1: .*the unknown key 'principle'"),
    ("i.json", json.dumps([ONE, {"name": "y"}]), "incident 2: .*found no start"),
    ("i.json", json.dumps([{**ONE, "name": 5}]), "expected a string for name, found 5"),
    ("i.json", json.dumps([{**ONE, "end": THREE}]), "expected the end of 'x' to be later"),
    ("i.json", json.dumps([{**ONE, "end": "soon"}]), "expected a time such as .* for end, found 'soon'"),
    ("i.json", json.dumps([{**ONE, "end": True}]), "expected a time such as"),
    ("i.json", json.dumps([{**ONE, "end": FOUR * 1000}]), "expected a time such as"),
    ("i.json", "[]", "expected at least one incident, found none"),
    ("i.json", '{"incident": []}', "expected at least one incident, found none"),
    ("i.csv", "name,start,end\n", "expected at least one incident, found none"),
    ("i.csv", "name,start,end\nx,1,2\nx,1,3\n", "expected one incident named 'x', found 2"),
    ("i.csv", "name,start\nx,1\n", "incident 1: .*found no end"),
    ("i.csv", "name,start,end\nx,1,2,3\n", "incident 1: .*more cells"),
]


@pytest.mark.parametrize(("name", "text", "reason"), WRONG)
def test_what_is_no_incident_is_told_with_its_place(
    tmp_path: Path, name: str, text: str, reason: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ArchiveError, match=reason) as caught:
        load_incidents(path)
    assert caught.value.path == str(path)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="No such file"):
        load_incidents(tmp_path / "i.toml")


def test_incidents_of_mappings() -> None:
    assert incidents_of([ONE, ONE, Incident("x", THREE, FOUR)]) == [Incident("x", THREE, FOUR)]
    assert incidents_of(None) == []
    with pytest.raises(SettingsError, match="expected one incident named 'x', found 2"):
        incidents_of([ONE, {**ONE, "end": FOUR + 1}])
    with pytest.raises(SettingsError, match="found no end"):
        incidents_of([{"name": "x", "start": 1}])


MINUTES = {0: 5.0, 60: 7.0, 600: 1.5}


def stamp(second: int) -> str:
    return f"{datetime.fromtimestamp(THREE + second, UTC):%Y-%m-%dT%H:%M:%S+00:00}"


def get_metric_data(values: dict[int, float]) -> str:
    result = {"Id": "m1", "Timestamps": [stamp(s) for s in values], "Values": list(values.values())}
    return json.dumps({"MetricDataResults": [{"Id": "m2", "Values": []}, result], "Messages": []})


METRICS: list[tuple[str, str]] = [
    ("get-metric-data", get_metric_data(dict(reversed(MINUTES.items())))),
    (
        "get-metric-statistics",
        json.dumps({"Datapoints": [{"Timestamp": stamp(s), "Sum": v} for s, v in MINUTES.items()]}),
    ),
    ("csv", "minute,value\n" + "".join(f"{stamp(s)},{v}\n" for s, v in MINUTES.items())),
    ("csv of seconds", "".join(f"{THREE + s + 59},{v}\n" for s, v in MINUTES.items())),
    (
        "csv with gaps",
        "minute,value\n\n" + "".join(f"{stamp(s)},{MINUTES.get(s, '')}\n" for s in range(0, 601, 60)),
    ),
]


@pytest.mark.parametrize(("_", "text"), METRICS, ids=[name for name, _ in METRICS])
def test_every_form_of_metric_data(tmp_path: Path, _: str, text: str) -> None:
    path = tmp_path / "metric"
    path.write_text(text, encoding="utf-8")
    data = load_metric(path)
    assert [(int(minute.timestamp()) - THREE, value) for minute, value, _ in data.samples.rows()] == list(
        MINUTES.items()
    )
    assert (data.first, data.last, data.resolution) == (THREE, THREE + 600, 60)


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = io.TextIOWrapper(io.BytesIO(get_metric_data(MINUTES).encode()))
    monkeypatch.setattr("sys.stdin", typed)
    assert load_metric("-").samples["value"].to_list() == [5.0, 7.0, 1.5]


def test_several_pages_of_one_metric(tmp_path: Path) -> None:
    path = tmp_path / "metric"
    pages = [{"Id": "m1", "Timestamps": [stamp(s)], "Values": [v]} for s, v in MINUTES.items()]
    path.write_text(json.dumps({"MetricDataResults": pages}), encoding="utf-8")
    assert load_metric(path).samples["value"].to_list() == [5.0, 7.0, 1.5]


def test_values_five_minutes_apart_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "metric"
    path.write_text(get_metric_data({300 * i * i: 1.0 for i in range(8)}), encoding="utf-8")
    assert load_metric(path).resolution == 300


PARTIAL: list[tuple[list[str], dict[str, str], str]] = [
    (["Complete"], {}, ""),
    (["PartialData"], {}, "StatusCode PartialData"),
    (["PartialData", "Complete"], {}, ""),
    (["Complete"], {"NextToken": "x"}, "a NextToken"),
    (["PartialData"], {"NextToken": "x"}, "StatusCode PartialData and a NextToken"),
]


@pytest.mark.parametrize(("codes", "more", "partial"), PARTIAL)
def test_a_metric_that_is_not_all_of_it(
    tmp_path: Path, codes: list[str], more: dict[str, str], partial: str
) -> None:
    path = tmp_path / "metric"
    pages = [
        {"Id": "m", "Timestamps": [stamp(60 * i)], "Values": [1], "StatusCode": code}
        for i, code in enumerate(codes)
    ]
    path.write_text(json.dumps({"MetricDataResults": pages, **more}), encoding="utf-8")
    assert load_metric(path).partial == partial


NOT_METRIC: list[tuple[str, str]] = [
    ("", "expected at least one minute"),
    ("minute,value\n", "expected at least one minute"),
    ("{", "expected valid JSON: "),
    ("{}", "expected the JSON of get-metric-data"),
    ("[1]", "expected the JSON of get-metric-data"),
    (
        json.dumps({"Datapoints": [{"Timestamp": stamp(0), "Average": 1}]}),
        "expected datapoints with a Sum: fetch it",
    ),
    (json.dumps({"Datapoints": [{"Timestamp": "soon", "Sum": 1}]}), "expected a time such as"),
    (json.dumps({"Datapoints": [{"Timestamp": stamp(0), "Sum": "1"}]}), "expected a number as the value"),
    (
        json.dumps({"MetricDataResults": [{"Id": i, "Timestamps": [stamp(0)], "Values": [1]} for i in "ab"]}),
        "expected one metric with values, found 2: a, b",
    ),
    ("minute,value\n2025-03-08T03:00:00Z,five\n", "line 2: expected a number as the value, found 'five'"),
    (
        json.dumps({"MetricDataResults": [{"Id": "a", "Timestamps": [stamp(0)], "Values": [1, 2]}]}),
        "expected the lists Timestamps and Values, with a time for each value",
    ),
    (
        json.dumps({"MetricDataResults": [{"Id": "a", "Timestamps": 3, "Values": [1, 2]}]}),
        "expected the lists Timestamps and Values",
    ),
    (json.dumps({"Datapoints": [{"Timestamp": "\u00b2", "Sum": 1}]}), "expected a time such as"),
    ("minute,value\n2025-03-08T03:00:00Z,nan\n", "line 2: expected a number as the value"),
    ("minute,value\n2025-03-08T03:00:00Z,1,2\n", "line 2: expected minute,value, found 3 cells"),
]


@pytest.mark.parametrize(("text", "reason"), NOT_METRIC)
def test_what_is_no_metric_data_is_told(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "metric"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ArchiveError, match=reason):
        load_metric(path)


def test_sums_a_minute_sweep_like_the_samples_they_are_sums_of(tmp_path: Path) -> None:
    """A Sum over a period is the same; that is what the values stand for."""
    present = Alarm(
        name="m",
        statistic="Sum",
        period=300,
        evaluation_periods=1,
        threshold=5,
        comparison_operator="GreaterThanOrEqualToThreshold",
    )
    counts = {0: 3, 60: 2, 240: 4, 900: 6, 2400: 1, 2460: 9}
    path = tmp_path / "metric"
    path.write_text(get_metric_data({s: float(count) for s, count in counts.items()}), encoding="utf-8")
    start, end = datetime.fromtimestamp(THREE, UTC), datetime.fromtimestamp(FOUR + 3600, UTC)
    matches: list[Any] = [(datetime.fromtimestamp(THREE + s, UTC), 1.0, n) for s, n in counts.items()]
    grid = Grid(threshold=(1, 4, 5, 9), period=(60, 300), datapoints=((1, 1), (2, 3)))
    swept = sweep(present, grid, load_metric(path).samples, (start, end))
    assert [cell.score for cell in swept.cells] == [
        cell.score for cell in sweep(present, grid, matches, (start, end)).cells
    ]
    assert sum(cell.score.alarms for cell in swept.cells) > 10
