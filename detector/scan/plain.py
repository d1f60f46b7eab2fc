"""The meaning of a scan: decode every record, ask every filter.

In: metric filters, a plan and sources. Out: a `Found`. Nothing here is clever; `fast` is tested to be equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from detector.archive import (
    Broken,
    Event,
    LogGroup,
    Plan,
    Problem,
    Progress,
    Source,
    oversize,
    read,
    source_events,
)
from detector.cloudtrail.record import evidence
from detector.metrics.filter import MetricFilter, Sampler
from detector.metrics.matches import NO_VALUE, Hits, Match
from detector.pattern import PatternKind
from detector.scan.found import Found

_NO_ID = re.compile("[\0\ud800-\udfff]")


class FallbackError(Exception):
    """Something in a file is not as CloudTrail writes it: the fast scan gives the whole file to this one."""


def scan(
    filters: Sequence[MetricFilter], plan: Plan, sources: Iterable[Source], progress: Progress | None = None
) -> Found:
    """Every event of every source through every filter."""
    found = Found.empty(len(filters))
    for source in sources:
        try:
            scan_content(filters, plan, source, read(source, plan.limit), found)
        except Broken as broken:
            found.problems.append(broken.of(source.path))
        found.files += 1
        if progress:
            progress(1, source.size)
    return found


def scan_content(
    filters: Sequence[MetricFilter], plan: Plan, source: Source, data: bytes, found: Found
) -> None:
    """The events of one decompressed file."""
    if source.delivered is not None:
        found.see(source.delivered)
    asked = [
        (one, one.sampler(), one.log_group_of(plan), hits)
        for one, hits in zip(filters, found.hits, strict=True)
    ]
    expects_json = all(one.pattern.kind is PatternKind.JSON for one in filters)
    for event in source_events(plan, source, data, expects_json=expects_json):
        if isinstance(event, Problem):
            found.problems.append(event)
        elif not event.selected:
            found.unselected += 1
        elif event.time is not None:
            found.records += 1
            if source.delivered is None:
                found.see(event.time)
            _ask(asked, plan, event, event.time)


def _ask(
    asked: list[tuple[MetricFilter, Sampler, LogGroup, Hits]], plan: Plan, event: Event, time: int
) -> None:
    """One event through every filter."""
    told = None
    for metric_filter, sampler, is_on, hits in asked:
        group = is_on.of(event.source, event.record)
        if not metric_filter.selects(group):
            continue
        if event.matches(metric_filter.pattern):
            told = told or evidence(event.record or {})
            value, dimensions = sampler(event.record, event.message, group) or (NO_VALUE, ())
            place = time, event.source.number, event.position, _event_id(event)
            hits.matches.add(Match(*place, value, dimensions, oversize(event), told))
        elif metric_filter.default is not None and not oversize(event):
            _miss(plan, event, time, hits)


def _miss(plan: Plan, event: Event, time: int, hits: Hits) -> None:
    """A default sample: one per event that does not match (recorded)."""
    minute = time - time % 60
    event_id = _event_id(event)
    if plan.dedupe and event_id is not None:
        hits.missed[event_id] = min(minute, hits.missed.get(event_id, minute))
    else:
        hits.misses[minute] += 1


def _event_id(event: Event) -> str | None:
    found = event.record.get("eventID") if event.record is not None else None
    return found if isinstance(found, str) and found and not _NO_ID.search(found) else None
