"""The matches of metric filters, as a scan collects them: in runs, which cost about a hundred bytes a match.

In: matches, one by one or those of a file at once. Out: columns. Claim: no record is held, whatever it was; `Hits` of
two scans can be merged, in any order, since matches name their place and are sorted when they are read.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import isnan
from typing import Any, NamedTuple

from msgspec import Struct, field

from detector.cloudtrail.record import Evidence
from detector.metrics.evidence import EvidenceTable
from detector.metrics.filter import Dimensions

NO_VALUE = float("nan")
NUL = "\0"


class Match(NamedTuple):
    """One matching record: when (seconds since 1970), where (file and position in it), and its sample."""

    time: int
    file: int
    position: int
    event_id: str | None
    value: float
    dimensions: Dimensions
    oversize: bool
    evidence: Evidence


class Taken(NamedTuple):
    """Some records, as several filters may have matched them."""

    times: array[int]
    files: array[int]
    positions: array[int]
    ids: str
    """Their eventIDs, joined by NUL."""
    evidence: array[int]
    """Their rows in the table of the `Found`."""


class Run(NamedTuple):
    """Matches that publish the same sample."""

    value: float
    dimensions: Dimensions
    oversize: bool
    times: array[int]
    files: array[int]
    positions: array[int]
    ids: list[str]
    """The eventIDs, those of several matches joined by NUL: a string of its own costs more than twice its characters."""
    evidence: array[int]
    """Their rows in the table of the `Found`."""


class Matches(Struct):
    """Matches in runs; what several filters matched alike is in memory once."""

    table: EvidenceTable = field(default_factory=EvidenceTable)
    """That of the `Found`."""
    runs: list[Run] = field(default_factory=list)
    growing: bool = False
    """Whether the last run is ours alone, so that a match may be added to it."""

    def __len__(self) -> int:
        return sum(len(run.times) for run in self.runs)

    def add(self, match: Match) -> None:
        """Append one match."""
        if not self.growing or not _is_of(match, self.runs[-1]):
            same = match.value, match.dimensions, match.oversize
            self.runs.append(Run(*same, array("q"), array("I"), array("I"), [], array("I")))
            self.growing = True
        run = self.runs[-1]
        run.times.append(match.time)
        run.files.append(match.file)
        run.positions.append(match.position)
        run.ids.append(joined([match.event_id]))
        run.evidence.append(self.table.add(match.evidence))

    def add_all(self, taken: Taken, value: float, dimensions: Dimensions = ()) -> None:
        """Append matches that all publish the same sample, none of them oversize."""
        same = value, dimensions, False
        self.runs.append(Run(*same, taken.times, taken.files, taken.positions, [taken.ids], taken.evidence))
        self.growing = False

    def extend(self, runs: Iterable[Run]) -> None:
        """Append matches whose evidence is in our table."""
        self.runs += runs
        self.growing = False

    @property
    def dimensions(self) -> list[Dimensions]:
        """The distinct combinations of dimensions, sorted."""
        return sorted({run.dimensions for run in self.runs})

    def __iter__(self) -> Iterator[Match]:
        for run in self.runs:
            ids = [one or None for several in run.ids for one in several.split(NUL)]
            same = run.value, run.dimensions, run.oversize
            for time, file, position, event_id, row in zip(
                run.times, run.files, run.positions, ids, run.evidence, strict=True
            ):
                yield Match(time, file, position, event_id, *same, self.table.row(row))


def _is_of(match: Match, run: Run) -> bool:
    """Whether a match belongs into a run; no value is no value, though NaN is not NaN."""
    same_value = match.value == run.value or (isnan(match.value) and isnan(run.value))
    return same_value and (match.dimensions, match.oversize) == (run.dimensions, run.oversize)


def joined(event_ids: Sequence[Any]) -> str:
    """EventIDs joined by NUL; one that is no text, is empty or has a NUL in it is none that AWS would give."""
    try:
        one = NUL.join(event_ids)
    except TypeError:  # one that is no text
        pass
    else:
        if one.count(NUL) == len(event_ids) - 1:
            return one
    return NUL.join([one if isinstance(one, str) and NUL not in one else "" for one in event_ids])


class Hits(Struct):
    """What one metric filter found: its matches, and per minute the events that publish its default."""

    matches: Matches = field(default_factory=Matches)
    misses: Counter[int] = field(default_factory=Counter)
    """Minute (seconds since 1970) -> events that did not match; only for a filter with a default value."""
    missed: dict[str, int] = field(default_factory=dict)
    """With dedupe: eventID -> minute of the events that did not match, in place of ``misses``."""

    def merge(self, other: Hits, runs: Iterable[Run]) -> None:
        """Take in what another scan found with the same filter; ``runs`` are its matches in terms of our table."""
        self.matches.extend(runs)
        self.misses.update(other.misses)
        for event_id, minute in other.missed.items():
            self.missed[event_id] = min(minute, self.missed.get(event_id, minute))
