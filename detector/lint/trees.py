"""Trees and their text: where a node stands, the tree without it, and a pattern written anew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from detector.pattern.syntax import And, Condition, Expr, Or, Span, conditions


def span_of(expr: Expr) -> Span:
    """From the first condition of a node to its last; parentheses around it do not belong to it."""
    leaves = conditions(expr)
    return Span(min(leaf.span.start for leaf in leaves), max(leaf.span.end for leaf in leaves))


TOKEN = re.compile(
    r"""
    "(?:\\.|[^"\\])*" | %[^%]*% | \['.*?'\]   # what hides signs inside
    | (?P<sign> [()] | && | \|\| )
""",
    re.VERBOSE,
)


def text_span(source: str, expr: Expr) -> Span:
    """The same with the parentheses that are opened or closed inside, so that it can be replaced."""
    start, end = span_of(expr)
    signs = [(found.start(), found["sign"]) for found in TOKEN.finditer(source) if found["sign"]]
    depth = low = 0
    for place, sign in signs:
        if start <= place < end and sign in "()":
            depth += 1 if sign == "(" else -1
            low = min(low, depth)
    opened = [place for place, sign in reversed(signs) if place < start and sign == "("]
    closed = [place for place, sign in signs if place >= end and sign == ")"]
    after = depth - low
    return Span(opened[-low - 1] if low else start, closed[after - 1] + 1 if after else end)


def as_written(text: str, source: str, leaves: Iterable[Condition]) -> str:
    """A text with the selectors of some conditions of a pattern as the pattern spells them."""
    spelled = {str(leaf.selector): source[slice(*leaf.selector.span)] for leaf in leaves}
    changed = sorted((one for one in spelled if spelled[one] != one), key=len, reverse=True)
    if not changed:
        return text
    found = re.compile("(" + "|".join(map(re.escape, changed)) + r")(?!\w)")
    return found.sub(lambda match: spelled[match[0]], text)


def joined(kind: type[And | Or], terms: Sequence[Expr]) -> str:
    """The terms as text, with parentheses around every term that is not a single condition."""
    sign = " && " if kind is And else " || "
    return sign.join(f"({term})" if isinstance(term, And | Or) else str(term) for term in terms)


def alternatives(node: Expr) -> Iterator[Or]:
    """Every ``||`` of a tree, the outer ones first."""
    if isinstance(node, Or):
        yield node
    if isinstance(node, And | Or):
        for term in node.terms:
            yield from alternatives(term)


def removed(tree: Expr, term: Expr) -> Expr | None:
    """The tree without one term of it; None where the term is gone already or is the whole tree."""
    if not isinstance(tree, And | Or):
        return None
    kept = tuple(one for one in tree.terms if type(one) is not type(term) or span_of(one) != span_of(term))
    if len(kept) < len(tree.terms):
        return _node(type(tree), kept) if kept else None
    for place, inner in enumerate(tree.terms):
        found = removed(inner, term)
        if found is not None:
            return _node(type(tree), (*tree.terms[:place], found, *tree.terms[place + 1 :]))
    return None


def _node(kind: type[And | Or], terms: tuple[Expr, ...]) -> Expr:
    return terms[0] if len(terms) == 1 else kind(terms)


def replaced(tree: Expr, old: Sequence[Expr], new: Sequence[Expr]) -> Expr:
    """The tree with some conditions (these very ones, not equal ones) replaced."""
    for one, other in zip(old, new, strict=True):
        if tree is one:
            return other
    if isinstance(tree, And | Or):
        return type(tree)(tuple(replaced(term, old, new) for term in tree.terms), tree.span)
    return tree
