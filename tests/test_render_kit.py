"""The parts of the report on their own: chart, series, printable text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector import load_detection, replay
from detector.alarm import Samples, windows
from detector.jobs.series import COLUMNS, series
from detector.quantities import number
from detector.render.kit.chart import chart
from detector.render.kit.printable import json_printable, printable
from tests.cli_archives import burst, detection, write


@pytest.mark.parametrize(
    ("values", "threshold", "lines"),
    [
        ([1.0], 1, ["1 ┤█", "  ┤█"]),
        ([None, 0.0, 1.0, 2.0], 1, ["2 ┤   █", "1 ┤╌·██"]),
        ([10.0, 0.001], 20, ["20 ┤╌╌", "   ┤  ", "   ┤▄ ", "   ┤█ ", "   ┤█▁"]),
        ([10.0], 50, ["10 ┤█", "   ┤█", "   ┤█", "   ┤█", "   ┤█"]),
        ([-5.0, 5.0], -1, ["5 ┤ █", "  ┤ █", "  ┤ █", "  ┤ █", "  ┤·█"]),
        ([0.0], 0, ["1 ┤ ", "  ┤·"]),
    ],
)
def test_chart(values: list[float | None], threshold: float, lines: list[str]) -> None:
    assert chart(values, threshold)[0] == lines


def test_paint_is_asked_for_what_is_drawn() -> None:
    lines, margin = chart([1.0, 2.0], 2, paint=lambda value, text: f"<{text}>" if value >= 2 else text)
    assert lines == ["2 ┤╌<█>", "  ┤█<█>"]
    assert margin == 3


@given(
    st.lists(st.none() | st.floats(-1e300, 1e300), min_size=1, max_size=90),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_a_chart_always_has_its_shape(values: list[float | None], threshold: float) -> None:
    lines, margin = chart(values, threshold)
    assert {len(line) for line in lines} == {margin + len(values)}
    for i, value in enumerate(values):
        column = [line[margin + i] for line in lines]
        assert (column[-1] in "▁▂▃▄▅▆▇█") is (value is not None and value > 0)


@pytest.mark.parametrize(
    ("value", "text"),
    [(5, "5"), (0.25, "0.25"), (1234567, "1,234,567"), (1e9, "1e+09"), (-3, "-3"), (1 / 3, "0.3333")],
)
def test_number(value: float, text: str) -> None:
    assert number(value) == text


@given(st.text(), st.integers(1, 50))
def test_printable_text_is_one_short_safe_line(text: str, limit: int) -> None:
    shown = printable(text, limit)
    assert shown.isprintable()
    assert len(shown) <= limit
    assert shown == text or not text.isprintable() or len(text) > limit


@given(st.dictionaries(st.text(), st.text()))
def test_escapes_leave_the_json_value_alone(value: dict[str, str]) -> None:
    shown = json_printable(json.dumps(value, ensure_ascii=False))
    assert shown.isprintable()
    assert json.loads(shown) == value


@pytest.mark.parametrize("columns", [20, COLUMNS, 500])
def test_a_series_has_the_highest_window_of_each_bucket(columns: int, tmp_path: Path) -> None:
    records = [one for minute in (3, 5, 44, 300, 301, 302) for one in burst(minute, minute % 7 + 1)]
    path = write(tmp_path / "a.json", records)
    [found] = replay([load_detection(detection(tmp_path / "d.toml"))], [path])
    assert found.start is not None
    assert found.end is not None
    alarm = found.detection.alarm
    all_windows = windows(found.samples, alarm, start=found.start, end=found.end)
    drawn = series(alarm, Samples.of(found.samples), found.start, found.end, columns=columns)
    assert drawn is not None
    assert len(drawn.values) <= columns
    assert columns != COLUMNS or drawn == found.series
    naive: dict[int, float] = {}
    for i, end in enumerate(all_windows.ends):
        value, _ = all_windows.runs.at(i)
        bucket = (end - 1 - drawn.start) // drawn.bucket
        if value is not None and bucket >= 0:
            naive[bucket] = max(value, naive.get(bucket, value))
    assert {i: value for i, value in enumerate(drawn.values) if value is not None} == naive
    assert drawn.extreme == max(naive.values())
    first = next(end for i, end in enumerate(all_windows.ends) if all_windows.runs.at(i)[0] == drawn.extreme)
    assert drawn.extreme_at == datetime.fromtimestamp(first, UTC)


def test_an_alarm_on_too_little_shows_the_lowest(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", [*burst(1, 9), *burst(2, 1)])
    asked = Path(detection(tmp_path / "d.toml"))
    asked.write_text(asked.read_text("utf-8").replace("GreaterThanOrEqualTo", "LessThan"), encoding="utf-8")
    [found] = replay([load_detection(asked)], [path])
    assert found.series is not None
    assert (found.series.lowest, found.series.extreme) == (True, 1.0)


def test_nothing_to_draw(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", burst(1, 3))
    [found] = replay([load_detection(detection(tmp_path / "d.toml", "{ $.a = 1 }"))], [path])
    assert found.series is None
