"""What is still to be found out about two formulas, and which ends a choice can have.

In: what is left of both patterns while an event is chosen value by value. Out: which outcomes are still possible and
wanted. The claim is one-sided: an outcome that is not listed is impossible, or was found before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import TypeAlias

from detector.relation.formula import FALSE, TRUE, Facts, Formula, Formulas
from detector.relation.verdict import Outcome

Pair: TypeAlias = tuple[Formula, Formula]
"""What is left of the old and of the new pattern."""
_MOST_COLLECTED = 6
_MOST_PARTS = 40
_MOST_TRUTHS = 200


class Goals:
    """The outcomes that are still wanted of one pair of patterns; each is taken out when it is found."""

    def __init__(self, formulas: Formulas, wanted: Iterable[Outcome]) -> None:
        self.formulas = formulas
        self.wanted = set(wanted)
        self._possible: dict[Pair, frozenset[Outcome]] = {}
        self._ends: dict[tuple[Pair, frozenset[int], frozenset[int]], frozenset[Pair] | None] = {}

    def given(self, pair: Pair, facts: Facts) -> Pair:
        """Both formulas once some questions have their answers."""
        if not facts:
            return pair
        return self.formulas.given(pair[0], facts), self.formulas.given(pair[1], facts)

    def possible(self, pair: Pair) -> frozenset[Outcome]:
        """The outcomes that nothing in the structure of a pair rules out, wanted or not."""
        if pair not in self._possible:
            self._possible[pair] = frozenset(self._possible_outcomes(*pair))
        return self._possible[pair]

    def _possible_outcomes(self, old: Formula, new: Formula) -> Iterator[Outcome]:
        implies, negated = self.formulas.implies, self.formulas.negated
        if not implies(old, new):
            yield Outcome.OLD_ONLY
        if not implies(new, old):
            yield Outcome.NEW_ONLY
        if not implies(old, negated(new)):
            yield Outcome.BOTH

    def is_open(self, pair: Pair) -> bool:
        """Whether a wanted outcome may come of a pair."""
        return pair != (FALSE, FALSE) and not self.wanted.isdisjoint(self.possible(pair))

    def may_lead_elsewhere(
        self,
        pair: Pair,
        answered: frozenset[int],
        collected: frozenset[int],
        is_known: Callable[[Pair], bool],
    ) -> bool:
        """Whether answers to some atoms may leave a pair that is open and not known.

        ``answered`` atoms become true or false, ``collected`` ones true, or they stay as they are.
        """
        atoms = self.formulas.atoms(*pair)
        key = pair, answered & atoms, collected & atoms
        if key not in self._ends:
            self._ends[key] = self._all_ends(*key)
        ends = self._ends[key]
        return ends is None or any(not is_known(end) and self.is_open(end) for end in ends)

    def _all_ends(
        self, pair: Pair, answered: frozenset[int], collected: frozenset[int]
    ) -> frozenset[Pair] | None:
        """Every pair that answers may leave; None: too many to be listed."""
        if len(collected) > _MOST_COLLECTED:
            return None
        ends: set[Pair] = set()
        for held in product((False, True), repeat=len(collected)):
            facts = {atom: True for atom, holds in zip(collected, held, strict=True) if holds}
            left = self.given(pair, facts)
            parts = sorted(
                self.formulas.parts_over(left[0], answered) | self.formulas.parts_over(left[1], answered)
            )
            truths = self._truths(parts) if len(parts) <= _MOST_PARTS else None
            if truths is None:
                return None
            for values in truths:
                ends.add(
                    (
                        self.formulas.replaced(left[0], values, answered),
                        self.formulas.replaced(left[1], values, answered),
                    )
                )
        return frozenset(ends)

    def _truths(self, parts: list[Formula]) -> list[dict[Formula, bool]] | None:
        """Every truth of some parts that no two of them rule out by structure; None: too many."""
        truths: list[dict[Formula, bool]] = [{}]
        for part in parts:
            truths = [
                {**truth, part: holds}
                for truth in truths
                for holds in (True, False)
                if not self._conflict(part, holds, TRUE, held=True)
                and not any(self._conflict(part, holds, other, held) for other, held in truth.items())
            ]
            self.formulas.budget.spend(len(truths))
            if len(truths) > _MOST_TRUTHS:
                return None
        return truths

    def _conflict(self, one: Formula, holds: bool, other: Formula, held: bool) -> bool:  # noqa: FBT001 - a truth each
        negated = self.formulas.negated
        return self.formulas.implies(one if holds else negated(one), negated(other) if held else other)
