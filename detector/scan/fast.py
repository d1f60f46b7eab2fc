"""The same answer as `plain` for less work. The hot loop.

In: a plan and numbered files. Out: a `Found` with the same hits. Four things are left out:

* A file whose bytes cannot hold a match (`file_prefilter`) is decompressed and its checksum verified, but not looked at
  as JSON. It is counted as ``skipped``, and its records are not in ``records``.
* In the others the JSON is checked, and the records that cannot hold a match (`record_prefilter`) are counted, not decoded.
* Of the records that are decoded only the members are that the filters read (`projection`).
* A filter is asked only about records whose pivot (its event name, mostly) does not rule it out (`dispatch`), and, where
  records are read natively, once about all records in which the members that filters read are spelled alike (`evidence`).

The first two are native where there was a compiler, for a batch of files in one call; decoding and all that follows is done
once a batch. What this does not understand, down to a single odd value, is left to `plain`, file by file.
"""

from __future__ import annotations

import operator
from array import array
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import repeat
from typing import Any

from detector.archive import Clock, Plan, Problem, Progress, Source, whole
from detector.archive.delays import LONGEST
from detector.metrics.filter import MetricFilter
from detector.pattern.syntax import conditions
from detector.scan import evidence, partly, plain
from detector.scan.batched import FALLBACK, Batched
from detector.scan.dispatch import Dispatch, is_simple, tree
from detector.scan.file_prefilter import file_prefilter
from detector.scan.found import Found
from detector.scan.part import Clockwork, Decoded, Part, Read, Rows
from detector.scan.plain import FallbackError
from detector.scan.projection import UNSET, Projection
from detector.scan.record_prefilter import Batch, Candidates, record_prefilter

FOREVER = 1 << 62
ENVELOPE = ("kinesis", "PartitionKey")
"""Members of what Kinesis wraps around log events (`containers`)."""


def scan(
    filters: Sequence[MetricFilter],
    plan: Plan,
    sources: Iterable[Source],
    progress: Progress | None = None,
    *,
    strict: bool = False,
    by_file: bool = False,
) -> Found:
    """What `plain.scan` finds; ``strict`` decodes every file, ``by_file`` asks for `Found.shares`."""
    found = Found.empty(len(filters), by_file=by_file, columns=plan.columns)
    scanner(filters, plan, strict=strict).scan(sources, found, progress)
    return found


def scanner(filters: Sequence[MetricFilter], plan: Plan, *, strict: bool) -> Scanner | partly.Scanner:
    """What scans any number of sources, and learns while it does."""
    kind = Scanner if all(map(is_simple, filters)) else partly.Scanner
    return kind(filters, plan, strict=strict)


class Scanner(Batched):
    """Everything that is planned once and used for each file."""

    def __init__(self, filters: Sequence[MetricFilter], plan: Plan, *, strict: bool) -> None:
        exprs = [tree(one) for one in filters]
        selectors = [leaf.selector for expr in exprs for leaf in conditions(expr)]
        self.values = [one.constant or 0.0 for one in filters]
        self.projection = Projection(
            selectors,
            ["eventTime", "eventID", *ENVELOPE, *(["awsRegion"] if plan.selection.regions else [])],
        )
        self.dispatch = Dispatch(exprs, self.projection)
        self.file_prefilter = None if strict else file_prefilter(exprs)
        selection = plan.selection
        whole = strict or selection.regions or selection.start is not None or selection.end is not None
        members = evidence.marked(self.projection.names)
        self.record_prefilter = None if whole else record_prefilter(exprs, plan.limit, marked=members)
        super().__init__(filters, plan, self.record_prefilter)
        self.reader = evidence.reader(members)

    def scan_source(self, source: Source, found: Found) -> None:
        """One source: ruled out, decoded in part, or left to `plain`."""
        text = whole(source, self.plan.limit)
        if text is None:
            self._scan_parts(source, found)
        elif self.file_prefilter and source.delivered is not None and not self.file_prefilter(text):
            found.see(source.delivered)
            found.skipped += 1
        else:
            try:
                self._scan_records(source, text, found)
            except FALLBACK:
                plain.scan_source(self.filters, self.plan, source, found, text)
        found.files += 1

    def _scan_parts(self, source: Source, found: Found) -> None:
        """A source that is large or packed, part by part; the whole of it is left to `plain` if one part is unusual."""
        from detector.archive.content import parts  # noqa: PLC0415 - few archives need it

        inside = found.nothing()
        before = 0
        try:
            for part in parts(source, self.plan.limit, at_once=True):
                if isinstance(part, Problem) or part.rows or part.source.delivered != source.delivered:
                    raise FallbackError
                before += self._scan_records(part.source, part.data, inside, before)
        except FALLBACK:
            plain.scan_source(self.filters, self.plan, source, found)
        else:
            found.merge(inside)

    def take_batch(self, batch: Batch, found: Found) -> None:
        """All or nothing, as below."""
        if batch.numbers:
            part = self._candidates(batch, batch.numbers, batch.positions, small=True)
            self._take(found, part, self.clock(batch, part))

    def _scan_records(self, source: Source, data: bytes, found: Found, before: int = 0) -> int:
        """All or nothing. Returns how many records there are; ``before`` of the source come before these."""
        accounts, delivered = self.plan.selection.accounts, source.delivered
        if accounts and source.account not in accounts:
            raise FallbackError
        part, total = self._part(data, source, before)
        if not len(part) and delivered is not None:
            found.see(delivered)
            found.records += total
            return total
        if self.plan.clock is Clock.EVENT:
            clock = part.clock(self.plan.delay)
        elif delivered is not None:
            stamp = delivered
            clock = lambda places: array("q", (stamp,)) * len(places)  # noqa: E731 - as short as the clock is
        elif self.plan.delays is not None:
            # A clock later by the longest delay makes sure that no drawn time is behind the last year.
            later, drawn = part.clock(LONGEST), partial(self.plan.delays.delivered, source)
            clock = lambda places: array("q", [drawn(second - LONGEST) for second in later(places)])  # noqa: E731 - the same
        else:
            raise FallbackError
        seconds = self._seconds(clock, len(part), delivered)
        chosen = self._chosen(part, seconds, source.region)
        self._take(found, part, clock, chosen)
        found.see_records(seconds, chosen, delivered)
        found.records += total if chosen is None else sum(chosen)
        found.unselected += 0 if chosen is None else len(chosen) - sum(chosen)
        return total

    def _part(self, data: bytes, source: Source, before: int) -> tuple[Part, int]:
        """The records that may match, if it can be told without decoding all of them; else all. And how many there are."""
        prefilter = self.record_prefilter if source.delivered is not None else None
        candidates = prefilter.of_content(data) if prefilter else None
        if candidates is not None:
            numbers = array("I", (source.number,)) * len(candidates.positions)
            places = candidates.positions
            if before:
                places = array("I", [before + place for place in places])
            return self._candidates(candidates, numbers, places, small=candidates.are_small), candidates.total
        records = self.projection.records(data)
        if not records or not is_utf8(data) or self._has_envelopes(records):
            raise FallbackError
        total = len(records)
        positions = array("I", range(before, before + total))
        return Decoded(array("I", (source.number,)) * total, positions, records, data, self.projection), total

    def _has_envelopes(self, records: Sequence[Any]) -> bool:
        return any(
            not all(map(operator.is_, map(self.projection.member(name), records), repeat(UNSET)))
            for name in ENVELOPE
        )

    def _candidates(
        self, found: Batch | Candidates, numbers: array[int], positions: array[int], *, small: bool
    ) -> Part:
        """Records that may match: of each as little as possible is decoded."""
        if not numbers:
            return Decoded(numbers, positions, [], found.text, self.projection, small)
        if self.reader is None:
            records = self.projection.records(found.text)
            return Decoded(numbers, positions, records, found.text, self.projection, small)
        return Read(
            numbers, positions, self.reader(found.text, found.places, found.marks), self.projection, small
        )

    def _take(self, found: Found, part: Part, clock: Clockwork, chosen: list[bool] | None = None) -> None:
        """Ask the filters, and take what matched. Only the last steps change ``found``, and they cannot fail."""
        hits = part.hits(self.dispatch)
        if any(hits) and not part.are_small():
            raise FallbackError
        if chosen is not None:
            hits = [array("I", [place for place in matching if chosen[place]]) for matching in hits]
        keys = [matching.tobytes() for matching in hits]
        distinct = {key: matching for key, matching in zip(keys, hits, strict=True) if matching}
        if not distinct:
            return
        rows = Rows(distinct.values(), len(part), len(found.evidence))
        taken = {  # filters are often variants of each other
            key: part.taken(matching, clock(matching), rows.of(matching), ids=self.plan.tells("event_id"))
            for key, matching in distinct.items()
        }
        part.add_to(found.evidence, rows.matched)
        for key, of_filter, value in zip(keys, found.hits, self.values, strict=True):
            if key:
                of_filter.matches.add_all(taken[key], value)

    def _seconds(self, clock: Clockwork, count: int, delivered: int | None) -> Sequence[int] | None:
        """The times of all records, computed only if they are needed."""
        asked = self.plan.selection
        if delivered is None or asked.start is not None or asked.end is not None:
            return clock(array("I", range(count)))
        return None

    def _chosen(self, part: Part, seconds: Sequence[int] | None, region: str | None) -> list[bool] | None:
        """Which records are asked for; None for all of them."""
        asked = self.plan.selection
        chosen = None
        if seconds is not None and (asked.start is not None or asked.end is not None):
            start, end = asked.start or 0, FOREVER if asked.end is None else asked.end
            chosen = [start <= second < end for second in seconds]
        if asked.regions:
            if not isinstance(part, Decoded):
                raise FallbackError
            regions = map(self.projection.member("awsRegion"), part.records)
            inside = [(one if one and isinstance(one, str) else region) in asked.regions for one in regions]
            chosen = inside if chosen is None else [a and b for a, b in zip(chosen, inside, strict=True)]
        return chosen


def is_utf8(data: bytes) -> bool:
    """A decoder that skips a member does not look at its characters."""
    return data.isascii() or bool(data.decode())
