"""What can stand at one place: for each pair of formulas that a value without parts can leave, the cheapest value.

In: the tests of a place, and both formulas. Out: values with their cost. The claim: every string, number and
constant that the domain allows leaves one of these pairs, or one that is of no interest any more. A number that may
not exist is marked as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

from detector.pattern.syntax import Number, Op, Selector, Value
from detector.relation.automata import Literals, accepts_nothing_of, automaton
from detector.relation.goals import Goals, Pair
from detector.relation.intervals import representatives
from detector.relation.numbers import CHARACTERS, LONGEST_DOUBLE, kinds
from detector.relation.places import Place, Test
from detector.relation.questions import Compares, is_literal, is_ordered, written
from detector.relation.strings import Answer, Reader, StringSearch

_LONG = 10**LONGEST_DOUBLE


class ValueKind(StrEnum):
    """The kinds of values that a selector can find."""

    MISSING = "missing"
    NULL = "null"
    BOOLEAN = "boolean"
    OBJECT = "object"
    ARRAY = "array"
    STRING = "string"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a selector can find: values of these kinds, and only one string where it is named."""

    kinds: frozenset[ValueKind] = frozenset(ValueKind)
    only: str | None = None


ANYTHING = Allowed()
Domain: TypeAlias = Callable[[Selector], Allowed]
"""What is known, or assumed, of the events that a question is about: of each selector without wildcard."""

_CONSTANTS = (
    (ValueKind.NULL, None),
    (ValueKind.BOOLEAN, True),
    (ValueKind.BOOLEAN, False),
    (ValueKind.NUMBER, float("inf")),
    (ValueKind.NUMBER, float("-inf")),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that leaves a pair; ``sure`` is false for a number that may not exist."""

    value: Any
    cost: int
    sure: bool = True


def choices(place: Place, pair: Pair, goals: Goals, allowed: Allowed) -> dict[Pair, Choice]:
    """For each open pair that a value without parts can leave at this place, the cheapest one."""
    open_ = goals.formulas.atoms(*pair)
    tests = [test for test in place.tests if test.atom in open_]
    goals.formulas.budget.spend(5 + len(place.tests))
    pair = goals.given(pair, place.childless)
    found: dict[Pair, Choice] = {}

    def add(left: Pair, choice: Choice) -> None:
        old = found.get(left)
        if goals.is_open(left) and (old is None or (not choice.sure, choice.cost) < (not old.sure, old.cost)):
            found[left] = choice

    for kind, value in _CONSTANTS:
        if kind in allowed.kinds:
            goals.formulas.budget.spend(1 + len(tests))
            add(goals.given(pair, facts_of(tests, value)), Choice(value, cost(value)))
    if allowed.only is not None:
        add(goals.given(pair, facts_of(tests, allowed.only)), Choice(allowed.only, cost(allowed.only)))
    elif ValueKind.STRING in allowed.kinds:
        for left, string in _strings(tests, pair, goals).items():
            add(left, Choice(string, cost(string)))
    if ValueKind.NUMBER in allowed.kinds:
        for left, choice in _numbers(tests, pair, goals, found):
            add(left, choice)
    return found


def facts_of(tests: Sequence[Test], value: Any) -> dict[int, bool]:
    """What a value answers; a collected atom is only answered with true."""
    answers = ((test, test.question.holds(value)) for test in tests)
    return {test.atom: holds for test, holds in answers if holds or not test.collected}


def cost(value: Any) -> int:
    """About the characters of its JSON; strings are dearer than nothing and cheaper than anything else."""
    match value:
        case str():
            return 2 + len(value) + sum(not char.isprintable() or not char.isascii() for char in value) * 3
        case None | bool():
            return 5
        case int() if abs(value) >= _LONG:
            return value.bit_length() // 3
        case _:
            return 2 + len(repr(value))


def _strings(tests: Sequence[Test], pair: Pair, goals: Goals) -> dict[Pair, str]:
    equalities = [test for test in tests if _is_equality(test)]
    others = [test for test in tests if not _is_equality(test)]
    pair = goals.given(pair, facts_of(others, ""))
    return _search(equalities, equalities, goals).strings(pair)


def _numbers(
    tests: Sequence[Test], pair: Pair, goals: Goals, found: Mapping[Pair, Choice]
) -> Iterator[tuple[Pair, Choice]]:
    """First numbers at the bounds and between them; what depends on more than that, by the texts of all numbers."""
    bounded = [test for test in tests if _bound(test) is not None]
    bounds = [bound for test in bounded if (bound := _bound(test)) is not None]
    read = [test for test in tests if _is_equality(test) and test not in bounded]
    others = [test for test in tests if not isinstance(test.question, Compares)]
    for value in representatives(bounds):
        goals.formulas.budget.spend(2 + len(tests))
        yield goals.given(pair, facts_of(tests, value)), Choice(value, cost(value))
    if not read:
        return
    letters = [
        test
        for test in read
        if isinstance(test.question, Compares)
        and accepts_nothing_of(automaton(test.question.value), CHARACTERS, goals.formulas.budget)
    ]
    pair = goals.given(pair, facts_of([*others, *letters], 0))
    search = _search([test for test in read if test not in letters], [*read, *bounded], goals)
    for kind in kinds(bounds):
        known = {left for left, choice in found.items() if choice.sure and not _is_long(choice.value)}
        spelled = search.numbers(pair, kind, lambda number: _compared(bounded, number), known)
        for left, (string, number) in spelled.items():
            yield left, Choice(number, len(string) + 2, sure=number is not None)


def _is_long(value: Any) -> bool:
    """Whether a double may be shorter: the whole number 1e308 has 309 digits."""
    return isinstance(value, int) and abs(value) >= _LONG


def _is_equality(test: Test) -> bool:
    return isinstance(test.question, Compares) and not test.question.op.is_ordering


def _bound(test: Test) -> int | Decimal | None:
    """The number that a test compares numbers with, if it does."""
    question = test.question
    if isinstance(question, Compares) and isinstance(question.value, Number):
        return question.value.value
    return None


def _compared(tests: Sequence[Test], number: Decimal) -> dict[int, bool]:
    """What a finite number answers to comparisons with numbers."""
    answers = ((test, is_ordered(number, test.question.op, _bound(test))) for test in tests)  # type: ignore[union-attr, arg-type]  # tests with a bound compare
    return {test.atom: holds for test, holds in answers if holds or not test.collected}


def _search(read: Sequence[Test], answered: Sequence[Test], goals: Goals) -> StringSearch:
    """A search that reads the values of some tests and ends with the answers of others as well."""
    by_value: dict[Value, list[Test]] = {}
    for test in read:
        by_value.setdefault(test.question.value, []).append(test)  # type: ignore[union-attr]  # equalities compare
    literals = [value for value in by_value if is_literal(value)]
    others = [value for value in by_value if not is_literal(value)]
    readers = [
        Reader(automaton(value), tuple(_answer(test, wanted=True) for test in by_value[value]))
        for value in others
    ]
    if literals:
        named = tuple(_answer(test, written(value)) for value in literals for test in by_value[value])
        readers.append(Reader(Literals(map(written, literals)), named))
    atoms = frozenset(test.atom for test in answered)
    return StringSearch(goals, readers, atoms, frozenset(test.atom for test in answered if test.collected))


def _answer(test: Test, wanted: object) -> Answer:
    return Answer(test.atom, wanted, test.question.op is Op.EQ, test.collected)  # type: ignore[union-attr]  # the same
