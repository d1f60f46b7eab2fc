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
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

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
_APART = 1 << 40
"""More seconds than there are between any two times."""
SAMPLES = pl.Schema([("minute", UTC_TIME), ("value", pl.Float64()), ("samples", pl.Int64())])


def matches_frame(
    filters: Sequence[MetricFilter], hits: Sequence[Hits], sources: Sequence[Source]
) -> pl.DataFrame:
    """One row for each filter that a record matches, sorted by time, path, position and filter."""
    [frame] = matches_frames([filters], hits, sources)
    return frame


def matches_frames(
    groups: Sequence[Sequence[MetricFilter]], hits: Sequence[Hits], sources: Sequence[Source]
) -> list[pl.DataFrame]:
    """The same for each group of filters; ``hits`` has those of all filters in their order.

    The frames are slices of one: to polars an operation costs more than the few rows of most detections.
    """
    if not hits:
        return []
    columns = [hit.matches.columns() for hit in hits]
    joined = partial(_joined, columns)
    sizes = [len(found.times) for found in columns]
    which = pl.concat([pl.repeat(i, size, dtype=pl.UInt32, eager=True) for i, size in enumerate(sizes)])
    group_of = pl.Series([i for i, group in enumerate(groups) for _ in group], dtype=pl.Int64)
    paths = pl.Series("path", [source.name for source in sources], dtype=pl.String)
    seconds = joined("times", pl.Int64())
    numbers = joined("files", pl.UInt32())  # files are numbered in the order of their paths
    positions = joined("positions", pl.UInt32())
    order = _order(group_of.gather(which), seconds, numbers, positions)
    ids = pl.concat([pl.Series(found.ids, dtype=pl.String).str.split("\0").explode() for found in columns])
    # Column by column, because a frame of everything and its sorted copy together are much memory.
    frame = pl.DataFrame(
        {
            "time": _times(seconds.gather(order)),
            "path": paths.gather(numbers.gather(order)),
            "position": positions.gather(order),
            "filter": which.gather(order),
            "event_id": ids.gather(order).replace("", None),
            "value": joined("values", pl.Float64()).fill_nan(None).gather(order),
            "dimensions": joined("dimensions", pl.UInt32()).gather(order),
            "oversize": joined("oversize", pl.UInt8()).cast(pl.Boolean).gather(order),
            "source": numbers.gather(order),
        }
    ).with_columns(repeat=_repeats(len(hits)))
    frame = frame.hstack([*_told(hits[0].matches.table, joined("evidence", pl.UInt32()).gather(order))])
    return list(_cut(frame, groups, sizes))


def _order(groups: pl.Series, seconds: pl.Series, files: pl.Series, positions: pl.Series) -> pl.Series:
    """The order of rows: by group, time, file and position; those of one record stay in the order of their filters.

    Two numbers are sorted in a third of the time that as many columns take.
    """
    keys = pl.DataFrame(
        {"when": groups * _APART + seconds, "where": files.cast(pl.UInt64) * (1 << 32) + positions}
    )
    return keys.select(pl.arg_sort_by(keys.columns, maintain_order=True)).to_series()


def _cut(
    frame: pl.DataFrame, groups: Sequence[Sequence[MetricFilter]], sizes: Sequence[int]
) -> Iterator[pl.DataFrame]:
    """The rows of each group, and in place of the numbers of filters their names."""
    row = first = 0
    for filters in groups:
        behind = first + len(filters)
        size = sum(sizes[first:behind])
        found, names = frame.slice(row, size), [one.name for one in filters]
        dtype = pl.Enum(names)
        if len(names) == 1:
            named = pl.repeat(names[0], size, dtype=dtype, eager=True)
        else:
            named = pl.Series(names, dtype=dtype).gather(found["filter"] - first)
        yield found.replace_column(found.columns.index("filter"), named.alias("filter"))
        row, first = row + size, behind


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


def _told(table: EvidenceTable, rows: pl.Series) -> Iterator[pl.Series]:
    """What some rows of a table say; categories are only made of the values that are used."""
    for (name, dtype), column in zip(EVIDENCE.items(), table.columns, strict=True):
        column.prune()
        codes = _numbers(column.codes()).gather(rows)
        used = codes.unique().sort()
        values = pl.Series(name, column.names(), dtype=pl.String).gather(used)
        if name == "resources":
            values = values.str.split(NUL).list.eval(pl.element().filter(pl.element() != ""))
        yield values.cast(dtype).gather(used.search_sorted(codes))


def _numbers(codes: bytes) -> pl.Series:
    """Unsigned numbers of four bytes, without an object for each."""
    dtype = pl.Array(pl.UInt32, len(codes) // 4)
    return (
        pl.Series([codes], dtype=pl.Binary).bin.reinterpret(dtype=dtype, endianness=sys.byteorder).explode()
    )


def _times(seconds: pl.Series) -> pl.Series:
    return (seconds * 1_000_000).cast(UTC_TIME)
