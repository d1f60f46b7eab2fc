"""A column of times is taken exactly when each time alone is one that CloudTrail writes."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.archive import event_time
from detector.scan.plain import FallbackError
from detector.scan.times import Times

FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}Z")
GOOD = ("2023-07-10T12:00:00Z", "2023-07-10T12:59:59Z", "2023-07-10T13:07:30Z", "1999-12-31T23:59:00Z")
ODD = (
    *("2023-07-10T12:60:00Z", "2023-07-10T12:00:60Z", "2023-07-10T12:0a:00Z", "2023-07-10T12:00:a0Z"),
    *(
        "2023-07-10T12:a0:00Z",
        "2023-07-10T12:00:0aZ",
        "2023-07-10T24:00:00Z",
        "2023-07-10T24:30:00Z",
        "2023-07-10T29:00:00Z",
        "2023-02-29T12:00:00Z",
    ),
    *("2023-07-10T12:00:00z", "2023-07-10T12:00:00", "2023-07-10T12:00:00.5Z", "2023-07-10T12.00:00Z"),
    *("2023-07-10T12:00.00Z", "2023-07-10 12:00:00Z", "2023-07-10x12:00:00Z", "", "\n", "Z", "é" * 20),
    *("2023-07-10T12:00:00Z\n", "\n2023-07-10T12:00:00Z", "023-07-10T12:00:00Z", "\ud800" * 20),
    *("2023-07-10T12:00:00Z\n2023-07-10T12:00:00Z", "2099-12-31T23:59:59Z", "2100-01-01T00:00:00Z"),
    *("2023-07-10T12:00:0\uff11Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z"),
)


def taken(times: list[Any]) -> bool:
    try:
        return bool(Times(times).texts)
    except (FallbackError, TypeError, UnicodeError):
        return False


def each(times: list[str]) -> bool:
    return all(FORM.fullmatch(time) and event_time({"eventTime": time}) is not None for time in times)


@pytest.mark.parametrize("odd", [*ODD, *GOOD])
def test_one_time_among_others(odd: str) -> None:
    for before in (*([time] for time in GOOD), [], list(GOOD), [GOOD[0]] * 5):
        for after in ([], list(GOOD), [GOOD[0]] * 3):
            times = [*before, odd, *after]
            assert taken(times) == each(times), times


@given(
    st.lists(
        st.sampled_from([*GOOD, *GOOD, *ODD]) | st.text("2Z:\n-T01", max_size=42), min_size=1, max_size=6
    )
)
def test_any_times(times: list[str]) -> None:
    assert taken(times) == each(times)


@given(st.lists(st.integers(0, 62), min_size=1, max_size=4))
def test_pieces_of_good_columns(candidates: list[int]) -> None:
    # Three good times in lines, cut anywhere else: only the lines themselves are times.
    lines = "\n".join(GOOD[:3])
    places = sorted({0, *(place for place in candidates if place < len(lines)), len(lines)})
    times = [lines[begin:end] for begin, end in itertools.pairwise(places)]
    assert taken(times) == each(times)


def test_what_is_no_text() -> None:
    for odd in (None, 1, b"2023-07-10T12:00:00Z", [GOOD[0]]):
        assert not taken([GOOD[0], odd])


def test_the_seconds_of_some() -> None:
    expected = [event_time({"eventTime": time}) or 0 for time in GOOD]
    assert Times(list(GOOD)).seconds(range(4), 0) == expected
    assert Times(list(GOOD)).seconds([2, 0], 300) == [expected[2] + 300, expected[0] + 300]
    assert Times(list(GOOD[:2])).seconds([1, 0], -60) == [expected[1] - 60, expected[0] - 60]
    assert Times([]).seconds([], 5) == []


def test_every_second_of_an_hour() -> None:
    texts = [f"2024-02-29T23:{i // 60:02}:{i % 60:02}Z" for i in range(3600)]
    expected = [event_time({"eventTime": text}) for text in texts]
    assert Times(texts).seconds(range(3600), 0) == expected
    assert Times([*texts, GOOD[0]]).seconds(range(3600), 0) == expected


@pytest.mark.parametrize(
    ("time", "delay", "may"),
    [
        ("1970-06-01T00:00:00Z", 0, False),
        ("1970-06-01T00:00:00Z", 1, True),
        ("1971-01-01T00:00:00Z", -300, False),
        ("2098-12-31T23:59:59Z", 300, False),
        ("2099-01-01T00:00:00Z", 300, True),
        ("2023-07-10T12:00:00Z", 400 * 86_400, True),
        ("2023-07-10T12:00:00Z", -400 * 86_400, True),
    ],
)
def test_a_delay_that_may_leave_all_years(time: str, delay: int, *, may: bool) -> None:
    assert Times([GOOD[0], time]).may_leave_years(delay) is may
    assert not Times([]).may_leave_years(delay)
