"""The tree of a composite alarm's rule: what PutCompositeAlarm calls an AlarmRule.

The claim: ``parse(str(tree)) == tree``. Names are written in quotes, which the service accepts for every name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple, TypeAlias

from detector.alarm import State

LONGEST, MOST_ELEMENTS, MOST_CHILDREN = 10_240, 500, 100
"""Characters, elements (children, constants, parentheses) and different children of a rule (documented)."""

_ARN = re.compile(
    r"arn:[\w-]+:cloudwatch:(?P<region>[\w-]*):(?P<account>\d*):alarm:(?P<name>.+)", re.ASCII | re.DOTALL
)


class AlarmName(NamedTuple):
    """An alarm as a rule refers to it; ``account`` and ``region`` are empty where no ARN says them."""

    name: str
    account: str = ""
    region: str = ""

    @classmethod
    def of(cls, reference: str) -> AlarmName:
        """From a name or an ARN."""
        if arn := _ARN.fullmatch(reference):
            return cls(arn["name"], arn["account"], arn["region"])
        return cls(reference)


@dataclass(frozen=True, slots=True)
class Reference:
    """The name or the ARN of another alarm, as it is written without its quotes, and where it stands."""

    written: str
    span: tuple[int, int] = field(default=(0, 0), compare=False)
    name: str = field(init=False, compare=False, repr=False)
    """The name of the alarm."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", AlarmName.of(self.written).name)

    def __str__(self) -> str:
        escaped = self.written.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'


@dataclass(frozen=True, slots=True)
class Constant:
    """TRUE or FALSE."""

    value: bool

    def __str__(self) -> str:
        return "TRUE" if self.value else "FALSE"


@dataclass(frozen=True, slots=True)
class InState:
    """``ALARM("x")``: whether an alarm is in a state."""

    state: State
    alarm: Reference

    def __str__(self) -> str:
        return f"{self.state}({self.alarm})"


@dataclass(frozen=True, slots=True)
class AtLeast:
    """``AT_LEAST(2, NOT OK, ("a", "b", "c"))``: whether so many of the listed alarms are, or are not, in a state.

    With ``percent`` the number is that share of the list, rounded up; an alarm that is listed twice counts twice.
    """

    number: int
    percent: bool
    negated: bool
    state: State
    alarms: tuple[Reference, ...]
    span: tuple[int, int] = field(default=(0, 0), compare=False)

    def __str__(self) -> str:
        state = f"{'NOT ' * self.negated}{self.state}"
        return f"AT_LEAST({self.number}{'%' * self.percent}, {state}, ({', '.join(map(str, self.alarms))}))"

    @property
    def needed(self) -> int:
        """How many of the list it takes."""
        return -(-self.number * len(self.alarms) // 100) if self.percent else self.number


@dataclass(frozen=True, slots=True)
class Not:
    """``NOT``, which binds closest."""

    inner: Expr

    def __str__(self) -> str:
        return f"NOT {_inside(self.inner, And, Or)}"


@dataclass(frozen=True, slots=True)
class And:
    """``AND``, which binds closer than ``OR``."""

    terms: tuple[Expr, ...]

    def __str__(self) -> str:
        return " AND ".join(_inside(term, And, Or) for term in self.terms)


@dataclass(frozen=True, slots=True)
class Or:
    """``OR``."""

    terms: tuple[Expr, ...]

    def __str__(self) -> str:
        return " OR ".join(_inside(term, Or) for term in self.terms)


Expr: TypeAlias = Constant | InState | AtLeast | Not | And | Or


def _inside(expr: Expr, *looser: type[And | Or]) -> str:
    return f"({expr})" if isinstance(expr, looser) else str(expr)


def terms(expr: Expr) -> tuple[Expr, ...]:
    """What stands directly inside of an expression."""
    match expr:
        case And() | Or():
            return expr.terms
        case Not():
            return (expr.inner,)
        case _:
            return ()


def nodes(expr: Expr) -> Iterator[Expr]:
    """The expression and everything inside of it."""
    pending = [expr]
    while pending:
        node = pending.pop()
        yield node
        pending += reversed(terms(node))


def depth(expr: Expr) -> int:
    """How many expressions stand inside of each other."""
    level, found = [expr], 0
    while level:
        level, found = [term for node in level for term in terms(node)], found + 1
    return found


def references(expr: Expr) -> tuple[Reference, ...]:
    """Every alarm that a rule refers to, as often as it does, in the order of its text."""
    return tuple(
        chain.from_iterable(
            (node.alarm,) if isinstance(node, InState) else node.alarms
            for node in nodes(expr)
            if isinstance(node, InState | AtLeast)
        )
    )


def children(expr: Expr) -> tuple[str, ...]:
    """The names of the alarms that a rule refers to, each once."""
    return tuple(dict.fromkeys(reference.name for reference in references(expr)))
