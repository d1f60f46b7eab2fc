"""Two filter patterns in, a verdict out: how the new one relates to the old one on any event.

The claim: a verdict that is *proved* holds for every event, by the meaning of patterns (`detector.pattern.evaluate`,
`detector.pattern.text`). What could not be decided within the bound on work says so, and never guesses. Every
witness was read back from its own text and put to both patterns before it is given out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Any, TypeAlias

from detector import jsontext
from detector.pattern import Pattern, PatternKind
from detector.relation.budget import STEPS

Event: TypeAlias = dict[str, Any] | str
"""A JSON object, or the text of a log event where a pattern is not JSON."""

Matching: TypeAlias = tuple[bool, bool]
"""An outcome: whether the old pattern matches, and whether the new one does."""
OLD_ONLY, NEW_ONLY, BOTH = (True, False), (False, True), (True, True)
WANTED: frozenset[Matching] = frozenset({OLD_ONLY, NEW_ONLY, BOTH})
_NAMES = {OLD_ONLY: "old_only", NEW_ONLY: "new_only", BOTH: "both"}


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


def relate(old: Pattern, new: Pattern, steps: int = STEPS) -> Verdict:
    """The relation of ``new`` to ``old`` on any event; ``steps`` bounds the work."""
    from detector.relation import messages, objects  # noqa: PLC0415 - only one of them is needed

    if old.kind is new.kind is PatternKind.JSON:
        return objects.relate(old, new, steps)
    return messages.relate(old, new, steps)


def verdict(
    old: Pattern, new: Pattern, found: Mapping[Matching, Event], unknown: frozenset[Matching], why_not: str
) -> Verdict:
    """The verdict for an event of each outcome that has one.

    Of ``unknown`` outcomes it is not known whether they have one, and ``why_not`` says why. An event that does
    not do what it was found for is left out, and its outcome is unknown.
    """
    kept = {matching: event for matching, event in found.items() if _is(event, matching, old, new)}
    if kept.keys() != found.keys():
        why_not = "an event that was found did not stand its test"
    unknown = (unknown | found.keys()) - kept.keys()
    relation = _relation(frozenset(kept), unknown)
    not_found = tuple(name for matching, name in _NAMES.items() if matching in unknown)
    witnesses = Witnesses(kept.get(OLD_ONLY), kept.get(NEW_ONLY), kept.get(BOTH), not_found)
    return Verdict(relation, witnesses, "" if relation else why_not)


def _is(event: Event, matching: Matching, old: Pattern, new: Pattern) -> bool:
    """Whether the event, read back from its text, does what is said of it."""
    text = event if isinstance(event, str) else jsontext.dump_json(event).decode()
    return (meaning(old, text), meaning(new, text)) == matching


def meaning(pattern: Pattern, message: str) -> bool:
    """Whether a message matches, by the reference definition where there is one."""
    if pattern.kind is not PatternKind.JSON:
        return pattern.matches(message)
    from detector.pattern.evaluate import evaluate  # noqa: PLC0415 - beside its only use

    return evaluate(pattern.expr, jsontext.parse_object(message))  # type: ignore[arg-type]  # the kind says so


def _relation(found: frozenset[Matching], unknown: frozenset[Matching]) -> Relation | None:
    """The one relation that holds whichever of the unknown outcomes there are; else None."""
    possible = {
        _named(found | frozenset(more))
        for size in range(len(unknown) + 1)
        for more in combinations(unknown, size)
    }
    return possible.pop() if len(possible) == 1 else None


def _named(found: frozenset[Matching]) -> Relation:
    if {OLD_ONLY, NEW_ONLY} <= found:
        return Relation.OVERLAPPING if BOTH in found else Relation.DISJOINT
    if OLD_ONLY in found:
        return Relation.NARROWER
    return Relation.WIDER if NEW_ONLY in found else Relation.EQUIVALENT
