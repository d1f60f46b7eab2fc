"""Which conditions of a pattern its cases made true, and which false.

In: a pattern and the explanations of its cases. Out: two counts a condition. The claim: every condition is asked on
every case, also where the pattern was decided before it; one that no case makes true (or false) is untested.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from detector.pattern.explanation import Explanation, leaves
from detector.pattern.syntax import Node, conditions

if TYPE_CHECKING:
    from detector.pattern import Pattern
    from detector.ruletests.run import Outcome


@dataclass(frozen=True, slots=True)
class Covered:
    """One condition, and in how many cases it was true and false."""

    condition: Node
    true: int
    false: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """A pattern's conditions in the order in which they are written, and its matching and other cases."""

    conditions: tuple[Covered, ...]
    matching: int
    other: int

    @property
    def never_true(self) -> tuple[Node, ...]:
        """The conditions that no case made true."""
        return tuple(one.condition for one in self.conditions if not one.true)

    @property
    def never_false(self) -> tuple[Node, ...]:
        """The conditions that no case made false."""
        return tuple(one.condition for one in self.conditions if not one.false)

    @property
    def complete(self) -> bool:
        """Whether each condition was true in one case and false in another."""
        return not self.never_true and not self.never_false


def coverage(pattern: Pattern, outcomes: Iterable[Outcome]) -> Coverage:
    """Over the outcomes of this pattern's cases."""
    true: Counter[Node] = Counter()
    false: Counter[Node] = Counter()
    expected: Counter[bool] = Counter()
    for outcome in outcomes:
        if outcome.explanation is not None and outcome.expected is not None:
            expected[outcome.expected] += 1
            _count(outcome.explanation, true, false)
    asked = dict.fromkeys(conditions(pattern.expr))
    return Coverage(
        tuple(Covered(one, true[one], false[one]) for one in asked), expected[True], expected[False]
    )


def _count(explained: Explanation, true: Counter[Node], false: Counter[Node]) -> None:
    if explained.tree is not None:
        found = {leaf.clause: leaf.holds for leaf in leaves(explained.tree)}
        true.update(part for part, holds in found.items() if holds)
        false.update(part for part, holds in found.items() if not holds)
