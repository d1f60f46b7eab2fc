"""What patterns ask, and why log events match them or not.

In: a pattern or a detection, and a log event, the inputs of a `Plan`, or neither. Out: one frozen `Explanations`, with
an `Explained` for each filter: the whole tree for one event, counts of its conditions for several.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeAlias

from detector import jsontext, quantities
from detector.archive import Event, Plan, Problem, ProblemKind, Source, events
from detector.detections import Detection
from detector.detections.catalogue import pattern_or_detection
from detector.jobs.conditions import Conditions
from detector.jobs.counting import count, read
from detector.jobs.emptiness import Emptiness, emptiness
from detector.notebook import table
from detector.pattern import Pattern
from detector.pattern.explanation import Explanation, Verdict
from detector.pattern.explanation import explain as explain_event
from detector.pattern.rewriting import PatternChange, nearest_pattern
from detector.relation.nearest import EventChange, nearest_event
from detector.scan.projected import Rows

GIVEN = "EVENT"
"""What problems call an event that was given as it is, and not in a file."""

LogEvent: TypeAlias = "str | bytes | dict[str, Any]"


@dataclass(frozen=True, slots=True)
class Nearest:
    """The smallest changes that would turn a verdict: of the event, and of the pattern; None where none was found."""

    event: EventChange | None
    pattern: PatternChange | None


@dataclass(frozen=True, slots=True)
class Explained:
    """One pattern, and its filter's name where it belongs to a detection.

    ``event`` is there for one event, ``counted`` for several, neither where the pattern alone was asked about;
    ``nearest`` for one event that is a JSON object, and a JSON pattern.
    """

    pattern: Pattern
    filter: str = ""
    event: Explanation | None = None
    counted: Conditions | None = None
    nearest: Nearest | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Explanations:
    """All filters of what was asked about, over the same ``events`` events.

    ``problems`` is what could not be read. ``notes`` are about an event that was given as text, begins like a JSON
    object and is not one: it is a log event all the same.
    """

    filters: tuple[Explained, ...]
    events: int = 0
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    empty: Emptiness | None = None
    """Why the inputs of a plan had no event; None where they had one, or where there was no plan."""

    def __repr__(self) -> str:
        about = f" of {quantities.count(self.events, 'event')}" if self.events else ""
        return f"<Explanations: {quantities.count(len(self.filters), 'filter')}{about}>"

    def _repr_html_(self) -> str:
        rows = [(one.filter or "pattern", one.pattern.source, _verdict(one)) for one in self.filters]
        return table(repr(self), ("filter", "pattern", "verdict"), rows)

    @property
    def only(self) -> Explanation:
        """The explanation of the only event by the only filter; ValueError where there are more or none."""
        found = [one.event for one in self.filters if one.event is not None]
        if len(found) != 1:
            raise ValueError(
                f"expected one filter and one event, found {len(self.filters)} and {self.events}"
            )
        return found[0]

    @property
    def matches(self) -> bool:
        """Whether the only event matches the only filter."""
        return self.only.matches

    @property
    def tree(self) -> Verdict | None:
        """The tree of the only event, None for a JSON pattern and a text that is not a JSON object."""
        return self.only.tree

    @property
    def decisive(self) -> tuple[Verdict, ...]:
        """The conditions of the smallest set that decided the only event."""
        return self.only.decisive


def _verdict(one: Explained) -> str:
    if one.counted is not None:
        return f"{one.counted.matched:,} of {quantities.count(one.counted.events, 'event')} match"
    return "" if one.event is None else "match" if one.event.matches else "no match"


def explain(
    asked: Pattern | Detection | str | Path, event: LogEvent | None = None, *, plan: Plan | None = None
) -> Explanations:
    """What a pattern or the filters of a detection ask, and how the event, or the events of a plan, fare.

    A ``str`` is a pattern unless it is a file or written like one or like a shipped name. An ``event`` as text may
    hold several in any container that archives have; to a pattern that is not JSON it is one message, as it stands.
    Raises `PatternError`, `DetectionError`, and `ArchiveError` for a path that does not exist.
    """
    filters = _filters(pattern_or_detection(asked))
    if plan is not None:
        problems: list[Problem] = []
        explained = _over(filters, _walked(plan, [one.pattern for one in filters], problems), problems)
        return explained if explained.events else replace(explained, empty=emptiness(plan, problems))
    if event is None:
        return Explanations(tuple(filters))
    each = [given(event, as_json=one.pattern.json is not None) for one in filters]
    found = [_over([one], iter(some.events), []) for one, some in zip(filters, each, strict=True)]
    return Explanations(
        tuple(one for explained in found for one in explained.filters),
        max(explained.events for explained in found),
        tuple(dict.fromkeys(chain.from_iterable(some.problems for some in each))),
        tuple(dict.fromkeys(chain.from_iterable(some.notes for some in each))),
    )


def _filters(asked: Pattern | Detection) -> list[Explained]:
    if isinstance(asked, Pattern):
        return [Explained(asked)]
    return [Explained(one.pattern, one.name) for one in asked.filters]


def _over(filters: list[Explained], found: Iterator[Rows | Event], problems: list[Problem]) -> Explanations:
    """One event is explained, several are counted; ``problems`` grow while they are read."""
    first = list(islice(found, 2))
    if len(first) > 1 or any(isinstance(one, Rows) for one in first):
        counted = count([one.pattern for one in filters], chain(first, found), nearest=False).patterns
        pairs = zip(filters, counted, strict=True)
        explained = tuple(Explained(one.pattern, one.filter, counted=counts) for one, counts in pairs)
        return Explanations(explained, counted[0].events, tuple(problems))
    explained = tuple(
        _of_event(one, asked_of(one.pattern, event))
        for one in filters
        for event in first
        if isinstance(event, Event)
    )
    # Whoever hands over one event knows what it is.
    told = [one for one in problems if not first or one.kind is not ProblemKind.NOT_CLOUDTRAIL]
    return Explanations(explained or tuple(filters), len(first), tuple(told))


def _of_event(one: Explained, event: LogEvent) -> Explained:
    found = explain_event(one.pattern, event)
    record = event if isinstance(event, dict) else jsontext.parse_object(event)
    if one.pattern.json is None or record is None or found.tree is None:
        return replace(one, event=found)
    nearest = Nearest(nearest_event(one.pattern.json, record), nearest_pattern(found.tree, record))
    return replace(one, event=found, nearest=nearest)


def asked_of(pattern: Pattern, event: Event) -> LogEvent:
    """What a pattern is asked about: the decoded record, or the text for another kind of pattern."""
    return event.text if pattern.json is None or event.record is None else event.record


def _walked(plan: Plan, asked: Sequence[Pattern], problems: list[Problem]) -> Iterator[Rows | Event]:
    located = plan.locate()
    problems += located.problems
    for item in read(asked, plan, located.files):
        if isinstance(item, Problem):
            problems.append(item)
        elif isinstance(item, Rows) or not any(map(item.lost, asked)):
            yield item


@dataclass(frozen=True, slots=True)
class Given:
    """The log events in what was given as one; ``notes`` as in `Explanations`."""

    events: tuple[Event, ...]
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()


def given(event: LogEvent, *, as_json: bool) -> Given:
    """The log events in what was given as one: without ``as_json`` text is a single message."""
    if isinstance(event, dict):
        return Given((Event(event),))
    text = event if isinstance(event, str) else event.decode("utf-8", "replace")
    if not as_json:
        return Given((Event(None, text),))
    read = list(events(text.encode("utf-8", "surrogateescape"), Source(GIVEN)))
    found = tuple(one for one in read if not isinstance(one, Problem))
    problems = tuple(one for one in read if isinstance(one, Problem))
    if found or jsontext.parse_object(text) is not None:
        return Given(found, problems)
    # Any other text is a legal log event; one that was meant as an object is told where it breaks.
    return Given((Event(None, text),), notes=problems if text.lstrip().startswith("{") else ())
