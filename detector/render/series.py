"""The metric over time for a chart: the statistic that the alarm looks at, in buckets that fit a line.

In: a `Replay`. Out: for each bucket the most telling value of all windows that end in it. The claim: the
values are the alarm's own windows, so that a column reaches the threshold exactly where a window breaches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from detector.alarm import windows

if TYPE_CHECKING:
    from detector.alarm import Windows
    from detector.jobs.replay import Replay

MINUTE, HOUR, DAY = 60, 3600, 86_400
BUCKETS = (
    *(MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE),
    *(HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 6 * HOUR, 8 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 28 * DAY),
)


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


def series(replay: Replay, columns: int) -> Series | None:
    """The metric in at most ``columns`` buckets; None where there was no log or no sample."""
    if replay.start is None or replay.end is None or not len(replay.samples):
        return None
    alarm = replay.detection.alarm
    stretches = list(_stretches(windows(replay.samples, alarm, start=replay.start, end=replay.end)))
    if not stretches:
        return None
    lowest = alarm.operator.alarms_below
    first, last = int(replay.start.timestamp()), int(replay.end.timestamp())
    bucket = _bucket(last - first, columns)
    sign = -1 if lowest else 1
    extreme, negative_end = max((sign * value, -begin) for begin, _, value in stretches)
    return Series(
        start=first - first % bucket,
        bucket=bucket,
        values=tuple(_fill(stretches, first - first % bucket, last, bucket, lowest=lowest)),
        lowest=lowest,
        extreme=sign * extreme,
        extreme_at=datetime.fromtimestamp(-negative_end, UTC),
    )


def _bucket(seconds: int, columns: int) -> int:
    """The smallest bucket that fits; beyond the list, whole multiples of its last."""
    fitting = [size for size in BUCKETS if seconds // size + 2 <= columns]
    return fitting[0] if fitting else -(-seconds // (BUCKETS[-1] * (columns - 2))) * BUCKETS[-1]


def _stretches(found: Windows) -> Iterator[tuple[int, int, float]]:
    """Stretches of windows with one value: when the first and the last of them end."""
    starts = found.runs.starts
    for i, value in enumerate(found.runs.values):
        after = starts[i + 1] if i + 1 < len(starts) else len(found.ends)
        if value is not None and after > starts[i]:
            yield found.ends[starts[i]], found.ends[after - 1], value


def _fill(
    stretches: Sequence[tuple[int, int, float]], start: int, last: int, bucket: int, *, lowest: bool
) -> list[float | None]:
    """A window belongs to the bucket in which its last second lies."""
    values: list[float | None] = [None] * ((last - start) // bucket + 1)
    telling = min if lowest else max
    for begin, end, value in stretches:
        low, high = max(0, (begin - 1 - start) // bucket), min(len(values) - 1, (end - 1 - start) // bucket)
        for i in range(low, high + 1):
            known = values[i]
            values[i] = value if known is None else telling(known, value)
    return values
