"""What log events say to the conditions of a pattern, and what follows from it. `counting` counts.

In: counts. Out: which condition stood in the way of matches, and why nothing matched, in a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from detector.pattern import Pattern, PatternKind
from detector.pattern.syntax import (
    Condition,
    Leaf,
    Node,
    Rule,
    parts,
    rule,
)


@dataclass(frozen=True, slots=True)
class ConditionCount:
    """One condition of a pattern, and what the events say to it.

    ``present`` events had something where it looks, ``satisfied`` ones made it true. It stood ``in_the_way`` of a
    match where it was false and so was every group around it, and did so ``alone`` where the event would have matched
    had it held; ``found`` counts the kinds (absent, null, string …) of what it found then. ``nearest`` is the selector
    that the records have instead, where none has this one and one is near.
    """

    leaf: Leaf
    present: int = 0
    satisfied: int = 0
    in_the_way: int = 0
    alone: int = 0
    found: Mapping[str, int] = field(default_factory=dict)
    nearest: str | None = None

    @property
    def condition(self) -> str:
        """As it is written."""
        return str(self.leaf)

    @property
    def selector(self) -> str:
        """The selector of a condition of a JSON pattern; empty for others."""
        return str(self.leaf.selector) if isinstance(self.leaf, Condition) else ""


@dataclass(frozen=True, slots=True)
class Conditions:
    """A pattern and what ``events`` events say to it; ``not_json`` of them are not JSON objects, which it asks for."""

    pattern: Pattern
    events: int
    matched: int
    not_json: int
    conditions: tuple[ConditionCount, ...]
    """In the order in which they are written, each different condition once."""
    every: int = 1
    """One file in so many was looked at."""

    @property
    def records(self) -> int:
        """The events that the pattern can be asked of."""
        return self.events - self.not_json

    @property
    def on_selectors(self) -> tuple[ConditionCount, ...]:
        """The conditions that look at a selector: all of a JSON pattern, none of another."""
        return tuple(condition for condition in self.conditions if condition.selector)

    @property
    def obstacles(self) -> tuple[ConditionCount, ...]:
        """The conditions that stood in the way at all, the most frequent first; alone counts next."""
        found = (condition for condition in self.conditions if condition.in_the_way)
        return tuple(sorted(found, key=lambda one: (-one.in_the_way, -one.alone)))

    @property
    def decisive(self) -> tuple[ConditionCount, ...]:
        """Conditions of which the pattern demands one, where no event satisfies any of them; else none."""
        never = {condition.leaf for condition in self.conditions if not condition.satisfied}
        blamed = _impossible(self.pattern.expr, never) or frozenset()
        return tuple(one for one in self.conditions if one.leaf in blamed)

    @property
    def because(self) -> str:
        """What kept every record from matching, in one or two sentences."""
        if self.every == 1:
            return self._because
        return (
            f"{self._because} This is from a sample: {self.records:,} records, one file in {self.every}; "
            "--strict looks at all of them."
        )

    @property
    def _because(self) -> str:
        if not self.records:
            return "No record was read, so there was nothing to match."
        if self.pattern.kind is not PatternKind.JSON:
            return "No log event has the text that the pattern asks for."
        blamed = self.decisive
        if not blamed:
            return "Some record satisfies each part of the pattern, but none satisfies all that it demands at once."
        if any(one.present for one in blamed):
            return f"The pattern demands {_listed(one.condition for one in blamed)}, and no record satisfies that."
        absent = _listed(one.selector for one in blamed)
        return (
            f"No record has {absent}. A comparison on an absent field is false, != included, and the pattern demands "
            "that one holds: as a whole it can never be true."
        )


def _impossible(node: Node, never: set[Leaf]) -> frozenset[Leaf] | None:
    """The conditions of which one would have to hold, where none does; None where the tree may be true.

    For an "all of" one of its impossible parts is enough: the one with the fewest conditions to blame.
    """
    if isinstance(node, Leaf):
        return frozenset((node,)) if node in never else None
    each = [_impossible(part, never) for part in parts(node)]
    impossible = [blamed for blamed in each if blamed is not None]
    if rule(node) is Rule.ALL:
        return min(impossible, key=len, default=None)
    return frozenset().union(*impossible) if len(impossible) == len(each) else None


def _listed(things: Iterable[str]) -> str:
    *most, last = dict.fromkeys(things)
    return f"{', '.join(most)} or {last}" if most else last
