"""Why a filter pattern matched nothing: a second pass that looks at each condition on its own.

In: patterns and the inputs of the replay. Out: per condition how many records had the field and how many
satisfied it, and for a selector that no record has, the nearest one that the records do have. The claim:
``records``, ``present`` and ``satisfied`` are exact for what was looked at; ``nearest`` is a hint, taken from a bounded sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from detector.archive import DEFAULT_LIMIT, Clock, Event, Plan, Problem, Progress, Selection, walk
from detector.pattern import Pattern, PatternKind
from detector.pattern.evaluate import MISSING, select
from detector.pattern.predicate import access, predicate, test_of
from detector.pattern.syntax import And, Condition, Expr, Or
from detector.pattern.syntax import conditions as leaves_of
from detector.seen import Seen

LARGE = 8 << 20
"""Bytes on disk over which a sample may stand for the archive."""
SAMPLE = 2 << 20


@dataclass(frozen=True, slots=True)
class ConditionCount:
    """One condition of a pattern, and what the records say to it.

    ``present`` records had a value at the selector, ``satisfied`` records made the condition true. ``nearest``
    is the selector that the records have instead, where none has this one and one is near.
    """

    condition: str
    selector: str
    present: int
    satisfied: int
    nearest: str | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """Why a pattern matched none of ``records`` records; no conditions for a pattern that is not JSON."""

    records: int
    conditions: tuple[ConditionCount, ...]
    decisive: tuple[int, ...] = ()
    """Places in ``conditions``: the pattern demands one of these, and no record satisfies any of them."""
    every: int = 1
    """One file in so many was looked at."""

    @property
    def because(self) -> str:
        """What kept every record from matching, in one or two sentences."""
        if self.every == 1:
            return self._because
        return (
            f"{self._because} This is from a sample: {self.records:,} records, one file in {self.every}; "
            "--strict looks at all of them."
        )

    @property
    def _because(self) -> str:
        if not self.records:
            return "No record was read, so there was nothing to match."
        if not self.conditions:
            return "No log event has the text that the pattern asks for."
        if not self.decisive:
            return "Some record satisfies each part of the pattern, but none satisfies all that it demands at once."
        blamed = [self.conditions[place] for place in self.decisive]
        if any(one.present for one in blamed):
            return f"The pattern demands {_listed([one.condition for one in blamed])}, and no record satisfies that."
        absent = _listed([one.selector for one in blamed])
        return (
            f"No record has {absent}. A comparison on an absent field is false, != included, and the pattern demands "
            "that one holds: as a whole it can never be true."
        )


def conditions(
    pattern: Pattern,
    paths: Sequence[str],
    *,
    clock: Clock | str = Clock.EVENT,
    delay: int = 0,
    selection: Selection = Selection(),  # noqa: B008 - frozen
    limit: int = DEFAULT_LIMIT,
) -> list[ConditionCount]:
    """The conditions of one pattern, in the order in which they are written, counted over the inputs.

    Records are those that a replay with the same arguments reads. Raises `ArchiveError` for a path that does
    not exist; what cannot be read is passed over, since the replay has named it.
    """
    [found] = whys([pattern], paths, clock=clock, delay=delay, selection=selection, limit=limit)
    return list(found.conditions)


def whys(
    patterns: Sequence[Pattern],
    paths: Sequence[str],
    *,
    clock: Clock | str = Clock.EVENT,
    delay: int = 0,
    selection: Selection = Selection(),  # noqa: B008 - frozen
    limit: int = DEFAULT_LIMIT,
    sample: int | None = None,
    progress: Progress | None = None,
) -> list[Why]:
    """The same for several patterns in one pass.

    With ``sample`` (bytes on disk) an archive over `LARGE` is not read whole: one file in so many is,
    evenly spread, that about as many bytes are read.
    """
    plan = Plan(
        paths=tuple(map(str, paths)), clock=Clock(clock), delay=delay, selection=selection, limit=limit
    )
    counts = [_Count(pattern) for pattern in patterns]
    seen = Seen()
    sources = plan.locate().files
    size = sum(source.size for source in sources)
    every = 1 if sample is None or size <= LARGE else -(-size // sample)
    for event in walk(plan, sources[::every], progress):
        if isinstance(event, Problem):  # the replay has named it
            continue
        for count in counts:
            count.add(event)
        if event.record is not None:
            seen.add(event.record)
    return [replace(count.why(seen), every=every) for count in counts]


class _Count:
    """One pattern's conditions, counted."""

    def __init__(self, pattern: Pattern) -> None:
        self.json = pattern.kind is PatternKind.JSON
        self.expr = cast("Expr", pattern.expr)  # used only where the kind is JSON
        self.records = 0
        self.leaves = [_Leaf(leaf) for leaf in leaves_of(self.expr)] if self.json else []

    def add(self, event: Event) -> None:
        self.records += event.record is not None or not self.json
        if event.record is not None:
            for leaf in self.leaves:
                leaf.add(event.record)

    def why(self, seen: Seen) -> Why:
        listed = tuple(leaf.counted(seen) for leaf in self.leaves)
        unsatisfied = {
            leaf.condition: i for i, leaf in reversed([*enumerate(self.leaves)]) if not leaf.satisfied
        }
        decisive = _decisive(self.expr, unsatisfied) if self.json else None
        return Why(self.records, listed, tuple(sorted({unsatisfied[leaf] for leaf in decisive or ()})))


class _Leaf:
    """One condition, counted."""

    def __init__(self, condition: Condition) -> None:
        self.condition = condition
        self.steps = condition.selector.steps
        self.many = condition.selector.wildcard is not None
        self.holds = predicate(condition)
        self.found = access(condition.selector)
        self.test = test_of(condition)
        self.present = 0
        self.satisfied = 0

    def add(self, record: dict[str, Any]) -> None:
        if self.many:
            self.present += any(True for _ in select(self.steps, record))
            self.satisfied += self.holds(record)
            return
        found = self.found(record)
        self.present += found is not MISSING
        self.satisfied += self.test(found)

    def counted(self, seen: Seen) -> ConditionCount:
        selector = self.condition.selector
        nearest = None if self.present else seen.nearest(selector)
        shown = None if nearest is None else str(nearest)
        return ConditionCount(str(self.condition), str(selector), self.present, self.satisfied, shown)


def _decisive(expr: Expr, unsatisfied: dict[Condition, int]) -> list[Condition] | None:
    """The conditions of which one would have to hold, where none does; None where the tree may be true.

    For an ``&&`` one of its impossible terms is enough: the one with the fewest conditions to blame.
    """
    match expr:
        case And(terms):
            found = [blamed for term in terms if (blamed := _decisive(term, unsatisfied)) is not None]
            return min(found, key=len, default=None)
        case Or(terms):
            each = [_decisive(term, unsatisfied) for term in terms]
            return None if None in each else [leaf for blamed in each for leaf in blamed or ()]
        case _:
            return [expr] if expr in unsatisfied else None


def _listed(things: Sequence[str]) -> str:
    *most, last = dict.fromkeys(things)
    return f"{', '.join(most)} or {last}" if most else last
