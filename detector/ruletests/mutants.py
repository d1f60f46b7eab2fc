"""Which small mistakes in a detection's patterns its cases would notice.

In: a detection and its cases. Out: a `Mutation`: every mutant of every filter's pattern with its `Fate`, and for one that no
case notices the smallest event that would have. The claim: what is *killed* fails a case, what is *equivalent* is proved to
mean the same on any event, and an event of a survivor was put to both patterns by the definition of truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from detector.detections import Detection
from detector.metrics.filter import MetricFilter
from detector.pattern import Pattern, text_of
from detector.pattern.mutants import Mutant, mutants
from detector.relation import relate
from detector.relation.verdict import Verdict
from detector.ruletests.load import Case

STEPS = 150_000
"""The bound on the proof of one mutant: some tenths of a second."""

Event: TypeAlias = dict[str, Any] | str


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    """A case fails."""
    SURVIVED = "survived"
    """Every case passes although some event is judged otherwise."""
    EQUIVALENT = "equivalent"
    """It means the same on any event, which is proved."""
    UNDECIDED = "undecided"
    """Every case passes, and it is not known whether it means the same."""


@dataclass(frozen=True, slots=True)
class Telling:
    """An event that a pattern and its mutant judge differently: the case that would have noticed.

    ``filter`` is the filter that has to be named, empty where there is only one.
    """

    event: Event
    matches: bool
    filter: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """One mutant of one filter's pattern; ``telling`` for a survivor, ``why_not`` for an undecided one."""

    filter: str
    mutant: Mutant
    fate: Fate
    telling: Telling | None = None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Mutation:
    """All mutants of a detection, in the order of its filters and of their text."""

    tried: tuple[Tried, ...]

    def of(self, fate: Fate) -> tuple[Tried, ...]:
        """The mutants of one fate."""
        return tuple(one for one in self.tried if one.fate is fate)

    @property
    def counted(self) -> int:
        """The mutants that a case could notice, or for all that is known might."""
        return len(self.tried) - len(self.of(Fate.EQUIVALENT))

    @property
    def killed(self) -> int:
        """Those that a case notices."""
        return len(self.of(Fate.KILLED))

    @property
    def lacking(self) -> tuple[Tried, ...]:
        """The first survivor of each telling event: these events would notice all of them."""
        found: list[Tried] = []
        for one in self.of(Fate.SURVIVED):
            if one.telling not in [other.telling for other in found]:
                found.append(one)
        return tuple(found)

    @property
    def score(self) -> float | None:
        """The share that is noticed, of those that are not proved to mean the same; None where there is none."""
        return score([self])


def score(mutations: Iterable[Mutation]) -> float | None:
    """The share that is noticed, of those that are not proved to mean the same; None where there is none."""
    listed = list(mutations)
    counted = sum(one.counted for one in listed)
    return sum(one.killed for one in listed) / counted if counted else None


def mutation(detection: Detection, cases: Sequence[tuple[Case, bool]], steps: int = STEPS) -> Mutation:
    """Try every mutant of a detection's patterns on cases, each with the verdict that is expected of it.

    Cases that fail as it is tell nothing, and are not asked.
    """
    judged = [_Judged(detection.filters, case, expected) for case, expected in cases]
    passing = [one for one in judged if one.passes]
    tried: list[Tried] = []
    for metric_filter in detection.filters:
        named = metric_filter.name if len(detection.filters) > 1 else ""
        watching = [one for one in passing if one.watches(metric_filter)]
        told: list[Telling] = []
        for mutant in mutants(metric_filter.pattern):
            if any(one.notices(mutant.pattern) for one in watching):
                tried.append(Tried(metric_filter.name, mutant, Fate.KILLED))
                continue
            one = _proved(metric_filter, mutant, named, told, steps)
            if one.telling is not None and one.telling not in told:
                told.append(one.telling)
            tried.append(one)
    return Mutation(tuple(tried))


class _Judged:
    """One case, and what the filters that it is about say to its event."""

    def __init__(self, filters: Sequence[MetricFilter], case: Case, expected: bool) -> None:  # noqa: FBT001 - a verdict
        self.event, self.expected = case.event, expected
        about = [one for one in filters if case.filter in {"", one.name}]
        self.matching = {one.name for one in about if one.pattern.matches(case.event)}
        self.names = {one.name for one in about}

    @property
    def passes(self) -> bool:
        return bool(self.matching) is self.expected

    def watches(self, metric_filter: MetricFilter) -> bool:
        """Whether another verdict of this filter would change that of the case."""
        return metric_filter.name in self.names and not self.matching - {metric_filter.name}

    def notices(self, changed: Pattern) -> bool:
        return changed.matches(self.event) is not self.expected


def _proved(
    metric_filter: MetricFilter, mutant: Mutant, named: str, told: Sequence[Telling], steps: int
) -> Tried:
    """A mutant that no case notices: an event that would tell, or the proof that there is none."""
    for one in told:
        if mutant.pattern.matches(one.event) is not one.matches:
            return Tried(metric_filter.name, mutant, Fate.SURVIVED, one)
    found = relate(metric_filter.pattern, mutant.pattern, steps)
    event = _smallest(found)
    if event is not None:
        telling = Telling(event, metric_filter.pattern.matches(event), named)
        return Tried(metric_filter.name, mutant, Fate.SURVIVED, telling)
    if found.proved:
        return Tried(metric_filter.name, mutant, Fate.EQUIVALENT)
    return Tried(metric_filter.name, mutant, Fate.UNDECIDED, why_not=found.why_not)


def _smallest(found: Verdict) -> Event | None:
    events = [one for one in (found.witnesses.new_only, found.witnesses.old_only) if one is not None]
    return min(events, key=lambda one: len(text_of(one)), default=None)
