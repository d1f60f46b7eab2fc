"""Formulas over yes-or-no questions about an event, as numbers: two that are written alike have the same number.

In: atoms (a number for each question) joined by and, or and not. Out: formulas that are simplified and sorted, so that
a search can recognise where it has been; what is left of one once some atoms are answered; and whether one implies
another *by its structure*: shared and subsumed clauses, and what single atoms imply by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeAlias

from detector.pattern.syntax import Node, Rule, parts, rule
from detector.relation.budget import Budget

Formula: TypeAlias = int
Facts: TypeAlias = Mapping[int, bool]
Literal: TypeAlias = tuple[int, bool]
"""An atom and whether it holds."""

FALSE: Formula = 0
TRUE: Formula = 1
_CONSTANT, _ATOM, _NOT, _AND, _OR = range(5)
_OPPOSITE = {_ATOM: _NOT, _NOT: _ATOM, _AND: _OR, _OR: _AND}


def no_entailment(_: Literal, __: Literal) -> bool:
    """No atom says anything about another."""
    return False


class Formulas:
    """The table of all formulas of one question.

    ``entails`` says whether one literal is known to imply another about the same ``subject``; a "no" may also mean that
    it is not known. Literals about different subjects say nothing about each other.
    """

    def __init__(
        self,
        budget: Budget,
        entails: Callable[[Literal, Literal], bool] = no_entailment,
        subject: Callable[[int], Hashable] = lambda _: None,
    ) -> None:
        self.budget = budget
        self._subject = subject
        self._entails = entails
        self._nodes: list[tuple[int, tuple[int, ...]]] = [(_CONSTANT, (0,)), (_CONSTANT, (1,))]
        self._known = {node: number for number, node in enumerate(self._nodes)}
        self._atoms: list[frozenset[int]] = [frozenset(), frozenset()]
        self._given: dict[tuple[Formula, frozenset[Literal]], Formula] = {}
        self._implied: dict[tuple[Formula, Formula], bool] = {}
        self._negated: dict[Formula, Formula] = {FALSE: TRUE, TRUE: FALSE}

    def atom(self, number: int, *, holds: bool = True) -> Formula:
        """The formula that asks one question, or its negation."""
        return self._node(_ATOM if holds else _NOT, (number,))

    def all(self, terms: Iterable[Formula]) -> Formula:
        """True where all terms are."""
        return self._joined(_AND, terms, neutral=TRUE, decisive=FALSE)

    def any(self, terms: Iterable[Formula]) -> Formula:
        """True where a term is."""
        return self._joined(_OR, terms, neutral=FALSE, decisive=TRUE)

    def of(self, node: Node, leaf: Callable[[Any], Formula]) -> Formula:
        """What a pattern or a part of one asks; ``leaf`` gives the formula of a condition."""
        match rule(node):
            case Rule.ALL:
                return self.all(self.of(part, leaf) for part in parts(node))
            case Rule.ANY:
                return self.any(self.of(part, leaf) for part in parts(node))
            case Rule.CONDITION:
                return leaf(node)

    def negated(self, formula: Formula) -> Formula:
        """True where the formula is false."""
        if formula not in self._negated:
            kind, parts = self._nodes[formula]
            inner = parts if kind in {_ATOM, _NOT} else tuple(sorted(map(self.negated, parts)))
            self._negated[formula] = self._node(_OPPOSITE[kind], inner)
        return self._negated[formula]

    def atoms(self, *formulas: Formula) -> frozenset[int]:
        """The questions that are still open."""
        return frozenset().union(*(self._atoms[formula] for formula in formulas))

    def given(self, formula: Formula, facts: Facts) -> Formula:
        """What is left of a formula once some questions have their answers."""
        asked = self._atoms[formula]
        self.budget.spend()
        known = (
            frozenset((atom, facts[atom]) for atom in asked if atom in facts)
            if len(asked) < len(facts)
            else frozenset(item for item in facts.items() if item[0] in asked)
        )
        if not known:
            return formula
        key = formula, known
        result = self._given.get(key)
        if result is None:
            kind, parts = self._nodes[formula]
            self.budget.spend(len(parts) + len(known))
            if kind in {_ATOM, _NOT}:
                result = int(facts[parts[0]] is (kind == _ATOM))
            else:
                rest = [self.given(part, facts) for part in parts]
                result = self.all(rest) if kind == _AND else self.any(rest)
            self._given[key] = result
        return result

    def replaced(self, formula: Formula, values: Mapping[Formula, bool], atoms: frozenset[int]) -> Formula:
        """The formula with the parts that `parts_over` these atoms lists replaced by their values."""
        if self._atoms[formula].isdisjoint(atoms):
            return formula
        if self._atoms[formula] <= atoms:
            return int(values[formula])
        kind, _ = self._nodes[formula]
        inside, rest = self._split(formula, atoms)
        terms = [self.replaced(part, values, atoms) for part in rest]
        terms += [int(values[inside])] if inside is not None else []
        return self.all(terms) if kind == _AND else self.any(terms)

    def parts_over(self, formula: Formula, atoms: frozenset[int]) -> frozenset[Formula]:
        """The largest parts of a formula that ask about nothing but these atoms; clauses of one node count as one."""
        if self._atoms[formula].isdisjoint(atoms):
            return frozenset()
        if self._atoms[formula] <= atoms:
            return frozenset({formula})
        inside, rest = self._split(formula, atoms)
        found = frozenset({inside}) if inside is not None else frozenset()
        return found.union(*(self.parts_over(part, atoms) for part in rest))

    def _split(self, formula: Formula, atoms: frozenset[int]) -> tuple[Formula | None, list[Formula]]:
        """The clauses of a node that are over these atoms, joined, and the others."""
        kind, parts = self._nodes[formula]
        self.budget.spend(len(parts))
        inside = [part for part in parts if self._atoms[part] <= atoms]
        rest = [part for part in parts if not self._atoms[part] <= atoms]
        if not inside:
            return None, rest
        return (self.all(inside) if kind == _AND else self.any(inside)), rest

    def implies(self, one: Formula, other: Formula) -> bool:
        """Whether ``one`` is known to imply ``other``, by structure; a "no" may also mean that it is not known."""
        if one in {other, FALSE} or other == TRUE:
            return True
        key = one, other
        known = self._implied.get(key)
        if known is None:
            self.budget.spend(2)
            known = self._implied[key] = self._derived(one, other)
        return known

    def _derived(self, one: Formula, other: Formula) -> bool:
        (kind, parts), (its_kind, its_parts) = self._nodes[one], self._nodes[other]
        if kind == _OR:
            return all(self.implies(part, other) for part in parts)
        if its_kind == _AND:
            return all(self.implies(one, part) for part in its_parts)
        premises = parts if kind == _AND else () if one == TRUE else (one,)
        conclusions = its_parts if its_kind == _OR else () if other == FALSE else (other,)
        self.budget.spend((len(premises) + len(conclusions)) // 4)
        if not set(premises).isdisjoint(conclusions):
            return True
        held, refuted = self._literals(premises), self._literals(map(self.negated, conclusions))
        return (
            self._contradict(held, refuted)
            or any(self.implies(part, other) for part in premises if self._nodes[part][0] == _OR)
            or any(self.implies(one, part) for part in conclusions if self._nodes[part][0] == _AND)
            or self._contradict(held, held)
            or self._contradict(refuted, refuted)
        )

    def _literals(self, terms: Iterable[Formula]) -> dict[Hashable, list[Literal]]:
        """The literals among some terms, by what they are about."""
        found: dict[Hashable, list[Literal]] = {}
        for term in terms:
            kind, parts = self._nodes[term]
            if kind in {_ATOM, _NOT}:
                found.setdefault(self._subject(parts[0]), []).append((parts[0], kind == _ATOM))
        return found

    def _contradict(
        self, some: Mapping[Hashable, list[Literal]], others: Mapping[Hashable, list[Literal]]
    ) -> bool:
        """Whether a literal among some and one among others cannot both hold."""
        return any(
            self._entails(literal, (atom, not holds))
            for subject, literals in some.items()
            for literal in literals
            for atom, holds in others.get(subject, ())
            if literal[0] != atom
        )

    def _joined(self, kind: int, terms: Iterable[Formula], *, neutral: Formula, decisive: Formula) -> Formula:
        parts: set[Formula] = set()
        for term in terms:
            inner, its = self._nodes[term]
            parts.update(its if inner == kind else (term,))
        parts.discard(neutral)
        held = {self._nodes[part][1] for part in parts if self._nodes[part][0] == _ATOM}
        denied = {self._nodes[part][1] for part in parts if self._nodes[part][0] == _NOT}
        if decisive in parts or not held.isdisjoint(denied):
            return decisive
        if len(parts) <= 1:
            return next(iter(parts), neutral)
        return self._node(kind, tuple(sorted(parts)))

    def _node(self, kind: int, parts: tuple[int, ...]) -> Formula:
        node = kind, parts
        number = self._known.get(node)
        if number is None:
            self.budget.spend(1 + len(parts))
            number = self._known[node] = len(self._nodes)
            self._nodes.append(node)
            self._atoms.append(frozenset(parts) if kind in {_ATOM, _NOT} else self.atoms(*parts))
        return number
