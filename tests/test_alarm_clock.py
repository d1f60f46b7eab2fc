"""Clock periods: where they end in time zones with and without clock changes."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from detector.alarm import WallClock
from detector.alarm.clock import boundaries, clock_floor


def second(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}+00:00").timestamp())


# zone, period, instant (UTC) -> the last boundary (UTC)
FLOORS = [
    ("UTC", 300, "2026-09-14T10:04:59", "2026-09-14T10:00:00"),
    ("UTC", 300, "2026-09-14T10:05:00", "2026-09-14T10:05:00"),
    ("UTC", 604800, "2026-09-14T10:05:00", "2026-09-14T00:00:00"),  # a Monday
    ("UTC", 604800, "2026-09-13T23:59:59", "2026-09-07T00:00:00"),
    ("+05:30", 3600, "2026-09-14T10:05:00", "2026-09-14T09:30:00"),
    ("+05:30", 86400, "2026-09-14T18:29:59", "2026-09-13T18:30:00"),
    ("+05:30", 604800, "2026-09-14T10:00:00", "2026-09-13T18:30:00"),
    ("UTC+05:30", 86400, "2026-09-14T18:29:59", "2026-09-13T18:30:00"),
    ("UTC-03:00", 604800, "2026-09-14T10:00:00", "2026-09-14T03:00:00"),
    ("-03:35", 3600, "2026-09-14T10:34:00", "2026-09-14T09:35:00"),
    ("+00:05", 60, "2026-09-14T10:34:30", "2026-09-14T10:34:00"),
    ("Asia/Kolkata", 3600, "2026-09-14T10:05:00", "2026-09-14T09:30:00"),
    ("Europe/Berlin", 300, "2026-03-29T01:02:00", "2026-03-29T01:00:00"),
    ("Europe/Berlin", 86400, "2026-03-29T00:30:00", "2026-03-28T23:00:00"),
    ("Europe/Berlin", 86400, "2026-03-29T22:30:00", "2026-03-29T22:00:00"),  # summer time since 01:00
    ("Europe/Berlin", 604800, "2026-03-31T12:00:00", "2026-03-29T22:00:00"),
    ("Europe/Berlin", 604800, "2026-03-29T12:00:00", "2026-03-22T23:00:00"),
    ("America/Sao_Paulo", 86400, "2018-11-04T12:00:00", "2018-11-04T03:00:00"),  # no midnight that day
]


@pytest.mark.parametrize(("zone", "period", "at", "floor"), FLOORS)
def test_the_last_boundary(zone: str, period: int, at: str, floor: str) -> None:
    assert clock_floor(WallClock(zone), period, second(at)) == second(floor)


# zone, period, from, to (UTC) -> hours between the boundaries
LENGTHS = [
    ("Europe/Berlin", 86400, "2026-03-27T12:00:00", "2026-03-31T12:00:00", [24, 24, 23, 24]),
    ("Europe/Berlin", 86400, "2026-10-23T12:00:00", "2026-10-27T12:00:00", [24, 24, 25, 24]),
    ("Europe/Berlin", 604800, "2026-03-17T12:00:00", "2026-04-01T12:00:00", [168, 167]),
    ("Europe/Berlin", 604800, "2026-10-13T12:00:00", "2026-11-04T12:00:00", [168, 169, 168]),
    ("Europe/Berlin", 3600, "2026-03-28T23:30:00", "2026-03-29T02:30:00", [1, 1, 1]),
    ("Australia/Lord_Howe", 3600, "2026-04-04T13:00:00", "2026-04-04T17:00:00", [1, 1.5, 1]),
    ("America/New_York", 86400, "2026-03-07T12:00:00", "2026-03-10T12:00:00", [24, 23, 24]),
    ("UTC", 86400, "2026-03-27T12:00:00", "2026-03-30T12:00:00", [24, 24, 24]),
]


@pytest.mark.parametrize(("zone", "period", "first", "last", "hours"), LENGTHS)
def test_boundaries(zone: str, period: int, first: str, last: str, hours: list[float]) -> None:
    found = list(boundaries(WallClock(zone), period, second(first), second(last)))
    assert [(b - a) / 3600 for a, b in pairwise(found)] == hours


@pytest.mark.parametrize(
    "zone", ["UTC", "+05:30", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo"]
)
@pytest.mark.parametrize("period", [3600, 86400, 604800])
def test_boundaries_are_the_floors_of_every_quarter_of_an_hour(zone: str, period: int) -> None:
    clock, first, last = WallClock(zone), second("2018-10-01T00:00:00"), second("2019-04-30T00:00:00")
    floors = sorted({clock_floor(clock, period, at) for at in range(first, last + 1, 900)})
    assert list(boundaries(clock, period, first, last)) == floors


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kolkata", "America/Sao_Paulo"])
def test_days_start_when_the_date_changes(zone: str) -> None:
    found = boundaries(WallClock(zone), 86400, second("2018-10-01T00:00:00"), second("2019-04-30T00:00:00"))
    for at in found:
        before, after = (
            datetime.fromtimestamp(s, UTC).astimezone(ZoneInfo(zone)).date() for s in (at - 1, at)
        )
        assert before < after
