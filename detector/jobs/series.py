"""The metric over time for a chart: the statistic that the alarm looks at, in buckets that fit a line.

In: the alarm and its samples. Out: for each bucket the most telling value of all windows that end in it. The claim:
the values are the alarm's own datapoints, so that a column reaches the threshold exactly where a window breaches.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from detector.alarm import Alarm, Samples, Windows

MINUTE, HOUR, DAY = 60, 3600, 86_400
BUCKETS = (
    *(MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE),
    *(HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 6 * HOUR, 8 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 28 * DAY),
)
COLUMNS = 88
"""Buckets that a chart has room for on a page of the usual width."""


class Series(Struct, frozen=True):
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
    alarm: Alarm,
    samples: Samples,
    start: datetime,
    end: datetime,
    *,
    columns: int = COLUMNS,
    seen: Windows | None = None,
) -> Series | None:
    """The metric from ``start`` to ``end`` in at most ``columns`` buckets; None where no window has a value.

    ``seen`` are the windows of all evaluations in between, where they are known.
    """
    from detector.alarm import windows  # noqa: PLC0415 - after the scan

    seen = seen or windows(samples, alarm, start=start, end=end, reach=alarm.evaluation_range)
    runs, lowest = seen.runs, alarm.operator.alarms_below
    telling: Callable[[Iterable[float]], float] = min if lowest else max
    real = [value for value in runs.values if value is not None]
    if not real:
        return None
    extreme = telling(real)
    first, last = int(start.timestamp()), int(end.timestamp())
    bucket = _bucket(last - first, columns)
    first -= first % bucket
    values = list[float | None]()
    for begin in range(first, last + 1, bucket):
        # A window belongs to the bucket in which its last second lies.
        low, high = bisect_right(seen.ends, begin), bisect_right(seen.ends, begin + bucket)
        those = runs.values[max(0, bisect_right(runs.starts, low) - 1) : bisect_left(runs.starts, high)]
        inside = [value for value in those if value is not None] if low < high else []
        values.append(telling(inside) if inside else None)
    at = datetime.fromtimestamp(seen.ends[runs.starts[runs.values.index(extreme)]], UTC)
    return Series(first, bucket, tuple(values), lowest, extreme, at)


def _bucket(seconds: int, columns: int) -> int:
    """The smallest bucket that fits; beyond the list, whole multiples of its last."""
    fitting = [size for size in BUCKETS if seconds // size + 2 <= columns]
    return fitting[0] if fitting else -(-seconds // (BUCKETS[-1] * (columns - 2))) * BUCKETS[-1]
