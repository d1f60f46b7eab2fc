"""The matches of some metric filters in order, and what they publish, without a frame.

In: the runs of matches of each filter (`detector.metrics.matches`). Out: `Ordered`: their `Rows` by time, file, position and filter,
which of them published a sample, and the samples of an alarm.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from math import isnan
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from msgspec import Struct, field

from detector.metrics.evidence import EvidenceTable, some
from detector.metrics.filter import Dimensions, MetricFilter
from detector.metrics.matches import Hits, Run
from detector.metrics.rows import Rows, again, in_order, minutes

if TYPE_CHECKING:
    from detector.alarm import Alarm

Thing = TypeVar("Thing")


Sample: TypeAlias = tuple[int, float, int]
"""A minute (seconds since 1970), a value, and how many samples have it."""


class Ordered(Struct, eq=False):
    """All matches of some filters, sorted by time, file, position and filter."""

    runs: Sequence[tuple[int, Run]]
    """The number of a filter, and a run of its matches."""
    run_of: array[int]
    """For each match the number of its run."""
    files: array[int]
    positions: array[int]
    rows: Rows
    order: array[int]
    """For each match the place that it has in the runs, one behind the other."""
    known: dict[bool, Rows] = field(default_factory=dict)
    """What was published, without repeats or with them, once somebody has asked."""
    marked: bytes | None = None
    """The repeats, once somebody has asked."""

    @classmethod
    def of(cls, filters: Sequence[Sequence[Run]], table: EvidenceTable) -> Ordered:
        """Of the runs of each filter."""
        runs = [(number, run) for number, own in enumerate(filters) for run in own]
        times, files = (
            _joined("q", [run.times for _, run in runs]),
            _joined("I", [run.files for _, run in runs]),
        )
        positions = _joined("I", [run.positions for _, run in runs])
        order = in_order(times, files, positions)
        run_of = _joined("I", [array("I", [number]) * len(run.times) for number, (_, run) in enumerate(runs)])
        rows = Rows(table, times, _joined("I", [run.evidence for _, run in runs])).at(order)
        return cls(runs, some(run_of, order), some(files, order), some(positions, order), rows, order)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def records(self) -> int:
        """How many records there are: several filters may match one."""
        return len(set(zip(self.files, self.positions, strict=True)))

    def of_filter(self, number: int) -> int:
        """How many matches a filter has."""
        return sum(len(run.times) for one, run in self.runs if one == number)

    @property
    def oversize(self) -> int:
        """Matches over 256 KB."""
        return sum(len(run.times) for _, run in self.runs if run.oversize)

    @property
    def repeats(self) -> bytes:
        """For each match whether the same filter has matched its eventID before."""
        if self.marked is None:
            self.marked = self._repeats()
        return self.marked

    def _repeats(self) -> bytes:
        ids = [joined for _, run in self.runs for joined in run.ids]
        if len({number for number, _ in self.runs}) <= 1:
            return again(ids, self.order)
        found = bytearray(len(self))
        own: dict[int, array[int]] = {}
        for place, run in enumerate(self.run_of):
            own.setdefault(self.runs[run][0], array("I")).append(place)
        for places in own.values():
            for place, is_repeat in zip(places, again(ids, some(self.order, places)), strict=True):
                found[place] = is_repeat
        return bytes(found)

    def published(self, *, dedupe: bool) -> Rows:
        """The matches that published a sample, one a record."""
        if dedupe not in self.known:
            self.known[dedupe] = self._published(dedupe=dedupe)
        return self.known[dedupe]

    def _published(self, *, dedupe: bool) -> Rows:
        counts = [is_published(run) for _, run in self.runs]
        if all(counts) and not dedupe and len({number for number, _ in self.runs}) <= 1:
            return self.rows
        repeats = self.repeats if dedupe else bytes(len(self))
        kept, before = array("I"), None
        for place, (run, *record, is_repeat) in enumerate(
            zip(self.run_of, self.files, self.positions, repeats, strict=True)
        ):
            if counts[run] and not is_repeat and record != before:
                kept.append(place)
                before = record
        return self.rows.at(kept)

    def samples(
        self, hits: Sequence[Hits], filters: Sequence[MetricFilter], alarm: Alarm, *, dedupe: bool
    ) -> list[Sample]:
        """The samples of the series that an alarm watches, by minute and value: its dimensions and its unit decide which.

        Several samples of one value in one minute are one.
        """
        watched: Dimensions = tuple(sorted(dict(alarm.dimensions).items()))
        asked = [alarm.unit is None or alarm.unit == (one.unit or "None") for one in filters]
        watches = [
            asked[number] and is_published(run) and tuple(sorted(run.dimensions)) == watched
            for number, run in self.runs
        ]
        by_value: dict[float, list[array[int]]] = {}
        for (_, run), is_watched in zip(self.runs, watches, strict=True):
            if is_watched:
                by_value.setdefault(run.value, []).append(run.times)
        counts: Counter[tuple[int, float]] = Counter()
        for value, times in by_value.items():
            for minute, count in minutes(_joined("q", times)):
                counts[minute * 60, value] += count
        for place, is_repeat in enumerate(self.repeats if dedupe else b""):
            number = self.run_of[place]
            if is_repeat and watches[number]:
                time = self.rows.times[place]
                counts[time - time % 60, self.runs[number][1].value] -= 1
        for one, found, is_asked in zip(filters, hits, asked, strict=True):
            if is_asked and one.default is not None and not watched:
                for minute, count in (Counter(found.missed.values()) + found.misses).items():
                    counts[minute, one.default] += count
        return [(minute, value, count) for (minute, value), count in sorted(counts.items()) if count]


def is_published(run: Run) -> bool:
    """Whether the matches of a run publish a sample."""
    return not run.oversize and not isnan(run.value)


def merged(parts: Sequence[tuple[Ordered, Sequence[str]]]) -> Ordered:
    """All matches of several from one table, whose filters have these names: one for each record and name."""
    if not parts:
        return Ordered.of([], EvidenceTable())
    names = sorted({name for _, own in parts for name in own})
    runs, starts = list[tuple[int, Run]](), list[int]()
    for part, own in parts:
        starts.append(len(runs))
        runs += [(names.index(own[number]), run) for number, run in part.runs]
    each = [part for part, _ in parts]
    run_of = _joined(
        "I",
        [array("I", [start + run for run in one.run_of]) for one, start in zip(each, starts, strict=True)],
    )
    files, positions = (
        _joined("I", columns) for columns in ([one.files for one in each], [one.positions for one in each])
    )
    times = _joined("q", [one.rows.times for one in each])
    rows = Rows(each[0].rows.table, times, _joined("I", [one.rows.evidence for one in each]))
    kept = array("I")
    order = in_order(times, files, positions)
    for _, same in groupby(order, key=lambda place: (files[place], positions[place])):
        first: dict[int, int] = {}
        for place in same:
            first.setdefault(runs[run_of[place]][0], place)
        kept.extend(first[name] for name in sorted(first))
    marked = some(array("B", b"".join(one.repeats for one in each)), kept).tobytes()
    run_of, files, positions = (some(one, kept) for one in (run_of, files, positions))
    return Ordered(runs, run_of, files, positions, rows.at(kept), kept, marked=marked)


def _joined(typecode: str, columns: Iterable[array[int]]) -> array[int]:
    return array(typecode, b"".join(columns))


def different(things: Iterable[Thing], same: Callable[[Thing, Thing], bool]) -> tuple[list[int], list[Thing]]:
    """For each thing its place among those that differ, and these."""
    places: list[int] = []
    apart: list[Thing] = []
    for thing in things:
        place = next((place for place, one in enumerate(apart) if same(one, thing)), len(apart))
        if place == len(apart):
            apart.append(thing)
        places.append(place)
    return places, apart
