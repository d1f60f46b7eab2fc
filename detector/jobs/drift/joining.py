"""Which of the old set is which of the new one: by name, then by metric, then by meaning.

In: the items of both sides. Out: pairs. The claim: an item of a region is never paired with one of another; an item of
which no region is known is paired with its like in each region.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from detector.detections.model import Detection
from detector.jobs.drift.facts import facts
from detector.jobs.drift.result import By, Item
from detector.jobs.drift.sides import metric_of
from detector.metrics.filter import MetricFilter
from detector.relation import STEPS, Relation
from detector.relation.unions import relate_any

MOST_BY_MEANING = 400
"""Pairs that are put to the prover, where neither name nor metric tells."""
Pair: TypeAlias = tuple[Item | None, Item | None, By | None]


def join(old: Sequence[Item], new: Sequence[Item]) -> Iterator[Pair]:
    """Every item in one pair at least, in the order of the old set, then what only the new one has."""
    pairs: dict[int, list[tuple[int, By]]] = {}
    found: set[int] = set()
    rounds: tuple[tuple[By, Callable[[Item, Item], bool]], ...] = (
        (By.NAME, lambda a, b: a.name == b.name),
        (By.METRIC, lambda a, b: any(metric_of(a)) and metric_of(a) == metric_of(b)),
        (By.MEANING, _same_meaning),
    )
    for by, is_same in rounds:
        left = [at for at in range(len(old)) if at not in pairs]
        free = [at for at in range(len(new)) if at not in found]
        if by is By.MEANING and len(left) * len(free) > MOST_BY_MEANING:
            break
        taken: set[tuple[int, str]] = set()
        for at in left:
            for region, candidates in _by_region(old[at], new, free, is_same).items():
                open_ones = [one for one in candidates if (one, region) not in taken]
                if open_ones:
                    best = max(open_ones, key=lambda one: (_alike(old[at], new[one]), -one))
                    taken.add((best, region))
                    pairs.setdefault(at, []).append((best, by))
                    found.add(best)
    for at, item in enumerate(old):
        yield from ((item, new[one], by) for one, by in pairs.get(at, ()))
        if at not in pairs:
            yield item, None, None
    yield from ((None, item, None) for at, item in enumerate(new) if at not in found)


def _by_region(
    item: Item, new: Sequence[Item], free: Sequence[int], is_same: Callable[[Item, Item], bool]
) -> dict[str, list[int]]:
    """The items that may be the same by the region that the pair is in."""
    regions: dict[str, list[int]] = {}
    for at in free:
        other = new[at]
        fits = not item.region or not other.region or item.region == other.region
        if fits and item.what is other.what and is_same(item, other):
            regions.setdefault(item.region or other.region, []).append(at)
    return regions


def _alike(old: Item, new: Item) -> int:
    """How many settings are the same: of several alarms on a metric the likeliest is taken."""
    ours, theirs = facts(old), facts(new)
    return sum(theirs.get(name) == value for name, value in ours.items())


def _same_meaning(old: Item, new: Item) -> bool:
    patterns = [
        [one.pattern for one in item.value.filters]
        if isinstance(item.value, Detection)
        else [item.value.pattern]
        if isinstance(item.value, MetricFilter)
        else []
        for item in (old, new)
    ]
    if not all(patterns):
        return False
    return relate_any(patterns[0], patterns[1], STEPS // 100).relation is Relation.EQUIVALENT
