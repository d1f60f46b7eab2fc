"""Patterns of which at least one is not JSON: their relation on the text of any log event.

Two unstructured-text patterns ask for substrings (or search one regular expression) and are decided exactly as
strings are. Space-delimited patterns that ask the same of the same fields are equivalent, whatever the names. For
all other pairs some messages are tried: what they show is proved, what they do not show is not decided.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never, cast

from detector.pattern import Pattern, PatternKind
from detector.pattern.syntax import (
    And,
    AnyFields,
    Compare,
    Expr,
    Field,
    Fields,
    Is,
    NotExists,
    Op,
    Or,
    Regex,
    Role,
    Terms,
    TextExpr,
    Value,
)
from detector.relation import samples, terms
from detector.relation.budget import Budget, ExhaustedError
from detector.relation.formula import TRUE, Formula, Formulas
from detector.relation.regex import Search
from detector.relation.regex_syntax import UnknownRegexError
from detector.relation.relation import (
    BOTH,
    NEW_ONLY,
    OLD_ONLY,
    WANTED,
    Event,
    Matching,
    Verdict,
    verdict,
)
from detector.relation.texts import Answer, Reader, Texts
from detector.relation.words import Automaton, contains

_KINDS = "patterns of different kinds are only put to a few messages"
_FIELDS = "space-delimited patterns with different conditions are only put to a few messages"


def relate(old: Pattern, new: Pattern, steps: int) -> Verdict:
    """The relation of two patterns, on any message."""
    if isinstance(old.expr, Terms) and isinstance(new.expr, Terms):
        return verdict(old, new, terms.outcomes(old.expr, new.expr), frozenset(), "")
    if old.kind is new.kind is PatternKind.TEXT:
        return _texts(old, new, steps)
    found = samples.tried(old, new, steps)
    if old.kind is not new.kind:
        return verdict(old, new, found, _unknown(old, new), _KINDS)
    shapes = _Shapes()
    same = shapes.shape(old) == shapes.shape(new)
    return verdict(old, new, found, frozenset({BOTH}) if same else _unknown(old, new), _FIELDS)


def _unknown(old: Pattern, new: Pattern) -> frozenset[Matching]:
    """A pattern that matches every event leaves nothing to the other."""
    closed = {NEW_ONLY} if _matches_all(old) else set()
    return WANTED - closed - ({OLD_ONLY} if _matches_all(new) else set())


def _matches_all(pattern: Pattern) -> bool:
    return pattern.expr in {Terms(()), Fields(()), Fields((AnyFields(),))}


def _texts(old: Pattern, new: Pattern, steps: int) -> Verdict:
    asked = _Asked()
    unknown = frozenset({BOTH}) if old == new else WANTED
    try:
        pair = asked.formula(old), asked.formula(new)
        left = Texts(asked.formulas, asked.readers, Budget(steps)).strings(pair, surrogates=False)
    except UnknownRegexError as error:
        reason = f"a regular expression holds what is not followed here: {error}"
        return verdict(old, new, samples.tried(old, new, steps), unknown, reason)
    except ExhaustedError:
        return verdict(old, new, samples.tried(old, new, steps), unknown, "the bound on work was reached")
    found: dict[Matching, Event] = {}
    for (one, other), message in left.items():
        matching = one == TRUE, other == TRUE
        if matching in WANTED:
            found[matching] = message
    return verdict(old, new, found, frozenset(), "")


class _Asked:
    """What two text patterns ask of one message."""

    def __init__(self) -> None:
        self.formulas = Formulas()
        self.readers: list[Reader] = []
        self._known: dict[tuple[str, str], int] = {}

    def formula(self, pattern: Pattern) -> Formula:
        expr = cast("TextExpr", pattern.expr)
        match expr:
            case Regex(source):
                return self._atom("regex", source, Search)
            case Terms():
                return self._terms(expr)
            case _:
                assert_never(expr)

    def _terms(self, expr: Terms) -> Formula:
        required, excluded, optional = (
            tuple(term.text for term in expr.counted if term.role is role) for role in Role
        )
        if optional:
            return self.formulas.any(self._holds(one) for one in optional)
        return self.formulas.all(
            [*(self._holds(one) for one in required), *(self._holds(one, holds=False) for one in excluded)]
        )

    def _holds(self, term: str, *, holds: bool = True) -> Formula:
        return self._atom("term", term, contains, holds=holds)

    def _atom(
        self, kind: str, source: str, made: Callable[[str], Automaton], *, holds: bool = True
    ) -> Formula:
        key = kind, source
        if key not in self._known:
            self._known[key] = len(self._known)
            self.readers.append(
                Reader(made(source), (Answer(self._known[key], equal=True, collected=False),))
            )
        return self.formulas.atom(self._known[key], holds=holds)


class _Shapes:
    """What space-delimited patterns ask of each field, in a form in which order and names do not matter."""

    def __init__(self) -> None:
        self.formulas = Formulas()
        self._atoms: dict[tuple[Op, Value], int] = {}

    def shape(self, pattern: Pattern) -> list[Formula | None]:
        """A formula for each field, None for any number of fields."""
        entries = cast("Fields", pattern.expr).entries
        return [self._formula(one.condition) if isinstance(one, Field) else None for one in entries]

    def _formula(self, condition: Expr | None) -> Formula:
        match condition:
            case None:
                return TRUE
            case And(terms):
                return self.formulas.all(map(self._formula, terms))
            case Or(terms):
                return self.formulas.any(map(self._formula, terms))
            case Compare(_, op, value):
                return self.formulas.atom(self._atoms.setdefault((op, value), len(self._atoms)))
            case Is() | NotExists():
                raise TypeError(f"expected a condition on a field, found {condition}")
            case _:
                assert_never(condition)
