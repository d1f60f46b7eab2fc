"""Whether a tree of conditions can be true, must be true, or says the same as another one.

In: trees over the same conditions. Out: yes or no, or `Undecided`. "Cannot be true", "is always true" and "is the
same" are proofs: they hold for every event, because every event has its signatures (`detector.lint.signatures`) and
all combinations of signatures are looked at. "Can be true" is not a proof.

Conditions with a wildcard selector are taken one by one: each may be true or false, whatever the others are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from detector.lint.signatures import Kind, Signature, Undecided, signatures
from detector.pattern.syntax import And, Condition, Expr, Index, Name, Or, Selector, conditions

BUDGET = 6_000
"""Combinations that are looked at for one question."""

Domain: TypeAlias = Callable[[Selector, Signature, Sequence[Condition]], bool]
"""Which signatures of a selector's conditions are to be thought of: knowledge, or an assumption."""


def anything(_: Selector, __: Signature, ___: Sequence[Condition]) -> bool:
    """The domain of all events."""
    return True


@dataclass(frozen=True, slots=True)
class Logic:
    """Questions about trees whose conditions are among those of ``expr``."""

    variables: tuple[tuple[Selector, tuple[Signature, ...]], ...]

    @classmethod
    def of(cls, *exprs: Expr, domain: Domain = anything) -> Logic:
        """Signatures for every selector in the trees that the domain allows."""
        by_selector: dict[Selector, list[Condition]] = {}
        free: dict[Condition, Selector] = {}
        for leaf in dict.fromkeys(leaf for expr in exprs for leaf in conditions(expr)):
            if leaf.selector.wildcard is None:
                by_selector.setdefault(leaf.selector, []).append(leaf)
            else:
                free[leaf] = leaf.selector
        known = [(one, _allowed(one, leaves, domain)) for one, leaves in by_selector.items()]
        loose = [(selector, _either(leaf)) for leaf, selector in free.items()]
        return cls(tuple(sorted([*known, *loose], key=lambda pair: len(pair[0].steps))))

    def can_be(self, true: Expr, false: Expr | None = None) -> bool:
        """Whether some combination makes ``true`` true and ``false`` false; raises `Undecided`."""
        return _Search(self.variables, true, false).found()

    def never(self, expr: Expr) -> bool:
        """Whether no event makes it true."""
        return not self.can_be(expr)

    def always(self, expr: Expr) -> bool:
        """Whether every event makes it true."""
        return not self.can_be(_TRUE, expr)

    def same(self, one: Expr, other: Expr) -> bool:
        """Whether both are true of the same events."""
        return not self.can_be(one, other) and not self.can_be(other, one)


_TRUE: Expr = And(())


def _allowed(selector: Selector, leaves: list[Condition], domain: Domain) -> tuple[Signature, ...]:
    found = (one for one in signatures(leaves) if domain(selector, one, leaves))
    merged = {(one.kind, one.true): one for one in found}
    return tuple(sorted(merged.values(), key=lambda one: (one.kind, sorted(map(str, one.true)))))


def _either(leaf: Condition) -> tuple[Signature, ...]:
    return Signature(Kind.ARRAY, frozenset()), Signature(Kind.ARRAY, frozenset({leaf}))


class _Search:
    """One question: the variables are given signatures one after the other until the trees are decided."""

    def __init__(
        self, variables: tuple[tuple[Selector, tuple[Signature, ...]], ...], true: Expr, false: Expr | None
    ) -> None:
        used = set(conditions(true)) | (set() if false is None else set(conditions(false)))
        self.variables = [pair for pair in variables if _is_asked(*pair, used)]
        self.true = true
        self.false = false
        self.left = BUDGET

    def found(self) -> bool:
        """Whether there is an answer."""
        return self._from(0, {}, {})

    def _from(self, place: int, truth: dict[Condition, bool], kinds: Mapping[Selector, Kind]) -> bool:
        self.left -= 1
        if self.left < 0:
            raise Undecided
        yes = three_valued(self.true, truth)
        no = False if self.false is None else three_valued(self.false, truth)
        if yes is False or no is True:
            return False
        if place == len(self.variables):
            return True
        path, options = self.variables[place]
        leaves = frozenset(leaf for option in options for leaf in option.true) | _leaves(path, self)
        return any(
            self._from(
                place + 1,
                {**truth, **{leaf: leaf in option.true for leaf in leaves}},
                kinds if path.wildcard is not None else {**kinds, path: option.kind},
            )
            for option in options
            if path.wildcard is not None or _fits(path, option.kind, kinds)
        )


def _leaves(path: Selector, search: _Search) -> frozenset[Condition]:
    if path.wildcard is not None:
        return frozenset()
    trees = [search.true] if search.false is None else [search.true, search.false]
    return frozenset(leaf for tree in trees for leaf in conditions(tree) if leaf.selector == path)


def _is_asked(path: Selector, options: tuple[Signature, ...], used: set[Condition]) -> bool:
    """Whether the trees ask about a variable."""
    if path.wildcard is not None:
        return any(leaf in used for option in options for leaf in option.true)
    return any(leaf.selector == path for leaf in used)


def _fits(path: Selector, kind: Kind, kinds: Mapping[Selector, Kind]) -> bool:
    """Parents and children: below what is no object or array there is nothing."""
    for parent, held in kinds.items():
        size = len(parent.steps)
        if size < len(path.steps) and path.steps[:size] == parent.steps and kind is not Kind.MISSING:
            step = path.steps[size]
            wanted = (
                Kind.OBJECT if isinstance(step, Name) else Kind.ARRAY if isinstance(step, Index) else held
            )
            if held is not wanted:
                return False
    return True


def three_valued(expr: Expr, truth: Mapping[Condition, bool]) -> bool | None:
    """The truth of a tree of which only some conditions are known; None: it depends on the others."""
    if not isinstance(expr, And | Or):
        return truth.get(expr)
    short = isinstance(expr, Or)
    found: bool | None = not short
    for term in expr.terms:
        value = three_valued(term, truth)
        if value is short:
            return short
        if value is None:
            found = None
    return found
