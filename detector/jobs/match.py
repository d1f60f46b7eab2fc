"""The log events that a pattern matches, or the filters of detections: grep for an archive.

In: what is asked and a plan. Out: a frozen `Matching`: how many, and an iterable of the events themselves. The scan
gives the places of the matches, of which eight bytes each are kept; only the files that hold any are read again, one by
one, when the events are asked for. An event needs no time, unless the plan selects by time.
"""

from __future__ import annotations

import functools
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, repeat
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, Unpack

from detector.archive import (
    Inputs,
    Plan,
    Problem,
    ProblemKind,
    Progress,
    Settings,
    Source,
    events_at,
    source_events,
)
from detector.archive.ahead import ahead
from detector.detections.alarmed import Alarmed
from detector.detections.alarms import detections_in
from detector.detections.catalogue import names_detection
from detector.errors import ArchiveError, DetectionError
from detector.jobs.emptiness import Emptiness, emptiness
from detector.jobs.matched import MatchedEvent, Sought, columns, frame, values
from detector.jobs.reading import check_log_groups
from detector.jobs.replay import Replay, replay
from detector.metrics.filter import MetricFilter
from detector.notebook import ROWS, table
from detector.pattern import Pattern, PatternKind
from detector.pattern import compile as compile_pattern
from detector.quantities import count
from detector.scan import processes

if TYPE_CHECKING:
    import polars as pl

    from detector.jobs.reading import Scan
    from detector.scan.found import Found

PART = 128 << 20
"""Bytes on disk that are scanned before the events of what was found are handed on."""

Each: TypeAlias = Callable[[MatchedEvent], object]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Matching:
    """How many log events matched (or did not, where that was asked), of how many, and which.

    Iterating gives the events in the order of paths and positions, and reads the files that hold them each time;
    `ArchiveError` if one has changed since. Results for different files are added with ``|``.
    """

    plan: Plan
    sought: tuple[Sought, ...]
    inverted: bool = False
    matched: int = 0
    records: int = 0
    """Records read and selected; those of skipped files are not among them."""
    skipped: int = 0
    """Files that cannot hold a match and were not decoded."""
    unselected: int = 0
    """Records left out by account, region or time."""
    problems: tuple[Problem, ...] = ()
    empty: Emptiness | None = None
    """Why there was no record to look at; None where there was one."""
    sources: tuple[Source, ...] = field(default=(), repr=False)
    places: Mapping[int, array[int]] = field(default_factory=dict, repr=False)
    """Number of a file -> for each match its position in it times the number of filters, plus that of the filter."""

    def __repr__(self) -> str:
        what = "do not match" if self.inverted else "match"
        return f"<Matching: {self.matched:,} of {count(self.records, 'record')} {what}>"

    def _repr_html_(self) -> str:
        shown = columns(("time", "principal", "event", "error", "address", "resources"))
        rows = [
            [" ".join(value) if isinstance(value, tuple) else value for value in values(event, shown)]
            for event in islice(self, ROWS)
        ]
        return table(repr(self), [name for name, _ in shown], rows)

    @property
    def by_filter(self) -> Mapping[str, int]:
        """The matches of each filter by its name; an event that several match counts for each of them."""
        filters = [one.filter.name for one in self.sought]
        counted = Counter(
            filters[place % len(filters)] for of_file in self.places.values() for place in of_file
        )
        return {name: counted[name] for name in filters}

    def __len__(self) -> int:
        return self.matched

    def __iter__(self) -> Iterator[MatchedEvent]:
        for source in ahead(one for one in self.sources if self.inverted or one.number in self.places):
            yield from self._events(source)

    def __or__(self, other: Matching) -> Matching:
        return replace(
            self,
            matched=self.matched + other.matched,
            records=self.records + other.records,
            skipped=self.skipped + other.skipped,
            unselected=self.unselected + other.unselected,
            problems=tuple(sorted((*self.problems, *other.problems))),
            sources=(*self.sources, *other.sources),
            places={**self.places, **other.places},
        )

    def frame(self, *fields: str) -> pl.DataFrame:
        """A polars frame with a row for each event; ``fields`` as in `detector.jobs.matched`, by default its `COLUMNS`."""
        return frame(self, columns(fields))

    def _events(self, source: Source) -> Iterator[MatchedEvent]:
        found: defaultdict[int, list[Sought]] = defaultdict(list)
        for place in sorted(self.places.get(source.number, ())):
            position, number = divmod(place, len(self.sought))
            found[position].append(self.sought[number])
        if self.inverted:
            patterns = [one.filter.pattern for one in self.sought]
            expects_json = all(pattern.kind is PatternKind.JSON for pattern in patterns)
            for item in source_events(self.plan, source):
                if isinstance(item, Problem) or not item.selected or item.position in found:
                    continue
                is_asked = item.record is not None or not expects_json
                if is_asked and not (item.known and any(map(item.lost, patterns))):
                    yield MatchedEvent(item, ())
        elif found:
            for event in events_at(self.plan, source, set(found)):
                yield MatchedEvent(event, tuple(found.pop(event.position)))
            if found:
                raise ArchiveError(source.path, "has changed since it was searched")


Asked: TypeAlias = Pattern | Alarmed | str | Path | Sequence[Alarmed | str | Path]


def match(
    asked: Asked,
    inputs: Inputs,
    *,
    each: Each | None = None,
    invert: bool = False,
    scan: Scan | None = None,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> Matching:
    """Look for the log events that match; with ``invert`` for those that match no filter.

    ``asked`` may be a pattern or detections, by name, file or folder too; ``inputs`` paths or a `Plan`. ``each`` is
    called with every event, as soon as its part of the archive was searched. Where only JSON patterns are asked, an
    event that is not a JSON object is a problem, and not among the events with ``invert``. ``scan`` is
    `detector.scan.plain.scan` or anything equal to it, that decodes every record if ``invert``; the default uses all
    cores for a large archive. Raises `PatternError`, `DetectionError` and `ArchiveError`.
    """
    scan = scan or functools.partial(processes.scan, strict=invert or None)
    plan = replace(Plan.of(inputs, **settings), timed=False, columns=frozenset({"region"}))  # enough
    sought = _sought(asked, plan)
    located = plan.locate()
    whole = Matching(plan=plan, sought=sought, inverted=invert, problems=tuple(located.problems))
    for sources in _parts(located.files):
        part = _part(whole, sources, scan([one.filter for one in sought], plan, sources, progress))
        if each:
            for event in part:
                each(event)
        whole |= part
    # If something matched, what was read has the fields that were asked for, whatever it is.
    problems = [one for one in whole.problems if not whole or one.kind is not ProblemKind.NOT_CLOUDTRAIL]
    is_empty = not whole.records and not whole.skipped
    empty = emptiness(plan, problems, whole.unselected) if is_empty else None
    return replace(whole, problems=tuple(problems), empty=empty)


def match_episode(
    asked: Alarmed | str | Path | Sequence[Alarmed | str | Path],
    number: int,
    inputs: Inputs,
    *,
    scan: Scan = processes.scan,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> Matching:
    """The log events that published the samples of an episode, counted from 1 as in the report of a replay.

    Raises `DetectionError` unless ``asked`` is one detection that has such an episode.
    """
    detections, plan = detections_in(asked), Plan.of_alarms(inputs, **settings)
    if len(detections) > 1:
        names = ", ".join(one.name for one in detections[:3])
        raise DetectionError(names, "", f"expected one detection with the episode, found {len(detections)}")
    (replayed,) = replay(detections, plan, scan=scan, progress=progress, sample=0)
    detection, rows = replayed.detection, _rows_of(replayed, number)
    sought = tuple(Sought(detection.name, one) for one in detection.filters)
    places: dict[int, array[int]] = {}
    _pack(places, len(sought), rows["source"], rows["position"], rows["filter"].to_physical())
    return Matching(
        plan=replace(replayed.reading.plan, timed=False),  # its clock may be the archive's choice
        sought=sought,
        matched=_different(places, len(sought)),
        records=replayed.records,
        skipped=replayed.reading.skipped,
        unselected=replayed.reading.unselected,
        problems=replayed.problems,
        empty=replayed.reading.empty,
        sources=tuple(replayed.reading.located.files),
        places=places,
    )


def _rows_of(replayed: Replay, number: int) -> pl.DataFrame:
    """The matches that an episode counts; none without any record, of which `Matching.empty` says why."""
    from detector.jobs.placed import matches_of  # noqa: PLC0415 - polars loads only when needed

    if replayed.reading.empty:
        return replayed.matches
    if number not in range(1, len(replayed.episodes) + 1):
        has = count(len(replayed.episodes), "episode")
        raise DetectionError(replayed.detection.name, "", f"there is no episode {number}: it has {has}")
    return matches_of(replayed.episodes[number - 1], replayed.matches, dedupe=replayed.reading.plan.dedupe)


def _sought(asked: Asked, plan: Plan) -> tuple[Sought, ...]:
    """Filters that count matches, whatever value they publish."""
    if isinstance(asked, str) and not names_detection(asked):
        asked = compile_pattern(asked)
    if isinstance(asked, Pattern):
        return (Sought("", MetricFilter(name="pattern", pattern=asked, namespace="-", metric="-")),)
    detections = detections_in(asked)
    check_log_groups(detections, plan)
    return tuple(
        Sought(detection.name, replace(one, value="1", default=None, dimensions={}))
        for detection in detections
        for one in detection.filters
    )


def _parts(sources: Iterable[Source]) -> Iterator[list[Source]]:
    part, size = list[Source](), 0
    for source in sources:
        part.append(source)
        size += source.size
        if size >= PART:
            yield part
            part, size = [], 0
    if part:
        yield part


def _part(whole: Matching, sources: Sequence[Source], found: Found) -> Matching:
    """What a scan of some sources found, without all that is not a place."""
    filters = len(whole.sought)
    places: dict[int, array[int]] = {}
    for number, hits in enumerate(found.hits):
        for run in hits.matches.runs:
            _pack(places, filters, run.files, run.positions, repeat(number))
    matched = _different(places, filters)
    return replace(
        whole,
        matched=found.records - found.unasked - matched if whole.inverted else matched,
        records=found.records,
        skipped=found.skipped,
        unselected=found.unselected,
        problems=tuple(found.problems),
        sources=tuple(sources),
        places=places,
    )


def _pack(
    places: dict[int, array[int]],
    filters: int,
    files: Iterable[int],
    positions: Iterable[int],
    which: Iterable[int],
) -> None:
    """Add matches to the places of their files."""
    for file, position, number in zip(files, positions, which, strict=False):
        if file not in places:
            places[file] = array("Q")
        places[file].append(position * filters + number)


def _different(places: Mapping[int, array[int]], filters: int) -> int:
    """How many events there are at these places."""
    if filters == 1:
        return sum(map(len, places.values()))
    return sum(len({place // filters for place in of_file}) for of_file in places.values())
