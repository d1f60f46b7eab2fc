"""eventTime: what is a time and what is none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.archive import event_time
from detector.archive.eventtime import LATEST, epoch_milliseconds

TIMES = {
    "2023-07-10T12:00:00Z": 1_688_990_400,
    "2023-07-10T12:00:59Z": 1_688_990_459,
    "1970-01-01T00:00:00Z": 0,
    "2099-12-31T23:59:59Z": 4_102_444_799,
    "2024-02-29T00:00:00Z": 1_709_164_800,
    "2023-07-10T12:00:00.999Z": 1_688_990_400,
    "2023-07-10T12:00:00.123456789Z": 1_688_990_400,
    "2023-07-10T12:00:00": 1_688_990_400,
    "2023-07-10T12:00:00.5": 1_688_990_400,
    "2023-07-10T14:00:00+02:00": 1_688_990_400,
    "2023-07-10T05:30:00-0630": 1_688_990_400,
    "2023-07-10T12:00:00+00:00": 1_688_990_400,
    "1970-01-01T01:00:00+01:00": 0,
    "2023-07-10 12:00:00": 1_688_990_400,
    "2023-07-10 12:00:00.000000000": 1_688_990_400,
}

NO_TIMES: list[Any] = [
    None,
    "",
    1_688_990_400,
    1.5,
    True,
    ["2023-07-10T12:00:00Z"],
    {"time": "2023-07-10T12:00:00Z"},
    "2023-02-30T12:00:00Z",
    "2023-02-29T12:00:00Z",
    "2023-13-10T12:00:00Z",
    "2023-00-10T12:00:00Z",
    "2023-07-00T12:00:00Z",
    "2023-07-10T24:00:00Z",
    "2023-07-10T12:60:00Z",
    "2023-07-10T12:00:60Z",
    "2023-07-10T12:00:6 Z",
    "2023-07-10T12:00:+1Z",
    "2023-07-10T12:00:00z",
    "2023-07-10t12:00:00Z",
    "2023-07-10T12:00:00 Z",
    " 2023-07-10T12:00:00Z",
    "2023-07-10T12:00:00Z\n",
    "2023-07-10T12:00:00Z ",
    "2023-07-10T12:00:00.Z",
    "2023-07-10T12:00:00,5Z",
    "2023-07-10T12:00Z",
    "2023-07-10",
    "20230710T120000Z",
    "2023-7-10T12:00:00Z",
    "2023-07-10T12:00:00+24:00",
    "2023-07-10T12:00:00+02:60",
    "2023-07-10T12:00:00+2",
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:59:59+01:00",
    "0000-01-01T00:00:00Z",
    "2099-12-31T23:59:59-00:01",
    "2100-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "10000-01-01T00:00:00Z",
    "٢٠٢٣-07-10T12:00:00Z",
    "2023-07-10T12:00:٠٠Z",  # noqa: RUF001 - the same in the seconds
    "\ud800023-07-10T12:00:00Z",
    "1688990400",
    "now",
]


@pytest.mark.parametrize("text", TIMES)
def test_is_a_time(text: str) -> None:
    assert event_time({"eventTime": text}) == TIMES[text]


@pytest.mark.parametrize("value", NO_TIMES, ids=ascii)
def test_is_no_time(value: object) -> None:
    assert event_time({"eventTime": value}) is None


def test_a_record_without_one() -> None:
    assert event_time({}) is None


def test_milliseconds() -> None:
    assert epoch_milliseconds("2023-07-10T12:00:00.123Z") == 1_688_990_400_123
    assert epoch_milliseconds("2023-07-10T12:00:00.1Z") == 1_688_990_400_100
    assert epoch_milliseconds("2023-07-10T12:00:00.123999Z") == 1_688_990_400_123
    assert epoch_milliseconds("2023-07-10T12:00:00Z") == 1_688_990_400_000


@given(st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_every_second_there_is(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    assert event_time({"eventTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}) == moment.timestamp()


@given(st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z"))
def test_a_time_exactly_when_the_calendar_has_it(text: str) -> None:
    try:
        expected = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        expected = -1
    assert event_time({"eventTime": text}) == (expected if 0 <= expected < LATEST else None)
