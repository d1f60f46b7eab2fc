"""The meaning of a scan: decode every record, ask every filter.

In: a plan and numbered files. Out: a `Found`. Nothing here is clever; `fast` is tested to be equal.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from detector import jsontext
from detector.archive import (
    Broken,
    Event,
    LogFile,
    Problem,
    event_time,
    events,
    oversize,
    read,
    takes,
)
from detector.archive.eventtime import LATEST
from detector.metrics.filter import MetricFilter
from detector.pattern import PatternKind
from detector.scan.found import NO_VALUE, Found, Hits, Match
from detector.scan.plan import Clock, Numbered, Plan, Progress

MAX_PROBLEMS = 1_000
"""Of one file that are named one by one; the rest is counted in one more."""

_NO_ID = re.compile("[\0\ud800-\udfff]")

Ask: TypeAlias = Callable[[Event], bool]


def scan(plan: Plan, files: Iterable[Numbered], progress: Progress | None = None) -> Found:
    """Every record of every file through every filter."""
    found = Found.empty(len(plan.filters))
    asks = [(ask(one), one, one.sampler()) for one in plan.filters]
    for number, file in files:
        problems = Problems(file)
        try:
            data = read(file, plan.limit)
            scan_data(plan, asks, data, (number, file), found, problems)
        except Broken as error:
            problems.add(error.reason)
        found.files += 1
        found.problems += problems.named()
        if progress:
            progress(1, file.size)
    return found


class Problems:
    """The problems of one file: each reason once, and a bounded number of them."""

    def __init__(self, file: LogFile) -> None:
        self.path = file.path
        self.reasons: Counter[str] = Counter()

    def add(self, reason: str) -> None:
        """Count one problem."""
        self.reasons[reason] += 1

    def named(self) -> list[Problem]:
        """The first of them one by one, and how many more there were."""
        reasons = list(self.reasons)
        shown = [Problem(self.path, reason) for reason in reasons[:MAX_PROBLEMS]]
        more = sum(self.reasons[reason] for reason in reasons[MAX_PROBLEMS:])
        return [*shown, Problem(self.path, f"{more:,} more problems in this file")] if more else shown


Asked: TypeAlias = tuple[Ask, MetricFilter, Callable[[Any, str | None], Any]]


def scan_data(
    plan: Plan, asks: list[Asked], data: bytes, numbered: Numbered, found: Found, problems: Problems
) -> None:
    """The records of one decompressed file."""
    number, file = numbered
    if file.delivered is not None:
        found.see(file.delivered)
    takes_text = any(one.pattern.kind is not PatternKind.JSON for _, one, _ in asks)
    for event in events(data, file):
        if isinstance(event, Problem):
            problems.add(event.reason)
            continue
        if event.record is None and not takes_text:
            problems.add(f"log event {event.position}: no JSON object")
            continue
        time = event_clock(plan, event, file)
        if time is None:
            problems.add(no_time(plan, event))
        elif not selected(plan, event, file, time):
            found.unselected += 1
        else:
            found.records += 1
            if file.delivered is None:
                found.see(time)
            _ask_all(plan, asks, event, (number, time), found)


def _ask_all(plan: Plan, asks: list[Asked], event: Event, at: tuple[int, int], found: Found) -> None:
    number, time = at
    for (holds, metric_filter, sampler), hits in zip(asks, found.hits, strict=True):
        if holds(event):
            sample = sampler(event.record, event.message)
            value, dimensions = sample or (NO_VALUE, ())
            if sample is None and metric_filter.default is not None:
                _miss(plan, event, time, hits)
            match = Match(time, number, event.position, _event_id(event), value, dimensions, oversize(event))
            hits.matches.add(match)
        elif metric_filter.default is not None and not oversize(event):
            _miss(plan, event, time, hits)


def _miss(plan: Plan, event: Event, time: int, hits: Hits) -> None:
    """A default sample: one per event that publishes no value of its own (recorded)."""
    minute = time - time % 60
    event_id = _event_id(event)
    if plan.dedupe and event_id is not None:
        hits.missed[event_id] = min(minute, hits.missed.get(event_id, minute))
    else:
        hits.misses[minute] += 1


def _event_id(event: Event) -> str | None:
    found = event.record.get("eventID") if event.record is not None else None
    return found if isinstance(found, str) and found and not _NO_ID.search(found) else None


def ask(metric_filter: MetricFilter) -> Ask:
    """The question of one filter to one event."""
    pattern = metric_filter.pattern
    if pattern.kind is PatternKind.JSON:
        return lambda event: event.record is not None and pattern.holds(event.record)
    return lambda event: pattern.matches(message_of(event))


def message_of(event: Event) -> str:
    """The text of the log event: as the container has it, else the record as one line of compact JSON."""
    if event.message is not None:
        return event.message
    return jsontext.dump_json(event.record).decode()


def event_clock(plan: Plan, event: Event, file: LogFile) -> int | None:
    """The time (seconds since 1970) that puts an event into a minute, or None when there is none."""
    stamp = None if event.timestamp is None else event.timestamp // 1000
    if plan.clock is Clock.DELIVERY:
        return file.delivered if stamp is None else stamp
    time = stamp if event.record is None else event_time(event.record)
    return time + plan.delay if time is not None and 0 <= time + plan.delay < LATEST else None


def no_time(plan: Plan, event: Event) -> str:
    """The reason for which an event has no time on the plan's clock."""
    if plan.clock is Clock.DELIVERY:
        return "no delivery time: neither a log event timestamp nor the time in an S3 file name"
    return f"record {event.position}: no valid eventTime"


def selected(plan: Plan, event: Event, file: LogFile, time: int) -> bool:
    """Whether account, region and time are asked for."""
    chosen = plan.selection
    if (chosen.start is not None and time < chosen.start) or (chosen.end is not None and time >= chosen.end):
        return False
    return takes(chosen, file, event.record)
