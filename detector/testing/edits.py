"""Edits of a JSON pattern of which it is known what they do to the events that match.

In: a pattern. Out: another pattern, and whether it matches the same events, fewer or more. The claim is by construction:
``&&`` and ``||`` know no negation, so that a narrower condition makes the whole narrower or leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from hypothesis import strategies as st

from detector.errors import PatternError
from detector.pattern import Pattern, of_tree
from detector.pattern.syntax import And, Compare, Condition, Expr, Op, Or, Text, conditions
from detector.testing.patterns import conditions as any_condition
from detector.testing.patterns import selectors


class Effect(StrEnum):
    """What an edit does to the events that match."""

    KEEPS = "keeps"
    NARROWS = "narrows"
    """No event matches that did not match before."""
    WIDENS = "widens"
    """Every event matches that matched before."""


@dataclass(frozen=True, slots=True)
class Edit:
    """The pattern after an edit, and what the edit does."""

    pattern: Pattern
    effect: Effect


_MORE = any_condition(selectors())
_EFFECTS = st.sampled_from(Effect)


@st.composite
def edits(draw: st.DrawFn, pattern: Pattern, effect: Effect | None = None) -> Edit:
    """Edits of a JSON pattern with one effect, or with any; what the service would refuse becomes no edit at all.

    Terms change places, are put into parentheses or said twice; conditions and choices are added and dropped; a literal
    gets a ``*`` or loses one.
    """
    if pattern.json is None:
        raise ValueError("expected a JSON pattern: edits of other kinds are not known")
    chosen = draw(_EFFECTS) if effect is None else effect
    tree = pattern.json if draw(st.booleans()) else _shuffled(draw, pattern.json)
    if chosen is not Effect.KEEPS:
        more = draw(_MORE | st.sampled_from(conditions(tree)))
        ways = [And((tree, more)) if chosen is Effect.NARROWS else Or((tree, more)), *_changed(tree, chosen)]
        tree = draw(st.sampled_from(ways))
    try:
        return Edit(of_tree(tree), chosen)
    except PatternError:
        return Edit(pattern, Effect.KEEPS)


def _shuffled(draw: st.DrawFn, tree: Expr) -> Expr:
    """The same terms in another order, some of them in parentheses of their own, or twice."""
    if not isinstance(tree, And | Or):
        return And((tree, tree)) if draw(st.booleans()) else Or((tree, tree))
    terms = [
        _shuffled(draw, term) if isinstance(term, And | Or) else term
        for term in draw(st.permutations(tree.terms))
    ]
    if len(terms) > 2 and draw(st.booleans()):  # noqa: PLR2004 - two in parentheses and one beside them
        terms = [type(tree)(tuple(terms[:2])), *terms[2:]]
    return type(tree)((*terms, terms[0]) if draw(st.booleans()) else tuple(terms))


def _changed(tree: Expr, effect: Effect) -> Iterator[Expr]:
    """The tree with one thing of it changed, in every way that has the effect."""
    if not isinstance(tree, And | Or):
        yield from _condition(tree, effect)
        return
    drops = isinstance(tree, Or) is (effect is Effect.NARROWS)
    for place, term in enumerate(tree.terms):
        before, after = tree.terms[:place], tree.terms[place + 1 :]
        yield from (type(tree)((*before, one, *after)) for one in _changed(term, effect))
        if drops:
            rest = (*before, *after)
            yield rest[0] if len(rest) == 1 else type(tree)(rest)


def _condition(leaf: Condition, effect: Effect) -> Iterator[Expr]:
    """A literal with a ``*`` more is equalled by more values, and one with a ``*`` less by fewer."""
    match leaf:
        case Compare(selector, Op.EQ | Op.NE as op, Text(text)):
            if (op is Op.EQ) is (effect is Effect.WIDENS):
                yield from (
                    Compare(selector, op, Text(other))
                    for other in (f"{text}*", f"*{text}")
                    if "*" not in text
                )
            elif "*" in text:
                yield Compare(selector, op, Text(text.replace("*", "")))
        case _:
            return
