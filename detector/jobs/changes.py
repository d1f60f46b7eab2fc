"""What an edit gains and loses on an archive: one pass for both patterns, then the records that matched.

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
    Source,
    StandardInput,
    source_events,
    walk,
)
from detector.detections import Detection
from detector.jobs.evidence import Evidence, evidence
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
    """Count both patterns in one pass, then look at the records that matched."""
    sides = [_detection(old), _detection(new)]
    first, second = replay(
        sides, paths, selection=selection, limit=limit, scan=scan, progress=progress, sample=0
    )
    rows = _rows(first.matches, second.matches)
    patterns = [[one.pattern for one in side.filters] for side in sides]
    untimed = _Untimed(patterns, first, selection)
    for kind, row in untimed.rows(paths, limit):
        rows[kind].append(row)
    looked = _Looked(rows, limit, examples)
    alarmed = isinstance(old, Detection) and isinstance(new, Detection)
    return Changes(
        both=len(rows["both"]),
        gained=len(rows["gained"]),
        lost=len(rows["lost"]),
        groups=looked.groups(),
        examples=looked.examples(),
        transitions=transition_changes(first, second) if alarmed else None,
        records=first.records + untimed.records,
        files=first.reading.files,
        skipped=first.reading.skipped,
        problems=list(first.problems) if alarmed else untimed.others,
    )


class Row(NamedTuple):
    """A record that matched: where it is, and what is known of it without reading it again."""

    path: str
    position: int
    time: datetime | None
    event_id: str | None


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


def _rows(old: pl.DataFrame, new: pl.DataFrame) -> dict[str, list[Row]]:
    """The matches of both, told apart by their place; in the order of time."""
    place = ["path", "position"]
    old, new = (one.unique(place, keep="first", maintain_order=True) for one in (old, new))  # several filters
    frames = {
        "both": old.join(new.select(place), on=place, how="semi", maintain_order="left"),
        "gained": new.join(old.select(place), on=place, how="anti", maintain_order="left"),
        "lost": old.join(new.select(place), on=place, how="anti", maintain_order="left"),
    }
    return {
        kind: [Row(*row) for row in frame.select("path", "position", "time", "event_id").iter_rows()]
        for kind, frame in frames.items()
    }


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

    def rows(self, paths: Sequence[str], limit: int) -> Iterator[tuple[str, Row]]:
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
                yield kind, Row(event.source.path, event.position, None, None)


class _Looked:
    """Who and what the matching records are about; their files are opened once more, each once."""

    def __init__(self, rows: Mapping[str, Sequence[Row]], limit: int, examples: int) -> None:
        self._wanted: dict[str, dict[int, str]] = {}
        for kind in KINDS:
            for row in rows[kind]:
                self._wanted.setdefault(row.path, {})[row.position] = kind
        self._shown = {kind: rows[kind][:examples] for kind in ("gained", "lost")}
        self._places = {(row.path, row.position) for shown in self._shown.values() for row in shown}
        self._known: dict[tuple[str, int], Evidence] = {}
        self._counts = {kind: {name: Counter[str]() for name in GROUPS} for kind in KINDS}
        for path, positions in self._wanted.items():
            self._look(path, positions, limit)

    def _look(self, path: str, positions: Mapping[int, str], limit: int) -> None:
        for event in source_events(
            Plan(limit=limit, timed=False), StandardInput() if path == "-" else Source(path)
        ):
            kind = None if isinstance(event, Problem) else positions.get(event.position)
            if kind is None or isinstance(event, Problem):
                continue
            found = evidence(event.record or {})
            for name, counter in self._counts[kind].items():
                counter[getattr(found, name)] += 1
            if (path, event.position) in self._places:
                self._known[path, event.position] = found

    def groups(self) -> dict[str, dict[str, Group]]:
        """By kind and field."""
        return {
            kind: {name: _group(counter) for name, counter in counters.items()}
            for kind, counters in self._counts.items()
        }

    def examples(self) -> dict[str, tuple[Example, ...]]:
        """The first records that are gained and lost, in the order of time."""
        return {
            kind: tuple(Example(*row, self._known.get((row.path, row.position), Evidence())) for row in shown)
            for kind, shown in self._shown.items()
        }


def _group(counter: Counter[str]) -> Group:
    ranked = sorted(
        ((name, count) for name, count in counter.items() if name), key=lambda one: (-one[1], one[0])
    )
    return Group(tuple(ranked[:TOP]), len(ranked[TOP:]))
