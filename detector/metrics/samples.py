"""Matches into frames: one row a match, and the samples of the metric per minute. The home of polars.

In: what a scan found for the metric filters that feed one metric. Out: two polars frames, sorted, the same for the same input.

``matches``: ``time`` (Datetime[us, UTC]), ``path``, ``position`` (0-based, in the file), ``filter`` (Enum of the
filters' names), ``event_id``, ``value`` (null where nothing is published; the default value where the
field of the value is absent), ``dimensions`` (number of a distinct combination among those of its filter),
``oversize`` (over 256 KB, so CloudTrail never sends it to CloudWatch Logs), ``source`` (the number of the file, also where two paths print alike), ``repeat`` (the same filter has matched its
eventID before). A record that several filters match has a row for each of them. The other columns are the evidence of
the record (`detector.cloudtrail.record.Evidence`): categories, empty where it says nothing, null where the value is
beyond the number of distinct values that are kept apart; ``resources`` is a list of them.

``samples``: ``minute`` (Datetime[us, UTC]), ``value``, ``samples`` (how many samples of that value in that minute).
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from detector.cloudtrail.record import Evidence
from detector.metrics.evidence import NUL
from detector.metrics.filter import Dimensions, MetricFilter

if TYPE_CHECKING:
    from detector.alarm import Alarm
    from detector.archive import Source
    from detector.metrics.evidence import EvidenceTable
    from detector.metrics.matches import Columns, Hits

UTC_TIME = pl.Datetime("us", "UTC")
EVIDENCE = dict.fromkeys(Evidence._fields, pl.Categorical()) | {"resources": pl.List(pl.Categorical())}
NO_MATCHES = pl.Schema(
    {
        "time": UTC_TIME,
        "path": pl.String(),
        "position": pl.UInt32(),
        "filter": pl.String(),
        "event_id": pl.String(),
        "value": pl.Float64(),
        "dimensions": pl.UInt32(),
        "oversize": pl.Boolean(),
        "source": pl.UInt32(),
        "repeat": pl.Boolean(),
        **EVIDENCE,
    }
)
"""The matches of no filter at all."""
SAMPLES = pl.Schema([("minute", UTC_TIME), ("value", pl.Float64()), ("samples", pl.Int64())])


def matches_frame(
    filters: Sequence[MetricFilter],
    hits: Sequence[Hits],
    sources: Sequence[Source],
    told: Sequence[Told] | None = None,
) -> pl.DataFrame:
    """One row for each filter that a record matches, sorted by time, path, position and filter.

    ``told``: what `Told.of` makes of their table, for whoever asks for several frames.
    """
    columns = [hit.matches.columns() for hit in hits]
    joined = partial(_joined, columns)
    which = pl.concat(
        [pl.repeat(i, len(found.times), dtype=pl.UInt32, eager=True) for i, found in enumerate(columns)]
    )
    named = [metric_filter.name for metric_filter in filters]
    names = pl.Series(named, dtype=pl.Enum(named))
    paths = pl.Series("path", [source.name for source in sources], dtype=pl.String)
    times = _times(joined("times", pl.Int64()))
    numbers = joined("files", pl.UInt32())  # files are numbered in the order of their paths
    positions = joined("positions", pl.UInt32())
    places = pl.DataFrame({"time": times, "file": numbers, "position": positions, "filter": which})
    order = places.select(pl.arg_sort_by(places.columns))["time"]
    ids = pl.concat([pl.Series(found.ids, dtype=pl.String).str.split("\0").explode() for found in columns])
    # Column by column, because a frame of everything and its sorted copy together are much memory.
    frame = pl.DataFrame(
        {
            "time": times.gather(order),
            "path": paths.gather(numbers.gather(order)),
            "position": positions.gather(order),
            "filter": names.gather(which.gather(order)),
            "event_id": ids.gather(order).replace("", None),
            "value": joined("values", pl.Float64()).fill_nan(None).gather(order),
            "dimensions": joined("dimensions", pl.UInt32()).gather(order),
            "oversize": joined("oversize", pl.UInt8()).cast(pl.Boolean).gather(order),
            "source": numbers.gather(order),
        }
    ).with_columns(repeat=_repeats(len(filters)))
    rows = joined("evidence", pl.UInt32()).gather(order)
    return frame.hstack([one.of_rows(rows) for one in told or Told.of(hits[0].matches.table)])


def _joined(columns: Sequence[Columns], name: str, dtype: pl.DataType) -> pl.Series:
    """A column of all filters, one after the other."""
    return pl.concat([pl.Series(getattr(found, name), dtype=dtype) for found in columns])


def _repeats(filters: int) -> pl.Expr:
    """Whether the same filter has matched the eventID before."""
    first = pl.col("event_id").is_first_distinct()
    return pl.col("event_id").is_not_null() & ~(first if filters == 1 else first.over("filter"))


def samples_frame(
    matches: pl.DataFrame,
    hits: Sequence[Hits],
    filters: Sequence[MetricFilter],
    alarm: Alarm,
    *,
    dedupe: bool = False,
) -> pl.DataFrame:
    """The samples of the series that the alarm watches, from all filters: its dimensions and its unit decide which.

    Several samples of one value in one minute are one row.
    """
    watched: Dimensions = tuple(sorted(dict(alarm.dimensions).items()))
    published = [pl.DataFrame(schema=SAMPLES)]
    for metric_filter, found in zip(filters, hits, strict=True):
        if alarm.unit is not None and alarm.unit != (metric_filter.unit or "None"):
            continue
        series = [
            number for number, name in enumerate(found.matches.dimensions) if tuple(sorted(name)) == watched
        ]
        counted = matches.filter(
            (pl.col("filter") == metric_filter.name)
            & pl.col("value").is_not_null()
            & ~pl.col("oversize")
            & pl.col("dimensions").is_in(pl.Series(series, dtype=pl.UInt32).implode())
            & ~(pl.col("repeat") & pl.lit(dedupe))
        )
        minute = pl.col("time").dt.truncate("1m").alias("minute")
        published.append(counted.select(minute, "value", pl.lit(1, pl.Int64).alias("samples")))
        if metric_filter.default is not None and not watched:
            published.append(_defaults(found, metric_filter.default))
    return (
        pl.concat(published).group_by("minute", "value").agg(pl.col("samples").sum()).sort("minute", "value")
    )


def _defaults(hits: Hits, default: float) -> pl.DataFrame:
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


class Told(NamedTuple):
    """A column of a table of evidence: the code of each row, and the values by code."""

    codes: pl.Series
    values: pl.Series
    dtype: pl.DataType

    @classmethod
    def of(cls, table: EvidenceTable) -> list[Told]:
        """All columns of a table to which nothing is added any more."""
        told = []
        for (name, dtype), column in zip(EVIDENCE.items(), table.columns, strict=True):
            column.prune()
            values = pl.Series(name, column.names(), dtype=pl.String)
            if name == "resources":
                values = values.str.split(NUL).list.eval(pl.element().filter(pl.element() != ""))
            told.append(cls(_numbers(column.codes()), values, dtype))
        return told

    def of_rows(self, rows: pl.Series) -> pl.Series:
        """The values of some rows; categories are only made of those that are used."""
        found = self.codes.gather(rows)
        used = found.unique().sort()
        return self.values.gather(used).cast(self.dtype).gather(used.search_sorted(found))


def _numbers(codes: bytes) -> pl.Series:
    """Unsigned numbers of four bytes, without an object for each."""
    dtype = pl.Array(pl.UInt32, len(codes) // 4)
    return (
        pl.Series([codes], dtype=pl.Binary).bin.reinterpret(dtype=dtype, endianness=sys.byteorder).explode()
    )


def _times(seconds: pl.Series) -> pl.Series:
    return (seconds * 1_000_000).cast(UTC_TIME)
