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
from detector.archive import Event, LogFile, Problem, Selection, events, read, takes
from detector.archive.decode import Broken
from detector.detections import Detection
from detector.jobs.evidence import Evidence, evidence
from detector.jobs.replay import Replay, Scan, replay
from detector.jobs.transitions import TransitionChanges, transition_changes
from detector.metrics.filter import MetricFilter
from detector.pattern import Pattern, PatternKind
from detector.scan.plain import event_clock, message_of
from detector.scan.plan import Plan, Progress

if TYPE_CHECKING:
    import polars as pl

EXAMPLES = 5
TOP = 10
GROUPS = ("principal", "event_name", "event_source", "error_code", "address")
KINDS = ("gained", "lost", "both")
_KIND = {(True, True): "both", (False, True): "gained", (True, False): "lost"}
_NO_TIME = "no valid eventTime"
_MORE = "more problems in this file"


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
    first, second = replay(sides, paths, selection=selection, limit=limit, scan=scan, progress=progress)
    rows = _rows(first.matches, second.matches)
    patterns = sides[0].filter.pattern, sides[1].filter.pattern
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
        files=first.files,
        skipped=first.skipped,
        problems=first.problems if alarmed else untimed.others,
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
    return Detection(name="", title="", filter=metric_filter, alarm=alarm)


def _rows(old: pl.DataFrame, new: pl.DataFrame) -> dict[str, list[Row]]:
    """The matches of both, told apart by their place; in the order of time."""
    place = ["path", "position"]
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

    def __init__(self, patterns: tuple[Pattern, Pattern], replayed: Replay, selection: Selection) -> None:
        self.patterns = patterns
        self.plan = Plan(filters=(), selection=selection)
        asks_time = selection.start is not None or selection.end is not None
        self.problems = [] if asks_time else [one for one in replayed.problems if _may_lack_time(one)]
        self.others = [one for one in replayed.problems if asks_time or _NO_TIME not in one.reason]
        self.records = 0

    def rows(self, paths: Sequence[str], limit: int) -> Iterator[tuple[str, Row]]:
        """Those that match, each with its kind."""
        named = {problem.path for problem in self.problems}
        if not named:
            return
        for file in self.plan.locate(paths).files:
            for event in _read(file, limit) if file.path in named else ():
                if self._is_left_out(event, file):
                    self.records += 1
                    old, new = self.patterns
                    kind = _KIND.get((_holds(old, event), _holds(new, event)))
                    if kind:
                        yield kind, Row(file.path, event.position, None, None)

    def _is_left_out(self, event: Event, file: LogFile) -> bool:
        takes_text = any(one.kind is not PatternKind.JSON for one in self.patterns)
        if event.record is None and not takes_text:
            return False
        return event_clock(self.plan, event, file) is None and takes(self.plan.selection, file, event.record)


def _may_lack_time(problem: Problem) -> bool:
    return _NO_TIME in problem.reason or _MORE in problem.reason


def _holds(pattern: Pattern, event: Event) -> bool:
    if pattern.kind is PatternKind.JSON:
        return event.record is not None and pattern.holds(event.record)
    return pattern.matches(message_of(event))


def _read(file: LogFile, limit: int) -> Iterator[Event]:
    """The events of a file; what is wrong with it, the replay has named."""
    try:
        for event in events(read(file, limit), file):
            if isinstance(event, Event):
                yield event
    except Broken:
        return


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
        for event in _read(LogFile(path, 0), limit):
            kind = positions.get(event.position)
            if kind is None:
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
