"""What is still open of the two patterns, as numbers that stand for simplified formulas.

In: atoms (a number for each question about an event) joined by and, or and not. Out: formulas as numbers; two that
are written alike after sorting and simplifying have the same number, so that a search can recognise where it has
been. ``FALSE`` and ``TRUE`` are 0 and 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

Formula: TypeAlias = int
Facts: TypeAlias = Mapping[int, bool]

FALSE: Formula = 0
TRUE: Formula = 1
_CONSTANT, _ATOM, _NOT, _AND, _OR = range(5)


class Formulas:
    """The table of all formulas of one comparison."""

    def __init__(self) -> None:
        self._nodes: list[tuple[int, tuple[int, ...]]] = [(_CONSTANT, (0,)), (_CONSTANT, (1,))]
        self._known = {node: number for number, node in enumerate(self._nodes)}
        self._atoms: list[frozenset[int]] = [frozenset(), frozenset()]
        self._given: dict[tuple[Formula, frozenset[tuple[int, bool]]], Formula] = {}

    def atom(self, number: int, *, holds: bool = True) -> Formula:
        """The formula that asks one question, or its negation."""
        return self._node(_ATOM if holds else _NOT, (number,))

    def all(self, terms: Iterable[Formula]) -> Formula:
        """True where all terms are."""
        return self._joined(_AND, terms, neutral=TRUE, decisive=FALSE)

    def any(self, terms: Iterable[Formula]) -> Formula:
        """True where a term is."""
        return self._joined(_OR, terms, neutral=FALSE, decisive=TRUE)

    def atoms(self, *formulas: Formula) -> frozenset[int]:
        """The questions that are still open."""
        return frozenset().union(*(self._atoms[one] for one in formulas))

    def given(self, formula: Formula, facts: Facts) -> Formula:
        """What is left of a formula once some questions have their answers."""
        known = frozenset((atom, facts[atom]) for atom in self._atoms[formula] if atom in facts)
        return self._with(formula, known) if known else formula

    def _with(self, formula: Formula, known: frozenset[tuple[int, bool]]) -> Formula:
        key = formula, known
        found = self._given.get(key)
        if found is None:
            found = self._given[key] = self._substituted(formula, dict(known))
        return found

    def _substituted(self, formula: Formula, facts: dict[int, bool]) -> Formula:
        kind, parts = self._nodes[formula]
        if kind in {_ATOM, _NOT}:
            return int(facts[parts[0]] is (kind == _ATOM)) if parts[0] in facts else formula
        rest = [self.given(part, facts) for part in parts]
        return self.all(rest) if kind == _AND else self.any(rest)

    def _joined(self, kind: int, terms: Iterable[Formula], *, neutral: Formula, decisive: Formula) -> Formula:
        parts: set[Formula] = set()
        for term in terms:
            inner, its = self._nodes[term]
            parts.update(its if inner == kind else (term,))
        parts.discard(neutral)
        if decisive in parts or self._contradict(parts):
            return decisive
        if len(parts) <= 1:
            return next(iter(parts), neutral)
        return self._node(kind, tuple(sorted(parts)))

    def _contradict(self, parts: set[Formula]) -> bool:
        """Whether a question and its negation stand side by side."""
        asked = [self._nodes[part] for part in parts]
        held = {its for kind, its in asked if kind == _ATOM}
        return any(kind == _NOT and its in held for kind, its in asked)

    def _node(self, kind: int, parts: tuple[int, ...]) -> Formula:
        node = kind, parts
        number = self._known.get(node)
        if number is None:
            number = self._known[node] = len(self._nodes)
            self._nodes.append(node)
            self._atoms.append(frozenset(parts) if kind in {_ATOM, _NOT} else self.atoms(*parts))
        return number
