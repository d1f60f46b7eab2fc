"""The small mistakes that one can make in a pattern: what tests of a pattern are worth is which of them they notice.

In: a pattern. Out: its `Mutant`s, each with one thing changed, and each a pattern that the service would take. The claim:
every condition, every literal and every operator of the pattern is changed in every way that there is of its kind. Whether
a mutant still means the same is not asked here (`detector.relation` knows).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from msgspec import structs

from detector.errors import PatternError
from detector.pattern import Pattern, of_tree
from detector.pattern.mistaken_values import Mistake, of_regex, of_value
from detector.pattern.syntax import (
    And,
    AnyFields,
    Column,
    Compare,
    Condition,
    Entry,
    Expr,
    Field,
    Fields,
    Index,
    Is,
    Kind,
    NotExists,
    Op,
    Or,
    Regex,
    Role,
    Selector,
    Term,
    Terms,
    Text,
    Wildcard,
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A pattern with one mistake: what stood there before, what stands there now (nothing where it was dropped)."""

    mistake: Mistake
    before: str
    after: str
    pattern: Pattern

    def __str__(self) -> str:
        """``literal widened: $.a = "b" became $.a = "b*"``."""
        return f"{self.mistake}: {self.before}" + (f" became {self.after}" if self.after else "")


class Change(NamedTuple):
    """A node with one thing changed; None where nothing is left of it."""

    mistake: Mistake
    before: str
    node: Expr | None
    after: str


def mutants(pattern: Pattern) -> Iterator[Mutant]:
    """Every mutant of a pattern, each different tree once, in the order of the text."""
    seen: set[Expr | Fields | Terms | Regex] = {pattern.expr}
    for mistake, before, tree, after in _changes(pattern):
        if tree is None or tree in seen:
            continue
        seen.add(tree)
        try:
            yield Mutant(mistake, before, after, of_tree(tree))
        except PatternError:  # nobody can make this mistake: the service refuses it
            continue


def _changes(pattern: Pattern) -> Iterator[tuple[Mistake, str, Expr | Fields | Terms | Regex | None, str]]:
    match pattern.expr:
        case Fields() as expr:
            yield from _of_fields(expr)
        case Terms() as expr:
            yield from _of_terms(expr)
        case Regex() as expr:
            yield from ((mistake, str(expr), regex, str(regex)) for mistake, regex in of_regex(expr))
        case expr:
            yield from changes(expr)


def changes(node: Expr) -> Iterator[Change]:
    """Every way to change one thing of a tree."""
    if not isinstance(node, And | Or):
        yield Change(Mistake.DROPPED, str(node), None, "")
        yield from (Change(mistake, str(node), leaf, str(leaf)) for mistake, leaf in _of_leaf(node))
        return
    yield from _of_group(node)
    for place, term in enumerate(node.terms):
        for change in changes(term):
            yield change._replace(node=_with(node, place, change.node))
        if isinstance(term, And | Or):
            yield Change(Mistake.DROPPED, _grouped(term), _with(node, place, None), "")


def _with(node: And | Or, place: int, term: Expr | None) -> Expr:
    terms = (*node.terms[:place], *(() if term is None else (term,)), *node.terms[place + 1 :])
    return terms[0] if len(terms) == 1 else type(node)(terms)


def _of_group(node: And | Or) -> Iterator[Change]:
    other, was, now = (Or, "&&", "||") if isinstance(node, And) else (And, "||", "&&")
    if len(node.terms) > 2:  # noqa: PLR2004 - of two there is one operator
        several = f"of {len(node.terms)} parts"
        yield Change(Mistake.SWAPPED, f"{was} {several}", other(node.terms), f"{now} {several}")
    for place in range(1, len(node.terms)):
        left, right = map(_grouped, node.terms[place - 1 : place + 1])
        swapped = _swapped_at(node, place)
        yield Change(Mistake.SWAPPED, f"{left} {was} {right}", swapped, f"{left} {now} {right}")
    if isinstance(node, And) and any(isinstance(term, Or) for term in node.terms):
        flat = _without_parentheses(node)
        yield Change(Mistake.PARENTHESES, str(node), flat, str(flat))


def _grouped(node: Expr) -> str:
    return f"({node})" if isinstance(node, And | Or) else str(node)


def _swapped_at(node: And | Or, place: int) -> Expr:
    """With the other operator in one place: ``&&`` binds tighter."""
    if isinstance(node, And):
        return Or((_all(node.terms[:place]), _all(node.terms[place:])))
    both = _all(node.terms[place - 1 : place + 1])
    terms = (*node.terms[: place - 1], both, *node.terms[place + 1 :])
    return terms[0] if len(terms) == 1 else Or(terms)


def _without_parentheses(node: And) -> Expr:
    """``a && (b || c) && d`` as ``a && b || c && d``."""
    runs: list[list[Expr]] = [[]]
    for term in node.terms:
        first, *more = term.terms if isinstance(term, Or) else (term,)
        runs[-1].append(first)
        runs += [[one] for one in more]
    return Or(tuple(map(_all, runs)))


def _all(terms: Sequence[Expr]) -> Expr:
    return terms[0] if len(terms) == 1 else And(tuple(terms))


def _of_leaf(leaf: Condition) -> Iterator[tuple[Mistake, Expr]]:
    match leaf:
        case Compare(selector, op, value):
            yield from ((mistake, Compare(selector, op, one)) for mistake, one in of_value(value, op))
            yield from _of_operator(leaf)
        case Is(selector, kind):
            yield from ((Mistake.KIND, Is(selector, other)) for other in Kind if other is not kind)
            if kind is Kind.NULL:
                yield Mistake.KIND, NotExists(selector)
            else:
                yield Mistake.KIND, Compare(selector, Op.EQ, Text(str(kind).lower()))
        case NotExists(selector):
            yield Mistake.NEGATION, Compare(selector, Op.EQ, Text("*"))
            yield Mistake.KIND, Is(selector, Kind.NULL)
    if not isinstance(leaf.selector, Column):
        yield from (
            (Mistake.SELECTOR, structs.replace(leaf, selector=one)) for one in _of_selector(leaf.selector)
        )


def _of_operator(leaf: Compare) -> Iterator[tuple[Mistake, Expr]]:
    selector, op, value = leaf.selector, leaf.op, leaf.value
    match op:
        case Op.EQ:
            yield Mistake.OPERATOR, Compare(selector, Op.NE, value)
        case Op.NE:
            yield Mistake.NEGATION, Compare(selector, Op.EQ, value)
            if not isinstance(selector, Column):
                yield Mistake.ABSENT, Or((Compare(selector, op, value), NotExists(selector)))
        case _:
            for other in _BESIDE[op]:
                yield Mistake.OPERATOR, Compare(selector, other, value)


_BESIDE = {
    Op.LT: (Op.LE, Op.GT),
    Op.LE: (Op.LT, Op.GE),
    Op.GT: (Op.GE, Op.LT),
    Op.GE: (Op.GT, Op.LE),
}


def _of_selector(selector: Selector) -> Iterator[Selector]:
    """An element instead of all, and all instead of one; the event itself is an object."""
    for place, step in enumerate(selector.steps):
        other: Index | Wildcard | None = None
        if isinstance(step, Wildcard) and place:
            other = Index(0)
        elif isinstance(step, Index):
            other = Wildcard("[*]")
        if other is not None:
            yield Selector((*selector.steps[:place], other, *selector.steps[place + 1 :]))


def _of_terms(expr: Terms) -> Iterator[tuple[Mistake, str, Terms | None, str]]:
    for place, term in enumerate(expr.terms):
        around = expr.terms[:place], expr.terms[place + 1 :]
        yield Mistake.DROPPED, str(term), Terms((*around[0], *around[1])) if len(expr.terms) > 1 else None, ""
        for mistake, other in _of_term(term):
            yield mistake, str(term), Terms((*around[0], other, *around[1])), str(other)


def _of_term(term: Term) -> Iterator[tuple[Mistake, Term]]:
    cased = term.text.swapcase()
    if cased != term.text:
        yield Mistake.CASE, structs.replace(term, text=cased)
    if len(term.text) > 1:
        yield from (
            (Mistake.WIDER, structs.replace(term, text=text)) for text in (term.text[:-1], term.text[1:])
        )
    for role in Role:
        if role is not term.role:
            mistake = Mistake.NEGATION if Role.EXCLUDED in {role, term.role} else Mistake.SWAPPED
            yield mistake, structs.replace(term, role=role)


def _of_fields(expr: Fields) -> Iterator[tuple[Mistake, str, Fields | None, str]]:
    for place, entry in enumerate(expr.entries):
        around = expr.entries[:place], expr.entries[place + 1 :]
        for mistake, before, other, after in _of_entry(entry):
            yield mistake, before, Fields((*around[0], *other, *around[1])), after
    if expr.entries and not any(isinstance(entry, AnyFields) for entry in expr.entries):
        for entries in ((AnyFields(), *expr.entries), (*expr.entries, AnyFields())):
            yield Mistake.FIELDS, str(expr), Fields(entries), str(Fields(entries))


def _of_entry(entry: Entry) -> Iterator[tuple[Mistake, str, tuple[Entry, ...], str]]:
    if isinstance(entry, AnyFields) or entry.condition is None:
        yield Mistake.FIELDS, str(entry) or "a field", (), ""
        return
    for mistake, before, condition, after in changes(entry.condition):
        yield mistake, before, (Field(entry.name, condition),), after
