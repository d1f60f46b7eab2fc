"""The condition of a Sigma rule as a tree of the pattern language.

In: a condition as pySigma resolves it (``1 of``, ``all of`` and lists are ``and`` and ``or`` by then). Out: an
expression; negations are pushed down to the values, since the language has no ``not``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sigma import conditions as sigma
from sigma.types import SigmaExpansion

from detector.pattern.syntax import And, Compare, Expr, Or, Selector
from detector.sigma.differences import InexpressibleError
from detector.sigma.values import Changes, Guarded, Node, literal


def node(condition: Any, changes: Changes, *, negated: bool = False) -> Node:
    """A condition, or its negation; what changes in meaning is noted in ``changes``."""
    match condition:
        case sigma.ConditionNOT():
            return node(condition.args[0], changes, negated=not negated)
        case sigma.ConditionAND() | sigma.ConditionOR():
            terms = [node(one, changes, negated=negated) for one in condition.args]
            return joined(terms, every=isinstance(condition, sigma.ConditionAND) is not negated)
        case sigma.ConditionFieldEqualsValueExpression(field=field, value=SigmaExpansion(values=values)):
            terms = [literal(field, one, negated=negated, changes=changes) for one in values]
            return joined(terms, every=negated)
        case sigma.ConditionFieldEqualsValueExpression(field=field, value=value):
            return literal(field, value, negated=negated, changes=changes)
        case sigma.ConditionValueExpression():
            raise InexpressibleError(
                "keywords search the text of a record, and a pattern that compares fields cannot"
            )
        case _:
            raise InexpressibleError("the condition asks nothing")


def joined(terms: Iterable[Node], *, every: bool) -> Node:
    """All or any of the terms, flat and each once; what is asked of one field in an ``and`` shares its guard."""
    kind = And if every else Or
    flat: list[Node] = []
    for term in terms:
        flat += term.terms if isinstance(term, kind) else [term]
    if every:
        flat = _sharing_guards(flat)
    once = tuple(dict.fromkeys(flat))
    # A Guarded is no Expr yet: `lowered` makes it one.
    return once[0] if len(once) == 1 else kind(once)  # type: ignore[arg-type]


def _sharing_guards(terms: Sequence[Node]) -> list[Node]:
    # A comparison that has to hold needs no guard beside it: there is a value.
    compared = {
        term.selector for term in terms if isinstance(term, Compare) and term.selector.wildcard is None
    }
    guarded: dict[Selector, list[Expr]] = {}
    for term in terms:
        if isinstance(term, Guarded):
            guarded.setdefault(term.selector, []).extend(term.tests)
    found: list[Node] = []
    for term in terms:
        if not isinstance(term, Guarded):
            found.append(term)
        elif tests := tuple(dict.fromkeys(guarded.pop(term.selector, ()))):
            found += tests if term.selector in compared else [Guarded(term.selector, tests)]
    return found


def lowered(whole: Node) -> Expr:
    """The same in the language alone."""
    match whole:
        case Guarded():
            return whole.lowered()
        case And(terms):
            return And(_spliced(And, terms))
        case Or(terms):
            return Or(_spliced(Or, terms))
        case _:
            return whole


def _spliced(kind: type[And | Or], terms: Iterable[Node]) -> tuple[Expr, ...]:
    found: list[Expr] = []
    for term in map(lowered, terms):
        found += term.terms if isinstance(term, kind) else [term]
    return tuple(dict.fromkeys(found))
