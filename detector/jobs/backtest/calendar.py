"""When pages come: their times in, hours of the week, those outside of office hours and the longest quiet out.

The claim: an hour and a day are those of the clock on the wall of one time zone, changes of it included.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from detector.alarm import WallClock
from detector.errors import SettingsError

_OFFICE = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)(?:\s+(\S+))?", re.ASCII)
_SATURDAY = 5
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """From Monday to Friday, from the minute ``start`` of the day until before ``end``, on the clock of a zone."""

    start: int
    end: int
    clock: WallClock

    @classmethod
    def of(cls, text: str) -> OfficeHours:
        """``09:00-17:00``, in UTC, or ``09:00-17:00 Europe/Berlin``; SettingsError for anything else."""
        found = _OFFICE.fullmatch(text.strip())
        start, end = (int(found[one]) * 60 + int(found[one + 1]) for one in (1, 3)) if found else (0, 0)
        if not found or not start < end <= 24 * 60:
            raise SettingsError(
                f"expected office hours such as 09:00-17:00 or '09:00-17:00 Europe/Berlin', found {text!r}",
                "office_hours",
            )
        return cls(start, end, WallClock(found[5] or "UTC"))

    def __str__(self) -> str:
        times = (f"{at // 60:02}:{at % 60:02}" for at in (self.start, self.end))
        return f"{'-'.join(times)} {self.clock.timezone}, Monday to Friday"

    def has(self, second: int) -> bool:
        """Whether somebody is in the office at a second since 1970."""
        at = datetime.fromtimestamp(second, self.clock.zone)
        return at.weekday() < _SATURDAY and self.start <= at.hour * 60 + at.minute < self.end


@dataclass(frozen=True, slots=True)
class Calendar:
    """When one setting pages: ``hours`` by day of the week, from Monday, and by hour of the day.

    ``outside`` are pages outside of office hours, None where nobody says what these are. ``quiet`` is the longest
    time without a page, in seconds, the beginning and the end of the archive included.
    """

    hours: tuple[tuple[int, ...], ...]
    outside: int | None
    quiet: int

    @classmethod
    def of(cls, pages: Sequence[int], span: tuple[int, int], office: OfficeHours | None = None) -> Calendar:
        """The calendar of pages (seconds since 1970, in order) within a span."""
        zone = (office.clock if office else WallClock()).zone
        counted = Counter(
            (at.weekday(), at.hour) for at in (datetime.fromtimestamp(page, zone) for page in pages)
        )
        hours = tuple(tuple(counted[day, hour] for hour in range(24)) for day in range(7))
        outside = None if office is None else sum(not office.has(page) for page in pages)
        return cls(hours, outside, max(later - at for at, later in pairwise([span[0], *pages, span[1]])))
