"""The obstacles of many events in, text out: which condition most often stood in the way, then all with counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from detector.render.layout import WIDTH, clean, count, indented

if TYPE_CHECKING:
    from detector.jobs.obstacles import Obstacle, Obstacles
    from detector.render.style import Style

_NUMBERS = 22
WITH_KINDS = 3
"""Kinds of values that are named for a condition."""


def obstacles(counted: Obstacles, style: Style) -> str:
    """The verdict, the main obstacle, and a table of the conditions."""
    lines = [*_verdict(counted, style), *_main(counted), *_table(counted, style)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _verdict(counted: Obstacles, style: Style) -> Iterator[str]:
    said = f"{counted.matched:,} of {count(counted.events, 'event')} match."
    yield style.good(said) if counted.matched else style.bad(said)
    if counted.no_json:
        yield f"{counted.no_json:,} are no JSON objects, which never match."


def _main(counted: Obstacles) -> Iterator[str]:
    ranked = counted.ranked
    if not ranked:
        return
    first, others = ranked[0], counted.events - counted.matched - counted.no_json
    same = sum((one.in_the_way, one.alone) == (first.in_the_way, first.alone) for one in ranked)
    more = f" (and {same - 1:,} more as often)" if same > 1 else ""
    yield from indented(
        f"{clean(str(first.condition), 1024)} most often stood in the way{more}: "
        f"{first.in_the_way:,} of {others:,} times{_alone(first)}. Found there: {_kinds(first)}.",
        0,
    )


def _alone(one: Obstacle) -> str:
    return f", and {one.alone:,} times it alone" if one.alone else ", but never it alone"


def _kinds(one: Obstacle) -> str:
    listed = list(one.found.items())
    more = f" and {len(listed) - WITH_KINDS} more kinds" if len(listed) > WITH_KINDS else ""
    return ", ".join(f"{kind} {number:,}" for kind, number in listed[:WITH_KINDS]) + more


def _table(counted: Obstacles, style: Style) -> Iterator[str]:
    if not counted.ranked:
        return
    width = min(WIDTH - _NUMBERS - 2, max(9, *(len(str(one.condition)) for one in counted.conditions)))
    yield ""
    yield style.dim(f"  {'Condition':<{width}}{'in the way':>12}{'alone':>10}")
    for one in counted.conditions:
        *upper, last = indented(clean(str(one.condition), 1024), WIDTH - width)
        yield from (f"  {line.strip()}" for line in upper)
        last = f"    {last.strip()}" if upper else f"  {last.strip()}"
        yield f"{last:<{width + 2}}{one.in_the_way:>12,}{one.alone:>10,}"
    yield ""
    yield from indented(
        "In the way: false, with every group around it false too. Alone: the event would match if this one held.",
        0,
    )
