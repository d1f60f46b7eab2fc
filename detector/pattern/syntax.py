"""The syntax tree of filter patterns: one for the three kinds.

In: what the grammars recognised. Out: frozen data that prints back as a pattern. The claim:
``parse(str(tree)) == tree``, and two trees are equal when they mean the same word for word (spans, quotes
around a word and the spelling of a wildcard take no part in equality).

A JSON pattern is an `Expr`, a space-delimited one `Fields`, an unstructured-text one `Terms` or a `Regex`. Whoever
treats all of them alike asks `rule` and `parts` of a node.
"""

from __future__ import annotations

import re
from enum import StrEnum
from operator import attrgetter
from typing import TypeAlias, overload

from msgspec import Struct

from detector.pattern.operands import (
    BARE_NAME,
    BARE_WORD,
    NOWHERE,
    NUMBER,
    Column,
    Index,
    Name,
    Number,
    Op,
    Regex,
    Selector,
    Span,
    Step,
    Text,
    Value,
    Wildcard,
    Written,
    in_quotes,
)

__all__ = [
    "BARE_NAME",
    "BARE_WORD",
    "NOWHERE",
    "NUMBER",
    "And",
    "AnyFields",
    "Column",
    "Compare",
    "Condition",
    "Entry",
    "Expr",
    "Field",
    "FieldCount",
    "Fields",
    "Index",
    "Is",
    "Kind",
    "Leaf",
    "Name",
    "Node",
    "NotExists",
    "Number",
    "Op",
    "Or",
    "Regex",
    "Role",
    "Rule",
    "Selector",
    "Span",
    "Step",
    "Term",
    "Terms",
    "Text",
    "TextExpr",
    "Value",
    "Wildcard",
    "conditions",
    "parts",
    "rule",
]

# Letters of any script (recorded for é); whatever else a term holds needs double quotes.
BARE_TERM = re.compile(r"[\w.]+")


class Kind(StrEnum):
    """What ``IS`` can ask for."""

    NULL = "NULL"
    TRUE = "TRUE"
    FALSE = "FALSE"


class Compare(Written, frozen=True, eq=False):
    """``$.field = value``, or ``field = value`` of a `Column`; false where there is no string or number to compare."""

    means = attrgetter("selector", "op", "value")
    selector: Selector
    op: Op
    value: Value
    span: Span = NOWHERE
    value_span: Span = NOWHERE

    def __str__(self) -> str:
        return f"{self.selector} {self.op} {self.value}"


class Is(Written, frozen=True, eq=False):
    """``$.field IS NULL``, ``IS TRUE`` or ``IS FALSE``."""

    means = attrgetter("selector", "kind")
    selector: Selector
    kind: Kind
    span: Span = NOWHERE

    def __str__(self) -> str:
        return f"{self.selector} IS {self.kind}"


class NotExists(Written, frozen=True, eq=False):
    """``$.field NOT EXISTS``: the selector selects nothing at all."""

    means = attrgetter("selector")
    selector: Selector
    span: Span = NOWHERE

    def __str__(self) -> str:
        return f"{self.selector} NOT EXISTS"


class And(Written, frozen=True, eq=False):
    """Two or more terms that must all hold."""

    means = attrgetter("terms")
    terms: tuple[Expr, ...]
    span: Span = NOWHERE

    def __str__(self) -> str:
        return " && ".join(f"({term})" if isinstance(term, And | Or) else str(term) for term in self.terms)


class Or(Written, frozen=True, eq=False):
    """Two or more terms of which one must hold; binds weaker than ``&&``."""

    means = attrgetter("terms")
    terms: tuple[Expr, ...]
    span: Span = NOWHERE

    def __str__(self) -> str:
        return " || ".join(f"({term})" if isinstance(term, Or) else str(term) for term in self.terms)


Condition: TypeAlias = Compare | Is | NotExists
Expr: TypeAlias = Condition | And | Or


class Field(Written, frozen=True, eq=False):
    """An entry for one field of a space-delimited event: with a name or without, with a condition on it or without."""

    means = attrgetter("name", "condition")
    name: str | None = None
    condition: Expr | None = None
    """All its leaves are a `Compare` of a `Column` of this name."""
    span: Span = NOWHERE

    def __str__(self) -> str:
        return self.name or "" if self.condition is None else str(self.condition)


class AnyFields(Written, frozen=True, eq=False):
    """``...``: zero or more fields."""

    means = attrgetter("__class__")
    span: Span = NOWHERE

    def __str__(self) -> str:
        return "..."


Entry: TypeAlias = Field | AnyFields


class FieldCount(Struct, frozen=True):
    """What every space-delimited pattern asks without saying so: at least so many fields."""

    needed: int

    def __str__(self) -> str:
        return f"at least {self.needed} field{'' if self.needed == 1 else 's'}"


class Fields(Struct, frozen=True):
    """The entries of a space-delimited pattern; without any, every event matches."""

    entries: tuple[Entry, ...]

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.entries))}]"


class Role(StrEnum):
    """What is asked of a term, by the character in front of it."""

    REQUIRED = ""
    EXCLUDED = "-"
    OPTIONAL = "?"


class Term(Written, frozen=True, eq=False):
    """A word or a quoted phrase to look for in the text of an event."""

    means = attrgetter("text", "role")
    text: str
    role: Role = Role.REQUIRED
    quoted: bool = True
    span: Span = NOWHERE

    def __str__(self) -> str:
        bare = not self.quoted and BARE_TERM.fullmatch(self.text)
        return f"{self.role}{self.text if bare else in_quotes(self.text)}"


class Terms(Struct, frozen=True):
    """The terms of an unstructured-text pattern; none match every event."""

    terms: tuple[Term, ...]

    @property
    def counted(self) -> tuple[Term, ...]:
        """The terms that count: without ``?`` terms beside any other, which the service ignores (recorded)."""
        return tuple(term for term in self.terms if term.role is not Role.OPTIONAL) or self.terms

    @property
    def ignored(self) -> tuple[Term, ...]:
        """The ``?`` terms that do not count."""
        counted = self.counted
        return tuple(term for term in self.terms if term not in counted)

    def __str__(self) -> str:
        return " ".join(map(str, self.terms))


TextExpr: TypeAlias = Terms | Regex
Leaf: TypeAlias = Condition | Term | Regex | FieldCount
Node: TypeAlias = Leaf | And | Or | Fields | Terms


class Rule(StrEnum):
    """How a node gets its truth."""

    ALL = "all"
    ANY = "any"
    CONDITION = "condition"


def rule(node: Node) -> Rule:
    """Whether all or any of a node's parts must hold; an ALL without parts is true of every event."""
    match node:
        case Or():
            return Rule.ANY
        case Terms(terms):
            # The first decides: optional ones count only where there is no other.
            return Rule.ANY if terms and node.counted[0].role is Role.OPTIONAL else Rule.ALL
        case And() | Fields():
            return Rule.ALL
        case _:
            return Rule.CONDITION


def parts(node: Node) -> tuple[Node, ...]:
    """What must hold for a node to hold, in the order in which it is written; nothing for a condition."""
    match node:
        case And(terms) | Or(terms):
            return terms
        case Terms():
            return node.counted
        case Fields(entries):
            fields = [entry for entry in entries if isinstance(entry, Field)]
            conditions = (entry.condition for entry in fields if entry.condition is not None)
            return (*([FieldCount(len(fields))] if fields else ()), *conditions)
        case _:
            return ()


@overload
def conditions(node: Expr) -> tuple[Condition, ...]: ...
@overload
def conditions(node: Node) -> tuple[Leaf, ...]: ...
def conditions(node: Node) -> tuple[Leaf, ...]:
    """The leaves of the tree, in the order in which they are written."""
    if isinstance(node, Leaf):
        return (node,)
    return tuple(leaf for part in parts(node) for leaf in conditions(part))
