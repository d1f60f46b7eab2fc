"""The one prover: questions about JSON patterns, decided on every event or on those of a domain.

In: expressions. Out: how two of them relate (`relate`, for `compare`), or whether one can be true where another is false
(`Logic`, for `lint`). Structure comes first, then a search whose steps are bounded (`search`); what neither decides is
undecided.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from detector.pattern import Pattern, PatternKind
from detector.pattern.syntax import And, Expr, Selector
from detector.relation import candidates
from detector.relation.budget import Budget, ExhaustedError
from detector.relation.formula import FALSE, TRUE, Formula
from detector.relation.places import Tree
from detector.relation.search import EXHAUSTED, Findings, search
from detector.relation.values import Domain
from detector.relation.verdict import Event, Outcome, Verdict, outcome_of, verdict

LOGIC_STEPS = 30_000
LOGIC_STEPS_IN_ALL = 400_000
"""Steps for one question of the linter, and for all that are asked of one `Logic`."""


def relate(old: Pattern, new: Pattern, steps: int) -> Verdict:
    """The relation of two JSON patterns; a message that is not a JSON object matches neither."""
    exprs = cast("Expr", old.expr), cast("Expr", new.expr)
    findings = _findings(*exprs, Outcome, steps)
    unknown = findings.unknown
    if findings.why_not:
        alone = [event for one in (old, new) for event in examples(one, steps // 5)]
        for event in candidates.events(old, new, alone):
            outcome = outcome_of(old, new, event)
            if outcome is not None and outcome in unknown:
                findings.events[outcome] = event
                unknown.discard(outcome)
            if not unknown:
                break
    events: dict[Outcome, Event] = {**findings.events}
    return verdict(old, new, events, frozenset(unknown), findings.why_not)


def examples(pattern: Pattern, steps: int) -> Iterable[dict[str, Any]]:
    """Events that a JSON pattern matches, if any are found; none for other patterns."""
    if pattern.kind is not PatternKind.JSON:
        return ()
    expr = cast("Expr", pattern.expr)
    return _findings(expr, expr, [Outcome.BOTH], steps).events.values()


def between(true: Expr, false: Expr, steps: int) -> dict[str, Any] | None:
    """The smallest event that makes one expression true and the other false; None if none is found."""
    return _findings(true, false, [Outcome.OLD_ONLY], steps).events.get(Outcome.OLD_ONLY)


def _findings(old: Expr, new: Expr, wanted: Iterable[Outcome], steps: int) -> Findings:
    try:
        tree = Tree(Budget(steps))
        return search(tree, (tree.formula(old), tree.formula(new)), wanted)
    except ExhaustedError:
        return Findings(unknown=set(wanted), why_not=EXHAUSTED)


class Undecided(Exception):  # noqa: N818 - no error: the question is too large to be answered
    """Neither an event was found nor a proof that there is none."""


class Logic:
    """Questions about expressions whose conditions are among those of ``exprs``.

    All answers are about the events of a ``domain``; None: about all. ``unlike`` leaves out the events of which one
    selector's comparisons cannot tell its value from a string. Raises `Undecided` where the bound on work is reached:
    that of one question, or ``work`` that several `Logic` share.
    """

    def __init__(
        self,
        *exprs: Expr,
        domain: Domain | None = None,
        unlike: tuple[Selector, str] | None = None,
        work: Budget | None = None,
    ) -> None:
        self._work = Budget(LOGIC_STEPS_IN_ALL) if work is None else work
        self._tree = Tree(Budget(LOGIC_STEPS))
        self._domain = domain
        for expr in exprs:
            self._tree.formula(expr)
        self._assumed: Formula = TRUE if unlike is None else self._tree.unlike(*unlike)

    def can_be(self, true: Expr, false: Expr | None = None) -> bool:
        """Whether some event makes ``true`` true and ``false`` false."""
        formulas = self._tree.formulas
        steps = min(LOGIC_STEPS, self._work.left)
        if steps <= 0:
            raise Undecided
        formulas.budget.left = steps
        try:
            pair = (
                formulas.all([self._assumed, self._tree.formula(true)]),
                FALSE if false is None else self._tree.formula(false),
            )
            findings = search(self._tree, pair, [Outcome.OLD_ONLY], self._domain)
        except ExhaustedError:
            raise Undecided from None
        finally:
            self._work.left -= steps - max(0, formulas.budget.left)
        if findings.unknown:
            raise Undecided
        return bool(findings.events)

    def never(self, expr: Expr) -> bool:
        """Whether no event makes it true."""
        return not self.can_be(expr)

    def always(self, expr: Expr) -> bool:
        """Whether every event makes it true."""
        return not self.can_be(And(()), expr)

    def same(self, one: Expr, other: Expr) -> bool:
        """Whether both are true of the same events."""
        return not self.can_be(one, other) and not self.can_be(other, one)
