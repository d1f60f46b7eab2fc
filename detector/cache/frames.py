"""What was found in some files as frames, and frames as what was found.

In: a `Found` with its shares. Out: the tables of a segment; and back. Claim: of the files in the tables, the same comes
back, in runs of another order.

``files``: a row a file, its key, where it was, and what is counted of it. ``hits``: a row for each filter that a record
matches, with its evidence. ``misses``: what events publish that do not match a filter with a default value. In these
``file`` is a row of ``files`` and ``filter`` a place in the header's; ``dimensions`` are JSON, ``resources`` joined by NUL.
"""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import polars as pl

from detector.archive import Problem
from detector.cache.keys import FileKey
from detector.cache.segment import Segment, SpoiltError
from detector.cloudtrail.record import Evidence
from detector.jsontext import dump_json, parse_json
from detector.metrics.matches import NUL, Run
from detector.scan.found import Found, Share

EVIDENCE = Evidence._fields
FILES = pl.Schema(
    {
        "key": pl.Binary(),
        "path": pl.String(),
        "size": pl.Int64(),
        "version": pl.String(),
        "records": pl.Int64(),
        "unselected": pl.Int64(),
        "skipped": pl.Boolean(),
        "first": pl.Int64(),
        "last": pl.Int64(),
        "hours": pl.List(pl.Int64()),
        "oldest": pl.Int64(),
        "newest": pl.Int64(),
        "empty": pl.Boolean(),
    }
)
HITS = pl.Schema(
    {
        "file": pl.UInt32(),
        "filter": pl.UInt32(),
        "time": pl.Int64(),
        "position": pl.UInt32(),
        "event_id": pl.String(),
        "value": pl.Float64(),
        "dimensions": pl.String(),
        "oversize": pl.Boolean(),
        **dict.fromkeys(EVIDENCE, pl.String()),
    }
)
MISSES = pl.Schema(
    {
        "file": pl.UInt32(),
        "filter": pl.UInt32(),
        "minute": pl.Int64(),
        "events": pl.Int64(),
        "event_id": pl.String(),
    }
)
TABLES = {"files": FILES, "hits": HITS, "misses": MISSES}


def table(segment: Segment, name: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """A table of a segment; `SpoiltError` if it is not what was written, or not as this version writes it."""
    schema = TABLES[name]
    content = segment.content(name)
    if content is None:
        return pl.DataFrame(schema=schema)
    try:
        if pl.read_parquet_schema(io.BytesIO(content)) != schema:
            raise SpoiltError(segment.folder, f"{name}.parquet is not as this version writes it")
        return pl.read_parquet(io.BytesIO(content), columns=list(columns) if columns else None)
    except pl.exceptions.PolarsError:
        raise SpoiltError(segment.folder, f"{name}.parquet is not Parquet") from None


def contents(tables: Mapping[str, pl.DataFrame]) -> dict[str, bytes]:
    """Tables as `table` reads them; those without rows are left out."""
    found = {}
    for name, rows in tables.items():
        if len(rows):
            buffer = io.BytesIO()
            rows.write_parquet(buffer, compression="zstd")
            found[name] = buffer.getvalue()
    return found


def frames_of(
    found: Found, shares: Sequence[Share], keys: Mapping[int, FileKey], filters: Sequence[int]
) -> dict[str, pl.DataFrame]:
    """What was found in the files of some shares, for the filters at some places, which are counted anew.

    Files with evidence that was not kept apart are left out: what is kept apart depends on all matches of the scan.
    """
    hits = _hits(found, filters)
    others = hits.filter(pl.any_horizontal(pl.col(EVIDENCE).is_null()))["file"].unique()
    shares = [one for one in shares if one.file not in set(others)]
    kept = pl.DataFrame({"file": pl.Series([one.file for one in shares], dtype=pl.UInt32)}).with_row_index(
        "row"
    )
    rows = [(*keys[one.file], *_counts(one)) for one in shares]
    place_of = {place: number for number, place in enumerate(filters)}
    misses = [
        (row, place_of[place], *each)
        for row, one in enumerate(shares)
        for place, minutes, named in one.misses
        if place in place_of
        for each in chain(
            ((minute, events, None) for minute, events in minutes.items()),
            ((minute, 1, event_id) for event_id, minute in named.items()),
        )
    ]
    return {
        "files": pl.DataFrame(rows, schema=FILES, orient="row"),
        "hits": hits.join(kept, "file", maintain_order="left")
        .drop("file")
        .rename({"row": "file"})
        .select(HITS.names()),
        "misses": pl.DataFrame(misses, schema=MISSES, orient="row"),
    }


def stacked(parts: Sequence[Mapping[str, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    """The frames of several, one after the other."""
    before, shifted = 0, []
    for part in parts:
        shifted.append({name: _shifted(frame, before) for name, frame in part.items()})
        before += len(part["files"])
    return {name: pl.concat([part[name] for part in shifted]) for name in shifted[0]}


def restricted(tables: Mapping[str, pl.DataFrame], rows: pl.Series) -> dict[str, pl.DataFrame]:
    """The tables of some of the files."""
    new = pl.DataFrame({"file": rows.cast(pl.UInt32)}).with_row_index("row")
    found = {"files": tables["files"][rows]}
    for name in ("hits", "misses"):
        of = tables[name].join(new, "file", maintain_order="left").drop("file").rename({"row": "file"})
        found[name] = of.select(TABLES[name].names())
    return found


def _shifted(frame: pl.DataFrame, before: int) -> pl.DataFrame:
    return (
        frame.with_columns(pl.col("file") + pl.lit(before, pl.UInt32)) if "file" in frame.columns else frame
    )


def _counts(share: Share) -> tuple[object, ...]:
    return (
        share.records,
        share.unselected,
        share.is_skipped,
        share.first,
        share.last,
        share.hours,
        share.oldest,
        share.newest,
        share.is_empty,
    )


def _hits(found: Found, filters: Sequence[int]) -> pl.DataFrame:
    """All matches, with the numbers of their files."""
    runs = [(number, run) for number, place in enumerate(filters) for run in found.hits[place].matches.runs]
    if not runs:
        return pl.DataFrame(schema=HITS)
    sizes = pl.Series([len(run.times) for _, run in runs], dtype=pl.UInt32)
    of_runs = pl.DataFrame(
        {
            "filter": [number for number, _ in runs],
            "value": [run.value for _, run in runs],
            "dimensions": [_spelled(run.dimensions) for _, run in runs],
            "oversize": [run.oversize for _, run in runs],
        },
        schema={name: HITS[name] for name in ("filter", "value", "dimensions", "oversize")},
    )[pl.select(pl.int_range(len(runs)).repeat_by(pl.lit(sizes)).explode()).to_series()]
    rows = _joined([run.evidence for _, run in runs], pl.UInt32())
    ids = pl.Series([ids for _, run in runs for ids in run.ids], dtype=pl.String)
    return of_runs.hstack(
        [
            _joined([run.files for _, run in runs], pl.UInt32()).alias("file"),
            _joined([run.times for _, run in runs], pl.Int64()).alias("time"),
            _joined([run.positions for _, run in runs], pl.UInt32()).alias("position"),
            ids.str.split(NUL).explode().alias("event_id"),
            *(
                pl.Series(name, column.names(), dtype=pl.String).gather(
                    pl.Series(array("I", column.codes()), dtype=pl.UInt32).gather(rows)
                )
                for name, column in found.evidence.told.items()
            ),
        ]
    ).select(HITS.names())


def _spelled(dimensions: tuple[tuple[str, str], ...]) -> str:
    return dump_json(dimensions).decode() if dimensions else ""


def _joined(arrays: Sequence[array[int]], dtype: pl.DataType) -> pl.Series:
    return pl.concat([pl.Series(one, dtype=dtype) for one in arrays])


def add_files(found: Found, files: pl.DataFrame, paths: Sequence[str]) -> None:
    """Take in what is counted of some files, which have these paths by now."""
    found.problems += [
        Problem.no_records(path) for path, empty in zip(paths, files["empty"], strict=True) if empty
    ]
    found.files += len(files)
    found.records += int(files["records"].sum())
    found.unselected += int(files["unselected"].sum())
    found.skipped += int(files["skipped"].sum())
    found.hours.update(files["hours"].explode().drop_nulls())
    for time in (files["first"].min(), files["last"].max()):
        if isinstance(time, int):
            found.see(time)


def add_hits(found: Found, hits: pl.DataFrame, places: Mapping[int, Sequence[int]]) -> None:
    """Take in matches; ``file`` is the number of a file, ``places`` the filters that each ``filter`` stands for."""
    if not len(hits):
        return
    where = ["file", "position"]
    if hits["filter"].n_unique() == 1:  # each record once
        records = numbered = hits.with_row_index("row")
    else:
        records = hits.unique(where, maintain_order=True).with_row_index("row")
        numbered = hits.join(records.select(*where, "row"), where, maintain_order="left")
    part = found.nothing()
    for name, column in part.evidence.told.items():
        column.extend(records[name].to_list())
    for number, run in _runs(numbered):
        for place in places[number]:
            part.hits[place].matches.extend([run])
    found.merge(part)


def _runs(hits: pl.DataFrame) -> Iterator[tuple[int, Run]]:
    """Matches of a filter that publish the same sample, with the number of the filter."""
    same = ["filter", "value", "dimensions", "oversize"]
    for (number, value, dimensions, oversize), rows in hits.group_by(same, maintain_order=True):
        spelled: Any = parse_json(dimensions) if dimensions else ()
        pairs = tuple([(name, text) for name, text in spelled])
        yield (
            number,
            Run(
                value,
                pairs,
                oversize,
                array("q", rows["time"].to_list()),
                array("I", rows["file"].to_list()),
                array("I", rows["position"].to_list()),
                [NUL.join(rows["event_id"].to_list())],
                array("I", rows["row"].to_list()),
            ),
        )


def add_misses(found: Found, misses: pl.DataFrame, places: Mapping[int, Sequence[int]]) -> None:
    """Take in what events publish that do not match; ``filter`` as above."""
    for number, minute, events, event_id in misses.select(
        "filter", "minute", "events", "event_id"
    ).iter_rows():
        for place in places[number]:
            hits = found.hits[place]
            if event_id is None:
                hits.misses[minute] += events
            else:
                hits.missed[event_id] = min(minute, hits.missed.get(event_id, minute))
