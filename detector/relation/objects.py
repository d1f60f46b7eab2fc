"""Two JSON patterns: their relation on every JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from detector import jsontext
from detector.relation.budget import Budget
from detector.relation.formula import Formulas
from detector.relation.places import Tree
from detector.relation.regex_syntax import UnknownRegexError
from detector.relation.relation import BOTH, WANTED, Event, Matching, Verdict, verdict
from detector.relation.search import Outcome, search

if TYPE_CHECKING:
    from detector.pattern import Pattern
    from detector.pattern.syntax import Expr

_NUMBERS = "it is not known whether a double with exactly the digits that are asked for exists"


def relate(old: Pattern, new: Pattern, steps: int) -> Verdict:
    """The relation of two JSON patterns; text that is no JSON object matches neither."""
    formulas = Formulas()
    tree = Tree(formulas)
    pair = (tree.formula(cast("Expr", old.expr)), tree.formula(cast("Expr", new.expr)))
    try:
        outcome = search(tree.root, pair, formulas, Budget(steps))
    except UnknownRegexError as error:
        outcome = Outcome(why_not=f"a regular expression holds what is not followed here: {error}")
    events: dict[tuple[bool, bool], Event] = {**outcome.events}
    if outcome.why_not:
        # Equal formulas are equally true, however far the search came.
        unknown = frozenset({BOTH}) if pair[0] == pair[1] else WANTED
        return verdict(old, new, _tried(old, new, steps) | events, unknown, outcome.why_not)
    return verdict(old, new, events, frozenset(outcome.unsure), _NUMBERS)


def _tried(old: Pattern, new: Pattern, steps: int) -> dict[Matching, Event]:
    """Where reasoning found no end, a few events are put to both patterns."""
    from detector.relation import samples  # noqa: PLC0415 - samples needs `example` from here

    found = (
        (matching, jsontext.parse_object(str(text)))
        for matching, text in samples.tried(old, new, steps).items()
    )
    return {matching: event for matching, event in found if event is not None}


def example(pattern: Pattern, steps: int) -> Event | None:
    """An event that a JSON pattern matches, if one is found."""
    formulas = Formulas()
    tree = Tree(formulas)
    formula = tree.formula(cast("Expr", pattern.expr))
    try:
        outcome = search(tree.root, (formula, formula), formulas, Budget(steps))
    except UnknownRegexError:
        return None
    return outcome.events.get(BOTH)
