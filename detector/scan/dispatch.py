"""All filters asked about all records of a file, or of several, at once.

In: the trees of the filters, and a projection. Out: for each filter the places of the records that match. Each filter
has a pivot, one selector whose value rules most records out; what a value of the pivot leaves to be asked is found
once per distinct string and remembered. Only strings, null and absence are remembered: as keys of a dict, 1 and
true would be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from detector.metrics.filter import MetricFilter
from detector.pattern import PatternKind, claims
from detector.pattern.evaluate import MISSING
from detector.pattern.predicate import Predicate, predicate
from detector.pattern.syntax import And, Compare, Expr, Is, NotExists, Or, Selector, conditions
from detector.scan.projection import UNSET, Projection, is_typed, top_level

MAX_REMEMBERED = 65_536


def is_simple(metric_filter: MetricFilter) -> bool:
    """Whether a filter counts matches of a JSON pattern, and nothing of the other events matters to it."""
    return (
        metric_filter.constant is not None
        and metric_filter.default is None
        and not metric_filter.dimensions
        and not metric_filter.system_fields
        and is_typed_json(metric_filter)
    )


def is_typed_json(metric_filter: MetricFilter) -> bool:
    """Whether its pattern is JSON, and it is known beforehand which members of a record are read."""
    return metric_filter.pattern.kind is PatternKind.JSON and all(
        is_typed(leaf.selector) for leaf in conditions(tree(metric_filter))
    )


def tree(metric_filter: MetricFilter) -> Expr:
    """The tree of a filter whose pattern is JSON."""
    expr = metric_filter.pattern.expr
    if not isinstance(expr, And | Or | Compare | Is | NotExists):
        raise TypeError(f"expected a JSON pattern, found {expr}")
    return expr


class Dispatch:
    """The filters, grouped by pivot."""

    def __init__(self, exprs: Sequence[Expr], projection: Projection) -> None:
        self.count = len(exprs)
        groups: dict[Selector | None, list[FilterPredicate]] = {}
        for i, expr in enumerate(exprs):
            groups.setdefault(claims.pivot(expr), []).append(FilterPredicate(i, expr, projection))
        self.always = groups.pop(None, [])
        self.pivots = [
            Pivot(selector, group, projection) for selector, group in groups.items() if selector is not None
        ]

    def matches(self, records: list[Any]) -> list[list[int]]:
        """For each filter the places of the records that match, ascending."""
        hits: list[list[int]] = [[] for _ in range(self.count)]
        for pivot in self.pivots:
            pivot.ask(records, hits)
        for one in self.always:
            hits[one.number] = [place for place, record in enumerate(records) if one.holds(record)]
        return hits


class FilterPredicate:
    """One filter: its place among the filters, its tree, and its predicate over projected records."""

    def __init__(self, number: int, expr: Expr, projection: Projection) -> None:
        self.number = number
        self.expr = expr
        self.holds: Predicate = predicate(expr, projection.read)
        self.rests: dict[Expr, Predicate] = {}
        self.projection = projection

    def left(self, selector: Selector, found: Any) -> Left | None:
        """What is left to ask of a record in which a selector finds this; None when it cannot match."""
        rest = claims.left(self.expr, selector, found)
        if isinstance(rest, bool):
            return (self.number, None) if rest else None
        if rest not in self.rests:
            self.rests[rest] = predicate(rest, self.projection.read)
        return self.number, self.rests[rest]


Left: TypeAlias = tuple[int, Predicate | None]
"""The number of a filter, and what is left to ask; None when nothing is and the filter holds."""


class Pivot:
    """Filters that share a pivot."""

    def __init__(self, selector: Selector, filters: list[FilterPredicate], projection: Projection) -> None:
        name = top_level(selector)
        self.get: Callable[[Any], Any] = (
            projection.member(name) if name is not None else projection.read(selector)
        )
        self.open = _Remembered(selector, filters)

    def ask(self, records: list[Any], hits: list[list[int]]) -> None:
        """Add the places of the matching records to ``hits``."""
        still_open = self.open
        values = map(self.get, records)
        for place, filters in [(i, left) for i, value in enumerate(values) if (left := still_open[value])]:
            for number, holds in filters:
                if holds is None or holds(records[place]):
                    hits[number].append(place)


class _Remembered(dict[Any, tuple[Left, ...]]):
    """Value of the pivot -> the filters that it leaves open, and what is left of them."""

    def __init__(self, selector: Selector, filters: list[FilterPredicate]) -> None:
        super().__init__()
        self.selector = selector
        self.filters = filters

    def __missing__(self, value: Any) -> tuple[Left, ...]:
        found = MISSING if value is UNSET else value
        each = (one.left(self.selector, found) for one in self.filters)
        left = tuple(one for one in each if one is not None)
        if found is None or found is MISSING or type(found) is str:
            if len(self) >= MAX_REMEMBERED:
                self.clear()
            self[value] = left
        return left
