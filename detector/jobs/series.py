"""The metric over time for a chart: the statistic that the alarm looks at, in buckets that fit a line.

In: the alarm and its windows. Out: for each bucket the most telling value of all windows that end in it. The claim:
the values are the alarm's own windows, so that a column reaches the threshold exactly where a window breaches.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detector.alarm import Alarm, Windows

MINUTE, HOUR, DAY = 60, 3600, 86_400
BUCKETS = (
    *(MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE),
    *(HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 6 * HOUR, 8 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 28 * DAY),
)
COLUMNS = 88
"""Buckets that a chart has room for on a page of the usual width."""


@dataclass(frozen=True, slots=True)
class Series:
    """``values[i]`` belongs to the bucket from ``start + i * bucket`` seconds; None where no window has data.

    ``lowest`` says whether each value is the lowest of its bucket (an alarm on too little) instead of the
    highest; ``extreme`` is the value furthest on the alarm's side, and the end of the first window that has it.
    """

    start: int
    bucket: int
    values: tuple[float | None, ...]
    lowest: bool
    extreme: float
    extreme_at: datetime


def series(
    alarm: Alarm, windows: Windows, start: datetime, end: datetime, columns: int = COLUMNS
) -> Series | None:
    """The metric from ``start`` to ``end`` in at most ``columns`` buckets; None where no window has a value."""
    # Stretches of windows with one value: when the first and the last of them end.
    bounds = [*windows.runs.starts, len(windows.ends)]
    stretches = [
        (windows.ends[bounds[i]], windows.ends[bounds[i + 1] - 1], value)
        for i, value in enumerate(windows.runs.values)
        if value is not None and bounds[i + 1] > bounds[i]
    ]
    if not stretches:
        return None
    lowest = alarm.operator.alarms_below
    first, last = int(start.timestamp()), int(end.timestamp())
    bucket = _bucket(last - first, columns)
    first -= first % bucket
    telling, values = min if lowest else max, list[float | None]([None]) * ((last - first) // bucket + 1)
    for begin, until, value in stretches:
        # A window belongs to the bucket in which its last second lies.
        low, high = max(0, (begin - 1 - first) // bucket), min(len(values) - 1, (until - 1 - first) // bucket)
        for i in range(low, high + 1):
            known = values[i]
            values[i] = value if known is None else telling(known, value)
    extreme = telling(value for *_, value in stretches)
    extreme_at = min(begin for begin, _, value in stretches if value == extreme)
    return Series(first, bucket, tuple(values), lowest, extreme, datetime.fromtimestamp(extreme_at, UTC))


def _bucket(seconds: int, columns: int) -> int:
    """The smallest bucket that fits; beyond the list, whole multiples of its last."""
    fitting = [size for size in BUCKETS if seconds // size + 2 <= columns]
    return fitting[0] if fitting else -(-seconds // (BUCKETS[-1] * (columns - 2))) * BUCKETS[-1]
