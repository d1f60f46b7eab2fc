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


@dataclass(slots=True)
class Matches:
    """Matches in columns; dimensions are kept once per distinct combination."""

    times: array[int] = field(default_factory=lambda: array("q"))
    files: array[int] = field(default_factory=lambda: array("I"))
    positions: array[int] = field(default_factory=lambda: array("I"))
    values: array[float] = field(default_factory=lambda: array("d"))
    oversize: array[int] = field(default_factory=lambda: array("B"))
    ids: list[str] = field(default_factory=list)
    """The eventIDs, those of several matches joined by NUL: a text of its own costs more than twice its letters."""
    dimensions_at: array[int] = field(default_factory=lambda: array("I"))
    """The number of the match's dimensions in ``dimensions``."""
    dimensions: dict[Dimensions, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.times)

    def add(self, match: Match) -> None:
        """Append one match."""
        self.times.append(match.time)
        self.files.append(match.file)
        self.positions.append(match.position)
        self.values.append(match.value)
        self.oversize.append(match.oversize)
        self.ids.append(_joined([match.event_id]))
        self.dimensions_at.append(self.dimensions.setdefault(match.dimensions, len(self.dimensions)))

    def add_all(self, taken: Taken, file: int, value: float) -> None:
        """Append matches of one file that all publish the same value without dimensions, none of them oversize."""
        count = len(taken.times)
        self.times.extend(taken.times)
        self.files.extend(array("I", (file,)) * count)
        self.positions.extend(taken.positions)
        self.values.extend(array("d", (value,)) * count)
        self.oversize.extend(array("B", (0,)) * count)
        self.ids.append(taken.ids)
        no_dimensions = self.dimensions.setdefault((), len(self.dimensions))
        self.dimensions_at.extend(array("I", (no_dimensions,)) * count)

    def extend(self, other: Matches) -> None:
        """Append all matches of another, whose tables of distinct values may differ."""
        dimensions_at = [self.dimensions.setdefault(one, len(self.dimensions)) for one in other.dimensions]
        self.times.extend(other.times)
        self.files.extend(other.files)
        self.positions.extend(other.positions)
        self.values.extend(other.values)
        self.oversize.extend(other.oversize)
        self.ids.extend(other.ids)
        self.dimensions_at.extend(array("I", map(dimensions_at.__getitem__, other.dimensions_at)))

    def event_ids(self) -> list[str | None]:
        """The eventID of each match, None where it has none."""
        return [one or None for joined in self.ids for one in joined.split(NUL)]

    def __iter__(self) -> Iterator[Match]:
        dimensions, event_ids = list(self.dimensions), self.event_ids()
        for i, time in enumerate(self.times):
            yield Match(
                time,
                self.files[i],
                self.positions[i],
                event_ids[i],
                self.values[i],
                dimensions[self.dimensions_at[i]],
                bool(self.oversize[i]),
            )


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
