"""The nodes of a JSON filter pattern.

In: what the grammar recognised. Out: frozen data, each of which prints back as a pattern. The claim:
``parse(str(tree)) == tree``, and two trees are equal when they mean the same word for word (places in
the text, and whether a word was quoted, take no part in equality).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, TypeAlias

BARE_NAME = re.compile(r"[A-Za-z0-9_-]+")
# The documentation names alphanumerics and underscore; the service was recorded to take more.
BARE_WORD = re.compile(r"[\w.+*-]+")
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]+")


class Span(NamedTuple):
    """A half-open range of characters in the pattern's text."""

    start: int
    end: int


NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Name:
    """A member of an object; printed in brackets when its letters ask for it."""

    text: str

    def __str__(self) -> str:
        return f".{self.text}" if BARE_NAME.fullmatch(self.text) else f".['{self.text}']"


@dataclass(frozen=True, slots=True)
class Index:
    """An element of an array, counted from 0."""

    number: int

    def __str__(self) -> str:
        return f"[{self.number}]"


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Every element of an array and every value of an object; ``[*]`` and ``.*`` are the same."""

    def __str__(self) -> str:
        return ".*"


Step: TypeAlias = Name | Index | Wildcard


@dataclass(frozen=True, slots=True)
class Selector:
    """A path from the root of the event to a value, such as ``$.userIdentity.type``."""

    steps: tuple[Step, ...]
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def wildcard(self) -> int | None:
        """Where the wildcard stands among the steps, if there is one (there is at most one)."""
        return next((i for i, step in enumerate(self.steps) if isinstance(step, Wildcard)), None)

    def __str__(self) -> str:
        return "$" + "".join(map(str, self.steps))


class Op(StrEnum):
    """The comparison operators of the language."""

    EQ = "="
    NE = "!="
    LT = "<"
    GT = ">"
    LE = "<="
    GE = ">="

    @property
    def is_ordering(self) -> bool:
        """Orderings compare numbers only."""
        return self not in {Op.EQ, Op.NE}


@dataclass(frozen=True, slots=True)
class Number:
    """A number without quotes, kept as written because strings are compared with its letters."""

    text: str

    @property
    def value(self) -> int | Decimal:
        """The exact value: ``1e-999`` is not 0 (recorded: it equals no event's number)."""
        return int(self.text) if _INTEGER.fullmatch(self.text) else Decimal(self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Text:
    """A word or a quoted string; ``*`` in it stands for any run of characters."""

    value: str
    quoted: bool = field(default=True, compare=False)

    @property
    def is_glob(self) -> bool:
        """Whether there is a ``*`` in it; no way to write a literal one is known."""
        return "*" in self.value

    def __str__(self) -> str:
        if not self.quoted and BARE_WORD.fullmatch(self.value):
            return self.value
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression between percent signs, searched anywhere in the text."""

    source: str

    def __str__(self) -> str:
        return f"%{self.source}%"


Value: TypeAlias = Number | Text | Regex


class Kind(StrEnum):
    """What ``IS`` can ask for."""

    NULL = "NULL"
    TRUE = "TRUE"
    FALSE = "FALSE"


@dataclass(frozen=True, slots=True)
class Compare:
    """``$.field = value`` and its kin; false wherever there is no string or number to compare."""

    selector: Selector
    op: Op
    value: Value
    span: Span = field(default=NOWHERE, compare=False)
    value_span: Span = field(default=NOWHERE, compare=False)

    def __str__(self) -> str:
        return f"{self.selector} {self.op} {self.value}"


@dataclass(frozen=True, slots=True)
class Is:
    """``$.field IS NULL``, ``IS TRUE`` or ``IS FALSE``."""

    selector: Selector
    kind: Kind
    span: Span = field(default=NOWHERE, compare=False)

    def __str__(self) -> str:
        return f"{self.selector} IS {self.kind}"


@dataclass(frozen=True, slots=True)
class NotExists:
    """``$.field NOT EXISTS``: the selector selects nothing at all."""

    selector: Selector
    span: Span = field(default=NOWHERE, compare=False)

    def __str__(self) -> str:
        return f"{self.selector} NOT EXISTS"


@dataclass(frozen=True, slots=True)
class And:
    """Two or more terms that must all hold."""

    terms: tuple[Expr, ...]
    span: Span = field(default=NOWHERE, compare=False)

    def __str__(self) -> str:
        return " && ".join(f"({term})" if isinstance(term, And | Or) else str(term) for term in self.terms)


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more terms of which one must hold; binds weaker than ``&&``."""

    terms: tuple[Expr, ...]
    span: Span = field(default=NOWHERE, compare=False)

    def __str__(self) -> str:
        return " || ".join(f"({term})" if isinstance(term, Or) else str(term) for term in self.terms)


Condition: TypeAlias = Compare | Is | NotExists
Expr: TypeAlias = Condition | And | Or


def conditions(expr: Expr) -> tuple[Condition, ...]:
    """The leaves of the tree, in the order in which they are written."""
    if isinstance(expr, And | Or):
        return tuple(leaf for term in expr.terms for leaf in conditions(term))
    return (expr,)
