"""The fast scan equals the reference on a small world, listed whole: every pattern on every event.

Filters with one pivot are one plan, and each event a file of its own, so that one odd event does not send the
others to the plain scan; then all filters and all events at once, on disk, in every way of scanning.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from detector import jsontext
from detector.archive import Clock, Plan, Source
from detector.metrics.filter import MetricFilter
from detector.pattern import Pattern, PatternKind, claims
from detector.pattern.predicate import predicate
from detector.pattern.syntax import Expr, conditions
from detector.scan import fast, plain
from detector.scan.found import Found
from detector.scan.projection import is_typed
from tests import scans
from tests import small_world as world

EVENTS = world.events()
PAIRED = [world.condition(text) for text in world.PAIRED]
FEW = [world.condition(text) for text in ("$.a = 1", "$.a NOT EXISTS", "$.c = 1", "$.c IS NULL")]
MANY = 300
"""Events that the fast scan must answer itself: not where the pivot is an object, nor beyond a double."""
FILE = Source("a.json.gz", 0, delivered=60)


def filter_of(expr: Expr) -> MetricFilter:
    """A filter from a tree, without printing and parsing it."""
    pattern = Pattern(str(expr), PatternKind.JSON, expr, predicate(expr))
    return MetricFilter(name="small", pattern=pattern, namespace="Test", metric="Small")


def plan_of(exprs: Iterable[Expr]) -> scans.Asked:
    return scans.Asked(tuple(map(filter_of, exprs)), Plan(clock=Clock.DELIVERY))


def typed(exprs: Iterable[Expr]) -> list[Expr]:
    return [expr for expr in exprs if all(is_typed(leaf.selector) for leaf in conditions(expr))]


def by_pivot(exprs: Iterable[Expr]) -> list[list[Expr]]:
    groups: defaultdict[str, list[Expr]] = defaultdict(list)
    for expr in exprs:
        groups[str(claims.pivot(expr))].append(expr)
    return list(groups.values())


def differences(exprs: list[Expr], events: list[dict[str, Any]], *, strict: bool) -> tuple[list[str], int]:
    """Where the fast scan of one event is not the reference, and how many events it gave to the plain scan."""
    scanner = fast.Scanner(*plan_of(exprs), strict=strict)
    holds = [predicate(expr) for expr in exprs]
    wrong, handed_over = [], 0
    for event in events:
        found = Found.empty(len(exprs))
        data = b'{"Records":[' + jsontext.dump_json(event) + b"]}"
        if scanner.file_prefilter and not scanner.file_prefilter(data):
            pass
        else:
            try:
                scanner._scan_records(FILE, data, found)
            except Exception:  # noqa: BLE001 - the real entry decides which errors mean "look yourself"
                handed_over += 1
                plain.scan_source(scanner.filters, scanner.plan, FILE, found, data)
        for expr, hold, hits in zip(exprs, holds, found.hits, strict=True):
            if len(hits.matches) != hold(event):
                wrong.append(f"{expr} on {event}")
    return wrong, handed_over


@world.SIZES
@pytest.mark.parametrize("exprs", by_pivot(typed(world.vocabulary())), ids=lambda exprs: str(exprs[0]))
def test_every_condition_on_every_event(exprs: list[Expr], events: list[dict[str, Any]]) -> None:
    wrong, handed_over = differences(exprs, events, strict=True)
    assert wrong == []
    assert len(events) - handed_over > MANY / len(EVENTS) * len(events)


@pytest.mark.parametrize("step", [17, pytest.param(7, marks=pytest.mark.slow)])
@pytest.mark.parametrize("exprs", by_pivot(world.pairs(PAIRED)), ids=lambda exprs: str(exprs[0]))
def test_every_pair_on_every_event(exprs: list[Expr], step: int) -> None:
    events = [event for event in EVENTS if event.keys() <= {"a", "c"}][::step]
    wrong, handed_over = differences(exprs, events, strict=True)
    assert wrong == []
    assert len(events) - handed_over > len(events) / 10


def test_three_conditions_nested_in_every_way() -> None:
    events = [event for event in EVENTS if event.keys() <= {"a", "c"}][::7]
    for exprs in by_pivot(world.triples(FEW)):
        assert differences(exprs, events, strict=True)[0] == []


def test_each_condition_alone_behind_its_gate() -> None:
    # Alone, because the gate of many filters lets everything through.
    some = [event for event in EVENTS[::29] if event]
    for expr in typed(world.vocabulary()):
        assert differences([expr], some, strict=False)[0] == []


@world.SIZES
def test_all_at_once(tmp_path: Path, events: list[dict[str, Any]]) -> None:
    exprs = list(chain(typed(world.vocabulary())[::7], list(world.pairs(PAIRED))[::17]))
    data = [
        b'{"Records":[' + b",".join(map(jsontext.dump_json, some)) + b"]}" for some in (events, EVENTS[:6])
    ]
    scans.agree(plan_of(exprs), scans.stored(tmp_path, data))


def test_patterns_that_need_the_whole_record_go_to_the_plain_scan(tmp_path: Path) -> None:
    exprs = [expr for expr in world.vocabulary() if not typed([expr])][::5]
    assert exprs
    data = b'{"Records":[' + b",".join(map(jsontext.dump_json, EVENTS[::5])) + b"]}"
    scans.agree(plan_of(exprs), scans.stored(tmp_path, [data]))


def test_each_value_of_a_pivot_leaves_a_question_of_its_own(tmp_path: Path) -> None:
    asked = scans.plan(
        "{ ($.eventName = A && $.x = 1 && $.y = 1) || ($.eventName = B && $.x = 2)"
        " || ($.eventName = C && ($.x = 1 || $.y = 2)) }"
    )
    records = [
        scans.record(0, eventName=name, x=x, y=y)
        for name in ("A", "B", "C", 1)
        for x in (1, 2, None)
        for y in (1, 2)
    ]
    _, found = scans.agree(asked, scans.stored(tmp_path, [scans.log_file(*records)]))
    assert len(found.hits[0].matches) == 1 + 2 + 4
