"""The log events that a pattern matches, or the filters of a detection: grep for an archive.

In: what is asked and a plan. Out: a frozen `Matching`; the events themselves are handed on one by one as they are
met, in the order of paths and positions, so that an archive of any size needs no memory. An event needs no time, unless
the plan selects by time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias, Unpack

from detector.archive import Event, Plan, Problem, ProblemKind, Progress, walk
from detector.archive.plan import Inputs, Settings
from detector.detections import Detection
from detector.detections.catalogue import pattern_or_detection
from detector.jobs.emptiness import Emptiness, emptiness
from detector.pattern import Pattern, PatternKind

Each: TypeAlias = Callable[[Event, tuple[str, ...]], object]
"""Called with an event and the names of the filters that match it; a pattern alone has the name ``pattern``."""


@dataclass(frozen=True, slots=True)
class Matching:
    """How many log events matched (or did not, where that was asked), and of how many."""

    asked: Pattern | Detection
    matched: int
    by_filter: Mapping[str, int]
    """The matches of each filter by its name; an event that several match counts for each of them."""
    records: int
    problems: tuple[Problem, ...]
    empty: Emptiness | None = None
    """Why there was no record to look at; None where there was one."""


def match(
    asked: Pattern | Detection | str | Path,
    inputs: Inputs,
    *,
    each: Each | None = None,
    invert: bool = False,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> Matching:
    """Look for the log events that match; with ``invert`` for those that match no filter.

    ``asked`` may be a pattern, a detection, or the name or file of one; ``inputs`` paths or a `Plan`. Where only JSON
    patterns are asked, an event that is not a JSON object is a problem, and not among the events with ``invert``.
    Raises `PatternError`, `DetectionError` and `ArchiveError`.
    """
    target = pattern_or_detection(asked)
    if isinstance(target, Pattern):
        patterns = {"pattern": target}
    else:
        patterns = {one.name: one.pattern for one in target.filters}
    expects_json = all(one.kind is PatternKind.JSON for one in patterns.values())
    plan = replace(Plan.of(inputs, **settings), timed=False)
    located = plan.locate()
    problems = list(located.problems)
    counts = Counter(dict.fromkeys(patterns, 0))
    matched = records = 0
    asking = list(patterns.values())
    for event in walk(plan, located.files, progress, expects_json=expects_json, asked=asking):
        if isinstance(event, Problem):
            problems.append(event)
        elif event.record is not None or not expects_json:
            records += 1
            names = _matching(event, patterns)
            counts.update(names)
            if bool(names) is not invert and (names or not any(map(event.lost, asking))):
                matched += 1
                if each:
                    each(event, names)
    empty = None if records else emptiness(plan, problems)
    return Matching(target, matched, counts, records, _unused(problems, matched), empty)


def _unused(problems: list[Problem], matched: int) -> tuple[Problem, ...]:
    """What could not be used: if something matched, what was read has the fields that were asked for, whatever it is."""
    return tuple(sorted(one for one in problems if not matched or one.kind is not ProblemKind.NOT_CLOUDTRAIL))


def _matching(event: Event, patterns: Mapping[str, Pattern]) -> tuple[str, ...]:
    """The names of those that match, as far as the event's export can tell."""
    return tuple(
        name for name, pattern in patterns.items() if not event.lost(pattern) and event.matches(pattern)
    )
