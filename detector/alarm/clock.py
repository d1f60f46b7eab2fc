"""Time for alarms: where windows end, and the scale on which a caller writes times.

In comes an alarm and an instant, out go the ends of its windows in seconds; inside the room an instant is a
whole number of microseconds. The claim: ``newest_end`` and ``window_start`` are the meaning of "sliding" and
"wall clock", the sequence of ``boundaries`` is the same clock, enumerated at once, and times go back to the
caller as they came: aware times in UTC, naive times naive, numbers as numbers.
Sources: evaluation, limits and evaluation-window pages; the ten seconds' lag is recorded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from enum import Enum

from detector.alarm.settings import AlarmSettings
from detector.alarm.values import DAY, HOUR, MINUTE, WEEK, WallClock
from detector.errors import SettingsError

SECOND = 1_000_000

# Periods below a minute leave out the newest ten seconds: recorded for 10 s, taken for 20 and 30 s.
_HIGH_RESOLUTION_LAG = 10
# 1970-01-05, a Monday: weeks start there.
_MONDAY = 4 * DAY
# Every offset of a named zone in force since 1972 is a multiple of a quarter of an hour.
_QUARTER = 900
_FIVE_MINUTES = 300
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the naive twin of the epoch, for naive callers


class Scale(Enum):
    """How the caller writes times."""

    AWARE = "aware datetimes"
    NAIVE = "naive datetimes, taken as UTC"
    MINUTES = "minutes on the caller's own scale"

    @classmethod
    def of(cls, time: object) -> Scale:
        """The scale that ``time`` is written on; SettingsError if it is not a time."""
        if isinstance(time, datetime):
            return cls.NAIVE if time.tzinfo is None else cls.AWARE
        if isinstance(time, bool) or not isinstance(time, int | float) or not math.isfinite(time):
            raise SettingsError(f"Expected a datetime, or a number of minutes, not {time!r}.", "start")
        return cls.MINUTES

    @property
    def dated(self) -> bool:
        """Whether times are points of the calendar."""
        return self is not Scale.MINUTES

    def time(self, microseconds: int) -> datetime | float:
        """A point in time as the caller writes it; the inverse of ``to_microseconds``."""
        if self is Scale.MINUTES:
            whole, rest = divmod(microseconds, MINUTE * SECOND)
            return microseconds / (MINUTE * SECOND) if rest else whole
        return (_EPOCH if self is Scale.AWARE else _NAIVE_EPOCH) + timedelta(microseconds=microseconds)


def to_microseconds(time: datetime | float) -> int:
    """Microseconds since 1970-01-01T00:00Z, or since minute 0 of the caller's scale."""
    if isinstance(time, datetime):
        return (time - (_NAIVE_EPOCH if time.tzinfo is None else _EPOCH)) // timedelta(microseconds=1)
    minute = MINUTE * SECOND
    return time * minute if isinstance(time, int) else round(time * minute)


def resolution(alarm: AlarmSettings) -> int:
    """The seconds that an evaluation's instant is rounded down to."""
    if alarm.period < MINUTE:
        return alarm.period
    return HOUR if alarm.multi_day else MINUTE


def lag(alarm: AlarmSettings) -> int:
    """The newest seconds that an evaluation leaves out."""
    return _HIGH_RESOLUTION_LAG if alarm.period < MINUTE else 0


def newest_end(alarm: AlarmSettings, microseconds: int) -> int:
    """Where the newest window of an evaluation at this instant ends."""
    unit = resolution(alarm)
    end = (microseconds // SECOND - lag(alarm)) // unit * unit
    return end if alarm.evaluation_window is None else clock_floor(alarm.evaluation_window, alarm.period, end)


def window_start(alarm: AlarmSettings, end: int) -> int:
    """Where the window that ends at ``end`` starts, which is where the one before it ends."""
    if alarm.evaluation_window is None:
        return end - alarm.period
    return clock_floor(alarm.evaluation_window, alarm.period, end - 1)


def clock_floor(clock: WallClock, period: int, second: int) -> int:
    """The last boundary of ``period`` at or before ``second``, as the clock shows it."""
    zone = clock.zone
    if isinstance(zone, timezone) or period <= _FIVE_MINUTES:
        # Boundaries are whole periods apart: any one of them will do to count from.
        offset = zone.utcoffset(None)
        shift = 0 if offset is None else int(offset.total_seconds())
        anchor = (_MONDAY if period == WEEK else 0) - shift
        return (second - anchor) // period * period + anchor
    if period == HOUR:
        at = second // _QUARTER * _QUARTER
        while _past_hour(zone, at):
            at -= _QUARTER
        return at
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


def _past_hour(zone: tzinfo, second: int) -> int:
    """Seconds since the clock last showed a full hour: 0 on the hour."""
    shown = datetime.fromtimestamp(second, zone)
    return shown.minute * MINUTE + shown.second


def _midnight(day: date, zone: tzinfo) -> int:
    """The first instant of a local day, also where a clock change swallows midnight."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
