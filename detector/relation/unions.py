"""Several patterns on a side, of any kind: how what matches any of the old ones relates to what matches any of the new.

In: the patterns of both sides. Out: a `Verdict`. JSON patterns of a side are joined into one; the rest is put together
from the relations of pairs. An outcome is shown by a witness of some pair that stands against all patterns, and ruled out
where each pattern of a side lies within one of the other side. What neither does is not decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from detector.pattern import Pattern, PatternKind, any_of
from detector.relation import relate
from detector.relation.verdict import Event, Outcome, Relation, Verdict, outcome_of, verdict

_WHY_NOT = "filters of different kinds are related one by one, which does not show how all of them relate"
_WITHIN_NEW = {Relation.EQUIVALENT, Relation.WIDER}
_WITHIN_OLD = {Relation.EQUIVALENT, Relation.NARROWER}


def relate_any(old: Sequence[Pattern], new: Sequence[Pattern], steps: int) -> Verdict:
    """The relation of what any of ``new`` matches to what any of ``old`` matches; ``steps`` bound all pairs together."""
    sides = _joined(old), _joined(new)
    if len(sides[0]) == len(sides[1]) == 1:
        return relate(sides[0][0], sides[1][0], steps)
    pairs = {pair: relate(*pair, steps // (len(sides[0]) * len(sides[1]))) for pair in product(*sides)}
    events: dict[Outcome, Event] = {}
    for found in (one.witnesses for one in pairs.values()):
        for event in (found.old_only, found.new_only, found.both):
            outcome = None if event is None else outcome_of(*sides, event)
            if event is not None and outcome is not None:
                events.setdefault(outcome, event)
    unknown = set(Outcome) - events.keys()
    relations = {pair: one.relation for pair, one in pairs.items()}
    if all(any(relations[a, b] in _WITHIN_NEW for b in sides[1]) for a in sides[0]):
        unknown.discard(Outcome.OLD_ONLY)
    if all(any(relations[a, b] in _WITHIN_OLD for a in sides[0]) for b in sides[1]):
        unknown.discard(Outcome.NEW_ONLY)
    if all(relation is Relation.DISJOINT for relation in relations.values()):
        unknown.discard(Outcome.BOTH)
    return verdict(*sides, events, frozenset(unknown), _WHY_NOT)


def _joined(patterns: Sequence[Pattern]) -> tuple[Pattern, ...]:
    together = [pattern for pattern in patterns if pattern.kind is PatternKind.JSON]
    union = any_of(together) if together else None
    others = tuple(pattern for pattern in patterns if pattern.kind is not PatternKind.JSON)
    return others if union is None else (union, *others)
