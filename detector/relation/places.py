"""Where the selectors of two patterns look, as one tree of places; and what each condition asks there.

In: expressions. Out: a `Place` for the root of the event, and formulas over atoms. An atom is a question about an
event that is answered at a place: one that is *told* there has the answer that the value there gives; one that is
*collected* (under a wildcard) is true once any element says yes, and false when no element did.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import assert_never

from detector.pattern.syntax import (
    Compare,
    Condition,
    Expr,
    Index,
    Is,
    Kind,
    Name,
    NotExists,
    Op,
    Selector,
    Step,
    Wildcard,
)
from detector.relation.budget import Budget
from detector.relation.formula import Formula, Formulas, Literal
from detector.relation.questions import Compares, Entailment, Exists, IsKind, Question

_NULL = IsKind(Kind.NULL)


@dataclass(frozen=True, slots=True)
class Test:
    """A question with the number of its atom, asked of what a selector finds."""

    atom: int
    question: Question
    collected: bool
    selector: Selector


@dataclass(slots=True, eq=False)
class Place:
    """A place in the event: what is asked of its value, and the places below it.

    A child is a list, for the places of several selectors may lie in one; `Tree.merged` makes one of them. ``each``
    is asked of every element or member value. Places are compared by identity. ``atoms`` are all that may be
    answered here or below, ``elsewhere`` those of them that other elements may answer, too.
    """

    tests: list[Test] = field(default_factory=list)
    names: dict[str, list[Place]] = field(default_factory=dict)
    indexes: dict[int, list[Place]] = field(default_factory=dict)
    each: list[Place] = field(default_factory=list)
    atoms: set[int] = field(default_factory=set)
    elsewhere: set[int] = field(default_factory=set)

    @property
    def absent(self) -> dict[int, bool]:
        """The answers when there is nothing here."""
        return dict.fromkeys(self.atoms - self.elsewhere, False)

    @property
    def childless(self) -> dict[int, bool]:
        """The answers of all places below when there is nothing at any of them."""
        return dict.fromkeys(self.atoms - self.elsewhere - {test.atom for test in self.tests}, False)

    @staticmethod
    def without(children: Iterable[list[Place]]) -> dict[int, bool]:
        """The answers when there is nothing at some of the places below."""
        return {atom: False for places in children for place in places for atom in place.absent}

    @property
    def holds_null(self) -> Place | None:
        """What ``IS NULL`` asks of each element of an array here; no wildcard is in its selector."""
        asked = [test for test in self.tests if test.question == _NULL and not test.collected]
        atoms = {test.atom for test in asked}
        tests = [Test(test.atom, _NULL, collected=True, selector=test.selector) for test in asked]
        return Place(tests, atoms=atoms, elsewhere=set(atoms)) if asked else None


class Tree:
    """The places of some expressions, grown condition by condition, and their formulas."""

    def __init__(self, budget: Budget) -> None:
        self.root = Place()
        self.formulas = Formulas(budget, self._entails, lambda atom: self.tests[atom].selector.steps)
        self.tests: list[Test] = []
        self._atoms: dict[tuple[tuple[Step, ...], Question], int] = {}
        self._entailment = Entailment(budget)
        self._merged: dict[tuple[Place, ...], Place] = {}

    def formula(self, expr: Expr) -> Formula:
        """What an expression asks, as a formula over atoms of this tree."""
        return self.formulas.of(expr, self._condition)

    def _condition(self, condition: Condition) -> Formula:
        selector = condition.selector
        match condition:
            case Compare(_, Op.NE, value) if selector.wildcard is not None:
                before = Selector(selector.steps[: selector.wildcard])
                none = self._ask(selector, Compares(Op.EQ, value), holds=False)
                return self.formulas.all([none, self._ask(before, Exists())]) if before.steps else none
            case Compare(_, op, value):
                return self._ask(selector, Compares(op, value))
            case Is(_, kind):
                return self._ask(selector, IsKind(kind))
            case NotExists():
                return self._ask(selector, Exists(), holds=False)
            case _:
                assert_never(condition)

    def unlike(self, selector: Selector, string: str) -> Formula:
        """Whether some comparison of a selector tells its value from a string."""
        tests = [
            test for test in self.tests if test.selector == selector and isinstance(test.question, Compares)
        ]
        if all(test.question.holds(string) is test.question.holds("") for test in tests):
            return self.formulas.all(())
        return self.formulas.any(
            self.formulas.atom(test.atom, holds=not test.question.holds(string)) for test in tests
        )

    def merged(self, places: Iterable[Place]) -> Place:
        """One place at which everything is asked that is asked at any of them."""
        key = tuple(places)
        if len(key) == 1:
            return key[0]
        if key not in self._merged:
            whole = self._merged[key] = Place()
            for place in key:
                whole.tests += place.tests
                whole.each += place.each
                whole.atoms |= place.atoms
                whole.elsewhere |= place.elsewhere
                for name, below in place.names.items():
                    whole.names.setdefault(name, []).extend(below)
                for index, below in place.indexes.items():
                    whole.indexes.setdefault(index, []).extend(below)
            self.formulas.budget.spend(5 + len(whole.atoms) + len(whole.names) + len(whole.indexes))
        return self._merged[key]

    def _ask(self, selector: Selector, question: Question, *, holds: bool = True) -> Formula:
        key = selector.steps, question
        if key not in self._atoms:
            atom = self._atoms[key] = len(self._atoms)
            self.tests.append(Test(atom, question, selector.wildcard is not None, selector))
            self._add(self.tests[-1])
        return self.formulas.atom(self._atoms[key], holds=holds)

    def _add(self, test: Test) -> None:
        place, is_below_wildcard = self.root, False
        for step in test.selector.steps:
            place.atoms.add(test.atom)
            if is_below_wildcard:
                place.elsewhere.add(test.atom)
            match step:
                case Name(name):
                    [place] = place.names.setdefault(name, [Place()])
                case Index(number):
                    [place] = place.indexes.setdefault(number, [Place()])
                case Wildcard():
                    place.each[:] = place.each or [Place()]
                    [place] = place.each
                    is_below_wildcard = True
                case _:
                    assert_never(step)
        place.atoms.add(test.atom)
        if is_below_wildcard:
            place.elsewhere.add(test.atom)
        place.tests.append(test)

    def _entails(self, one: Literal, other: Literal) -> bool:
        """Whether one literal is known to imply another about what the same selector finds."""
        mine, theirs = self.tests[one[0]], self.tests[other[0]]
        self.formulas.budget.spend(3)
        match one[1], other[1]:
            case True, True:
                return self._entailment.implies(mine.question, theirs.question)
            case False, False:
                return self._entailment.implies(theirs.question, mine.question)
            case True, False if not mine.collected:
                return self._entailment.excludes(mine.question, theirs.question)
            case _:
                return False
