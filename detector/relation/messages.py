"""Patterns of which at least one is not JSON: their relation on the message of any log event.

Two unstructured-text patterns ask for substrings (or search one regular expression) and are decided exactly as
strings are. Space-delimited patterns that have the same fields are compared field by field, by structure. What is still
open is put to some messages: what they show is proved, what they do not show is not decided.
"""

from __future__ import annotations

from typing import cast

from detector.pattern import Pattern, PatternKind
from detector.pattern.syntax import (
    AnyFields,
    Compare,
    Entry,
    Field,
    Fields,
    Number,
    Op,
    Regex,
    Role,
    Term,
    Terms,
    Value,
)
from detector.relation import candidates, prover, terms
from detector.relation.automata import Automaton, contains
from detector.relation.budget import Budget, ExhaustedError
from detector.relation.formula import TRUE, Formula, Formulas, Literal
from detector.relation.goals import Goals
from detector.relation.questions import Entailment
from detector.relation.regex import RegexSearch
from detector.relation.regex_syntax import UnknownRegexError
from detector.relation.search import EXHAUSTED, not_followed
from detector.relation.strings import Answer, Reader, StringSearch
from detector.relation.verdict import Event, Outcome, Verdict, outcome_of, verdict

_KINDS = "patterns of different kinds are only put to a few messages"
_FIELDS = "space-delimited patterns with different conditions are only put to a few messages"


def relate(old: Pattern, new: Pattern, steps: int) -> Verdict:
    """The relation of two patterns, on any message."""
    if isinstance(old.expr, Terms) and isinstance(new.expr, Terms):
        return verdict(old, new, terms.outcomes(old.expr, new.expr), frozenset(), "")
    events: dict[Outcome, Event] = {}
    if old.kind is new.kind is PatternKind.TEXT:
        events, unknown, why_not = _of_text(old, new, steps)
    elif old.kind is new.kind:
        unknown, why_not = _possible_of_fields(old, new, steps), _FIELDS
    else:
        unknown, why_not = set(Outcome), _KINDS
    if old == new:
        unknown &= {Outcome.BOTH}
    # A pattern that matches every message leaves nothing to the other.
    unknown -= {Outcome.NEW_ONLY} if _matches_all(old) else set()
    unknown -= {Outcome.OLD_ONLY} if _matches_all(new) else set()
    if unknown:
        alone = [event for one in (old, new) for event in prover.examples(one, steps)]
        for message in candidates.messages(old, new, alone):
            outcome = outcome_of(old, new, message)
            if outcome is not None and outcome in unknown:
                events[outcome] = message
                unknown.discard(outcome)
                if not unknown:
                    break
    return verdict(old, new, events, frozenset(unknown), why_not)


def _matches_all(pattern: Pattern) -> bool:
    return pattern.expr in {Terms(()), Fields(()), Fields((AnyFields(),))}


def _of_text(old: Pattern, new: Pattern, steps: int) -> tuple[dict[Outcome, Event], set[Outcome], str]:
    """Events, the outcomes that are unknown, and why, for two patterns of which one is a regular expression."""
    formulas = Formulas(Budget(steps))
    asked = _Asked(formulas)
    try:
        pair = formulas.of(old.expr, asked.formula), formulas.of(new.expr, asked.formula)
        goals, atoms = Goals(formulas, Outcome), formulas.atoms(*pair)
        left = StringSearch(goals, asked.readers, atoms, frozenset()).strings(pair, surrogates=False)
    except UnknownRegexError as error:
        return {}, set(Outcome), not_followed(error)
    except ExhaustedError:
        return {}, set(Outcome), EXHAUSTED
    ended = (
        (Outcome.of(old=one == TRUE, new=other == TRUE), string) for (one, other), string in left.items()
    )
    return {outcome: string for outcome, string in ended if outcome}, set(), ""


class _Asked:
    """What text patterns ask of one message."""

    def __init__(self, formulas: Formulas) -> None:
        self.formulas = formulas
        self.readers: list[Reader] = []
        self._atoms: dict[Regex | str, Formula] = {}

    def formula(self, leaf: Term | Regex) -> Formula:
        """What one term, or a regular expression, asks."""
        asked = leaf.text if isinstance(leaf, Term) else leaf
        if asked not in self._atoms:
            number = len(self.readers)
            read: Automaton = RegexSearch(asked.source) if isinstance(asked, Regex) else contains(asked)
            self.readers.append(Reader(read, (Answer(number, wanted=True, equal=True, collected=False),)))
            self._atoms[asked] = self.formulas.atom(number)
        is_excluded = isinstance(leaf, Term) and leaf.role is Role.EXCLUDED
        return self.formulas.negated(self._atoms[asked]) if is_excluded else self._atoms[asked]


def _possible_of_fields(old: Pattern, new: Pattern, steps: int) -> set[Outcome]:
    """The outcomes that structure does not rule out, for two space-delimited patterns."""
    entries = [cast("Fields", one.expr).entries for one in (old, new)]
    if [isinstance(one, Field) for one in entries[0]] != [isinstance(one, Field) for one in entries[1]]:
        return set(Outcome)
    asked = _AskedOfFields(Budget(steps))
    pairs = [tuple(map(asked.formula, pair)) for pair in zip(*entries, strict=True)]
    try:
        implies, negated = asked.formulas.implies, asked.formulas.negated
        ruled_out = {
            Outcome.OLD_ONLY: all(implies(one, other) for one, other in pairs),
            Outcome.NEW_ONLY: all(implies(other, one) for one, other in pairs),
            Outcome.BOTH: any(implies(one, negated(other)) for one, other in pairs),
        }
    except ExhaustedError:
        return set(Outcome)
    return {outcome for outcome, is_out in ruled_out.items() if not is_out}


class _AskedOfFields:
    """What space-delimited patterns ask of one field; ``!=`` is the exact negation of ``=``."""

    def __init__(self, budget: Budget) -> None:
        self.formulas = Formulas(budget, self._entails)
        self._entailment = Entailment(budget)
        self._comparisons: list[tuple[Op, Value]] = []

    def formula(self, entry: Entry) -> Formula:
        """What an entry asks of its field."""
        condition = entry.condition if isinstance(entry, Field) else None
        return TRUE if condition is None else self.formulas.of(condition, self._comparison)

    def _comparison(self, leaf: Compare) -> Formula:
        comparison = (Op.EQ if leaf.op is Op.NE else leaf.op), leaf.value
        if comparison not in self._comparisons:
            self._comparisons.append(comparison)
        return self.formulas.atom(self._comparisons.index(comparison), holds=leaf.op is not Op.NE)

    def _entails(self, one: Literal, other: Literal) -> bool:
        (op, mine), (its, theirs) = self._comparisons[one[0]], self._comparisons[other[0]]
        if {op, its} != {Op.EQ} or isinstance(mine, Number) or isinstance(theirs, Number):
            return False
        match one[1], other[1]:
            case True, True:
                return self._entailment.is_within(mine, theirs)
            case False, False:
                return self._entailment.is_within(theirs, mine)
            case True, False:
                return self._entailment.is_apart(mine, theirs)
            case _:
                return False
