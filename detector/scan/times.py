"""The eventTimes of all records of a file at once.

In: strings as CloudTrail writes them. Out: seconds since 1970, once it is certain that every string is such a time;
`FallbackError` for all others, of which `detector.archive.eventtime` knows more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from detector.archive.eventtime import minute
from detector.scan.plain import FallbackError

TENS, ONES = b"012345", b"0123456789"
MAX_HOURS = 65_536
YEAR = 365 * 86_400


class _Hours(dict[str, int]):
    """``2023-07-10T12:`` -> its epoch second, for hours that there are."""

    def __missing__(self, start: str) -> int:
        if len(self) >= MAX_HOURS:
            self.clear()
        found = minute(f"{start}00:")
        if found is None:
            raise FallbackError
        self[start] = found
        return found


class _OfHour(dict[str, int]):
    """``34:56`` -> the second of the hour, for digits that are one."""

    def __missing__(self, rest: str) -> int:
        found = self[rest] = int(rest[:2]) * 60 + int(rest[3:])
        return found


HOURS, OF_HOUR = _Hours(), _OfHour()


class Times:
    """The eventTimes of some records; `FallbackError` unless all are as CloudTrail writes them: ``2023-07-10T12:00:00Z``.

    Anything but a string raises TypeError, characters beyond ASCII UnicodeError.
    """

    def __init__(self, texts: list[Any]) -> None:
        self.texts = texts
        self.starts = _starts(texts)

    def seconds(self, places: Sequence[int], delay: int) -> list[int]:
        """Those at some places, in seconds since 1970, a number of seconds later."""
        texts, hours, of_hour = self.texts, HOURS, OF_HOUR
        if len(self.starts) > 1:
            return [hours[(text := texts[one])[:14]] + of_hour[text[14:19]] + delay for one in places]
        later = delay + sum(hours[start] for start in self.starts)
        return [later + of_hour[texts[place][14:19]] for place in places]

    def may_leave_years(self, delay: int) -> bool:
        """Whether a delay might move one before 1970 or behind 2099, where there are none."""
        if not delay or not self.texts:
            return False
        return abs(delay) > YEAR or min(self.texts) < "1971" or max(self.texts) >= "2099"


def _starts(texts: list[Any]) -> set[str]:
    """The hours of all times.

    Written in lines, times of 20 characters stand in 21 columns, and a column is checked at once; of a whole hour
    every minute is one. With these columns in place the text of an hour begins in no column but the
    first; so hours can be counted, and where each time begins with one, each has a line of its own.
    """
    if not texts:
        return set()
    lines, count = "\n".join(texts).encode("ascii"), len(texts)
    if len(lines) != 21 * count - 1 or lines[19::21] != b"Z" * count:
        raise FallbackError
    if lines[13::21] != b":" * count or lines[16::21] != b":" * count:
        raise FallbackError
    tens, ones = lines[14::21] + lines[17::21], lines[15::21] + lines[18::21]
    if tens.translate(None, TENS) or ones.translate(None, ONES):
        raise FallbackError
    first = texts[0][:14]
    starts = {first} if lines.count(first.encode()) == count else {text[:14] for text in texts}
    for start in starts:
        HOURS[start]  # FallbackError for an hour that there is not
    return starts
