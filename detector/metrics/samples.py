"""Matches into frames: one row a match, and the samples of the metric per minute. The home of polars.

In: what a scan found for the metric filters that feed one metric. Out: two polars frames, sorted, the same for the same input.

``matches``: ``time`` (Datetime[us, UTC]), ``path``, ``position`` (0-based, in the file), ``filter`` (Enum of the
filters' names), ``event_id`` (null where there is none, or the plan does not keep it), ``value`` (null where nothing is published; the default value where the
field of the value is absent), ``dimensions`` (number of a distinct combination among those of its filter),
``oversize`` (over 256 KB, so CloudTrail never sends it to CloudWatch Logs), ``source`` (the number of the file, also where two paths print alike), ``repeat`` (the same filter has matched its
eventID before). A record that several filters match has a row for each of them. The other columns are the evidence of
the record (`detector.cloudtrail.record.Evidence`), as far as the plan keeps it: categories, empty where it says nothing, null where the value is
beyond the number of distinct values that are kept apart; ``resources`` is a list of them.

``samples``: ``minute`` (Datetime[us, UTC]), ``value``, ``samples`` (how many samples of that value in that minute).
"""

from __future__ import annotations

import operator
import sys
from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, groupby, islice
from math import isnan
from typing import TYPE_CHECKING, Any

import polars as pl

from detector.cloudtrail.record import Evidence
from detector.metrics.evidence import NUL
from detector.metrics.filter import Dimensions, MetricFilter
from detector.metrics.ordered import different

if TYPE_CHECKING:
    from detector.archive import Source
    from detector.metrics.evidence import EvidenceTable
    from detector.metrics.matches import Hits, Run
    from detector.metrics.ordered import Sample

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
_SPREAD = 0x9E37_79B9_7F4A_7C15
"""An odd number, by which the numbers of filters differ in all bits."""
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

    The frames are slices of one: to polars an operation costs more than the few rows of most detections. Groups that
    matched alike share a slice.
    """
    if not hits:
        return []
    each = iter(hits)
    places, alike = different(
        [[hit.matches.runs for hit in islice(each, len(filters))] for filters in groups], operator.eq
    )
    frame, ends = _frame(alike, sources, hits[0].matches.table), [0]
    ends += accumulate(sum(len(run.times) for runs in group for run in runs) for group in alike)
    firsts = [0, *accumulate(map(len, alike))]
    return [
        _named(frame[ends[place] : ends[place + 1]], filters, firsts[place])
        for place, filters in zip(places, groups, strict=True)
    ]


def _frame(
    groups: Sequence[Sequence[Sequence[Run]]], sources: Sequence[Source], table: EvidenceTable
) -> pl.DataFrame:
    """The matches of each group behind those of the one before; filters are numbered from the first to the last of all."""
    found = list(chain.from_iterable(groups))
    runs = list(chain.from_iterable(found))
    sizes = [sum(len(run.times) for run in each) for each in found]
    which = _repeated(range(len(found)), sizes, pl.UInt32())
    group_of = pl.Series([i for i, group in enumerate(groups) for _ in group], dtype=pl.Int64)
    seconds = _joined([run.times for run in runs], pl.Int64())
    # Files are numbered in the order of their paths.
    numbers = _joined([run.files for run in runs], pl.UInt32())
    # Of a million files few hold a match.
    matched = numbers.unique().sort()
    paths = pl.Series("path", [sources[number].name for number in matched], dtype=pl.String)
    positions = _joined([run.positions for run in runs], pl.UInt32())
    order = _order(group_of.gather(which), seconds, numbers, positions)
    ids = pl.Series([joined for run in runs for joined in run.ids], dtype=pl.String).str.split(NUL).explode()
    evidence = _joined([run.evidence for run in runs], pl.UInt32())
    # Column by column, because a frame of everything and its sorted copy together are much memory.
    frame = pl.DataFrame(
        {
            "time": _times(seconds.gather(order)),
            "path": paths.gather(matched.search_sorted(numbers.gather(order))),
            "position": positions.gather(order),
            "filter": which.gather(order),
            "event_id": ids.gather(order).replace("", None),
            **{name: column.gather(order) for name, column in _published(found)},
            "source": numbers.gather(order),
        }
    )
    frame = frame.with_columns(_repeats(frame["filter"], frame["event_id"]))
    return frame.hstack([*_told(table, evidence.gather(order))])


def _order(groups: pl.Series, seconds: pl.Series, files: pl.Series, positions: pl.Series) -> pl.Series:
    """The order of rows: by group, time, file and position; those of one record stay in the order of their filters.

    Two numbers are sorted in a third of the time that as many columns take.
    """
    keys = pl.DataFrame(
        {"when": groups * _APART + seconds, "where": files.cast(pl.UInt64) * (1 << 32) + positions}
    )
    return keys.select(pl.arg_sort_by(keys.columns, maintain_order=True)).to_series()


def _named(frame: pl.DataFrame, filters: Sequence[MetricFilter], first: int) -> pl.DataFrame:
    """The rows of some filters, with their names in place of numbers that count from ``first``."""
    names = [one.name for one in filters]
    dtype = pl.Enum(names)
    if len(names) == 1:
        named = pl.repeat(names[0], len(frame), dtype=dtype, eager=True)
    else:
        named = pl.Series(names, dtype=dtype).gather(frame["filter"] - first)
    return frame.with_columns(named.alias("filter"))


def _joined(columns: Sequence[array[int]], dtype: pl.DataType) -> pl.Series:
    """One column of many arrays, one after the other."""
    return _numbers(b"".join(columns), dtype)


def _repeated(values: Sequence[Any], lengths: Sequence[int], dtype: pl.DataType) -> pl.Series:
    """Each value as often as its length says; neighbours are mostly equal."""
    stretches = groupby(zip(values, lengths, strict=True), key=operator.itemgetter(0))
    return pl.concat(
        [
            pl.Series(dtype=dtype),
            *(
                pl.repeat(value, sum(length for _, length in stretch), dtype=dtype, eager=True)
                for value, stretch in stretches
            ),
        ]
    )


def _published(found: Sequence[Sequence[Run]]) -> Iterator[tuple[str, pl.Series]]:
    """What the matches of each run have in common; the runs of each filter."""
    runs = list(chain.from_iterable(found))
    lengths = [len(run.times) for run in runs]
    values = [None if isnan(run.value) else run.value for run in runs]
    dimensions = [number for own in found for number in _places([run.dimensions for run in own])]
    yield "value", _repeated(values, lengths, pl.Float64())
    yield "dimensions", _repeated(dimensions, lengths, pl.UInt32())
    yield "oversize", _repeated([run.oversize for run in runs], lengths, pl.Boolean())


def _places(dimensions: Sequence[Dimensions]) -> list[int]:
    """For each combination its place among the distinct ones, sorted."""
    places = {one: place for place, one in enumerate(sorted(set(dimensions)))}
    return [places[one] for one in dimensions]


def _repeats(filters: pl.Series, ids: pl.Series) -> pl.Series:
    """Whether the same filter has matched the eventID before.

    Equal eventIDs have equal hashes: only those with the hash of another one are compared.
    """
    hashes = ids.hash() ^ filters.cast(pl.UInt64) * _SPREAD
    repeats = pl.repeat(False, len(ids), dtype=pl.Boolean, eager=True).alias("repeat")
    ordered = hashes.sort()
    several = ordered.filter(ordered == ordered.shift()).unique()
    doubtful = (hashes.is_in(several.implode()) & ids.is_not_null()).arg_true()
    if not len(doubtful):
        return repeats
    compared = pl.DataFrame([filters.gather(doubtful), ids.gather(doubtful)])
    return repeats.scatter(doubtful, ~compared.select(pl.struct(pl.all()).is_first_distinct()).to_series())


def samples_frame(samples: Sequence[Sample]) -> pl.DataFrame:
    """Samples as a frame."""
    minutes, values, counts = zip(*samples, strict=True) if samples else ((), (), ())
    return pl.DataFrame(
        {
            "minute": _times(pl.Series(minutes, dtype=pl.Int64)),
            "value": pl.Series(values, dtype=pl.Float64),
            "samples": pl.Series(counts, dtype=pl.Int64),
        },
        schema=SAMPLES,
    )


def _told(table: EvidenceTable, rows: pl.Series) -> Iterator[pl.Series]:
    """What some rows of a table say."""
    table.prune()
    for name, column in table.told.items():
        values = pl.Series(name, column.names(), dtype=pl.String)
        if name == "resources":
            values = values.str.split(NUL).list.eval(pl.element().filter(pl.element() != ""))
        yield values.cast(EVIDENCE[name]).gather(_numbers(column.codes(), pl.UInt32()).gather(rows))


def _numbers(data: bytes, dtype: pl.DataType) -> pl.Series:
    """Numbers from their bytes, without an object for each."""
    size = 8 if dtype == pl.Int64() else 4
    numbers = pl.Series([data], dtype=pl.Binary).bin.reinterpret(
        dtype=pl.Array(dtype, len(data) // size), endianness=sys.byteorder
    )
    return numbers.explode()


def _times(seconds: pl.Series) -> pl.Series:
    return (seconds * 1_000_000).cast(UTC_TIME)
