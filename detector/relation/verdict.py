"""The verdict on two filter patterns: how the new one relates to the old one on any event.

In: an event for each outcome that has one. Out: a `Verdict`. The claim: a verdict that is *proved* holds for every event,
by the meaning of patterns (`detector.pattern.evaluate`). What could not be decided within the
bound on work says so, and never guesses. Every witness was read back from its JSON and put to both patterns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Any, TypeAlias

from detector import jsontext
from detector.pattern import Pattern, PatternKind
from detector.pattern.evaluate import evaluate

Event: TypeAlias = dict[str, Any] | str
"""A JSON object, or the message of a log event where a pattern is not JSON."""
Side: TypeAlias = "Pattern | tuple[Pattern, ...]"
"""One pattern, or several of which any may match."""


class Outcome(StrEnum):
    """Which of both patterns an event matches."""

    OLD_ONLY = "old_only"
    NEW_ONLY = "new_only"
    BOTH = "both"

    @classmethod
    def of(cls, *, old: bool, new: bool) -> Outcome | None:
        """The outcome of an event that at least one of them matches."""
        if old:
            return cls.BOTH if new else cls.OLD_ONLY
        return cls.NEW_ONLY if new else None


class Relation(StrEnum):
    """What the events of the new pattern are to those of the old one.

    A new pattern that can never match is narrower than one that can; two that can never match are equivalent.
    """

    EQUIVALENT = "equivalent"
    NARROWER = "narrower"
    WIDER = "wider"
    OVERLAPPING = "overlapping"
    DISJOINT = "disjoint"


@dataclass(frozen=True, slots=True)
class Witnesses:
    """The smallest event that was found for each outcome; None: there is none, or none was found.

    ``not_found`` names the outcomes without an event of which it is not proved that there is none.
    """

    old_only: Event | None = None
    new_only: Event | None = None
    both: Event | None = None
    not_found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """``relation`` is None where it is not proved; ``why_not`` then says why."""

    relation: Relation | None
    witnesses: Witnesses
    why_not: str = ""

    @property
    def proved(self) -> bool:
        """Whether the relation holds on every event."""
        return self.relation is not None


def verdict(
    old: Side, new: Side, events: Mapping[Outcome, Event], unknown: frozenset[Outcome], why_not: str
) -> Verdict:
    """The verdict for an event of each outcome that has one.

    Of ``unknown`` outcomes it is not known whether they have one, and ``why_not`` says why. An event that does
    not do what it was found for is left out, and its outcome is unknown.
    """
    kept = {outcome: event for outcome, event in events.items() if outcome_of(old, new, event) is outcome}
    if kept.keys() != events.keys():
        why_not = "an event that was found did not stand its test"
    unknown = (unknown | events.keys()) - kept.keys()
    relations = {
        _relation(kept.keys() | set(more))
        for size in range(len(unknown) + 1)
        for more in combinations(unknown, size)
    }
    # The one relation that holds whichever of the unknown outcomes there are.
    relation = relations.pop() if len(relations) == 1 else None
    not_found = tuple(outcome.value for outcome in Outcome if outcome in unknown)
    witnesses = Witnesses(
        kept.get(Outcome.OLD_ONLY), kept.get(Outcome.NEW_ONLY), kept.get(Outcome.BOTH), not_found
    )
    return Verdict(relation, witnesses, "" if relation else why_not)


def outcome_of(old: Side, new: Side, event: Event) -> Outcome | None:
    """The outcome of an event by the reference definition, read back from its JSON."""
    message = event if isinstance(event, str) else jsontext.dump_json(event).decode()
    return Outcome.of(old=_matches(old, message), new=_matches(new, message))


def _matches(pattern: Side, message: str) -> bool:
    if isinstance(pattern, tuple):
        return any(_matches(one, message) for one in pattern)
    if pattern.kind is not PatternKind.JSON:
        return pattern.matches(message)
    return evaluate(pattern.expr, jsontext.parse_object(message))  # type: ignore[arg-type]  # the kind says so


def _relation(outcomes: set[Outcome]) -> Relation:
    if {Outcome.OLD_ONLY, Outcome.NEW_ONLY} <= outcomes:
        return Relation.OVERLAPPING if Outcome.BOTH in outcomes else Relation.DISJOINT
    if Outcome.OLD_ONLY in outcomes:
        return Relation.NARROWER
    return Relation.WIDER if Outcome.NEW_ONLY in outcomes else Relation.EQUIVALENT
