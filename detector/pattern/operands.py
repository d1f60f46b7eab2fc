"""What the conditions of a pattern speak of: selectors, operators and values.

In: what the grammars recognised. Out: frozen data that prints back as it is written in a pattern. Nothing here knows
conditions or events; `detector.pattern.syntax` builds the tree of them.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Any, ClassVar, NamedTuple, Self, TypeAlias

from msgspec import Struct

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


class Written(Struct, frozen=True, eq=False):
    """Equal to what means the same: where it stands, and how it is spelled where that says nothing, take no part."""

    means: ClassVar[attrgetter[Any]]
    """Takes from a node what it says."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.means(self) == self.means(other)

    def __ne__(self, other: object) -> bool:
        return not self == other  # in place of that of a Struct

    def __hash__(self) -> int:
        return hash(self.means(self))


class Name(Struct, frozen=True):
    """A member of an object; printed in brackets if its characters require it."""

    text: str

    def __str__(self) -> str:
        return f".{self.text}" if BARE_NAME.fullmatch(self.text) else f".['{self.text}']"


class Index(Struct, frozen=True):
    """An element of an array, counted from 0."""

    number: int

    def __str__(self) -> str:
        return f"[{self.number}]"


class Wildcard(Written, frozen=True, eq=False):
    """Every element of an array and every value of an object; ``[*]`` and ``.*`` are the same."""

    means = attrgetter("__class__")
    written: str = ".*"

    def __str__(self) -> str:
        return self.written


Step: TypeAlias = Name | Index | Wildcard


class Selector(Written, frozen=True, eq=False):
    """A path from the root of the event to a value, such as ``$.userIdentity.type``."""

    means = attrgetter("steps")
    steps: tuple[Step, ...]
    span: Span = NOWHERE

    @property
    def wildcard(self) -> int | None:
        """Where the wildcard stands among the steps, if there is one (there is at most one)."""
        return next((i for i, step in enumerate(self.steps) if isinstance(step, Wildcard)), None)

    def __str__(self) -> str:
        return "$" + "".join(map(str, self.steps))


class Column(Selector, frozen=True, eq=False):
    """The field of a space-delimited event that an entry names: one step, written without ``$.``."""

    def __str__(self) -> str:
        return "".join(step.text for step in self.steps if isinstance(step, Name))


class Op(StrEnum):
    """The comparison operators of the language, each with its words and its test of two numbers or strings."""

    EQ = "=", "equal to", operator.eq
    NE = "!=", "other than", operator.ne
    LT = "<", "below", operator.lt
    GT = ">", "above", operator.gt
    LE = "<=", "of at most", operator.le
    GE = ">=", "of at least", operator.ge

    words: str
    test: Callable[[Any, Any], bool]

    def __new__(cls, symbol: str, words: str = "", test: Callable[[Any, Any], bool] = operator.eq) -> Self:
        """The member is its symbol."""
        self = str.__new__(cls, symbol)
        self._value_ = symbol
        self.words, self.test = words, test
        return self

    @property
    def is_ordering(self) -> bool:
        """Orderings compare numbers only."""
        return self not in {Op.EQ, Op.NE}


class Number(Struct, frozen=True):
    """A number without quotes, kept as written because strings are compared with it as written."""

    text: str

    @property
    def value(self) -> int | Decimal:
        """The exact value: ``1e-999`` is not 0 (recorded: it equals no event's number)."""
        return int(self.text) if _INTEGER.fullmatch(self.text) else Decimal(self.text)

    def __str__(self) -> str:
        return self.text


class Text(Written, frozen=True, eq=False):
    """A word or a quoted string; ``*`` in it stands for any run of characters."""

    means = attrgetter("value")
    value: str
    quoted: bool = True

    @property
    def is_glob(self) -> bool:
        """Whether there is a ``*`` in it; no way to write a literal one is known."""
        return "*" in self.value

    def __str__(self) -> str:
        if not self.quoted and BARE_WORD.fullmatch(self.value):
            return self.value
        return in_quotes(self.value)


class Regex(Struct, frozen=True):
    """A regular expression between percent signs, searched anywhere in the text."""

    source: str

    def __str__(self) -> str:
        return f"%{self.source}%"


Value: TypeAlias = Number | Text | Regex


def in_quotes(value: str) -> str:
    """A string as patterns write it: backslashes and quotes are escaped."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
