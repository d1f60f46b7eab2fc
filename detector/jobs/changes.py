"""What an edit gains and loses on an archive: one pass for both patterns.

In: two patterns or detections, and paths. Out: counts, who and what they are about, examples, and where both are
detections the transitions of both alarms. A record without a valid time is in no minute of a metric, yet a pattern
matches it: such records are counted here as `detector match` counts them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from detector.alarm import Alarm
from detector.archive import (
    Plan,
    Problem,
    ProblemKind,
    Progress,
    Selection,
    walk,
)
from detector.cloudtrail.record import Evidence, evidence
from detector.detections import Detection
from detector.jobs.reading import Scan
from detector.jobs.replay import Replay, replay
from detector.jobs.transitions import TransitionChanges, transition_changes
from detector.metrics.filter import MetricFilter
from detector.pattern import Pattern, PatternKind

if TYPE_CHECKING:
    import polars as pl

EXAMPLES = 5
TOP = 10
GROUPS = ("principal", "event_name", "event_source", "error_code", "address")
KINDS = ("gained", "lost", "both")
_KIND = {(True, True): "both", (False, True): "gained", (True, False): "lost"}
_MAY_LACK_TIME = frozenset({ProblemKind.NO_TIME, ProblemKind.MORE})


class Example(NamedTuple):
    """A record that is gained or lost; ``time`` is None where the record has no valid one."""

    path: str
    position: int
    time: datetime | None
    event_id: str | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Group:
    """The most frequent values of one field with their counts, ties by name; ``more`` other values are left out."""

    top: tuple[tuple[str, int], ...]
    more: int


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """What both patterns match on an archive; ``groups`` and ``examples`` by kind: gained, lost (and both)."""

    both: int
    gained: int
    lost: int
    groups: Mapping[str, Mapping[str, Group]]
    examples: Mapping[str, tuple[Example, ...]]
    transitions: TransitionChanges | None
    """None unless both are detections."""
    records: int
    files: int
    skipped: int
    problems: list[Problem]

    @property
    def old(self) -> int:
        """Records that the old pattern matches."""
        return self.both + self.lost

    @property
    def new(self) -> int:
        """Records that the new pattern matches."""
        return self.both + self.gained


def changes(
    old: Pattern | Detection,
    new: Pattern | Detection,
    paths: Sequence[str],
    *,
    selection: Selection,
    limit: int,
    examples: int,
    scan: Scan,
    progress: Progress | None,
) -> Changes:
    """Count both patterns in one pass."""
    sides = [_detection(old), _detection(new)]
    first, second = replay(
        sides, paths, selection=selection, limit=limit, scan=scan, progress=progress, sample=0
    )
    frames = _frames(first.matches, second.matches)
    patterns = [[one.pattern for one in side.filters] for side in sides]
    untimed = _Untimed(patterns, first, selection)
    unseen: dict[str, list[Example]] = {kind: [] for kind in KINDS}
    for kind, example in untimed.examples(paths, limit):
        unseen[kind].append(example)
    alarmed = isinstance(old, Detection) and isinstance(new, Detection)
    return Changes(
        **{kind: len(frames[kind]) + len(unseen[kind]) for kind in KINDS},
        groups={kind: {name: _group(frames[kind], unseen[kind], name) for name in GROUPS} for kind in KINDS},
        examples={kind: _examples(frames[kind], unseen[kind], examples) for kind in ("gained", "lost")},
        transitions=transition_changes(first, second) if alarmed else None,
        records=first.records + untimed.records,
        files=first.reading.files,
        skipped=first.reading.skipped,
        problems=list(first.problems) if alarmed else untimed.others,
    )


def _detection(one: Pattern | Detection) -> Detection:
    """A pattern alone, as a detection of which only the matches are looked at."""
    if isinstance(one, Detection):
        return one
    metric_filter = MetricFilter(
        name="pattern", pattern=one, namespace="Compare", metric="Matches", value="1"
    )
    alarm = Alarm(
        name="pattern",
        statistic="Sum",
        period=60,
        evaluation_periods=1,
        threshold=1,
        comparison_operator="GreaterThanOrEqualToThreshold",
    )
    return Detection(name="", filters=(metric_filter,), alarm=alarm)


def _frames(old: pl.DataFrame, new: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The matches of both, told apart by their place; in the order of time."""
    place = ["source", "position"]
    old, new = (one.unique(place, keep="first", maintain_order=True) for one in (old, new))  # several filters
    return {
        "both": old.join(new.select(place), on=place, how="semi", maintain_order="left"),
        "gained": new.join(old.select(place), on=place, how="anti", maintain_order="left"),
        "lost": old.join(new.select(place), on=place, how="anti", maintain_order="left"),
    }


def _examples(frame: pl.DataFrame, unseen: Sequence[Example], count: int) -> tuple[Example, ...]:
    """The first of the records, in the order of time; those without a time come last."""
    told = frame.head(count)
    places = told.select("path", "position", "time", "event_id").iter_rows()
    rows = map(Evidence._make, told.select(Evidence._fields).iter_rows())
    timed = [Example._make((*place, row)) for place, row in zip(places, rows, strict=True)]
    return (*timed, *unseen)[:count]


def _group(frame: pl.DataFrame, unseen: Sequence[Example], name: str) -> Group:
    counts = Counter(dict(frame.group_by(name).len().iter_rows()))
    counts.update(getattr(one.evidence, name) for one in unseen)
    ranked = sorted(
        ((value, count) for value, count in counts.items() if value), key=lambda one: (-one[1], one[0])
    )
    return Group(tuple(ranked[:TOP]), len(ranked[TOP:]))


class _Untimed:
    """The records that a replay leaves out because they have no valid time, where a match asks for none."""

    def __init__(self, patterns: Sequence[Sequence[Pattern]], replayed: Replay, selection: Selection) -> None:
        self.patterns = patterns
        self.selection = selection
        problems = [] if selection.asks_time else replayed.problems
        self.paths = {one.path for one in problems if one.kind in _MAY_LACK_TIME}
        self.others = [
            one for one in replayed.problems if selection.asks_time or one.kind is not ProblemKind.NO_TIME
        ]
        self.records = 0

    def examples(self, paths: Sequence[str], limit: int) -> Iterator[tuple[str, Example]]:
        """Those that match, each with its kind."""
        if not self.paths:
            return
        plan = Plan(paths=tuple(paths), selection=self.selection, limit=limit, timed=False)
        takes_text = any(one.kind is not PatternKind.JSON for side in self.patterns for one in side)
        for event in walk(plan, [one for one in plan.locate().files if one.path in self.paths]):
            if (
                isinstance(event, Problem)
                or event.time is not None
                or (event.record is None and not takes_text)
            ):
                continue
            self.records += 1
            old, new = self.patterns
            kind = _KIND.get((any(map(event.matches, old)), any(map(event.matches, new))))
            if kind:
                yield (
                    kind,
                    Example(event.source.name, event.position, None, None, evidence(event.record or {})),
                )
