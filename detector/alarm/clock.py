"""When windows end: in comes an alarm and an instant, out go the ends of its windows, in seconds.

The claim: ``newest_end`` and ``window_start`` are the meaning of "sliding" and "wall clock"; the
sequence of ``boundaries`` is the same clock, enumerated at once.
Sources: evaluation, limits and evaluation-window pages; the ten seconds' lag is recorded.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from detector.alarm.choices import DAY, HIGH_RESOLUTION_LAG, HOUR, MINUTE, WEEK
from detector.alarm.scale import SECOND

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from detector.alarm.model import Alarm, WallClock

# 1970-01-05, a Monday: weeks start there.
_MONDAY = 4 * DAY
# Every offset of a named zone in force since 1972 is a multiple of a quarter of an hour.
_QUARTER = 900
_FIVE_MINUTES = 300


def resolution(alarm: Alarm) -> int:
    """The seconds that an evaluation's instant is rounded down to."""
    if alarm.period < MINUTE:
        return alarm.period
    return HOUR if alarm.multi_day else MINUTE


def lag(alarm: Alarm) -> int:
    """The newest seconds that an evaluation leaves out."""
    return HIGH_RESOLUTION_LAG if alarm.period < MINUTE else 0


def newest_end(alarm: Alarm, microseconds: int) -> int:
    """Where the newest window of an evaluation at this instant ends."""
    unit = resolution(alarm)
    end = (microseconds // SECOND - lag(alarm)) // unit * unit
    return end if alarm.evaluation_window is None else clock_floor(alarm.evaluation_window, alarm.period, end)


def window_start(alarm: Alarm, end: int) -> int:
    """Where the window that ends at ``end`` starts, which is where the one before it ends."""
    if alarm.evaluation_window is None:
        return end - alarm.period
    return clock_floor(alarm.evaluation_window, alarm.period, end - 1)


def clock_floor(clock: WallClock, period: int, second: int) -> int:
    """The last boundary of ``period`` at or before ``second``, as the clock shows it."""
    zone = clock.zone
    if isinstance(zone, timezone) or period <= _FIVE_MINUTES:
        anchor = _anchor(zone, period)
        return (second - anchor) // period * period + anchor
    if period == HOUR:
        return _hour_floor(zone, second)
    day = datetime.fromtimestamp(second, zone).date()
    return _midnight(day - timedelta(days=day.weekday() if period == WEEK else 0), zone)


def boundaries(clock: WallClock, period: int, first: int, last: int) -> Sequence[int]:
    """All boundaries from the last one at or before ``first`` to the last at or before ``last``."""
    zone, begin = clock.zone, clock_floor(clock, period, first)
    if isinstance(zone, timezone) or period <= _FIVE_MINUTES:
        return range(begin, last + 1, period)
    if period == HOUR:
        return [at for at in range(begin, last + 1, _QUARTER) if _past_hour(zone, at) == 0]
    day = datetime.fromtimestamp(begin, zone).date()
    count = (last - begin) // period + 2
    midnights = [_midnight(day + timedelta(days=k * (period // DAY)), zone) for k in range(count)]
    return [at for at in midnights if at <= last]


def _anchor(zone: tzinfo, period: int) -> int:
    """A boundary, from which the others are whole periods away."""
    offset = zone.utcoffset(None)
    shift = 0 if offset is None else int(offset.total_seconds())
    return (_MONDAY if period == WEEK else 0) - shift


def _hour_floor(zone: tzinfo, second: int) -> int:
    at = second // _QUARTER * _QUARTER
    while _past_hour(zone, at):
        at -= _QUARTER
    return at


def _past_hour(zone: tzinfo, second: int) -> int:
    """Seconds since the clock last showed a full hour: 0 on the hour."""
    shown = datetime.fromtimestamp(second, zone)
    return shown.minute * MINUTE + shown.second


def _midnight(day: date, zone: tzinfo) -> int:
    """The first instant of a local day, also where a clock change swallows midnight."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
