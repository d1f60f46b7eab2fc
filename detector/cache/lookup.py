"""What a store knows of the files of a pass: which filters of which file, and what they found.

In: the sound segments, the keys of files and filters. Out: `Known`, and its part of a `Found`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from detector.archive import Selection, Source
from detector.cache.frames import add_files, add_hits, add_misses, table
from detector.cache.segment import Segment
from detector.scan.found import Found


class Pick(NamedTuple):
    """Some files of a segment, and which filters are taken from there."""

    segment: Segment
    rows: Mapping[int, int]
    """Row in the segment -> number of the file."""
    mask: int
    counted: bool
    """Whether what is counted of the files is taken from there too."""


@dataclass(slots=True)
class Known:
    """What is known: for each file the filters as bits of a number, and where it stands."""

    masks: dict[int, int] = field(default_factory=dict)
    picks: list[Pick] = field(default_factory=list)


def look_up(
    segments: Iterable[Segment],
    settings: str,
    filters: Sequence[str],
    wanted: Mapping[bytes, int],
    selection: Selection,
) -> Known:
    """What the segments know of files (key -> number); `SpoiltError` names one that is spoilt."""
    known = Known()
    places = {key: place for place, key in enumerate(filters)}
    for segment in sorted(segments, key=lambda one: not one.counts):
        mask = sum(1 << places[key] for key in segment.filters if key in places)
        if mask and segment.settings == settings:
            _pick(known, segment, mask, wanted, selection)
    return known


def _pick(
    known: Known, segment: Segment, mask: int, wanted: Mapping[bytes, int], selection: Selection
) -> None:
    files = table(segment, "files", ["key", "skipped", "empty", "oldest", "newest"]).with_row_index("row")
    if selection.asks_time:
        inside = [pl.col("oldest").is_not_null()]
        inside += [pl.col("oldest") >= selection.start] if selection.start is not None else []
        inside += [pl.col("newest") < selection.end] if selection.end is not None else []
        files = files.filter(pl.col("skipped") | pl.col("empty") | pl.all_horizontal(inside))
    new: dict[tuple[int, bool], dict[int, int]] = {}
    for row, key in zip(files["row"], files["key"], strict=True):
        number = wanted.get(key)
        if number is None:
            continue
        before = known.masks.get(number)
        if before is None and not segment.counts:
            continue
        more = mask & ~(before or 0)
        if more:
            known.masks[number] = (before or 0) | mask
            new.setdefault((more, before is None), {})[row] = number
    known.picks += [Pick(segment, rows, more, counted) for (more, counted), rows in new.items()]


def found_in(
    known: Known,
    filters: Sequence[str],
    places: Mapping[int, Sequence[int]],
    count: int,
    taken: Mapping[int, Source],
) -> Found:
    """What is known of some files by their numbers; ``places``: where each filter stands among ``count``."""
    found = Found.empty(count)
    for segment, rows, mask, counted in known.picks:
        numbers = {row: number for row, number in rows.items() if number in taken}
        if not numbers:
            continue
        file = pl.DataFrame(
            {"file": list(numbers), "number": list(numbers.values())},
            schema={"file": pl.UInt32, "number": pl.UInt32},
        )
        which = [
            (there, here)
            for there, key in enumerate(segment.filters)
            for here, mine in enumerate(filters)
            if key == mine and mask >> here & 1
        ]
        of = pl.DataFrame(which, schema={"filter": pl.UInt32, "place": pl.UInt32}, orient="row")
        if counted:
            paths = [taken[number].path for number in numbers.values()]
            add_files(found, table(segment, "files")[list(numbers)], paths)
        for name, add in (("hits", add_hits), ("misses", add_misses)):
            rows_of = table(segment, name)
            if len(rows_of):
                told = rows_of.join(file, "file", maintain_order="left").join(
                    of, "filter", maintain_order="left"
                )
                add(found, told.drop("file", "filter").rename({"number": "file", "place": "filter"}), places)
    return found
