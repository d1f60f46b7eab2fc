"""An explanation as JSON: the same facts as the text, for machines (docs/explain.md).

In: a pattern with or without an event, or the obstacles of many events. Out: text that is pure ASCII, the same bytes
for the same input.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from detector.jsontext import dump_indented
from detector.pattern.explanation import outline
from detector.pattern.syntax import Node, Rule, Terms, parts, rule
from detector.render.explanation_words import found as in_words
from detector.render.explanation_words import meaning, shown

if TYPE_CHECKING:
    from detector.jobs.obstacles import Obstacle, Obstacles
    from detector.pattern import Pattern
    from detector.pattern.explanation import Explanation, Found, Verdict

DEEPEST = 50
"""Levels of a found value that are given as they are; what lies deeper is given as a short text."""


def pattern_json(pattern: Pattern) -> str:
    """The pattern alone: its tree and what each condition means."""
    return _dumped({**_pattern(pattern), "tree": _clause(outline(pattern))})


def explanation_json(explained: Explanation) -> str:
    """One event: the verdict, the conditions that decided it, and the tree with what was found."""
    tree = explained.tree
    return _dumped(
        {
            **_pattern(explained.pattern),
            "matches": explained.matches,
            "decisive": [str(leaf.clause) for leaf in explained.decisive],
            "tree": None if tree is None else _verdict(tree),
        }
    )


def obstacles_json(counted: Obstacles) -> str:
    """Many events: how many match, and per condition how often it stood in the way."""
    return _dumped(
        {
            **_pattern(counted.pattern),
            "events": counted.events,
            "matched": counted.matched,
            "no_json": counted.no_json,
            "conditions": list(map(_obstacle, counted.conditions)),
            "most_often": next((str(one.condition) for one in counted.ranked), None),
        }
    )


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
    }


def _found(found: Found) -> dict[str, Any]:
    return {
        "kind": str(found.kind),
        "values": [_plain(value) for value in found.values],
        "reached": found.reached or None,
        "blocked": None if found.blocked is None else str(found.blocked),
    }


def _obstacle(one: Obstacle) -> dict[str, Any]:
    return {
        "condition": str(one.condition),
        "meaning": meaning(one.condition),
        "in_the_way": one.in_the_way,
        "alone": one.alone,
        "found": dict(one.found),
    }


def _plain(value: Any, depth: int = 0) -> Any:
    """A value that every JSON writer can write: no infinity (given as its text), no endless nesting (cut)."""
    match value:
        case float() if math.isinf(value):
            return "1e999" if value > 0 else "-1e999"
        case dict() | list() if depth == DEEPEST:
            return shown(value)
        case dict():
            return {key: _plain(member, depth + 1) for key, member in value.items()}
        case list():
            return [_plain(member, depth + 1) for member in value]
        case _:
            return value


def _dumped(facts: dict[str, Any]) -> str:
    return dump_indented(facts) + "\n"
