"""Which filter is the one of a control: by what it counts, and where that does not tell, by what it asks for.

In: the filters of a configuration and the prescribed texts. Out: for each filter that is about the same events its
relation to the text that it is closest to, the best first. A filter that merely overlaps, as most do, is about the control
if it has more than half of the conditions of the text; so is one that can never match and is therefore narrower than any text.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from detector.detections import Detection
from detector.detections.configuration import Configuration
from detector.detections.model import Source
from detector.lint import lint
from detector.lint.finding import Finding
from detector.lint.rules import Severity
from detector.metrics.filter import MetricFilter
from detector.pattern import Pattern, any_of
from detector.pattern.syntax import Compare
from detector.relation import Relation, Verdict, relate

_STEPS = 200_000
_HALF = 0.5
_RANKS = {
    Relation.EQUIVALENT: 0,
    Relation.WIDER: 1,
    Relation.NARROWER: 2,
    Relation.OVERLAPPING: 3,
    None: 4,
    Relation.DISJOINT: 5,
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A filter of the configuration and the detection that it belongs to; None where no alarm is on its metric.

    Several filters that feed one alarm are a candidate together, too. ``key`` is that of the first pattern in ``source``.
    """

    name: str
    filters: tuple[MetricFilter, ...]
    detection: Detection | None
    source: Source
    key: str

    @property
    def pattern(self) -> Pattern:
        """What any of its filters matches."""
        return any_of([one.pattern for one in self.filters]) or self.filters[0].pattern

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What keeps each of its filters from ever matching, or makes it match everything."""
        each = [_errors(one.pattern) for one in self.filters]
        return each[0] if all(each) else ()


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate, the prescribed detection that it is closest to, and how it relates to that."""

    candidate: Candidate
    to: Detection
    verdict: Verdict
    shared: float

    @property
    def rank(self) -> tuple[int, float]:
        """The smallest is the best."""
        return _RANKS[self.verdict.relation], -self.shared

    @property
    def is_about(self) -> bool:
        """Whether the filter is about the control at all."""
        relation = self.verdict.relation
        if relation in {Relation.EQUIVALENT, Relation.WIDER} or self.shared > _HALF:
            return True
        return relation is Relation.NARROWER and not any(one.code != "D107" for one in self.candidate.errors)


def candidates(configuration: Configuration) -> tuple[Candidate, ...]:
    """Every filter, those with an alarm first; a filter once for each alarm on its metric."""
    found = []
    for detection in configuration.detections:
        for i, one in enumerate(detection.filters):
            listed = f"filter[{i}].pattern"
            key = listed if detection.source.has(listed) else "filter.pattern"
            name = detection.name if len(detection.filters) == 1 else f"{detection.name}#{one.name}"
            found.append(Candidate(name, (one,), detection, detection.source, key))
        if len(detection.filters) > 1 and detection.pattern is not None:
            found.append(Candidate(detection.name, detection.filters, detection, detection.source, key))
    found += [
        Candidate(one.address or one.filter.name, (one.filter,), None, one.source, "filter.pattern")
        for one in configuration.filters
    ]
    return tuple(found)


def matches(found: Sequence[Candidate], prescribed: Sequence[Detection]) -> list[Match]:
    """The filters that are about a control, the best first; of each its relation to the closest text."""
    about = []
    for candidate in found:
        each = [
            Match(
                candidate,
                text,
                related(_text(text), candidate.pattern),
                shared(_text(text), candidate.pattern),
            )
            for text in prescribed
        ]
        best = min(each, key=lambda one: one.rank)
        if best.is_about:
            about.append(best)
    return sorted(about, key=lambda one: one.rank)


def _text(prescribed: Detection) -> Pattern:
    return prescribed.filters[0].pattern


@functools.lru_cache(maxsize=10_000)
def related(old: Pattern, new: Pattern) -> Verdict:
    """The relation of one pattern to a prescribed one."""
    return relate(old, new, _STEPS)


def shared(text: Pattern, pattern: Pattern) -> float:
    """The share of the conditions of a prescribed text that a pattern asks for too, but for * at either end."""
    wanted = _asked(text)
    return len(wanted & _asked(pattern)) / len(wanted) if wanted else 0.0


@functools.lru_cache(maxsize=10_000)
def _asked(pattern: Pattern) -> frozenset[str]:
    if pattern.json is None:
        return frozenset()
    return frozenset(
        f"{leaf.selector}{leaf.op}" + str(leaf.value).strip('"').strip("*")
        if isinstance(leaf, Compare)
        else str(leaf)
        for leaf in pattern.conditions
    )


@functools.lru_cache(maxsize=10_000)
def _errors(pattern: Pattern) -> tuple[Finding, ...]:
    return tuple(one for one in lint(pattern) if one.severity is Severity.ERROR)
