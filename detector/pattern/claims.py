"""What is known about a pattern without any event.

In: the tree of a JSON pattern. Out: claims about every event that matches. The contract: **a claim may be
too weak, never too strong**. Whatever is not understood is `None`, "nothing is known", and `None` absorbs.
The claims are tested to be sound on a small world, and to be useful by an exact table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, assert_never

from msgspec import Struct

from detector.pattern import evaluate
from detector.pattern.evaluate import MISSING
from detector.pattern.syntax import (
    And,
    Column,
    Compare,
    Condition,
    Expr,
    Fields,
    Is,
    Name,
    Node,
    NotExists,
    Op,
    Or,
    Regex,
    Role,
    Rule,
    Selector,
    Term,
    Terms,
    Text,
    conditions,
    parts,
    rule,
)

# JSON has one way to write these (but for \\u escapes, which the caller looks for).
_PLAIN = re.compile(r"[A-Za-z0-9 _.:@,;*(){}#%|~^$!?\[\]-]+")
# Those of them that JSON has in strings and nowhere else, but for numbers and words.
_IN_STRINGS = re.compile(r"[A-Za-z0-9 _.@;*()#%|~^$!?-]+")
# The characters that a number can have in text: digits, sign, point, exponent, Infinity.
_NUMERIC = frozenset("0123456789+-.EInfityNa")
# A regex that is nothing but texts, and anything between them; each of several may stand there.
_ALTERNATIVES = re.compile(r"(?:[A-Za-z0-9 _@;|-]|\.[*+?]?)+")
_GAP = re.compile(r"\.[*+?]?")
MIN_LITERAL = 4
MANY = 6


def possible(expr: Expr, selector: Selector, found: Any) -> bool:
    """Whether an event may match when ``selector`` finds ``found`` in it, whatever else it holds."""
    return left(expr, selector, found) is not False


def left(expr: Expr, selector: Selector, found: Any) -> Expr | bool:
    """What is left to ask of an event in which ``selector`` finds ``found``: a smaller tree, or the answer."""
    match expr:
        case And(terms):
            return _reduced(And, [left(term, selector, found) for term in terms], neutral=True)
        case Or(terms):
            return _reduced(Or, [left(term, selector, found) for term in terms], neutral=False)
        case Compare() | Is() | NotExists():
            return expr if expr.selector != selector else _decided(expr, found)
        case _:
            assert_never(expr)


def _reduced(kind: type[And | Or], terms: list[Expr | bool], *, neutral: bool) -> Expr | bool:
    """``&&`` without what is true, ``||`` without what is false."""
    if any(term is (not neutral) for term in terms):
        return not neutral
    open_terms = tuple(term for term in terms if not isinstance(term, bool))
    if len(open_terms) < 2:  # noqa: PLR2004 - one term needs no operator
        return open_terms[0] if open_terms else neutral
    return kind(open_terms)


def _decided(condition: Condition, found: Any) -> bool:
    match condition:
        case Compare(_, op, value):
            return found is not MISSING and evaluate.compare(found, op, value)
        case Is(_, kind):
            return evaluate.is_kind(found, kind, in_array=True)
        case NotExists():
            return found is MISSING
        case _:
            assert_never(condition)


def texts(expr: Expr, selector: Selector) -> frozenset[str] | None:
    """The only texts that ``selector`` can have in an event that matches; None: nothing is known.

    Numbers count by their text. The empty set: no event matches.
    """
    match expr:
        case And(terms):
            known = [found for term in terms if (found := texts(term, selector)) is not None]
            return frozenset.intersection(*known) if known else None
        case Or(terms):
            each = [texts(term, selector) for term in terms]
            return (
                None if None in each else frozenset().union(*(found for found in each if found is not None))
            )
        case Compare(found, Op.EQ, Text() as value) if found == selector and not value.is_glob:
            return frozenset({value.value})
        case Compare() | Is() | NotExists():
            return None
        case _:
            assert_never(expr)


def pinned(expr: Expr, leaf: Condition, selector: Selector) -> frozenset[str] | None:
    """The only texts that a selector can have where a condition counts; None: any."""
    match expr:
        case And(terms):
            here = [_pinned_inside(term, leaf, selector) for term in terms]
            sets = [found for found in here if found is not None]
            return frozenset.intersection(*sets) if sets else None
        case Or(terms):
            return next((pinned(term, leaf, selector) for term in terms if _has(term, leaf)), None)
        case _:
            return None


def _pinned_inside(term: Expr, leaf: Condition, selector: Selector) -> frozenset[str] | None:
    return pinned(term, leaf, selector) if _has(term, leaf) else texts(term, selector)


def _has(expr: Expr, leaf: Condition) -> bool:
    return any(one is leaf for one in conditions(expr))


def pivot(expr: Expr) -> Selector | None:
    """The selector whose value rules out most events: eventName by choice, else one with few texts,
    else one that must be there at all. None when no single field rules anything out.
    """
    chosen = [leaf.selector for leaf in conditions(expr) if leaf.selector.wildcard is None]
    finite = [selector for selector in chosen if texts(expr, selector) is not None]
    needed = [selector for selector in chosen if not possible(expr, selector, MISSING)]
    return next(iter(sorted(finite, key=lambda one: str(one) != "$.eventName") + needed), None)


def literals(expr: Expr, many: int = MANY) -> frozenset[bytes] | None:
    r"""Bytes of which the JSON text of a matching event holds at least one; None: nothing is known.

    They hold unless an escape hides them: a literal has only characters that JSON writes in one way but
    for ``\u`` escapes. The empty set: no event matches. Up to ``many`` rare literals are better than a common one.
    """
    found = _literals(expr, many)
    return None if found is None else found.members


def text_literals(node: Node) -> frozenset[bytes] | None:
    """The same of a pattern of any kind, where the event is a record as one line of compact JSON.

    What looks at its text may find something in the middle of it, so that these have no quotes; and only in a string,
    because they hold what JSON does not have outside of strings.
    """
    match node:
        case Term(text, role):
            return None if role is Role.EXCLUDED else _inside(text)
        case Compare(Column(), Op.EQ, Text() as value):
            return _inside(value.value, value.value.split("*"))
        case Compare(Selector()) | Is() | NotExists():
            return literals(node)
        case Regex(source) if _ALTERNATIVES.fullmatch(source):
            return _any_of([_inside("", _GAP.split(one)) for one in source.split("|")])
        case And() | Or() | Terms() | Fields():
            each = [text_literals(part) for part in parts(node)]
            known = [found for found in each if found is not None]
            best = max(known, key=lambda found: (-len(found), min(map(len, found))), default=None)
            return best if rule(node) is Rule.ALL else _any_of(each)
        case _:
            return None


def _any_of(each: Sequence[frozenset[bytes] | None]) -> frozenset[bytes] | None:
    known = [found for found in each if found is not None]
    return frozenset().union(*known) if len(known) == len(each) else None


def _inside(text: str, pieces: Sequence[str] = ()) -> frozenset[bytes] | None:
    """The longest piece of a text that JSON writes in one way, and in strings alone."""
    sure = [one for piece in pieces or [text] for one in _IN_STRINGS.findall(piece) if _is_sure(one)]
    best = max(sure, key=len, default="")
    return frozenset({best.encode()}) if len(best) >= MIN_LITERAL else None


class _Literals(Struct, frozen=True):
    """A set of literals, and how common they are in records: 0 values, 1 names of services, 2 keys."""

    members: frozenset[bytes]
    common: int = 0

    def weight(self, many: int) -> tuple[bool, int, int]:
        """How many records they would let through, more or less."""
        return len(self.members) > many, self.common, len(self.members)


def _literals(expr: Expr, many: int) -> _Literals | None:
    match expr:
        case And(terms):
            known = [found for term in terms if (found := _literals(term, many)) is not None]
            return min(known, key=lambda one: one.weight(many), default=None)
        case Or(terms):
            each = [found for term in terms if (found := _literals(term, many)) is not None]
            return _united(each) if len(each) == len(terms) else None
        case Compare() | Is() | NotExists():
            return _of_condition(expr)
        case _:
            assert_never(expr)


def _united(each: list[_Literals]) -> _Literals:
    return _Literals(frozenset().union(*(one.members for one in each)), max(one.common for one in each))


def _of_condition(condition: Condition) -> _Literals | None:
    match condition:
        case Compare(selector, Op.EQ, Text() as value):
            return _of_text(value) or _of_key(selector)
        case Compare(selector, Op.NE, _) if selector.wildcard is not None:
            return None  # true where nothing is found
        case Compare(selector) | Is(selector):
            return _of_key(selector)
        case NotExists():
            return None
        case _:
            assert_never(condition)


def _of_text(value: Text) -> _Literals | None:
    """The longest piece of the text that must be there, with its quotes where it touches an end."""
    if set(value.value) <= _NUMERIC | {"*"}:
        return None  # a number can have this text, and is written without quotes and in many ways
    pieces = value.value.split("*")
    written = list(pieces)
    written[0] = f'"{written[0]}'
    written[-1] = f'{written[-1]}"'
    sure = [text for piece, text in zip(pieces, written, strict=True) if _is_sure(piece)]
    best = max(sure, key=len, default="")
    if len(best) < MIN_LITERAL:
        return None
    return _Literals(frozenset({best.encode()}), int(best.endswith('.amazonaws.com"')))


def _is_sure(piece: str) -> bool:
    r"""Whether JSON has one way to write a piece, and so is not part of a number; a quote in it is written ``\"``."""
    return bool(_PLAIN.fullmatch(piece)) and not set(piece) <= _NUMERIC


def _of_key(selector: Selector) -> _Literals | None:
    """The name of the last member on the way: it must be there for anything to be found."""
    names = [step.text for step in selector.steps if isinstance(step, Name)]
    plain = [name for name in names if _PLAIN.fullmatch(name)]
    return _Literals(frozenset({f'"{plain[-1]}"'.encode()}), 2) if plain else None
