"""When an archive begins and ends: a plan in, the first and the last time of its records out.

Claim: the answer is that of looking at every record. A file with the stamp of its delivery is opened only where it
could still hold an earlier or a later one: a record is delivered after its time, by the end of the next day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime

from detector.archive.ahead import ahead
from detector.archive.plan import Clock, Plan
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
    first, last = earliest(plan), latest(plan)
    return None if first is None or last is None else (first, last)


def latest(plan: Plan) -> int | None:
    """The last time, as for `extent`."""
    whole = _unbounded(plan)
    day = None if plan.delays else whole.edge(newest=True)
    if day is not None:
        time, is_sure = _latest(whole, _midnight(whole, day) - _DAY, None)
        if is_sure:
            return time
    return _latest(whole)[0]


def earliest(plan: Plan) -> int | None:
    """The first time, as for `extent`."""
    whole = _unbounded(plan)
    day = None if plan.delays else whole.edge(newest=False)
    if day is not None:
        time, is_sure = _earliest(whole, None, _midnight(whole, day) + _DAY)
        if is_sure:
            return time
    return _earliest(whole)[0]


def recent(plan: Plan, seconds: int) -> Plan:
    """The same of the last days alone that can hold so long a time before the end, where all folders are of days in S3."""
    day = plan.edge(newest=True)
    if day is None:
        return plan
    return replace(
        plan, selection=plan.selection.within(_midnight(plan, day) - seconds - 2 * _DAY, plan.selection.end)
    )


def _latest(plan: Plan, start: int | None = None, end: int | None = None) -> tuple[int | None, bool]:
    """The last time among the files of some days, and whether no file of another day can hold a later one."""
    undelivered, by_delivery = _files(plan, start, end)
    times = _times(plan, undelivered)
    for source in ahead(reversed(by_delivery)):
        if times and max(times) >= (source.delivered or 0) + _STAMP + plan.delay:
            return max(times), True
        times |= _times(plan, [source])
    return max(times, default=None), False


def _earliest(plan: Plan, start: int | None = None, end: int | None = None) -> tuple[int | None, bool]:
    """The same of the first time."""
    undelivered, by_delivery = _files(plan, start, end)
    times = _times(plan, undelivered)
    for source in ahead(by_delivery):
        day_before = ((source.delivered or 0) // _DAY - 1) * _DAY
        if times and min(times) <= day_before + plan.delay:
            return min(times), True
        times |= _times(plan, [source])
    return min(times, default=None), False


def _files(plan: Plan, start: int | None, end: int | None) -> tuple[list[Source], list[Source]]:
    """The files that can hold records of a time: those that do not tell when they were delivered, the others by that."""
    files = replace(plan, selection=plan.selection.within(start, end)).locate().files
    undelivered = [source for source in files if source.delivered is None]
    others = [source for source in files if source.delivered is not None]
    return undelivered, sorted(others, key=lambda source: source.delivered or 0)


def _unbounded(plan: Plan) -> Plan:
    return replace(plan, selection=plan.selection.within(None, None), timed=True)


def _midnight(plan: Plan, day: date) -> int:
    """The beginning of a day of delivery, on the plan's clock."""
    start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    return start + (plan.delay if plan.clock is Clock.EVENT else 0)


def _times(plan: Plan, sources: Iterable[Source]) -> set[int]:
    """The first and the last time of the records of some files; empty without any."""
    times = set[int]()
    for event in walk(plan, sources):
        if not isinstance(event, Problem) and event.time is not None:
            times = {min(event.time, *times), max(event.time, *times)} if times else {event.time}
    return times
