"""Explanations as JSON: the same facts as the text, for machines (docs/explain.md).

In: what `detector.jobs.explain` says. Out: text that is pure ASCII, the same bytes for the same input.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from detector.jsontext import dump_indented
from detector.pattern.evaluate import MISSING
from detector.pattern.explanation import outline
from detector.pattern.syntax import Node, Rule, Terms, parts, rule
from detector.render.explanation_notes import notes, reasons
from detector.render.explanation_words import found as in_words
from detector.render.explanation_words import hint, meaning, shown

if TYPE_CHECKING:
    from detector.jobs.conditions import ConditionCount, Conditions
    from detector.jobs.explain import Explained, Explanations, Nearest
    from detector.pattern import Pattern
    from detector.pattern.explanation import Found, Verdict

DEEPEST = 50
"""Levels of a found value that are given as they are; what lies deeper is given as a short text."""


def explanation_json(result: Explanations) -> str:
    """One object for one filter, and for several an object with all of them in ``filters``."""
    each = [_filter(one) for one in result.filters]
    named = [{"filter": one.filter, **facts} for one, facts in zip(result.filters, each, strict=True)]
    return dump_indented(each[0] if len(each) == 1 else {"filters": named}) + "\n"


def _filter(one: Explained) -> dict[str, Any]:
    facts = _pattern(one.pattern)
    if one.counted is not None:
        return facts | _counted(one.counted)
    if one.event is None:
        return facts | {"notes": notes(one.pattern), "tree": _clause(outline(one.pattern))}
    return facts | {
        "matches": one.event.matches,
        "because": list(reasons(one.event)),
        "decisive": [str(leaf.clause) for leaf in one.event.decisive],
        "nearest": None if one.nearest is None else _nearest(one.nearest),
        "tree": None if one.event.tree is None else _verdict(one.event.tree),
    }


def _nearest(nearest: Nearest) -> dict[str, Any]:
    """What is absent has no ``before``, what is removed no ``after``."""
    fields = nearest.event.fields if nearest.event else ()
    rewritten = nearest.pattern.conditions if nearest.pattern else ()
    return {
        "event": nearest.event
        and {
            "fields": [
                {"field": str(one.field)}
                | {
                    name: plain(value)
                    for name, value in (("before", one.before), ("after", one.after))
                    if value is not MISSING
                }
                for one in fields
            ],
        },
        "pattern": nearest.pattern
        and {
            "conditions": [
                {"before": str(one.before), "after": None if one.after is None else str(one.after)}
                for one in rewritten
            ],
            "pattern": str(nearest.pattern.pattern),
        },
    }


def _counted(counted: Conditions) -> dict[str, Any]:
    return {
        "events": counted.events,
        "matched": counted.matched,
        "no_json": counted.not_json,
        "conditions": list(map(_obstacle, counted.conditions)),
        "most_often": next((obstacle.condition for obstacle in counted.obstacles), None),
    }


def _pattern(pattern: Pattern) -> dict[str, Any]:
    return {
        "pattern": str(pattern),
        "kind": str(pattern.kind),
        "ignored": [str(term) for term in pattern.expr.ignored] if isinstance(pattern.expr, Terms) else [],
    }


def _clause(clause: Node) -> dict[str, Any]:
    if rule(clause) is Rule.CONDITION:
        return {"rule": str(rule(clause)), "text": str(clause), "meaning": meaning(clause)}
    return {"rule": str(rule(clause)), "terms": list(map(_clause, parts(clause)))}


def _verdict(tree: Verdict) -> dict[str, Any]:
    if tree.found is None:
        terms = list(map(_verdict, tree.terms))
        return {"rule": str(rule(tree.clause)), "holds": tree.holds, "terms": terms}
    return {
        **_clause(tree.clause),
        "holds": tree.holds,
        "decisive": tree.decisive,
        "found": {**_found(tree.found), "words": in_words(tree)},
        "hint": hint(tree) or None,
    }


def _found(found: Found) -> dict[str, Any]:
    return {
        "kind": str(found.kind),
        "values": [plain(value) for value in found.values],
        "reached": found.reached or None,
        "blocked": None if found.blocked is None else str(found.blocked),
    }


def _obstacle(one: ConditionCount) -> dict[str, Any]:
    return {
        "condition": one.condition,
        "meaning": meaning(one.leaf),
        "present": one.present,
        "satisfied": one.satisfied,
        "in_the_way": one.in_the_way,
        "alone": one.alone,
        "found": dict(one.found),
    }


def plain(value: Any, depth: int = 0) -> Any:
    """A value that every JSON writer can write: no infinity (given as its text), no endless nesting (cut)."""
    match value:
        case float() if math.isinf(value):
            return "1e999" if value > 0 else "-1e999"
        case dict() | list() if depth == DEEPEST:
            return shown(value)
        case dict():
            return {key: plain(member, depth + 1) for key, member in value.items()}
        case list():
            return [plain(member, depth + 1) for member in value]
        case _:
            return value
