"""The smallest set of conditions that decides a verdict.

In: a tree of verdicts. Out: a set of conditions. The claim: whatever the other conditions said, the whole would
have the same truth; no smaller set of different conditions has that power (tested against trying all of them).
Of several smallest sets it is the one that stands first in the pattern.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

from detector.pattern.clauses import Leaf, Rule, conditions

if TYPE_CHECKING:
    from detector.pattern.explanation import Verdict

MOST = 32
"""Sets kept at a node: only conditions that are written more than once make several worth keeping, and seldom many."""

Set: TypeAlias = "frozenset[Leaf]"


def smallest(tree: Verdict) -> Set:
    """The conditions that decided; none where the tree asks nothing."""
    written = Counter(conditions(tree.clause))
    repeated = frozenset(leaf for leaf, times in written.items() if times > 1)
    return _sets(tree, lambda sets: _front(sets, repeated))[0]


def _sets(tree: Verdict, front: Callable[[Iterable[Set]], list[Set]]) -> list[Set]:
    """The sets that decide a tree, without those that are no better than another."""
    if tree.clause.rule is Rule.CONDITION:
        return [frozenset((tree.clause.part,))]
    agreeing = [_sets(term, front) for term in tree.terms if term.holds is tree.holds]
    if (tree.clause.rule is Rule.ALL) is not tree.holds:
        return front(one for sets in agreeing for one in sets)
    found: list[Set] = [frozenset()]
    for sets in agreeing:
        found = front(one | other for one in found for other in sets)
    return found


def _front(sets: Iterable[Set], repeated: Set) -> list[Set]:
    """The sets that may be part of a smallest one.

    One is as good as another if it costs no more and asks for no repeated condition that the other does not.
    """
    kept: list[Set] = []
    for one in sorted(sets, key=len):
        if not any(
            other & repeated <= one & repeated and len(other - repeated) <= len(one - repeated)
            for other in kept
        ):
            kept.append(one)
    return kept[:MOST]
