"""Matches into frames: one row a match, and the samples of the metric per minute. The home of polars.

In: what a scan found for one metric filter. Out: two polars frames, sorted, the same for the same input.

``matches``: ``time`` (Datetime[us, UTC]), ``path``, ``position`` (0-based, in the file), ``event_id``, ``value``
(null where nothing is published), ``dimensions`` (number of a distinct combination), ``oversize`` (over 256 KB, so
CloudTrail never sends it to CloudWatch Logs), ``repeat`` (its eventID was delivered before).

``samples``: ``minute`` (Datetime[us, UTC]), ``value``, ``samples`` (how many samples of that value in that minute).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from detector.metrics.filter import Dimensions, MetricFilter

if TYPE_CHECKING:
    from detector.alarm import Alarm
    from detector.archive import Source
    from detector.scan.found import Hits

UTC_TIME = pl.Datetime("us", "UTC")
SAMPLES = pl.Schema([("minute", UTC_TIME), ("value", pl.Float64()), ("samples", pl.Int64())])


def matches_frame(hits: Hits, sources: Sequence[Source]) -> pl.DataFrame:
    """One row a match, sorted by time, path and position."""
    found = hits.matches.columns()
    paths = pl.Series("path", [source.name for source in sources], dtype=pl.String)
    times = _times(pl.Series(found.times, dtype=pl.Int64))
    numbers = pl.Series(found.files, dtype=pl.UInt32)  # files are numbered in the order of their paths
    positions = pl.Series(found.positions, dtype=pl.UInt32)
    order = pl.DataFrame([times.alias("time"), numbers.alias("file"), positions.alias("position")]).select(
        pl.arg_sort_by("time", "file", "position")
    )["time"]
    ids = pl.Series(found.ids, dtype=pl.String).str.split("\0").explode().gather(order).replace("", None)
    # Column by column, because a frame of everything and its sorted copy together are much memory.
    return pl.DataFrame(
        {
            "time": times.gather(order),
            "path": paths.gather(numbers.gather(order)),
            "position": positions.gather(order),
            "event_id": ids,
            "value": pl.Series(found.values, dtype=pl.Float64).fill_nan(None).gather(order),
            "dimensions": pl.Series(found.dimensions, dtype=pl.UInt32).gather(order),
            "oversize": pl.Series(found.oversize, dtype=pl.UInt8).cast(pl.Boolean).gather(order),
            "repeat": ids.is_not_null() & ~ids.is_first_distinct(),
        }
    )


def samples_frame(
    matches: pl.DataFrame, hits: Hits, metric_filter: MetricFilter, alarm: Alarm, *, dedupe: bool = False
) -> pl.DataFrame:
    """The samples of the series that the alarm watches: its dimensions and its unit decide which.

    Several samples of one value in one minute are one row.
    """
    if alarm.unit is not None and alarm.unit != (metric_filter.unit or "None"):
        return pl.DataFrame(schema=SAMPLES)
    watched: Dimensions = tuple(sorted(dict(alarm.dimensions).items()))
    series = [number for number, one in enumerate(hits.matches.dimensions) if tuple(sorted(one)) == watched]
    published = matches.filter(
        pl.col("value").is_not_null()
        & ~pl.col("oversize")
        & pl.col("dimensions").is_in(pl.Series(series, dtype=pl.UInt32).implode())
        & ~(pl.col("repeat") & pl.lit(dedupe))
    ).select(pl.col("time").dt.truncate("1m").alias("minute"), "value", pl.lit(1, pl.Int64).alias("samples"))
    defaults = _defaults(hits, metric_filter.default) if not watched else pl.DataFrame(schema=SAMPLES)
    return (
        pl.concat([published, defaults])
        .group_by("minute", "value")
        .agg(pl.col("samples").sum())
        .sort("minute", "value")
    )


def period_sums(samples: pl.DataFrame, period: int) -> pl.DataFrame:
    """Sum and SampleCount over clock periods of ``period`` seconds, for a chart: ``start``, ``sum``, ``samples``."""
    return (
        samples.sort("minute")
        .group_by_dynamic("minute", every=f"{period}s")
        .agg((pl.col("value") * pl.col("samples")).sum().alias("sum"), pl.col("samples").sum())
        .rename({"minute": "start"})
    )


def _defaults(hits: Hits, default: float | None) -> pl.DataFrame:
    if default is None:
        return pl.DataFrame(schema=SAMPLES)
    minutes = Counter(hits.misses)
    minutes.update(hits.missed.values())
    return pl.DataFrame(
        {
            "minute": _times(pl.Series(list(minutes), dtype=pl.Int64)),
            "value": pl.repeat(default, len(minutes), dtype=pl.Float64, eager=True),
            "samples": pl.Series(list(minutes.values()), dtype=pl.Int64),
        },
        schema=SAMPLES,
    )


def _times(seconds: pl.Series) -> pl.Series:
    return (seconds * 1_000_000).cast(UTC_TIME)
