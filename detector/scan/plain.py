"""The meaning of a scan: decode every record, ask every filter.

In: metric filters, a plan and sources. Out: a `Found`. Nothing here is clever; `fast` is tested to be equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from detector.archive import Event, LogGroup, Plan, Problem, Progress, Source, oversize, source_events
from detector.archive.ahead import ahead
from detector.cloudtrail.record import evidence
from detector.metrics.filter import MetricFilter, Sampler
from detector.metrics.matches import NO_VALUE, Hits, Match
from detector.pattern import Pattern, PatternKind
from detector.pattern import compile as compile_pattern
from detector.scan.found import Found

NO_TIME = -1
"""The time of a match without a valid one, where the plan takes such records (`Plan.timed`)."""


class FallbackError(Exception):
    """Something in a file is not as CloudTrail writes it: the fast scan gives the whole file to this one."""


def scan(
    filters: Sequence[MetricFilter], plan: Plan, sources: Iterable[Source], progress: Progress | None = None
) -> Found:
    """Every event of every source through every filter."""
    found = Found.empty(len(filters), columns=plan.columns)
    for source in ahead(sources):
        scan_source(filters, plan, source, found)
        found.files += 1
        if progress:
            progress(1, source.size)
    return found


def scan_source(
    filters: Sequence[MetricFilter],
    plan: Plan,
    source: Source,
    found: Found,
    text: bytes | None = None,
    positions: Sequence[int] | None = None,
) -> None:
    """The events of one source; ``text`` as for `source_events`, and which records of the file it has where not all."""
    if source.delivered is not None:
        found.see(source.delivered)
    asked = [
        _Asked(one, reads(one), one.sampler(), one.log_group_of(plan), hits)
        for one, hits in zip(filters, found.hits, strict=True)
    ]
    expects_json = all(one.pattern.kind is PatternKind.JSON for one in filters)
    patterns = [pattern for one in asked for pattern in one.needs]
    for event in source_events(
        plan, source, text, expects_json=expects_json, asked=patterns, positions=positions
    ):
        if isinstance(event, Problem):
            found.problems.append(event)
            continue
        if event.time is not None:
            found.date(event.time)
        if not event.selected:
            found.unselected += 1
        else:
            found.records += 1
            if source.delivered is None and event.time is not None:
                found.see(event.time if event.source.delivered is None else event.source.delivered)
            if not _ask(asked, plan, event):
                lost = event.known and any(event.lost(need) for one in asked for need in one.needs)
                found.unasked += bool(lost) or (expects_json and event.record is None)


class _Asked(NamedTuple):
    """A filter, the patterns for what it reads, and what is made of its matches."""

    filter: MetricFilter
    needs: tuple[Pattern, ...]
    sampler: Sampler
    log_group: LogGroup
    hits: Hits


def reads(metric_filter: MetricFilter) -> tuple[Pattern, ...]:
    """The pattern of a filter, and one for each field that its value and dimensions are taken from."""
    if metric_filter.pattern.kind is not PatternKind.JSON:
        return (metric_filter.pattern,)
    fields = metric_filter.value, *metric_filter.dimensions.values()
    return metric_filter.pattern, *(_of_field(one) for one in fields if one.startswith("$"))


@lru_cache(maxsize=256)
def _of_field(selector: str) -> Pattern:
    return compile_pattern(f"{{ {selector} = * }}")


def _ask(asked: list[_Asked], plan: Plan, event: Event) -> bool:
    """One event through every filter; whether any matches."""
    told = None
    for metric_filter, needs, sampler, is_on, hits in asked:
        group = is_on.of(event.source, event.record)
        if not metric_filter.selects(group):
            continue
        if event.known and any(map(event.lost, needs)):
            continue  # neither a match nor a miss: nobody knows, and the walk has said so
        if event.matches(metric_filter.pattern):
            told = told or evidence(event.record or {})
            value, dimensions = sampler(event.record, event.message, group) or (NO_VALUE, ())
            time = NO_TIME if event.time is None else event.time
            event_id = _event_id(event) if plan.tells("event_id") else None
            place = time, event.source.number, event.position, event_id
            hits.matches.add(Match(*place, value, dimensions, oversize(event), told))
        elif metric_filter.default is not None and event.time is not None and not oversize(event):
            _miss(plan, event, event.time, hits)
    return told is not None


def _miss(plan: Plan, event: Event, time: int, hits: Hits) -> None:
    """A default sample: one per event that does not match (recorded)."""
    minute = time - time % 60
    event_id = _event_id(event)
    if plan.dedupe and event_id is not None:
        hits.missed[event_id] = min(minute, hits.missed.get(event_id, minute))
    else:
        hits.misses[minute] += 1


def _event_id(event: Event) -> str | None:
    return valid_id(event.record.get("eventID")) if event.record is not None else None


def valid_id(event_id: object) -> str | None:
    """An eventID, if it is one that AWS could give."""
    found = event_id if isinstance(event_id, str) else ""
    is_sound = found.isascii() or not re.search("[\ud800-\udfff]", found)
    return found if found and "\0" not in found and is_sound else None
