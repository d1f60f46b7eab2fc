"""Which condition stands in the way of a match, over many events.

In: a pattern and log events. Out: `Obstacles`, counts per condition. The claim: exact; each event that does not
match is judged by `detector.pattern.explanation`, which asks the definition of truth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from detector.archive import Event
from detector.pattern import Pattern, PatternKind
from detector.pattern.explanation import Explanation, Verdict, explain, judge
from detector.pattern.syntax import Node, Rule, conditions, rule


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One condition: how often it stood in the way, how often it alone did, and what was found there then.

    A condition stands in the way of a match when it is false and so is every group around it; it alone does
    when the event would match if it held. ``found`` counts the kinds (absent, null, string …) of what it
    looked at when it stood in the way.
    """

    condition: Node
    in_the_way: int
    alone: int
    found: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What kept ``events - matched`` events from matching; ``no_json`` of them are no JSON objects at all."""

    pattern: Pattern
    events: int
    matched: int
    no_json: int
    conditions: tuple[Obstacle, ...]
    """In the order in which they are written, each different condition once."""

    @property
    def ranked(self) -> tuple[Obstacle, ...]:
        """Those that stood in the way at all, the most frequent first; alone counts next."""
        found = [one for one in self.conditions if one.in_the_way]
        return tuple(sorted(found, key=lambda one: (-one.in_the_way, -one.alone)))


def obstacles(pattern: Pattern, events: Iterable[Event]) -> Obstacles:
    """Count over all events; each is judged once."""
    counts = _Counts(pattern)
    for event in events:
        counts.add(judge(pattern, _asked(pattern, event)))
    return counts.result()


def explanation_of(pattern: Pattern, event: Event) -> Explanation:
    """Why one event of an archive matches or does not."""
    return explain(pattern, _asked(pattern, event))


def _asked(pattern: Pattern, event: Event) -> str | dict[str, Any]:
    """What a pattern of this kind looks at."""
    if pattern.kind is PatternKind.JSON and event.record is not None:
        return event.record
    return event.text


class _Counts:
    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        self.events = self.matched = self.no_json = 0
        self.in_the_way: Counter[Node] = Counter()
        self.alone: Counter[Node] = Counter()
        self.found: dict[Node, Counter[str]] = {}

    def add(self, tree: Verdict | None) -> None:
        self.events += 1
        if tree is None:
            self.no_json += 1
            return
        self.matched += tree.holds
        blamed = {leaf.clause: leaf for leaf in _false(tree)}
        for part, leaf in blamed.items():
            self.in_the_way[part] += 1
            self.alone[part] += _would_hold(tree, part)
            kind = "" if leaf.found is None else str(leaf.found.kind)
            self.found.setdefault(part, Counter())[kind] += 1

    def result(self) -> Obstacles:
        different = dict.fromkeys(conditions(self.pattern.expr))
        listed = (
            Obstacle(
                one, self.in_the_way[one], self.alone[one], dict(self.found.get(one, Counter()).most_common())
            )
            for one in different
        )
        return Obstacles(self.pattern, self.events, self.matched, self.no_json, tuple(listed))


def _false(tree: Verdict) -> Iterator[Verdict]:
    """The false conditions with nothing but false groups around them."""
    if tree.holds:
        return
    if tree.found is not None:
        yield tree
    for term in tree.terms:
        yield from _false(term)


def _would_hold(tree: Verdict, part: Node) -> bool:
    """Whether the tree would be true if one condition were, wherever it is written."""
    if tree.found is not None:
        return tree.holds or tree.clause == part
    together = all if rule(tree.clause) is Rule.ALL else any
    return together(_would_hold(term, part) for term in tree.terms)
