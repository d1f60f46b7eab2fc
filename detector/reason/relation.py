"""Two filter patterns in, a verdict out: how the new one relates to the old one on any event.

The claim: a verdict that is *proved* holds for every event, by the meaning of patterns (`detector.pattern.evaluate`,
`detector.pattern.text`). What could not be decided within the bound on work says so, and never guesses. Every
witness was read back from its own text and put to both patterns before it is given out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from detector import jsontext
from detector.pattern import Pattern, PatternKind
from detector.reason.budget import STEPS

Event: TypeAlias = dict[str, Any] | str
"""A JSON object, or the text of a log event where a pattern is not JSON."""


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
    """The smallest event that was found for each outcome; None: there is none, or none was found."""

    old_only: Event | None = None
    new_only: Event | None = None
    both: Event | None = None


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
    from detector.reason import messages, objects  # noqa: PLC0415 - only one of them is needed

    if old.kind is new.kind is PatternKind.JSON:
        return objects.relate(old, new, steps)
    return messages.relate(old, new, steps)


def verdict(old: Pattern, new: Pattern, found: dict[tuple[bool, bool], Event], why_not: str) -> Verdict:
    """The verdict for events of each outcome; ``why_not`` says why there may be others, if there may be.

    An event that does not do what it was found for is left out, and nothing is proved by its absence.
    """
    kept = {matching: event for matching, event in found.items() if _is(event, matching, old, new)}
    if kept.keys() != found.keys():
        why_not = "an event that was found did not stand its test"
    witnesses = Witnesses(kept.get((True, False)), kept.get((False, True)), kept.get((True, True)))
    relation = _relation(witnesses, complete=not why_not)
    return Verdict(relation, witnesses, "" if relation else why_not)


def _is(event: Event, matching: tuple[bool, bool], old: Pattern, new: Pattern) -> bool:
    """Whether the event, read back from its text, does what is said of it."""
    text = event if isinstance(event, str) else jsontext.dump_json(event).decode()
    return (meaning(old, text), meaning(new, text)) == matching


def meaning(pattern: Pattern, message: str) -> bool:
    """Whether a message matches, by the reference definition where there is one."""
    if pattern.kind is not PatternKind.JSON:
        return pattern.matches(message)
    from detector.pattern.evaluate import evaluate  # noqa: PLC0415 - beside its only use

    return evaluate(pattern.expr, jsontext.parse_object(message))  # type: ignore[arg-type]  # the kind says so


def _relation(found: Witnesses, *, complete: bool) -> Relation | None:
    only_old, only_new = found.old_only is not None, found.new_only is not None
    if only_old and only_new:
        if found.both is not None:
            return Relation.OVERLAPPING
        return Relation.DISJOINT if complete else None
    if not complete:
        return None
    if only_old:
        return Relation.NARROWER
    return Relation.WIDER if only_new else Relation.EQUIVALENT
