"""When an archive begins and ends: a plan in, the first and the last time of its records out.

Claim: the answer is that of looking at every record. A file with the stamp of its delivery is opened only where it
could still hold an earlier or a later one: a record is delivered after its time, by the end of the next day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from detector.archive.plan import Plan
from detector.archive.problem import Problem
from detector.archive.source import Source
from detector.archive.walk import walk

_DAY = 86_400
_STAMP = 60
"""A stamp is the beginning of its minute."""


def extent(plan: Plan) -> tuple[int, int] | None:
    """Seconds since 1970 on the plan's clock, of the accounts and regions asked for, whatever the time asked for.

    None without any record that has a time. `ArchiveError` for a path that does not exist.
    """
    whole = replace(plan, selection=replace(plan.selection, start=None, end=None), timed=True)
    files = whole.locate().files
    times = _times(whole, (source for source in files if source.delivered is None))
    by_delivery = sorted(
        (source for source in files if source.delivered is not None), key=lambda source: source.delivered or 0
    )
    for source in reversed(by_delivery):
        if times and max(times) >= (source.delivered or 0) + _STAMP + plan.delay:
            break
        times |= _times(whole, [source])
    for source in by_delivery:
        day_before = ((source.delivered or 0) // _DAY - 1) * _DAY
        if times and min(times) <= day_before + plan.delay:
            break
        times |= _times(whole, [source])
    return (min(times), max(times)) if times else None


def _times(plan: Plan, sources: Iterable[Source]) -> set[int]:
    """The first and the last time of the records of some files; empty without any."""
    times = set[int]()
    for event in walk(plan, sources):
        if not isinstance(event, Problem) and event.time is not None:
            times = {min(event.time, *times), max(event.time, *times)} if times else {event.time}
    return times
