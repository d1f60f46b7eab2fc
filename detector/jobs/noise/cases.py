"""The rule tests of an edited detection: for each exclusion a record that goes, and records that stay.

In: a detection before and after. Out: the text of cases for its ``.test.toml``. The claim: every case was put to both
patterns: what goes was counted before and is not now, what stays is counted by both.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

from detector.detections import Detection
from detector.detections.toml import inline
from detector.jobs.noise.exclusions import Exclusion, Member
from detector.jsontext import dump_json
from detector.metrics.filter import MetricFilter
from detector.relation import relate


def cases(before: Detection, after: Detection, exclusions: Sequence[Exclusion]) -> str:
    """The cases of all filters as TOML; empty where no record is known that any filter matches."""
    several = len(before.filters) > 1
    pairs = zip(before.filters, after.filters, strict=True)
    return "\n".join(text for pair in pairs for text in _of_filter(*pair, exclusions, several=several))


def _of_filter(
    old: MetricFilter, new: MetricFilter, exclusions: Sequence[Exclusion], *, several: bool
) -> Iterator[str]:
    start = relate(old.pattern, new.pattern).witnesses.both
    if not isinstance(start, dict):
        return
    for one in exclusions:
        first, value = one.members[0]
        gone = _with(start, one.members)
        other = _with(gone, [Member(first, f"{value}-2")])
        without = _without(gone, first)
        for name, event, stays in (
            (f"{one} is left out", gone, False),
            (f"another {first} than {value} counts", other, True),
            (f"no {first} at all, instead of {value}, counts", without, True),
        ):
            if old.pattern.matches(event) and new.pattern.matches(event) is stays:
                yield _case(name, event, old.name if several else "", stays=stays)


def _case(name: str, event: dict[str, Any], of_filter: str, *, stays: bool) -> str:
    """A case with the event as a table; one with a null in it, which TOML has not, as its message."""
    lines = ["[[case]]", f"name = {inline(name)}", f"matches = {inline(stays)}"]
    if of_filter:
        lines.append(f"filter = {inline(of_filter)}")
    if _has_null(event):
        lines.append(f"message = {inline(dump_json(event).decode())}")
    else:
        lines += ['base = "none"', f"event = {inline(event)}"]
    return "\n".join(lines) + "\n"


def _has_null(value: object) -> bool:
    match value:
        case dict():
            return any(map(_has_null, value.values()))
        case list():
            return any(map(_has_null, value))
        case _:
            return value is None


def _with(event: dict[str, Any], members: Sequence[Member]) -> dict[str, Any]:
    changed = copy.deepcopy(event)
    for selector, value in members:
        *above, last = selector.removeprefix("$.").split(".")
        inner = changed
        for name in above:
            if not isinstance(inner.get(name), dict):
                inner[name] = {}
            inner = inner[name]
        inner[last] = value
    return changed


def _without(event: dict[str, Any], selector: str) -> dict[str, Any]:
    """The event without a member, and without what is empty once it is gone."""
    changed = copy.deepcopy(event)
    names = selector.removeprefix("$.").split(".")
    for depth in range(len(names), 0, -1):
        inner: Any = changed
        for name in names[: depth - 1]:
            inner = inner.get(name) if isinstance(inner, dict) else None
        if isinstance(inner, dict) and (depth == len(names) or inner.get(names[depth - 1]) == {}):
            inner.pop(names[depth - 1], None)
    return changed
