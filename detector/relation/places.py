"""Where the selectors of two patterns look, as one tree of places; and what each condition asks there.

In: two expressions. Out: a `Place` for the root of the event, and two formulas over atoms. An atom is a question
about an event that is answered at a place: one that is *told* there has the answer that the value there gives; one
that is *collected* (under a wildcard) is true once any element says yes, and false when no element did.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any, TypeAlias, assert_never

from detector.pattern import evaluate
from detector.pattern.evaluate import MISSING
from detector.pattern.syntax import (
    And,
    Compare,
    Condition,
    Expr,
    Index,
    Is,
    Kind,
    Name,
    NotExists,
    Op,
    Or,
    Selector,
    Step,
    Value,
    Wildcard,
)
from detector.relation.formula import Formula, Formulas


@dataclass(frozen=True, slots=True)
class Compares:
    """Whether the value is a string or a number that compares like this."""

    op: Op
    value: Value

    def holds(self, found: Any) -> bool:
        """The answer for a value, or for MISSING."""
        return found is not MISSING and evaluate.compare(found, self.op, self.value)


@dataclass(frozen=True, slots=True)
class IsKind:
    """Whether the value is this constant; an array with a null in it is another question."""

    kind: Kind

    def holds(self, found: Any) -> bool:
        """The answer for a value, or for MISSING."""
        return evaluate.is_kind(found, self.kind, in_array=False)


@dataclass(frozen=True, slots=True)
class Exists:
    """Whether there is any value."""

    def holds(self, found: Any) -> bool:
        """The answer for a value, or for MISSING."""
        return found is not MISSING


Question: TypeAlias = Compares | IsKind | Exists


@dataclass(frozen=True, slots=True)
class Test:
    """A question with the number of its atom."""

    atom: int
    question: Question
    collected: bool


@dataclass(frozen=True, eq=False)
class Place:
    """A place in the event: what is asked of its value, and the places below it.

    ``each`` is asked of every element or member value. Places are compared by identity.
    """

    tests: list[Test] = field(default_factory=list)
    names: dict[str, Place] = field(default_factory=dict)
    indexes: dict[int, Place] = field(default_factory=dict)
    each: list[Place] = field(default_factory=list)

    @functools.cached_property
    def atoms(self) -> frozenset[int]:
        """All atoms that something at this place or below it may answer."""
        below = [*self.names.values(), *self.indexes.values(), *self.each]
        return frozenset(test.atom for test in self.tests).union(*(place.atoms for place in below))

    @functools.cached_property
    def absent(self) -> dict[int, bool]:
        """The answers when there is nothing here."""
        return {test.atom: False for test in self.tests if not test.collected} | self.childless

    @functools.cached_property
    def childless(self) -> dict[int, bool]:
        """The answers of all places below when there is nothing at any of them."""
        collected = (atom for place in self.each for atom in place.atoms)
        return self.nameless | self.unindexed | dict.fromkeys(collected, False)

    @functools.cached_property
    def nameless(self) -> dict[int, bool]:
        """The answers when there are no named members: here is no object."""
        return {atom: False for place in self.names.values() for atom in place.absent}

    @functools.cached_property
    def unindexed(self) -> dict[int, bool]:
        """The answers when there are no elements: here is no array."""
        return {atom: False for place in self.indexes.values() for atom in place.absent}

    @functools.cached_property
    def holds_null(self) -> Place | None:
        """What ``IS NULL`` asks of each element of an array here; no wildcard is in its selector."""
        null = IsKind(Kind.NULL)
        asked = [test.atom for test in self.tests if test.question == null and not test.collected]
        return Place([Test(atom, null, collected=True) for atom in asked]) if asked else None


def merged(places: tuple[Place, ...]) -> Place:
    """One place at which everything is asked that is asked at any of them."""
    if len(places) == 1:
        return places[0]
    whole = Place()
    for place in places:
        whole.tests.extend(place.tests)
        whole.each.extend(place.each)
    whole.names.update(_below([place.names for place in places]))
    whole.indexes.update(_below([place.indexes for place in places]))
    return whole


def _below(tables: list[dict[Any, Place]]) -> dict[Any, Place]:
    keys = dict.fromkeys(key for table in tables for key in table)
    return {key: merged(tuple(table[key] for table in tables if key in table)) for key in keys}


class Tree:
    """The places of both patterns, grown condition by condition."""

    def __init__(self, formulas: Formulas) -> None:
        self.root = Place()
        self.formulas = formulas
        self._atoms: dict[tuple[tuple[Step, ...], Question, bool], int] = {}

    def formula(self, expr: Expr) -> Formula:
        """What a pattern asks, as a formula over atoms of this tree."""
        match expr:
            case And(terms):
                return self.formulas.all(map(self.formula, terms))
            case Or(terms):
                return self.formulas.any(map(self.formula, terms))
            case Compare() | Is() | NotExists():
                return self._condition(expr)
            case _:
                assert_never(expr)

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

    def _ask(self, selector: Selector, question: Question, *, holds: bool = True) -> Formula:
        key = selector.steps, question, selector.wildcard is not None
        if key not in self._atoms:
            atom = self._atoms[key] = len(self._atoms)
            self._place(selector.steps).tests.append(Test(atom, question, selector.wildcard is not None))
        return self.formulas.atom(self._atoms[key], holds=holds)

    def _place(self, steps: tuple[Step, ...]) -> Place:
        place = self.root
        for step in steps:
            match step:
                case Name(text):
                    place = place.names.setdefault(text, Place())
                case Index(number):
                    place = place.indexes.setdefault(number, Place())
                case Wildcard():
                    if not place.each:
                        place.each.append(Place())
                    place = place.each[0]
                case _:
                    assert_never(step)
        return place
