"""A column of times is taken exactly when each time alone is one that CloudTrail writes."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.archive import event_time
from detector.scan.odd import OddError
from detector.scan.times import are_times, seconds_of

FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}Z")
GOOD = ("2023-07-10T12:00:00Z", "2023-07-10T12:59:59Z", "2023-07-10T13:07:30Z", "1999-12-31T23:59:00Z")
ODD = (
    *("2023-07-10T12:60:00Z", "2023-07-10T12:00:60Z", "2023-07-10T12:0a:00Z", "2023-07-10T12:00:a0Z"),
    *("2023-07-10T12:a0:00Z", "2023-07-10T12:00:0aZ", "2023-07-10T24:00:00Z", "2023-02-29T12:00:00Z"),
    *("2023-07-10T12:00:00z", "2023-07-10T12:00:00", "2023-07-10T12:00:00.5Z", "2023-07-10T12.00:00Z"),
    *("2023-07-10T12:00.00Z", "2023-07-10 12:00:00Z", "2023-07-10x12:00:00Z", "", "\n", "Z", "é" * 20),
    *("2023-07-10T12:00:00Z\n", "\n2023-07-10T12:00:00Z", "023-07-10T12:00:00Z", "\ud800" * 20),
    *("2023-07-10T12:00:00Z\n2023-07-10T12:00:00Z", "2099-12-31T23:59:59Z", "2100-01-01T00:00:00Z"),
    *("2023-07-10T12:00:0\uff11Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z"),
)


def taken(times: list[Any]) -> bool:
    try:
        return are_times(times)
    except (OddError, TypeError, UnicodeError):
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
def test_pieces_of_good_columns(cuts: list[int]) -> None:
    # Three good times in lines, cut anywhere else: only the lines themselves are times.
    lines = "\n".join(GOOD[:3])
    places = sorted({0, *(place for place in cuts if place < len(lines)), len(lines)})
    times = [lines[begin:end] for begin, end in itertools.pairwise(places)]
    assert taken(times) == each(times)


def test_what_is_no_text() -> None:
    for odd in (None, 1, b"2023-07-10T12:00:00Z", [GOOD[0]]):
        assert not taken([GOOD[0], odd])


def test_the_seconds_of_some() -> None:
    times = list(GOOD)
    assert are_times(times)
    expected = [event_time({"eventTime": time}) for time in times]
    assert seconds_of(times, range(4), 0) == expected
    assert seconds_of(times, [2, 0], 300) == [(expected[2] or 0) + 300, (expected[0] or 0) + 300]
