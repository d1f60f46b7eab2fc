"""Which of several detections match some log events, and why the others do not.

In: detections and log events. Out: for each event a frozen `Sighting` with what every detection says to it. The claim: a
detection matches if one of its filters does, by the definition of truth; one that is not *concerned* could not match any event
of that name, as far as its patterns alone tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from detector.archive import Event, Plan, Problem, ProblemKind, walk
from detector.detections import Detection
from detector.detections.catalogue import detections_of
from detector.errors import ArchiveError
from detector.jobs.census import EventKind, kind_of
from detector.jobs.coverage import could_match, patterns_of
from detector.jobs.emptiness import Emptiness, emptiness
from detector.jobs.explain import GIVEN, LogEvent, asked_of, given
from detector.notebook import table
from detector.pattern import Pattern
from detector.pattern.explanation import Explanation, explain
from detector.quantities import count

MOST = 100
"""Events of which each is worth reading; more are a matter of counting."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one detection says to an event; ``explanations`` are of its patterns, mostly one."""

    detection: Detection
    explanations: tuple[Explanation, ...]
    concerned: bool

    @property
    def matches(self) -> bool:
        """Whether one of its filters matches."""
        return any(one.matches for one in self.explanations)

    @property
    def explanation(self) -> Explanation:
        """The one that matches, else the first one."""
        return next((one for one in self.explanations if one.matches), self.explanations[0])


@dataclass(frozen=True, slots=True)
class Sighting:
    """One event: where it is from (a path and its place there, or nothing), its kind, and every detection's opinion."""

    path: str
    position: int
    kind: EventKind
    opinions: tuple[Opinion, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Sightings:
    """What several detections say to some events, in the order in which they were given."""

    events: tuple[Sighting, ...]
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    """About texts that begin like a JSON object and are none."""
    empty: Emptiness | None = None

    def __repr__(self) -> str:
        matched = sum(any(each.matches for each in one.opinions) for one in self.events)
        return f"<Sightings: {matched:,} of {count(len(self.events), 'event')} matched by some detection>"

    def _repr_html_(self) -> str:
        rows = [
            (
                one.kind.source,
                one.kind.name,
                ", ".join(each.detection.name for each in one.opinions if each.matches),
            )
            for one in self.events
        ]
        return table(repr(self), ("service", "event", "matched by"), rows)


def explain_events(
    asked: Detection | str | Path | Sequence[Detection | str | Path],
    texts: Sequence[LogEvent] = (),
    *,
    plan: Plan | None = None,
) -> Sightings:
    """Which detections match some events (each raw text or the decoded object) and those of a plan, and why not the others.

    `DetectionError` and `ArchiveError` for what does not exist, and the latter for more than `MOST` events.
    """
    detections = detections_of(asked)
    each = [given(text, as_json=True) for text in texts]
    events = [event for some in each for event in some.events]
    problems = [problem for some in each for problem in some.problems]
    if plan is not None:
        _read(plan, [pattern for one in detections for pattern in patterns_of(one)], events, problems)
    if len(events) > MOST:
        reason = (
            f"expected at most {MOST} events to explain, found more; detector coverage counts in an archive"
        )
        raise ArchiveError(", ".join(plan.paths) if plan else GIVEN, reason)
    if events:  # whoever hands over events knows what they are
        problems = [one for one in problems if one.kind is not ProblemKind.NOT_CLOUDTRAIL]
    return Sightings(
        tuple(_sighting(detections, event) for event in events),
        tuple(problems),
        tuple(note for some in each for note in some.notes),
        emptiness(plan, problems) if plan is not None and not events else None,
    )


def _read(plan: Plan, patterns: Sequence[Pattern], events: list[Event], problems: list[Problem]) -> None:
    """The events of a plan, one more than `MOST` at most, and what could not be read."""
    problems += plan.locate().problems
    for item in islice(walk(plan, plan.locate().files, asked=patterns), MOST + 1):
        if isinstance(item, Problem):
            problems.append(item)
        else:
            events.append(item)


def _sighting(detections: Sequence[Detection], event: Event) -> Sighting:
    kind = kind_of(event.record)
    opinions = []
    for one in detections:
        patterns = [pattern for pattern in patterns_of(one) if not event.lost(pattern)]
        explained = tuple(explain(pattern, asked_of(pattern, event)) for pattern in patterns)
        concerned = any(could_match(pattern.json, kind) for pattern in patterns)
        opinions += [Opinion(one, explained, concerned)] if explained else []
    return Sighting(event.source.path, event.position, kind, tuple(opinions))
