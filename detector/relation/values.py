"""What can stand at one place: for each pair of formulas that a value without parts can leave, the cheapest value.

In: the tests of a place, and both formulas. Out: values with their cost. The claim: every string, number and
constant leaves one of these pairs. A number that may not exist is marked as such.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from detector.pattern.syntax import Number, Op, Text, Value
from detector.pattern.syntax import Regex as RegexValue
from detector.relation.budget import Budget
from detector.relation.formula import Facts, Formulas
from detector.relation.numbers import LONGEST_DOUBLE, kinds
from detector.relation.places import Compares, Place, Test
from detector.relation.regex import Search
from detector.relation.texts import NOTHING, Answer, Pair, Reader, Texts
from detector.relation.words import Automaton, Word, glob

_LONG = 10**LONGEST_DOUBLE
CONSTANTS = (None, True, False, float("inf"), float("-inf"))


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that leaves a pair; ``sure`` is false for a number that may not exist."""

    value: Any
    cost: int
    sure: bool = True


def choices(place: Place, pair: Pair, formulas: Formulas, budget: Budget) -> dict[Pair, Choice]:
    """For each pair that a value without parts can leave at this place, the cheapest one."""
    open_ = formulas.atoms(*pair)
    tests = [test for test in place.tests if test.atom in open_]
    pair = given(formulas, pair, place.childless)
    found: dict[Pair, Choice] = {}
    for left, choice in _listed(tests, pair, formulas, budget, found):
        old = found.get(left)
        if left != NOTHING and (old is None or (not choice.sure, choice.cost) < (not old.sure, old.cost)):
            found[left] = choice
    return found


def given(formulas: Formulas, pair: Pair, facts: Facts) -> Pair:
    """Both formulas once some questions have their answers."""
    return formulas.given(pair[0], facts), formulas.given(pair[1], facts)


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
        case _:
            return 2 + len(repr(value))


def _listed(
    tests: Sequence[Test], pair: Pair, formulas: Formulas, budget: Budget, found: Mapping[Pair, Choice]
) -> Iterator[tuple[Pair, Choice]]:
    """Constants, strings, then the numbers that leave what was not ``found`` before."""
    for value in CONSTANTS:
        budget.spend()
        yield given(formulas, pair, facts_of(tests, value)), Choice(value, cost(value))
    yield from _strings(tests, pair, formulas, budget)
    yield from _numbers(tests, pair, formulas, budget, found)


def _strings(
    tests: Sequence[Test], pair: Pair, formulas: Formulas, budget: Budget
) -> Iterator[tuple[Pair, Choice]]:
    read = [test for test in tests if _is_equality(test)]
    others = [test for test in tests if not _is_equality(test)]
    pair = given(formulas, pair, facts_of(others, ""))
    for left, text in Texts(formulas, _readers(read), budget).strings(pair).items():
        yield left, Choice(text, cost(text))


def _numbers(
    tests: Sequence[Test], pair: Pair, formulas: Formulas, budget: Budget, found: Mapping[Pair, Choice]
) -> Iterator[tuple[Pair, Choice]]:
    numeric = [test for test in tests if _is_numeric(test)]
    read = [test for test in tests if _is_equality(test) and not _is_numeric(test)]
    others = [test for test in tests if not _is_equality(test) and not _is_numeric(test)]
    pair = given(formulas, pair, facts_of(others, 0))
    texts = Texts(formulas, _readers(read), budget)
    for kind in kinds(bound_of(test) for test in numeric):
        known = {left for left, choice in found.items() if choice.sure and not _is_long(choice.value)}
        for left, one in texts.numbers(pair, kind, lambda number: compared(numeric, number), known).items():
            yield left, Choice(one.value, len(one.text) + 2, sure=one.value is not None)


def _is_long(value: Any) -> bool:
    """Whether a double may be shorter: the whole number 1e308 has 309 digits."""
    return isinstance(value, int) and abs(value) >= _LONG


def _is_equality(test: Test) -> bool:
    return isinstance(test.question, Compares) and not test.question.op.is_ordering


def _is_numeric(test: Test) -> bool:
    return isinstance(test.question, Compares) and isinstance(test.question.value, Number)


def bound_of(test: Test) -> int | Decimal:
    """The number that a test compares with."""
    question = test.question
    if not isinstance(question, Compares) or not isinstance(question.value, Number):
        raise TypeError(f"expected a comparison with a number, found {question}")
    return question.value.value


def compared(tests: Sequence[Test], number: Decimal) -> dict[int, bool]:
    """What a finite number answers to comparisons with numbers."""
    answers = ((test, _compares(test, number)) for test in tests)
    return {test.atom: holds for test, holds in answers if holds or not test.collected}


def _compares(test: Test, number: Decimal) -> bool:
    question, bound = test.question, bound_of(test)
    if not isinstance(question, Compares):
        return False
    if question.op.is_ordering:
        return question.op.test(number, bound)
    return (number == bound) is (question.op is Op.EQ)


def _readers(tests: Sequence[Test]) -> list[Reader]:
    """One for each distinct value."""
    answers: dict[Value, list[Answer]] = {}
    for test in tests:
        if isinstance(test.question, Compares):
            equal = test.question.op is Op.EQ
            answers.setdefault(test.question.value, []).append(Answer(test.atom, equal, test.collected))
    return [Reader(automaton(value), tuple(given_)) for value, given_ in answers.items()]


@functools.lru_cache(maxsize=256)
def automaton(value: Value) -> Automaton:
    """What accepts the texts that equal a value."""
    match value:
        case RegexValue(source):
            return Search(source)
        case Text(text) if value.is_glob:
            return glob(text)
        case Text(text) | Number(text):
            return Word(text)
