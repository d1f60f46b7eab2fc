"""A pattern of any kind as one kind of tree: what must all hold, what of which one must hold, and conditions.

In: a pattern. Out: its `Clause` tree, without any event. The claim: the whole holds exactly when the tree does,
read as "all of" and "any of"; terms that the service ignores are in no clause (see `ignored`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeAlias

from detector.pattern import Pattern, space, syntax, text

_KEY = re.compile(r"\['.*?'\]")


class Rule(StrEnum):
    """How a clause gets its truth."""

    ALL = "all"
    ANY = "any"
    CONDITION = "condition"


@dataclass(frozen=True, slots=True)
class FieldCount:
    """What every space-delimited pattern asks without saying so: at least so many fields."""

    needed: int

    def __str__(self) -> str:
        return f"at least {self.needed} field{'' if self.needed == 1 else 's'}"


Leaf: TypeAlias = syntax.Condition | text.Term | syntax.Regex | space.Compare | FieldCount


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a pattern: the node it stands for, and its terms (none for a condition)."""

    rule: Rule
    part: Any
    """A `Leaf` for a condition, else the node of the tree (And, Or, Terms, Fields)."""
    terms: tuple[Clause, ...] = ()

    def __str__(self) -> str:
        return str(self.part)


@dataclass(frozen=True, slots=True, eq=False)
class Elements(syntax.Wildcard):
    """The wildcard of an author who wrote ``[*]``; equal to the one that is written ``.*``."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, syntax.Wildcard)

    def __hash__(self) -> int:
        return hash(syntax.Wildcard())

    def __str__(self) -> str:
        return "[*]"


def outline(pattern: Pattern) -> Clause:
    """The tree of a pattern; an ALL without terms is true of every event."""
    expr = pattern.expr
    match expr:
        case text.Terms():
            return _of_terms(expr)
        case space.Fields():
            return _of_fields(expr)
        case _:
            return _of_nodes(expr, pattern.source)


def conditions(clause: Clause) -> tuple[Leaf, ...]:
    """The conditions of a tree in the order in which they are written."""
    if clause.rule is Rule.CONDITION:
        return (clause.part,)
    return tuple(leaf for term in clause.terms for leaf in conditions(term))


def ignored(pattern: Pattern) -> tuple[text.Term, ...]:
    """The ``?`` terms that do not count because there is a required or an excluded one (recorded)."""
    expr = pattern.expr
    if not isinstance(expr, text.Terms) or not _decided(expr):
        return ()
    return tuple(term for term in expr.terms if term.role is text.Role.OPTIONAL)


def _of_nodes(node: Any, source: str = "") -> Clause:
    """The clause of nested And and Or nodes, those of JSON patterns as well as those of fields."""
    match node:
        case syntax.And() | space.And():
            return Clause(Rule.ALL, node, tuple(_of_nodes(term, source) for term in node.terms))
        case syntax.Or() | space.Or():
            return Clause(Rule.ANY, node, tuple(_of_nodes(term, source) for term in node.terms))
        case syntax.Compare() | syntax.Is() | syntax.NotExists():
            return Clause(Rule.CONDITION, replace(node, selector=_as_written(node.selector, source)))
        case _:
            return Clause(Rule.CONDITION, node)


def _as_written(selector: syntax.Selector, source: str) -> syntax.Selector:
    """The selector with its wildcard in the author's spelling."""
    written = _KEY.sub("", source[slice(*selector.span)])
    if "[*]" not in written:
        return selector
    steps = (Elements() if isinstance(step, syntax.Wildcard) else step for step in selector.steps)
    return replace(selector, steps=tuple(steps))


def _decided(expr: text.Terms) -> tuple[text.Term, ...]:
    return tuple(term for term in expr.terms if term.role is not text.Role.OPTIONAL)


def _of_terms(expr: text.Terms) -> Clause:
    asked = _decided(expr)
    rule = Rule.ALL if asked or not expr.terms else Rule.ANY
    terms = tuple(Clause(Rule.CONDITION, term) for term in asked or expr.terms)
    return terms[0] if len(terms) == 1 else Clause(rule, expr, terms)


def _of_fields(expr: space.Fields) -> Clause:
    fields = [entry for entry in expr.entries if isinstance(entry, space.Field)]
    count = (Clause(Rule.CONDITION, FieldCount(len(fields))),) if fields else ()
    asked = (_of_nodes(field.condition) for field in fields if field.condition is not None)
    return Clause(Rule.ALL, expr, (*count, *asked))
