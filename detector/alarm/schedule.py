"""When a mute rule is active: a cron or at expression, a time zone, and a duration.

In: what PutAlarmMuteRule takes as a Schedule. Out: the instants at which it activates, and how long each time. The
claim: ``starts`` are the minutes of which ``is_start`` is true, which is the meaning. A time that the clock shows twice
counts once, the first time, and one that it skips does not count: documented for EventBridge Scheduler, taken to hold
here. Days of the month and of the week that are both restricted are either-or, as in standard cron.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo

from detector.alarm.values import WallClock
from detector.errors import SettingsError

LONGEST_EXPRESSION, LONGEST_DURATION = 256, timedelta(days=15)
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS = (
    ("minutes", range(60), ()),
    ("hours", range(24), ()),
    ("day of the month", range(1, 32), ()),
    ("month", range(1, 13), _MONTHS),
    ("day of the week", range(8), _DAYS),
)
_SUNDAY = 7
_CRON = re.compile(r"cron\((.*)\)", re.DOTALL)
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d)\)", re.ASCII)
_DURATION = re.compile(
    r"P(?=.)(?:(\d{1,6})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When and for how long; SettingsError for what the service would refuse."""

    expression: str
    duration: str
    timezone: str = "UTC"
    fields: tuple[frozenset[int], ...] = field(init=False, compare=False, repr=False)
    once: datetime | None = field(init=False, compare=False, repr=False)
    """The local time of an at expression."""
    length: timedelta = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        try:
            _ = self.zone
        except SettingsError as error:
            raise SettingsError(error.reason, "timezone") from None
        object.__setattr__(self, "length", _length(self.duration))
        at, cron = _AT.fullmatch(self.expression), _CRON.fullmatch(self.expression)
        if len(self.expression) > LONGEST_EXPRESSION or (at is None and cron is None):
            raise SettingsError(
                f"expected cron(Minutes Hours Day-of-month Month Day-of-week) or at(yyyy-MM-ddThh:mm) of at most "
                f"{LONGEST_EXPRESSION} characters, found {self.expression[:80]!r}",
                "expression",
            )
        object.__setattr__(self, "once", _once(at[1]) if at else None)
        object.__setattr__(self, "fields", _fields(cron[1]) if cron else ())

    @property
    def zone(self) -> tzinfo:
        """The time zone of the expression."""
        return WallClock(self.timezone).zone

    def is_start(self, minute: datetime) -> bool:
        """Whether it activates at this minute."""
        local = minute.astimezone(self.zone)
        if local.fold:
            return False
        if self.once is not None:
            return local.replace(tzinfo=None) == self.once
        minutes, hours = self.fields[:2]
        return local.minute in minutes and local.hour in hours and self._is_day(local.date())

    def starts(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """Every activation from ``since`` to ``until``, both inclusive, in time order, in UTC."""
        zone = self.zone
        day, last = (each.astimezone(zone).date() for each in (since, until))
        found = list[datetime]()
        while day <= last:
            for local in self._on(day):
                aware = local.replace(tzinfo=zone)
                moment = aware.astimezone(UTC)
                # A local time that the clock skips comes back as another one.
                exists = moment.astimezone(zone).replace(tzinfo=None) == local
                if exists and since <= moment <= until:
                    found.append(moment)
            day += _DAY
        yield from sorted(found)

    def _on(self, day: date) -> Iterator[datetime]:
        """The local times of one day."""
        if self.once is not None:
            if self.once.date() == day:
                yield self.once
        elif self._is_day(day):
            for hour in sorted(self.fields[1]):
                for minute in sorted(self.fields[0]):
                    yield datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 - local

    def _is_day(self, day: date) -> bool:
        _, _, days, months, weekdays = self.fields
        in_month, in_week = day.day in days, day.isoweekday() % 7 in weekdays
        every_day, every_weekday = len(days) == len(_FIELDS[2][1]), len(weekdays) == len(_DAYS)
        if every_day or every_weekday:
            return day.month in months and in_month and in_week
        return day.month in months and (in_month or in_week)


def _once(written: str) -> datetime:
    try:
        return datetime.fromisoformat(written)
    except ValueError as error:
        raise SettingsError(f"expected a date and a time that exist: {error}", "expression") from None


def _length(written: str) -> timedelta:
    match = _DURATION.fullmatch(written)
    found = timedelta()
    if match:
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        found = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not _MINUTE <= found <= LONGEST_DURATION:
        raise SettingsError(
            f"expected an ISO 8601 duration from PT1M to P15D, such as PT4H or P2DT12H; found {written[:50]!r}",
            "duration",
        )
    return found


def _fields(written: str) -> tuple[frozenset[int], ...]:
    parts = written.split()
    if len(parts) != len(_FIELDS):
        six = (
            "; EventBridge's six fields are another form: leave out the year"
            if len(parts) == len(_FIELDS) + 1
            else ""
        )
        raise SettingsError(
            f"expected five fields (minutes, hours, day of the month, month, day of the week), found {len(parts)}{six}",
            "expression",
        )
    minutes, hours, days, months, weekdays = (
        _values(part, *each) for part, each in zip(parts, _FIELDS, strict=True)
    )
    return minutes, hours, days, months, frozenset(day % _SUNDAY for day in weekdays)


def _values(written: str, name: str, allowed: range, names: tuple[str, ...]) -> frozenset[int]:
    found = set[int]()
    for part in written.split(","):
        if part == "*":
            found.update(allowed)
            continue
        first, dash, last = part.partition("-")
        low = _value(first, name, allowed, names)
        high = _value(last, name, allowed, names) if dash else low
        if low > high:
            raise SettingsError(
                f"expected {name} in ascending order, found {part!r}; list them: FRI,SAT,SUN", "expression"
            )
        found.update(range(low, high + 1))
    return frozenset(found)


def _value(written: str, name: str, allowed: range, names: tuple[str, ...]) -> int:
    if written.upper() in names:
        return names.index(written.upper()) + (allowed.start if names is _MONTHS else 0)
    if re.fullmatch(r"[0-9]{1,2}", written) and int(written) in allowed:
        return int(written)
    steps = "; steps are not supported: list the values" if "/" in written else ""
    steps = "; ? is EventBridge's: write *" if "?" in written else steps
    either = f", or {names[0]} to {names[-1]}" if names else ""
    raise SettingsError(
        f"expected {name} from {allowed.start} to {allowed.stop - 1}{either}, *, a range a-b or a list a,b; "
        f"found {written[:20]!r}{steps}",
        "expression",
    )
