"""Two JSON patterns: their relation on every JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from detector.reason.budget import Budget
from detector.reason.formula import Formulas
from detector.reason.places import Tree
from detector.reason.regex_syntax import UnknownRegexError
from detector.reason.relation import Verdict, verdict
from detector.reason.search import search

if TYPE_CHECKING:
    from detector.pattern import Pattern
    from detector.pattern.syntax import Expr


def relate(old: Pattern, new: Pattern, steps: int) -> Verdict:
    """The relation of two JSON patterns; text that is no JSON object matches neither."""
    formulas = Formulas()
    tree = Tree(formulas)
    pair = (tree.formula(cast("Expr", old.expr)), tree.formula(cast("Expr", new.expr)))
    if pair[0] == pair[1]:
        pass
    try:
        outcome = search(tree.root, pair, formulas, Budget(steps))
    except UnknownRegexError as error:
        return verdict(old, new, {}, f"the regular expression holds what is not followed here: {error}")
    why_not = outcome.why_not
    if not why_not and outcome.unsure - outcome.events.keys():
        why_not = "whether a double with the digits that are asked for exists is not known"
    return verdict(old, new, dict(outcome.events), why_not)
