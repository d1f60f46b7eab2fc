"""What an edit gains and loses on an archive: records, and transitions of the alarm.

In: two patterns or detections, and a plan. Out: counts, who and what they are about, examples, and where both are
detections the transitions of both alarms, side by side. One pass for both. A record without a valid time is in no
minute of a metric, yet a pattern matches it: such records are counted here as `detector match` counts them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from msgspec import structs

from detector.alarm import Alarm
from detector.archive import Plan, Problem, ProblemKind, Progress, events_at, walk
from detector.cloudtrail.record import Evidence, evidence
from detector.detections import Detection
from detector.errors import ArchiveError
from detector.jobs.moved import TransitionChanges, transition_changes
from detector.jobs.ranking import Ranking
from detector.jobs.reading import Reading, Scan, scanned
from detector.jobs.split import Change, Records, split
from detector.metrics.filter import MetricFilter
from detector.pattern import Pattern, PatternKind
from detector.scan.plain import valid_id

if TYPE_CHECKING:
    from detector.jobs.gathered import Gathered
    from detector.metrics.ordered import Ordered
    from detector.metrics.rows import Group


Side: TypeAlias = Pattern | Detection

EXAMPLES = 5
TOP = 10
GROUPS = ("principal", "event_name", "event_source", "error_code", "address")
_MAY_LACK_TIME = frozenset({ProblemKind.NO_TIME, ProblemKind.MORE})


@dataclass(frozen=True, slots=True)
class Counts:
    """Records that both match, only the new one, and only the old one."""

    both: int
    gained: int
    lost: int

    @property
    def old(self) -> int:
        """Records that the old one matches."""
        return self.both + self.lost

    @property
    def new(self) -> int:
        """Records that the new one matches."""
        return self.both + self.gained


class Example(NamedTuple):
    """A record that is gained or lost; ``time`` is None where the record has no valid one."""

    path: str
    position: int
    time: datetime | None
    event_id: str | None
    evidence: Evidence


@dataclass(frozen=True, slots=True, eq=False)
class Changes(Counts):
    """What both match on an archive: the records that match any filter, however many of them do.

    ``groups`` has a ranking for each kind of change and each of `GROUPS`, ``examples`` the first records in time that
    are gained and lost, ``filters`` the counts of each filter by its name. ``transitions`` is None unless both are
    detections. ``records`` has the records without a valid time too, and ``problems`` does not name these.
    """

    groups: Mapping[str, Mapping[str, Ranking]]
    examples: Mapping[str, tuple[Example, ...]]
    filters: Mapping[str, Counts]
    transitions: TransitionChanges | None
    reading: Reading
    records: int
    problems: tuple[Problem, ...]


def changes(
    pairs: Sequence[tuple[Side, Side]], plan: Plan, *, examples: int, scan: Scan, progress: Progress | None
) -> list[Changes]:
    """Count both of each pair of an old and a new one, all in one pass."""
    sides = [(as_detection(old), as_detection(new)) for old, new in pairs]
    columns = frozenset((*GROUPS, "event_id") if plan.dedupe else GROUPS)
    detections = [one for pair in sides for one in pair]
    reading, found = scanned(detections, replace(plan, columns=columns), scan, progress, _import_the_rest)
    from detector.jobs.gathered import gathered  # noqa: PLC0415 - after the scan

    matched = gathered(detections, found, reading.located.files, dedupe=plan.dedupe)
    alarmed = [all(isinstance(side, Detection) for side in pair) for pair in pairs]
    told = zip(sides, zip(matched[::2], matched[1::2], strict=True), alarmed, strict=True)
    return [_of_pair(pair, both, reading, examples, alarmed=has) for pair, both, has in told]


def _import_the_rest() -> None:
    """Import what follows the scan while workers are at work."""
    from detector.jobs import gathered  # noqa: F401, PLC0415 - that it is imported is the point


def _of_pair(
    sides: tuple[Detection, Detection],
    matched: tuple[Gathered, Gathered],
    reading: Reading,
    examples: int,
    *,
    alarmed: bool,
) -> Changes:
    ordered = [one.ordered for one in matched]
    passed_over, untimed = _untimed(*sides, reading)
    rows = {
        kind: (rows, [record.example for record in untimed if record.change() is kind])
        for kind, rows in split(*map(Records.of, ordered)).items()
    }
    counts = {str(kind): len(timed) + len(others) for kind, (timed, others) in rows.items()}
    names = dict.fromkeys(metric_filter.name for side in sides for metric_filter in side.filters)
    # Where an alarm is replayed, a record without a time is a problem: it is missing in the metric.
    tolerated = set() if alarmed or reading.plan.selection.asks_time else {ProblemKind.NO_TIME}
    return Changes(
        **counts,
        groups={kind: _rankings(*each) for kind, each in rows.items()},
        examples={kind: _examples(*rows[kind], examples, reading) for kind in (Change.GAINED, Change.LOST)},
        filters={
            name: Counts(**counts) if len(names) == 1 else _counts_of(name, sides, ordered, untimed)
            for name in names
        },
        transitions=transition_changes(sides, reading, [one.sampled for one in matched]) if alarmed else None,
        reading=structs.replace(reading, empty=None) if passed_over else reading,
        records=reading.records + passed_over,
        problems=tuple(problem for problem in reading.problems if problem.kind not in tolerated),
    )


def as_detection(side: Side) -> Detection:
    """A pattern alone, as a detection of which only the matches are looked at."""
    if isinstance(side, Detection):
        return side
    alarm = Alarm(
        name="pattern",
        statistic="Sum",
        period=60,
        evaluation_periods=1,
        threshold=1,
        comparison_operator="GreaterThanOrEqualToThreshold",
    )
    counted = MetricFilter(name="pattern", pattern=side, namespace="Compare", metric="Matches")
    return Detection(name="", filters=(counted,), alarm=alarm)


class _Untimed(NamedTuple):
    """A record without a valid time, and the filters of each side that match it."""

    example: Example
    old: frozenset[str]
    new: frozenset[str]

    def change(self, name: str | None = None) -> Change | None:
        """What becomes of it; for one filter where it is named."""
        asked = (self.old | self.new) if name is None else {name}
        return Change.of(old=bool(self.old & asked), new=bool(self.new & asked))


def _untimed(old: Detection, new: Detection, reading: Reading) -> tuple[int, list[_Untimed]]:
    """The records that a pass leaves out because they have no valid time: how many, and those that match."""
    paths = {problem.path for problem in reading.problems if problem.kind in _MAY_LACK_TIME}
    if reading.plan.selection.asks_time or not paths:
        return 0, []
    plan = replace(reading.plan, timed=False)
    expects_json = all(
        metric_filter.pattern.kind is PatternKind.JSON
        for side in (old, new)
        for metric_filter in side.filters
    )
    passed_over, matching = 0, []
    for event in walk(plan, [source for source in reading.located.files if source.path in paths]):
        if isinstance(event, Problem) or event.time is not None or (event.record is None and expects_json):
            continue
        passed_over += 1
        names = [
            frozenset(
                metric_filter.name
                for metric_filter in side.filters
                if not event.lost(metric_filter.pattern) and event.matches(metric_filter.pattern)
            )
            for side in (old, new)
        ]
        if any(names):
            example = Example(event.source.name, event.position, None, None, evidence(event.record or {}))
            matching.append(_Untimed(example, *names))
    return passed_over, matching


def _counts_of(
    name: str, sides: Sequence[Detection], ordered: Sequence[Ordered], untimed: Iterable[_Untimed]
) -> Counts:
    """The counts of one filter; a side that has no filter of that name matches nothing."""
    found = [
        Records.of(each, [number for number, one in enumerate(side.filters) if one.name == name])
        for side, each in zip(sides, ordered, strict=True)
    ]
    others = Counter(record.change(name) for record in untimed)
    return Counts(**{str(kind): len(timed) + others[kind] for kind, timed in split(*found).items()})


def _rankings(timed: Records, untimed: Sequence[Example]) -> dict[str, Ranking]:
    rows = timed.side.rows.at(timed.places)
    return {name: _ranking(rows.groups(name), untimed, name) for name in GROUPS}


def _ranking(groups: Sequence[Group], untimed: Sequence[Example], name: str) -> Ranking:
    counts: Counter[str | None] = Counter({group.key[0]: group.size for group in groups})
    counts.update(getattr(example.evidence, name) for example in untimed)
    others = counts.pop(None, 0)  # beyond the values that the pass has kept apart
    ranked = sorted(
        ((value, count) for value, count in counts.items() if value), key=lambda pair: (-pair[1], pair[0])
    )
    return Ranking(tuple(ranked[:TOP]), len(ranked[TOP:]), others)


def _examples(
    timed: Records, untimed: Sequence[Example], count: int, reading: Reading
) -> tuple[Example, ...]:
    """The first records in the order of time, which are read again; those without a time come last."""
    side = timed.side
    places = [
        (side.files[place], side.positions[place], side.rows.times[place]) for place in timed.places[:count]
    ]
    files = reading.located.files
    found = {
        (number, event.position): event
        for number in {number for number, _, _ in places}
        for event in events_at(
            reading.plan, files[number], {place for one, place, _ in places if one == number}
        )
    }
    told = []
    for number, position, time in places:
        event = found.get((number, position))
        if event is None:
            raise ArchiveError(files[number].path, "has changed since it was read")
        record = event.record or {}
        when, event_id = datetime.fromtimestamp(time, UTC), valid_id(record.get("eventID"))
        told.append(Example(files[number].name, position, when, event_id, evidence(record)))
    return (*told, *untimed)[:count]
