"""Samples: in come (minute, value) pairs or the metrics' frame, out go sorted columns.

The claim: order and repetition of the input do not matter, and what cannot be a datapoint (null, NaN,
infinite, beyond CloudWatch's range) is left out. Making them once serves any number of alarms.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias, cast

from msgspec import Struct

from detector.alarm.clock import SECOND, to_microseconds
from detector.errors import SettingsError

if TYPE_CHECKING:
    import polars as pl

Row: TypeAlias = tuple[datetime | float, float | None] | tuple[datetime | float, float | None, int]
SampleSource: TypeAlias = "Samples | pl.DataFrame | Iterable[Row]"

# PutMetricData refuses NaN, infinities and anything beyond 2**360; what a metric filter does with
# such a value is unknown, so it is not a datapoint.
LARGEST_VALUE = 2.0**360


class Samples(Struct, frozen=True):
    """Samples in time order: ``seconds`` (since the scale's zero), ``values``, ``counts``.

    ``dated`` says whether the times were datetimes; None where there are no samples at all.
    """

    seconds: Sequence[int] = ()
    values: Sequence[float] = ()
    counts: Sequence[int] = ()
    dated: bool | None = None

    @classmethod
    def of(cls, source: SampleSource) -> Samples:
        """The samples of pairs, of (minute, value, count) triples, or of a polars frame.

        A pair is one sample. The frame has the columns ``minute`` (Datetime, UTC), ``value`` and
        ``samples`` (how many samples have that value in that minute). SettingsError otherwise.
        """
        if isinstance(source, Samples):
            return source
        if hasattr(source, "get_column"):
            return _of_frame(cast("pl.DataFrame", source))
        try:
            return _of_rows([row if len(row) == 3 else (*row, 1) for row in source])  # noqa: PLR2004 - with a count
        except (TypeError, ValueError, OverflowError) as error:
            raise SettingsError(
                f"Samples must be (minute, value) pairs, or a frame of minute, value and samples: {error}.",
                "samples",
            ) from error

    @classmethod
    def of_seconds(cls, rows: Sequence[tuple[int, float, int]]) -> Samples:
        """The samples of (seconds since 1970, value, count) triples."""
        times, values, counts = zip(*rows, strict=True) if rows else ((), (), ())
        return _sorted(times, values, counts, dated=True)

    def between(self, first: int, last: int) -> Samples:
        """The samples of first <= second < last."""
        low, high = bisect_left(self.seconds, first), bisect_left(self.seconds, last)
        return Samples(self.seconds[low:high], self.values[low:high], self.counts[low:high], self.dated)


def _of_frame(frame: pl.DataFrame) -> Samples:
    missing = [name for name in ("minute", "value", "samples") if name not in frame.columns]
    if missing:
        raise SettingsError(
            f"Samples must have the columns minute, value and samples, not {frame.columns}.", "samples"
        )
    minutes = frame.get_column("minute")
    if str(minutes.dtype).startswith(("Date", "String")) and not str(minutes.dtype).startswith("Datetime"):
        raise SettingsError(f"The column minute must hold times, not {minutes.dtype}.", "samples")
    dated = str(minutes.dtype).startswith("Datetime")
    times = minutes.dt.epoch("s").to_list() if dated else [_second(m) for m in minutes.to_list()]
    values = frame.get_column("value").to_list()
    return _sorted(times, values, frame.get_column("samples").to_list(), dated=dated)


def _of_rows(rows: list[tuple[datetime | float, float | None, int]]) -> Samples:
    if not rows:
        return Samples()
    dated = isinstance(rows[0][0], datetime)
    if any(isinstance(row[0], datetime) is not dated for row in rows):
        raise TypeError("either all minutes are datetimes or none is")
    times, values, counts = zip(*rows, strict=True)
    return _sorted([_second(time) for time in times], values, counts, dated=dated)


def _second(time: datetime | float) -> int:
    if not isinstance(time, datetime | int | float):
        raise TypeError(f"{time!r} is neither a datetime nor a number of minutes")
    return to_microseconds(time) // SECOND


def _sorted(
    times: Sequence[int], values: Sequence[float | None], counts: Sequence[int], *, dated: bool
) -> Samples:
    rows = [
        (time, float(value), count)
        for time, value, count in zip(times, values, counts, strict=True)
        if count and value is not None and -LARGEST_VALUE <= value <= LARGEST_VALUE
    ]
    if not rows:
        return Samples()
    seconds, real, weights = zip(*sorted(rows, key=itemgetter(0)), strict=True)
    return Samples(seconds, real, weights, dated)
