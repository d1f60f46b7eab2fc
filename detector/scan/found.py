"""What a scan found: matches, and which minutes it saw.

The claim: `Found` is a monoid. ``Found.empty`` is its zero and ``|`` its sum, in any grouping; the order of the
files decides nothing, since matches name their place and are sorted when they are read. It holds no
records: a match costs about a hundred bytes whatever it matched.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import isnan
from typing import Any, NamedTuple

from detector.archive import Problem
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


class Taken(NamedTuple):
    """Some records of one file, as several filters may have matched them."""

    times: array[int]
    positions: array[int]
    ids: str
    """Their eventIDs, joined by NUL."""

    @classmethod
    def of(cls, times: list[int], positions: list[int], event_ids: list[Any]) -> Taken:
        """Columns from lists; an eventID that is no text is none."""
        return cls(array("q", times), array("I", positions), _joined(event_ids))


class Run(NamedTuple):
    """Matches of one file that publish the same sample."""

    file: int
    value: float
    dimensions: Dimensions
    oversize: bool
    times: array[int]
    positions: array[int]
    ids: list[str]
    """The eventIDs, those of several matches joined by NUL: a text of its own costs more than twice its letters."""


class Columns(NamedTuple):
    """All matches in columns; ``ids`` as in `Run`."""

    times: array[int]
    files: array[int]
    positions: array[int]
    values: array[float]
    dimensions: array[int]
    """The place of the match's dimensions in `Matches.dimensions`."""
    oversize: array[int]
    ids: list[str]


@dataclass(slots=True)
class Matches:
    """Matches in runs; what several filters matched alike is in memory once."""

    runs: list[Run] = field(default_factory=list)
    growing: bool = False
    """Whether the last run is ours alone, so that a match may be added to it."""

    def __len__(self) -> int:
        return sum(len(run.times) for run in self.runs)

    def add(self, match: Match) -> None:
        """Append one match."""
        if not self.growing or not _is_of(match, self.runs[-1]):
            same = match.file, match.value, match.dimensions, match.oversize
            self.runs.append(Run(*same, array("q"), array("I"), []))
            self.growing = True
        run = self.runs[-1]
        run.times.append(match.time)
        run.positions.append(match.position)
        run.ids.append(_joined([match.event_id]))

    def add_all(self, taken: Taken, file: int, value: float) -> None:
        """Append matches of one file that all publish the same value without dimensions, none of them oversize."""
        self.runs.append(Run(file, value, (), False, taken.times, taken.positions, [taken.ids]))
        self.growing = False

    def extend(self, other: Matches) -> None:
        """Append all matches of another."""
        self.runs += other.runs
        self.growing = other.growing = False

    @property
    def dimensions(self) -> list[Dimensions]:
        """The distinct combinations of dimensions, sorted."""
        return sorted({run.dimensions for run in self.runs})

    def columns(self) -> Columns:
        """One place a match in each column, but for ``ids``."""
        found = Columns(array("q"), array("I"), array("I"), array("d"), array("I"), array("B"), [])
        numbers = {dimensions: number for number, dimensions in enumerate(self.dimensions)}
        for run in self.runs:
            count = len(run.times)
            found.times.extend(run.times)
            found.files.extend(array("I", (run.file,)) * count)
            found.positions.extend(run.positions)
            found.values.extend(array("d", (run.value,)) * count)
            found.dimensions.extend(array("I", (numbers[run.dimensions],)) * count)
            found.oversize.extend(array("B", (run.oversize,)) * count)
            found.ids.extend(run.ids)
        return found

    def __iter__(self) -> Iterator[Match]:
        for run in self.runs:
            ids = [one or None for joined in run.ids for one in joined.split(NUL)]
            for time, position, event_id in zip(run.times, run.positions, ids, strict=True):
                yield Match(time, run.file, position, event_id, run.value, run.dimensions, run.oversize)


def _is_of(match: Match, run: Run) -> bool:
    """Whether a match belongs into a run; no value is no value, though NaN is not NaN."""
    same_value = match.value == run.value or (isnan(match.value) and isnan(run.value))
    same_place = (match.file, match.dimensions, match.oversize) == (run.file, run.dimensions, run.oversize)
    return same_value and same_place


def _joined(event_ids: Sequence[Any]) -> str:
    """Joined by NUL; an eventID that is no text, is empty or has a NUL in it is none that AWS would give."""
    try:
        joined = NUL.join(event_ids)
    except TypeError:  # one that is no text
        pass
    else:
        if joined.count(NUL) == len(event_ids) - 1:
            return joined
    return NUL.join([one if isinstance(one, str) and NUL not in one else "" for one in event_ids])


@dataclass(slots=True)
class Hits:
    """What one metric filter found: its matches, and per minute the events that publish its default."""

    matches: Matches = field(default_factory=Matches)
    misses: Counter[int] = field(default_factory=Counter)
    """Minute (seconds since 1970) -> events that did not match; only for a filter with a default value."""
    missed: dict[str, int] = field(default_factory=dict)
    """With dedupe: eventID -> minute of the events that did not match, in place of ``misses``."""

    def merge(self, other: Hits) -> None:
        """Take in what another scan found with the same filter."""
        self.matches.extend(other.matches)
        self.misses.update(other.misses)
        for event_id, minute in other.missed.items():
            self.missed[event_id] = min(minute, self.missed.get(event_id, minute))


@dataclass(slots=True)
class Found:
    """The result of a scan over some files; merge two with ``|``."""

    hits: list[Hits]
    records: int = 0
    """Records decoded and selected."""
    files: int = 0
    skipped: int = 0
    """Files whose bytes cannot hold a match: decompressed and checked, but not decoded."""
    unselected: int = 0
    """Records left out by account, region or time."""
    problems: list[Problem] = field(default_factory=list)
    first: int | None = None
    last: int | None = None
    """The first and the last minute for which there was a log (seconds since 1970)."""
    hours: set[int] = field(default_factory=set)
    """The hours for which there was a log (hours since 1970); silence in any other hour proves nothing."""

    @classmethod
    def empty(cls, filters: int) -> Found:
        """Nothing found yet, for that many metric filters."""
        return cls([Hits() for _ in range(filters)])

    def see(self, time: int) -> None:
        """Take note that there was a log at a time."""
        minute = time - time % 60
        self.first = minute if self.first is None else min(self.first, minute)
        self.last = minute if self.last is None else max(self.last, minute)
        self.hours.add(time // 3600)

    def merge(self, other: Found) -> None:
        """Take in another result for the same filters."""
        for mine, theirs in zip(self.hits, other.hits, strict=True):
            mine.merge(theirs)
        self.records += other.records
        self.files += other.files
        self.skipped += other.skipped
        self.unselected += other.unselected
        self.problems += other.problems
        self.hours |= other.hours
        for time in (other.first, other.last):
            if time is not None:
                self.see(time)

    def __or__(self, other: Found) -> Found:
        both = Found.empty(len(self.hits))
        both.merge(self)
        both.merge(other)
        return both
