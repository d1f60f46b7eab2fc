"""What an explanation says in sentences: why the verdict is what it is, and what surprises about a pattern.

In: a pattern, or the explanation of one event. Out: sentences, safe to print, that the text wraps and JSON has as
they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeGuard

from detector.pattern.syntax import (
    Column,
    Compare,
    Is,
    Kind,
    Leaf,
    Op,
    Term,
    Terms,
    Text,
    conditions,
)
from detector.render.explanation_words import found, hint, quoted, subject
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    from detector.pattern import Pattern
    from detector.pattern.explanation import Explanation, Verdict

REASONS = 6
LONGEST = 1024
"""Characters of a condition, which no pattern has more of."""


def reasons(explained: Explanation) -> Iterator[str]:
    """The conditions that decided, those of one field in one sentence."""
    if explained.tree is None:
        yield "The log event is not a JSON object, and such an event never matches a JSON pattern."
        return
    if not explained.decisive:
        yield "The pattern asks for nothing: every log event matches."
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for leaf in explained.decisive:
        groups.setdefault((subject(leaf.clause), found(leaf)), []).append(leaf)
    for number, group in enumerate(groups.values()):
        if number == REASONS:
            yield f"and {len(groups) - REASONS:,} more"
            return
        why = next((f" {said}" for said in map(hint, group) if said), "")
        yield f"{_named(group)}: {found(group[0])}.{why}"


def _named(group: Sequence[Verdict]) -> str:
    """``$.a = 1 is false``, ``None of the 3 conditions on a holds``."""
    first, number = group[0], len({leaf.clause for leaf in group})
    if number == 1:
        return f"{printable(str(first.clause), LONGEST)} is {str(first.holds).lower()}"
    on = f"conditions on {subject(first.clause)}"
    if number == 2:  # noqa: PLR2004 - English has words for two
        return f"Both {on} hold" if first.holds else f"Neither of the two {on} holds"
    return f"{'All' if first.holds else 'None'} of the {number:,} {on} hold{'' if first.holds else 's'}"


def ignored(pattern: Pattern) -> list[str]:
    """That some terms of an unstructured-text pattern do not count, if there are such terms."""
    unused = pattern.expr.ignored if isinstance(pattern.expr, Terms) else ()
    if not unused:
        return []
    terms = ", ".join(f"?{quoted(term.text)}" for term in unused)
    return [f"{terms} does not count: beside a term without ? CloudWatch ignores those with it."]


def notes(pattern: Pattern) -> list[str]:
    """What is surprising about conditions of the kinds that a pattern has."""
    asked = conditions(pattern.expr)
    return [note for applies, note in _NOTES if any(applies(leaf) for leaf in asked)]


def _is_unequal(leaf: Leaf) -> bool:
    return _on_json(leaf) and leaf.op is Op.NE and leaf.selector.wildcard is None


def _begins_with_star(leaf: Leaf) -> bool:
    value = leaf.value if isinstance(leaf, Compare) else None
    return isinstance(value, Text) and value.value.startswith("*") and value.value[-1] != "*"


def _is_truth_text(leaf: Leaf) -> bool:
    return _on_json(leaf) and isinstance(leaf.value, Text) and leaf.value.value in {"true", "false"}


def _on_json(leaf: Leaf) -> TypeGuard[Compare]:
    return isinstance(leaf, Compare) and not isinstance(leaf.selector, Column)


def _is_null(leaf: Leaf) -> bool:
    return isinstance(leaf, Is) and leaf.kind is Kind.NULL and leaf.selector.wildcard is None


# What surprises, and the conditions that it is said of.
_NOTES = (
    (
        _is_unequal,
        (
            "!= asks for a text or a number that differs. Where the field is absent, null, true, false, an object or an "
            "array, it is false."
        ),
    ),
    (
        _begins_with_star,
        (
            '"ends with": CloudWatch looks for the text from the left and does not go back, so its first place has to be the '
            "end of the value."
        ),
    ),
    (
        _is_truth_text,
        "true and false are strings here; the JSON booleans are asked for with IS TRUE and IS FALSE.",
    ),
    (_is_null, "IS NULL is also true of an array that directly holds a null, and false of an absent field."),
    (
        lambda leaf: isinstance(leaf, Term),
        "a term is found inside words too, and upper and lower case differ.",
    ),
)
