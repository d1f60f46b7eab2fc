"""The eventTimes of all records of a file at once.

In: texts as CloudTrail writes them. Out: seconds since 1970, once it is sure that every text is such a time;
`OddError` or False for all others, of which `detector.archive.eventtime` knows more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from detector.archive.eventtime import SECONDS, minute
from detector.scan.odd import OddError

TENS, ONES = b"012345", b"0123456789"
MAX_MINUTES = 65_536
YEAR = 365 * 86_400


class _Minutes(dict[str, int]):
    """``2023-07-10T12:00:`` -> its epoch second, for minutes that there are."""

    def __missing__(self, start: str) -> int:
        if len(self) >= MAX_MINUTES:
            self.clear()
        found = minute(start)
        if found is None:
            raise OddError
        self[start] = found
        return found


MINUTES = _Minutes()


def are_times(times: list[Any]) -> bool:
    """Whether all are times as CloudTrail writes them: ``2023-07-10T12:00:00Z``.

    Written in lines, times of 20 letters stand in 21 columns, and a column is checked at once; of a whole hour
    every minute is one. With these columns in place the text of an hour begins in no column but the
    first; so hours can be counted, and where each time begins with one, each has a line of its own. What is no text raises TypeError, what is not ASCII UnicodeError.
    """
    lines, count = "\n".join(times).encode("ascii"), len(times)
    if len(lines) != 21 * count - 1 or lines[19::21] != b"Z" * count:
        return False
    if lines[13::21] != b":" * count or lines[16::21] != b":" * count:
        return False
    tens, ones = lines[14::21] + lines[17::21], lines[15::21] + lines[18::21]
    if tens.translate(None, TENS) or ones.translate(None, ONES):
        return False
    hour = times[0][:14]
    hours = {hour} if lines.count(hour.encode()) == count else {time[:14] for time in times}
    return all(MINUTES[f"{hour}00:"] >= 0 for hour in hours)


def may_leave_years(times: list[str], delay: int) -> bool:
    """Whether a delay might move a time before 1970 or behind 2099, where there are none."""
    return abs(delay) > YEAR or min(times) < "1971" or max(times) >= "2099"


def seconds_of(times: Sequence[str], places: Sequence[int], delay: int) -> list[int]:
    """The times at some places, in seconds since 1970, once `are_times` holds."""
    minutes, seconds = MINUTES, SECONDS
    return [minutes[(time := times[place])[:17]] + seconds[time[17:19]] + delay for place in places]
