"""What is known about a pattern without any event.

In: the tree of a JSON pattern. Out: claims about every event that matches. The contract: **a claim may be
too weak, never too strong**. Whatever is not understood is `None`, "nothing is known", and `None` absorbs.
The claims are tested to be sound on a small world, and to be useful by an exact table.
"""

from __future__ import annotations

import re
from typing import Any, assert_never

from detector.pattern import evaluate
from detector.pattern.evaluate import MISSING
from detector.pattern.syntax import (
    And,
    Compare,
    Condition,
    Expr,
    Is,
    Name,
    NotExists,
    Op,
    Or,
    Selector,
    Text,
    conditions,
)

# JSON has one way to write these (but for \\u escapes, which the caller looks for).
_PLAIN = re.compile(r"[A-Za-z0-9 _.:@,;*(){}#%|~^$!?\[\]-]+")
# The letters that the text of a number can have: digits, sign, point, exponent, Infinity.
_NUMERIC = frozenset("0123456789+-.EInfityNa")
MIN_LITERAL = 4


def possible(expr: Expr, selector: Selector, found: Any) -> bool:
    """Whether an event may match when ``selector`` finds ``found`` in it, whatever else it holds."""
    match expr:
        case And(terms):
            return all(possible(term, selector, found) for term in terms)
        case Or(terms):
            return any(possible(term, selector, found) for term in terms)
        case Compare() | Is() | NotExists():
            return expr.selector != selector or _decided(expr, found)
        case _:
            assert_never(expr)


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
            return None if None in each else frozenset().union(*(found for found in each if found is not None))
        case Compare(found, Op.EQ, Text() as value) if found == selector and not value.is_glob:
            return frozenset({value.value})
        case Compare() | Is() | NotExists():
            return None
        case _:
            assert_never(expr)


def pivot(expr: Expr) -> Selector | None:
    """The selector whose value rules out most events: eventName by choice, else one with few texts,
    else one that must be there at all. None when no single field rules anything out.
    """
    chosen = [leaf.selector for leaf in conditions(expr) if leaf.selector.wildcard is None]
    finite = [selector for selector in chosen if texts(expr, selector) is not None]
    needed = [selector for selector in chosen if not possible(expr, selector, MISSING)]
    return next(iter(sorted(finite, key=lambda one: str(one) != "$.eventName") + needed), None)


def literals(expr: Expr) -> frozenset[bytes] | None:
    """Bytes of which the JSON text of a matching event holds at least one; None: nothing is known.

    They hold unless an escape hides them: a literal has only characters that JSON writes in one way but
    for ``\\u`` escapes. The empty set: no event matches.
    """
    match expr:
        case And(terms):
            known = [found for term in terms if (found := literals(term)) is not None]
            return min(known, key=_weight) if known else None
        case Or(terms):
            each = [literals(term) for term in terms]
            return None if None in each else frozenset().union(*(found for found in each if found is not None))
        case Compare(selector, Op.EQ, Text() as value):
            return _of_text(value) or _of_key(selector)
        case Compare(selector, op, _):
            return None if op is Op.NE and selector.wildcard is not None else _of_key(selector)
        case Is(selector, _):
            return _of_key(selector)
        case NotExists():
            return None
        case _:
            assert_never(expr)


def _weight(found: frozenset[bytes]) -> tuple[int, int]:
    """Fewer literals are better, then longer ones; keys of the record are everywhere and come last."""
    return len(found), -min(map(len, found), default=0)


def _of_text(value: Text) -> frozenset[bytes] | None:
    """The longest piece of the text that must be there, with its quotes where it touches an end."""
    if set(value.value) <= _NUMERIC | {"*"}:
        return None  # a number can have this text, and is written without quotes and in many ways
    pieces = value.value.split("*")
    pieces[0] = f'"{pieces[0]}'
    pieces[-1] = f'{pieces[-1]}"'
    sure = [piece for piece in pieces if _is_sure(piece)]
    best = max(sure, key=len, default="")
    return frozenset({best.encode()}) if len(best) >= MIN_LITERAL else None


def _is_sure(piece: str) -> bool:
    inside = piece.strip('"')
    return bool(_PLAIN.fullmatch(inside)) and not set(inside) <= _NUMERIC


def _of_key(selector: Selector) -> frozenset[bytes] | None:
    """The name of the last member on the way: it must be there for anything to be found."""
    names = [step.text for step in selector.steps if isinstance(step, Name)]
    plain = [name for name in names if _PLAIN.fullmatch(name)]
    return frozenset({f'"{plain[-1]}"'.encode()}) if plain else None
