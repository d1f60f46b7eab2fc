"""What a condition asks of one value, and what one such question says about another.

In: conditions of JSON patterns. Out: `Question`, and `Entailment`: the pairs of questions about one value of which one is
known to imply or to exclude the other. The claim: what is entailed holds for every value of an event; what is not
entailed may hold as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from detector.pattern import evaluate
from detector.pattern.evaluate import MISSING, canonical
from detector.pattern.syntax import NUMBER, Kind, Number, Op, Text, Value
from detector.relation.automata import automaton, is_included
from detector.relation.budget import Budget
from detector.relation.intervals import LONGEST_INTEGER, between
from detector.relation.regex_syntax import UnknownRegexError


@dataclass(frozen=True, slots=True)
class Compares:
    """Whether the value is a string or a number that compares like this."""

    op: Op
    value: Value

    def holds(self, value: Any) -> bool:
        """The answer for a value, or for MISSING."""
        return value is not MISSING and evaluate.compare(value, self.op, self.value)


@dataclass(frozen=True, slots=True)
class IsKind:
    """Whether the value is this constant; an array with a null in it is another question."""

    kind: Kind

    def holds(self, value: Any) -> bool:
        """The answer for a value, or for MISSING."""
        return evaluate.is_kind(value, self.kind, in_array=False)


@dataclass(frozen=True, slots=True)
class Exists:
    """Whether there is any value."""

    def holds(self, value: Any) -> bool:
        """The answer for a value, or for MISSING."""
        return value is not MISSING


Question: TypeAlias = Compares | IsKind | Exists


def is_literal(value: Value) -> bool:
    """Whether only finitely many strings and numbers equal a value."""
    return isinstance(value, Number) or (isinstance(value, Text) and not value.is_glob)


def written(value: Value) -> str:
    """The string that equals a literal."""
    return str(value.text if isinstance(value, Number) else value.value)  # type: ignore[union-attr]  # no regex


def literal_values(value: Text | Number) -> Iterator[Any]:
    """Every string and number that equals a literal."""
    string = written(value)
    yield string
    if isinstance(value, Number):
        exact = Decimal(value.value) if Decimal(value.text).adjusted() < LONGEST_INTEGER else None
        if exact is not None and exact == exact.to_integral_value():
            yield int(exact)
        near = float(Decimal(value.text))
        yield from (one for one in (near, -near) if Decimal(repr(one)) == exact)
    elif string in {"Infinity", "-Infinity"}:
        yield float(string)
    elif NUMBER.fullmatch(string) and len(string) <= LONGEST_INTEGER:
        readings = [float(string), *([int(string)] if string.lstrip("-").isdecimal() else [])]
        yield from (reading for reading in readings if canonical(reading) == string)


class Entailment:
    """Which questions about one value imply or exclude each other; what was compared once is remembered."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self._included: dict[tuple[Value, Value], bool] = {}

    def implies(self, one: Question, other: Question) -> bool:
        """Whether every value with the first answer "yes" has the second one, too."""
        if isinstance(other, Exists):
            return True
        return isinstance(one, Compares) and isinstance(other, Compares) and self._implied(one, other)

    def _implied(self, one: Compares, other: Compares) -> bool:
        match one, other:
            case Compares(Op.EQ, Text() | Number() as value), _ if is_literal(value):
                return all(map(other.holds, literal_values(value)))
            case Compares(Op.EQ, value), Compares(Op.EQ, wider):
                return self.is_within(value, wider)
            case Compares(Op.EQ, value), Compares(Op.NE, excluded):
                return not isinstance(excluded, Number) and self.is_apart(value, excluded)
            case Compares(Op.NE, excluded), Compares(Op.NE, less):
                numbers = isinstance(excluded, Number) or isinstance(less, Number)
                return not numbers and self._implied(Compares(Op.EQ, less), Compares(Op.EQ, excluded))
            case Compares(op, Number() as bound), Compares(its, Number() as limit) if op.is_ordering:
                return all(its_holds or not holds for holds, its_holds in _answers(op, bound, its, limit))
            case _:
                return False

    def excludes(self, one: Question, other: Question) -> bool:
        """Whether no value has "yes" for both."""
        match one, other:
            case Compares(), Compares():
                return self._excluded(one, other) or self._excluded(other, one)
            case (Compares(), IsKind()) | (IsKind(), Compares()):
                return True
            case IsKind(kind), IsKind(another):
                return kind is not another
            case _:
                return False

    def _excluded(self, one: Compares, other: Compares) -> bool:
        match one, other:
            case Compares(Op.EQ, Text() | Number() as value), _ if is_literal(value):
                return not any(map(other.holds, literal_values(value)))
            case Compares(Op.EQ, value), Compares(Op.EQ, another):
                return self.is_apart(value, another)
            case Compares(Op.EQ, value), Compares(Op.NE, excluded):
                return not isinstance(excluded, Number) and self.is_within(value, excluded)
            case Compares(op, Number() as bound), Compares(its, Number() as limit) if op.is_ordering:
                return not any(holds and its_holds for holds, its_holds in _answers(op, bound, its, limit))
            case _:
                return False

    def is_within(self, value: Value, wider: Value) -> bool:
        """Whether every string that is like one value is like the other."""
        if isinstance(wider, Number):
            return False
        key = value, wider
        if key not in self._included:
            try:
                self._included[key] = is_included(automaton(value), automaton(wider), self.budget)
            except UnknownRegexError:
                self._included[key] = False
        return self._included[key]

    def is_apart(self, value: Value, other: Value) -> bool:
        """Whether a string cannot be like both, for its beginning or its end says so."""
        if is_literal(other) and isinstance(other, Text):
            return not evaluate.text_equals(other.value, value)
        if not isinstance(value, Text) or not isinstance(other, Text):
            return False
        mine, theirs = value.value.split("*"), other.value.split("*")
        begin = mine[0].startswith(theirs[0]) or theirs[0].startswith(mine[0])
        end = mine[-1].endswith(theirs[-1]) or theirs[-1].endswith(mine[-1])
        return not begin or not end


def _answers(op: Op, bound: Number, its: Op, limit: Number) -> Iterator[tuple[bool, bool]]:
    """What finite numbers on each side of two bounds answer to two comparisons; there may be no such numbers."""
    for number in between([bound.value, limit.value]):
        yield is_ordered(number, op, bound.value), is_ordered(number, its, limit.value)


def is_ordered(number: Decimal, op: Op, bound: int | Decimal) -> bool:
    """How a finite number compares with another one."""
    return op.test(number, bound) if op.is_ordering else (number == bound) is (op is Op.EQ)
