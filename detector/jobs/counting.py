"""What log events say to the conditions of patterns: the one counter behind replay, explain and check.

In: patterns, and log events. Out: a `Conditions` for each pattern, exact for the events that were looked at; only
``nearest`` is a hint, taken from a bounded sample. The claim: every verdict is asked of the definition of truth. To
a pattern, an event is nothing but what each condition found and whether it held; events that agree in that are
counted together, and all else follows from those counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, product
from typing import Any, TypeAlias

from detector.archive import Event, Located, Plan, Problem, Progress, Source, walk
from detector.cloudtrail.paths import Paths, kind_of, kinds_of
from detector.jobs.conditions import ConditionCount, Conditions
from detector.pattern import Pattern
from detector.pattern.claims import pinned
from detector.pattern.evaluate import MISSING, select
from detector.pattern.explanation import Kind, judge, leaves
from detector.pattern.predicate import Predicate, access, predicate, test_of
from detector.pattern.syntax import Condition, Leaf, Node, Rule, Selector, conditions, parts, rule
from detector.scan.projected import KIND, Rows, can_project, walk_projected

LARGE = 8 << 20
"""Bytes as stored over which a sample may stand for the archive."""
REMEMBERED = frozenset((str, type(None), type(MISSING)))
"""Types of values that are remembered; 1 and true would be the same."""
MOST = 16_384
"""Different outcomes of one pattern, and different values of one selector, that are kept at once: that bounds memory."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts of several patterns over the same events, and what could not be read."""

    patterns: tuple[Conditions, ...]
    problems: tuple[Problem, ...]
    records: int
    """The events that are JSON objects."""
    events: int


def count(
    patterns: Sequence[Pattern],
    events: Iterable[Rows | Event | Problem],
    *,
    every: int = 1,
    nearest: bool = True,
) -> Counted:
    """What the events say to the conditions of each pattern, in one pass.

    ``every`` says that the events are those of one file in so many. With ``nearest`` paths are looked for that
    may have been meant by selectors that no record has.
    """
    tallies = [_Tally(pattern) for pattern in patterns]
    paths, problems, records, looked_at = Paths(), [], 0, 0
    for event in events:
        if isinstance(event, Problem):
            problems.append(event)
            continue
        if isinstance(event, Rows):
            looked_at += len(event)
            records += len(event)
            for tally in tallies:
                tally.add_rows(event)
            if nearest:
                _add_paths(paths, event)
            continue
        looked_at += 1
        for tally in tallies:
            if not event.lost(tally.pattern):
                tally.add(event)
        if event.record is not None:
            records += 1
            if nearest:
                paths.add(event.record)
    counted = tuple(tally.result(paths, every) for tally in tallies)
    return Counted(counted, tuple(problems), records, looked_at)


def count_archive(
    patterns: Sequence[Pattern],
    plan: Plan,
    located: Located | None = None,
    *,
    sample: int | None = None,
    progress: Progress | None = None,
) -> Counted:
    """The same for the events that a plan selects; ``located`` are its sources, where they are known.

    With ``sample`` (bytes as stored) an archive over `LARGE` is not read whole: one source in so many is, evenly
    spread, that about as many bytes are read. `ArchiveError` for a path that does not exist.
    """
    located = located or plan.locate()
    size = sum(source.size for source in located.files)
    every = 1 if sample is None or size <= LARGE else -(-size // sample)
    events = chain(located.problems, read(patterns, plan, located.files[::every], progress))
    return count(patterns, events, every=every)


def read(
    patterns: Sequence[Pattern],
    plan: Plan,
    sources: Iterable[Source],
    progress: Progress | None = None,
    also: Sequence[Selector] = (),
) -> Iterator[Rows | Event | Problem]:
    """The events of sources, each for itself or those of a file at once; ``also`` what is asked of them beside."""
    asked = [leaf for pattern in patterns for leaf in conditions(pattern.expr)]
    selectors = [*(leaf.selector for leaf in asked if isinstance(leaf, Condition)), *also]
    if all(pattern.json is not None for pattern in patterns) and can_project(selectors):
        return walk_projected(plan, sources, selectors, patterns, progress)
    return walk(plan, sources, progress, asked=patterns)


def _add_paths(paths: Paths, rows: Rows) -> None:
    columns = [rows.column(selector) for selector in KIND]
    if wanted := set(filter(paths.wants, kinds_of(*columns))):
        kinds = enumerate(map(kind_of, *columns))
        for record in rows.whole([row for row, kind in kinds if kind in wanted]):
            paths.add(record)


State: TypeAlias = tuple[Kind, bool]
"""The kind of what a condition found, and whether it held."""


STATES: tuple[State, ...] = tuple(product(Kind, (False, True)))


class _Known(dict[Any, int]):
    """What a condition found -> the number of its state."""

    def __init__(self, test: Predicate) -> None:
        super().__init__()
        self.test = test

    def numbers(self, column: Sequence[Any]) -> list[int]:
        """The states of what it found in some events."""
        if REMEMBERED.issuperset(map(type, column)):
            return list(map(self.__getitem__, column))
        return [self[one] if type(one) in REMEMBERED else self._number(one) for one in column]

    def __missing__(self, value: Any) -> int:
        if len(self) >= MOST:
            self.clear()
        self[value] = self._number(value)
        return self[value]

    def _number(self, value: Any) -> int:
        kind = Kind.ABSENT if value is MISSING else Kind.of(value)
        return STATES.index((kind, self.test(value)))


class _Tally:
    """One pattern's conditions, counted."""

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        self.leaves = tuple(dict.fromkeys(conditions(pattern.expr)))
        self.states = (
            _of_records(self.leaves) if pattern.json is not None else _of_texts(pattern, self.leaves)
        )
        self.known = [
            (leaf.selector, _Known(test_of(leaf))) for leaf in self.leaves if isinstance(leaf, Condition)
        ]
        self.events = self.matched = self.not_json = 0
        self.outcomes: Counter[tuple[State, ...]] = Counter()
        self.present: Counter[Leaf] = Counter()
        self.satisfied: Counter[Leaf] = Counter()
        self.in_the_way: Counter[Leaf] = Counter()
        self.alone: Counter[Leaf] = Counter()
        self.found: dict[Leaf, Counter[str]] = {leaf: Counter() for leaf in self.leaves}

    def add(self, event: Event) -> None:
        self.events += 1
        outcome = self.states(event)
        if outcome is None:
            self.not_json += 1
            return
        self.outcomes[outcome] += 1
        if len(self.outcomes) > MOST:
            self.add_up()

    def add_rows(self, rows: Rows) -> None:
        """The same for all events of a file."""
        numbers = [known.numbers(rows.column(selector)) for selector, known in self.known]
        for outcome, times in Counter(zip(*numbers, strict=True)).items():
            self.outcomes[tuple([STATES[number] for number in outcome])] += times
        if len(self.outcomes) > MOST:
            self.add_up()
        self.events += len(rows)

    def add_up(self) -> None:
        for outcome, times in self.outcomes.items():
            states = dict(zip(self.leaves, outcome, strict=True))
            true = {leaf for leaf, (_, holds) in states.items() if holds}
            self.satisfied.update(dict.fromkeys(true, times))
            self.present.update(
                {leaf: times for leaf, (kind, _) in states.items() if kind is not Kind.ABSENT}
            )
            if _holds(self.pattern.expr, true):
                self.matched += times
                continue
            for leaf in set(_in_the_way(self.pattern.expr, true)):
                self.in_the_way[leaf] += times
                self.found[leaf][str(states[leaf][0])] += times
                if _holds(self.pattern.expr, true | {leaf}):
                    self.alone[leaf] += times
        self.outcomes.clear()

    def result(self, paths: Paths, every: int) -> Conditions:
        self.add_up()
        counted = tuple(self._counted(leaf, paths) for leaf in self.leaves)
        return Conditions(self.pattern, self.events, self.matched, self.not_json, counted, every)

    def _names(self, leaf: Leaf) -> frozenset[str] | None:
        """The only event names of which a condition can count events; None: any."""
        expr = self.pattern.json
        return None if expr is None or not isinstance(leaf, Condition) else pinned(expr, leaf, KIND[0])

    def _counted(self, leaf: Leaf, paths: Paths) -> ConditionCount:
        asked = leaf.selector if isinstance(leaf, Condition) else None
        near = None if asked is None or self.present[leaf] else paths.nearest(asked, self._names(leaf))
        return ConditionCount(
            leaf,
            self.present[leaf],
            self.satisfied[leaf],
            self.in_the_way[leaf],
            self.alone[leaf],
            dict(self.found[leaf].most_common()),
            None if near is None else str(near),
        )


def _of_records(asked: Sequence[Leaf]) -> Callable[[Event], tuple[State, ...] | None]:
    """What the conditions of a JSON pattern say to an event; None where it is not a JSON object."""
    states = [_of_record(leaf) for leaf in asked if isinstance(leaf, Condition)]

    def outcome(event: Event) -> tuple[State, ...] | None:
        record = event.record
        return None if record is None else tuple([state(record) for state in states])

    return outcome


def _of_record(leaf: Condition) -> Callable[[dict[str, Any]], State]:
    if leaf.selector.wildcard is not None:
        holds, steps = predicate(leaf), leaf.selector.steps

        def several(record: dict[str, Any]) -> State:
            values = select(steps, record)
            return Kind.of(values[0]) if values else Kind.ABSENT, holds(record)

        return several
    find, test = access(leaf.selector), test_of(leaf)

    def single(record: dict[str, Any]) -> State:
        value = find(record)
        return Kind.ABSENT if value is MISSING else Kind.of(value), test(value)

    return single


def _of_texts(pattern: Pattern, asked: Sequence[Leaf]) -> Callable[[Event], tuple[State, ...] | None]:
    """The same for patterns that look at the text of an event."""

    def outcome(event: Event) -> tuple[State, ...] | None:
        tree = judge(pattern, event.text)
        if tree is None:
            return None
        found = {
            leaf.clause: (leaf.found.kind, leaf.holds) for leaf in leaves(tree) if leaf.found is not None
        }
        return tuple(found[leaf] for leaf in asked)

    return outcome


def _holds(node: Node, true: set[Leaf]) -> bool:
    if (how := rule(node)) is Rule.CONDITION:
        return node in true
    together = all if how is Rule.ALL else any
    return together(_holds(part, true) for part in parts(node))


def _in_the_way(node: Node, true: set[Leaf]) -> Iterator[Leaf]:
    """The false conditions with nothing but false groups around them."""
    if _holds(node, true):
        return
    if isinstance(node, Leaf):
        yield node
    for part in parts(node):
        yield from _in_the_way(part, true)
