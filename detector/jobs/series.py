"""The metric over time for a chart: the statistic that the alarm looks at, in buckets that fit a line.

In: the alarm and its datapoints. Out: for each bucket the most telling value of all windows that end in it. The claim:
the values are the alarm's own datapoints, so that a column reaches the threshold exactly where a window breaches.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    import polars as pl

    from detector.alarm import Alarm

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
    alarm: Alarm, datapoints: pl.DataFrame, start: datetime, end: datetime, columns: int = COLUMNS
) -> Series | None:
    """The metric from ``start`` to ``end`` in at most ``columns`` buckets; None where no window has a value."""
    import polars as pl  # noqa: PLC0415 - polars loads while the archive is scanned

    if datapoints.is_empty():
        return None
    lowest = alarm.operator.alarms_below
    first, last = int(start.timestamp()), int(end.timestamp())
    bucket = _bucket(last - first, columns)
    first -= first % bucket
    # A window belongs to the bucket in which its last second lies.
    place = (pl.col("end").dt.epoch("s") - 1 - first) // bucket
    drawn = datapoints.filter(pl.col("end").dt.epoch("s") > first)
    telling = pl.col("value").min() if lowest else pl.col("value").max()
    found: dict[int, float] = dict(drawn.group_by(place).agg(telling).iter_rows())
    values = tuple(found.get(i) for i in range((last - first) // bucket + 1))
    extreme: Any = datapoints.select(telling).item()
    return Series(first, bucket, values, lowest, extreme, datapoints.filter(value=extreme)["end"][0])


def _bucket(seconds: int, columns: int) -> int:
    """The smallest bucket that fits; beyond the list, whole multiples of its last."""
    fitting = [size for size in BUCKETS if seconds // size + 2 <= columns]
    return fitting[0] if fitting else -(-seconds // (BUCKETS[-1] * (columns - 2))) * BUCKETS[-1]
