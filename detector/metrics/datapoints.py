"""The datapoints of an alarm as a polars frame: one row a window with a value.

In: the samples frame of a metric (`detector.metrics.samples`) and an alarm. Out: ``start`` and ``end`` (Datetime[us,
UTC]; the end is not in the window), ``value``, ``samples`` (how many are in it) and ``breaching``. The claim: these are the
windows of `detector.alarm.window` that have a value, no more and no fewer, laid by polars' own windowing.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import polars as pl

from detector.alarm import Alarm, Samples, WallClock
from detector.alarm.clock import boundaries, clock_floor, newest_end, resolution, to_microseconds
from detector.alarm.samples import LARGEST_VALUE
from detector.alarm.statistics import statistics
from detector.alarm.values import DAY, WEEK
from detector.metrics.samples import UTC_TIME

if TYPE_CHECKING:
    from polars.dataframe.group_by import DynamicGroupBy, GroupBy

DATAPOINTS = pl.Schema(
    [
        ("start", UTC_TIME),
        ("end", UTC_TIME),
        ("value", pl.Float64()),
        ("samples", pl.Int64()),
        ("breaching", pl.Boolean()),
    ]
)
_BOUNDS = ("_lower_boundary", "_upper_boundary")
_FIVE_MINUTES = 300


def datapoints(samples: pl.DataFrame, alarm: Alarm, last: datetime | None = None) -> pl.DataFrame:
    """Every window with a datapoint, in time order.

    ``last`` leaves out what an evaluation at that time does not yet see.
    """
    counted = samples.filter(
        pl.col("value").is_between(-LARGEST_VALUE, LARGEST_VALUE) & (pl.col("samples") > 0)
    ).sort("minute")
    if counted.is_empty():
        return DATAPOINTS.to_frame()
    windows = _windows(counted, alarm).agg(pl.col("samples").sum())
    times = (pl.col(*_BOUNDS) - _offset(alarm.evaluation_window)).dt.convert_time_zone("UTC")
    found = windows.with_columns(times).rename({_BOUNDS[0]: "start", _BOUNDS[1]: "end"})
    if last is not None:
        newest = newest_end(alarm, to_microseconds(last))
        found = found.filter(pl.col("end").dt.epoch("s") <= newest)
    slices = [counted["minute"].search_sorted(found[bound]).to_list() for bound in ("start", "end")]
    values = statistics(
        alarm, Samples.of(counted), list(zip(*slices, strict=True)), found["samples"].to_list()
    )
    test: Any = alarm.operator.test  # of two numbers, and as well of a column and a number
    return (
        found.with_columns(pl.Series("value", values, dtype=pl.Float64))
        .filter(pl.col("value").is_not_null())
        .with_columns(breaching=test(pl.col("value"), alarm.threshold))
        .select(pl.col(name).cast(dtype) for name, dtype in DATAPOINTS.items())
    )


def _windows(samples: pl.DataFrame, alarm: Alarm) -> DynamicGroupBy | GroupBy:
    """The windows that hold a sample, on the clock that the alarm lays them on."""
    clock, period = alarm.evaluation_window, alarm.period
    if clock is None:
        unit = math.gcd(resolution(alarm), period)
        # The first window is the one that ends a unit after the first sample, not the one that begins there.
        return samples.group_by_dynamic(
            "minute",
            every=f"{unit}s",
            period=f"{period}s",
            offset=f"-{period - unit}s",
            include_boundaries=True,
        )
    if isinstance(clock.zone, timezone) or period <= _FIVE_MINUTES:
        every = "1w" if period == WEEK else f"{period}s"  # weeks start on Monday
        shown = samples.with_columns(pl.col("minute") + _offset(clock))
        return shown.group_by_dynamic("minute", every=every, include_boundaries=True)
    # polars panics where a zone left out a day, and takes every hour for one of sixty minutes.
    bounds = _bounds(samples["minute"].unique().dt.epoch("s").to_list(), clock, period)
    return samples.join(bounds, on="minute").sort("minute").group_by(*_BOUNDS, maintain_order=True)


def _bounds(seconds: list[int], clock: WallClock, period: int) -> pl.DataFrame:
    """For each of these instants, the window of a named zone that it is in."""
    starts = {second: clock_floor(clock, period, second) for second in seconds}
    # A period and a day later there has been another boundary, whatever the zone did.
    ends = {
        start: boundaries(clock, period, start, start + period + DAY)[1] for start in set(starts.values())
    }
    rows = [(second, start, ends[start]) for second, start in starts.items()]
    seconds_frame = pl.DataFrame(rows, schema=["minute", *_BOUNDS], orient="row")
    return seconds_frame.select((pl.all() * 1_000_000).cast(UTC_TIME))


def _offset(clock: WallClock | None) -> timedelta:
    """The offset of a clock that never changes; none for any other."""
    zone = None if clock is None else clock.zone
    return (zone.utcoffset(None) if isinstance(zone, timezone) else None) or timedelta()
