"""The same answer as `plain` for less work. The hot loop.

In: a plan and numbered files. Out: a `Found` with the same hits. Four things are left out:

* A file whose bytes cannot hold a match (`gate`) is decompressed and its checksum verified, but not looked at
  as JSON. It is counted as ``skipped``, and its records are not in ``records``.
* In the others the JSON is checked, and the records that cannot hold a match (`cut`) are counted, not decoded.
* Of the records that are decoded only the members are that the filters read (`projection`).
* A filter is asked only about records whose pivot (its event name, mostly) does not rule it out (`questions`).

What this does not understand, down to a single odd value, is left to `plain`, file by file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import msgspec
import stringzilla

from detector.archive import Broken, Clock, Plan, Progress, Source, read
from detector.metrics.filter import MetricFilter
from detector.metrics.matches import Taken
from detector.pattern import PatternKind
from detector.pattern.syntax import And, Compare, Expr, Is, NotExists, Or, conditions
from detector.scan import evidence, plain
from detector.scan.dispatch import Dispatch
from detector.scan.file_prefilter import escapes_hide, file_prefilter
from detector.scan.found import Found
from detector.scan.plain import FallbackError
from detector.scan.projection import UNSET, Projection, is_typed
from detector.scan.record_prefilter import record_prefilter
from detector.scan.threads import share
from detector.scan.times import Times

ID_KEY = b'"eventID"'
ID_LETTERS = frozenset("eventID")
FOREVER = 1 << 62
SMALL = 262_144 // 4
"""Bytes of JSON text that cannot become more than 256 KB when written compactly: a number such as 1e15 takes 18
bytes instead of 4 and is followed by one more, and nothing else grows."""


Clockwork: TypeAlias = Callable[[Sequence[int]], list[int]]
"""Places of records -> their times in seconds since 1970."""


def scan(
    filters: Sequence[MetricFilter],
    plan: Plan,
    sources: Iterable[Source],
    progress: Progress | None = None,
    *,
    strict: bool = False,
    threads: int = 1,
) -> Found:
    """What `plain.scan` finds; ``strict`` decodes every file.

    Gunzip and the search for records leave Python's lock to others, so that a second thread pays where a core is free.
    """
    if not all(map(is_simple, filters)):
        return plain.scan(filters, plan, sources, progress)
    scanner = Scanner(filters, plan, strict=strict)
    found = [Found.empty(len(filters)) for _ in range(threads)]
    share(scanner.scan_source, found, sources, progress)
    for other in found[1:]:
        found[0].merge(other)
    return found[0]


def is_simple(metric_filter: MetricFilter) -> bool:
    """Whether a filter counts matches of a JSON pattern, and nothing of the other events matters to it."""
    return (
        metric_filter.pattern.kind is PatternKind.JSON
        and metric_filter.constant is not None
        and metric_filter.default is None
        and not metric_filter.dimensions
        and not metric_filter.system_fields
        and all(is_typed(leaf.selector) for leaf in conditions(tree(metric_filter)))
    )


def tree(metric_filter: MetricFilter) -> Expr:
    """The tree of a filter whose pattern is JSON."""
    expr = metric_filter.pattern.expr
    if not isinstance(expr, And | Or | Compare | Is | NotExists):
        raise TypeError(f"expected a JSON pattern, found {expr}")
    return expr


class Part(NamedTuple):
    """The decoded records of a file."""

    records: list[Any]
    total: int
    """How many records there are in the file."""
    places: list[int] | None
    """Which of them were decoded; None for all."""
    are_small: Callable[[list[Any]], bool]
    """Whether it is sure that none of those decoded is over 256 KB, when their eventIDs are these."""
    text: bytes
    """A log file that holds the decoded records and no others."""

    def positions(self, decoded: Sequence[int]) -> Sequence[int]:
        """Where in the file some of the decoded records stand."""
        return decoded if self.places is None else [self.places[one] for one in decoded]


class Scanner:
    """Everything that is planned once and used for each file."""

    def __init__(self, filters: Sequence[MetricFilter], plan: Plan, *, strict: bool) -> None:
        exprs = [tree(one) for one in filters]
        selectors = [leaf.selector for expr in exprs for leaf in conditions(expr)]
        self.plan = plan
        self.filters = filters
        self.values = [one.constant or 0.0 for one in filters]
        self.projection = Projection(
            selectors, ["eventTime", "eventID", *(["awsRegion"] if plan.selection.regions else [])]
        )
        self.dispatch = Dispatch(exprs, self.projection)
        self.file_prefilter = None if strict else file_prefilter(exprs)
        selection = plan.selection
        whole = strict or selection.regions or selection.start is not None or selection.end is not None
        self.record_prefilter = None if whole else record_prefilter(exprs)

    def scan_source(self, source: Source, found: Found) -> None:
        """One source: ruled out, decoded in part, or left to `plain`."""
        try:
            data = read(source, self.plan.limit)
        except Broken as broken:
            found.problems.append(broken.of(source.path))
        else:
            if self.file_prefilter and source.delivered is not None and not self.file_prefilter(data):
                found.see(source.delivered)
                found.skipped += 1
            else:
                try:
                    self._scan_records(source, data, found)
                except (
                    FallbackError,
                    TypeError,
                    RecursionError,
                    MemoryError,
                    msgspec.MsgspecError,
                    UnicodeError,
                ):
                    plain.scan_content(self.filters, self.plan, source, data, found)
        found.files += 1

    def _scan_records(self, source: Source, data: bytes, found: Found) -> None:
        """All or nothing: `found` is not touched before the last reason to give the file to `plain`."""
        accounts = self.plan.selection.accounts
        if accounts and source.account not in accounts:
            raise FallbackError
        part = self._part(data, source)
        records = part.records
        if not records and source.delivered is not None:
            found.see(source.delivered)
            found.records += part.total
            return
        clock = self._clock(records, source.delivered)
        hits = self.dispatch.matches(records)
        ids = list(map(self.projection.member("eventID"), records)) if any(hits) else []
        if ids and not part.are_small(ids):
            raise FallbackError
        seconds = self._seconds(clock, len(records), source.delivered)
        chosen = self._chosen(records, seconds, source.region)
        keys = [
            tuple(matching if chosen is None else [place for place in matching if chosen[place]])
            for matching in hits
        ]
        matched = sorted(set().union(*keys))
        first = evidence.add(found.evidence, part.text, matched) if matched else 0
        rows = {one: row for row, one in enumerate(matched, first)}
        taken = {  # filters are often variants of each other
            key: Taken.of(
                clock(key), part.positions(key), [ids[one] for one in key], [rows[one] for one in key]
            )
            for key in set(keys)
        }
        _see(found, seconds, chosen, source.delivered)
        found.records += part.total if chosen is None else sum(chosen)
        found.unselected += 0 if chosen is None else len(chosen) - sum(chosen)
        for key, of_filter, value in zip(keys, found.hits, self.values, strict=True):
            if key:
                of_filter.matches.add_all(taken[key], source.number, value)

    def _part(self, data: bytes, source: Source) -> Part:
        """The records that may match, if it can be told without decoding all of them; else all."""
        candidates = (
            self.record_prefilter(data) if self.record_prefilter and source.delivered is not None else None
        )
        if candidates is not None:
            text = candidates.text(data)
            records = self.projection.records(text) if candidates.places else []
            are_small = candidates.largest() <= SMALL
            return Part(records, candidates.total, candidates.places, lambda _: are_small, text)
        records = self.projection.records(data)
        if not records or not is_utf8(data):
            raise FallbackError
        return Part(records, len(records), None, lambda ids: all_small(data, ids), data)

    def _clock(self, records: list[Any], delivered: int | None) -> Clockwork:
        """The times of the records at some places, once it is sure that every record has one."""
        if self.plan.clock is Clock.DELIVERY:
            if delivered is None:
                raise FallbackError
            return lambda places: [delivered] * len(places)
        times, delay = Times(list(map(self.projection.member("eventTime"), records))), self.plan.delay
        if times.may_leave_years(delay):
            raise FallbackError
        return lambda places: times.seconds(places, delay)

    def _seconds(self, clock: Clockwork, count: int, delivered: int | None) -> list[int] | None:
        """The times of all records, computed only if they are needed."""
        asked = self.plan.selection
        if delivered is None or asked.start is not None or asked.end is not None:
            return clock(range(count))
        return None

    def _chosen(self, records: list[Any], seconds: list[int] | None, region: str | None) -> list[bool] | None:
        """Which records are asked for; None for all of them."""
        asked = self.plan.selection
        chosen = None
        if seconds is not None and (asked.start is not None or asked.end is not None):
            start, end = asked.start or 0, FOREVER if asked.end is None else asked.end
            chosen = [start <= second < end for second in seconds]
        if asked.regions:
            regions = map(self.projection.member("awsRegion"), records)
            inside = [(one if one and isinstance(one, str) else region) in asked.regions for one in regions]
            chosen = inside if chosen is None else [a and b for a, b in zip(chosen, inside, strict=True)]
        return chosen


def _see(found: Found, seconds: list[int] | None, chosen: list[bool] | None, delivered: int | None) -> None:
    if delivered is not None:
        found.see(delivered)
    elif seconds is not None:
        seen = (
            seconds if chosen is None else [one for one, taken in zip(seconds, chosen, strict=True) if taken]
        )
        for hour in {one // 3600 for one in seen}:
            found.hours.add(hour)
        if seen:
            found.see(min(seen))
            found.see(max(seen))


def is_utf8(data: bytes) -> bool:
    """A decoder that skips a member does not look at its characters."""
    return data.isascii() or bool(data.decode())


def all_small(data: bytes, ids: list[Any]) -> bool:
    """Whether it is sure that no record of these bytes can be over 256 KB.

    Every record has the key eventID at its top and no escape can hide it, so there are at least as many
    places of the key as records. If there are as many and no more, each record holds exactly one, and a
    record ends before the one after the next: where all are near to each other, all records are small.
    """
    if len(data) <= SMALL:
        return True
    place, near = 0, SMALL // 2
    while len(data) - place > near:
        place = data.rfind(ID_KEY, place + 1, place + near)
        if place < 0:
            return False
    return (
        UNSET not in ids
        and stringzilla.count(data, ID_KEY) == len(ids)
        and not escapes_hide(ID_LETTERS, data)
    )
