"""Filters of which the fast scan knows too little, asked about those records alone that may match.

In: filters whose values, dimensions, selectors or default values need more than a match. Out: the `Found` of `plain`, for
the cost of the records that hold a literal which a match needs (`record_prefilter`). The others are counted; where a
filter has a default value, which they publish, their times and eventIDs are read too. Files are read natively in batches, and
of a record that does or may match the whole becomes an object; what is odd is left to one file at a time, and then to `plain`.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

from detector.archive import Clock, Plan, Source, whole
from detector.metrics.filter import MetricFilter
from detector.metrics.matches import NUL, Hits
from detector.pattern import PatternKind
from detector.pattern.syntax import conditions
from detector.scan import evidence, plain
from detector.scan.batched import FALLBACK, Batched
from detector.scan.dispatch import Dispatch, is_typed_json, tree
from detector.scan.found import Found
from detector.scan.oversize import all_small
from detector.scan.part import Clockwork, Part, Read, Rows
from detector.scan.plain import FallbackError
from detector.scan.projection import Projection
from detector.scan.record_prefilter import (
    Batch,
    Marked,
    RecordPrefilter,
    TextPrefilter,
    every_record,
    native,
    record_prefilter,
    text_prefilter,
)
from detector.scan.samples import Grouped, Groups, Whole
from detector.scan.times import Times

_PROJECTION = Projection([], ["eventTime", "eventID"])


class Scanner(Batched):
    """Everything that is planned once and used for each file."""

    def __init__(self, filters: Sequence[MetricFilter], plan: Plan, *, strict: bool) -> None:
        asked = plan.selection
        whole = strict or asked.regions or asked.start is not None or asked.end is not None
        self.prefilter = None if whole else _prefilter(filters, plan)
        self.typed = [number for number, one in enumerate(filters) if is_typed_json(one)]
        self.others = [number for number in range(len(filters)) if number not in self.typed]
        self.text_prefilter = text_prefilter(filters[number].pattern.expr for number in self.others)
        exprs = [tree(filters[number]) for number in self.typed]
        selectors = [leaf.selector for expr in exprs for leaf in conditions(expr)]
        self.projection = Projection(selectors, ["eventTime", "eventID"])
        self.dispatch = Dispatch(exprs, self.projection)
        marked = evidence.marked(self.projection.names)
        self.reader = evidence.reader(marked)
        super().__init__(filters, plan, None if whole else _of_files(filters, plan, (marked[0], 0)))
        self.samplers = [Grouped(one, plan) for one in filters]

    def take_batch(self, batch: Batch, found: Found) -> None:
        """What matches, grouped by sample, and what the others publish."""
        publishes = any(one.default is not None for one in self.filters)
        if self.reader is None or (publishes and found.shares is not None):
            raise FallbackError  # whose miss is whose has to be known
        if _asks_all(self.filters) and len(batch.numbers) < batch.total:
            raise FallbackError  # a record that is none of CloudTrail's
        asked = self.text_prefilter.among(batch.text, batch.places) if self.text_prefilter else None
        if asked is not None and not (self.typed or publishes):
            batch, asked = batch.some(asked), None
        if not batch.numbers:
            return
        part = Read(
            batch.numbers,
            batch.positions,
            self.reader(batch.text, batch.places, batch.marks),
            self.projection,
            small=True,
        )
        clock = self.clock(batch, part)
        whole = Whole(batch)
        hits = self._hits(part, whole, range(len(part)) if asked is None else asked)
        samples = [one.groups(matching, whole) for one, matching in zip(self.samplers, hits, strict=True)]
        every = array("I", range(len(part)) if publishes else ())
        ids = part.ids(every).split(NUL) if self.plan.dedupe and every else ()
        missed = _keys(clock(every), ids, dedupe=self.plan.dedupe)
        _take(part, clock, samples, found, ids=self.plan.tells("event_id"))
        for one, matching, of_filter in zip(self.filters, hits, found.hits, strict=True):
            if one.default is not None:
                _publish(of_filter, Counter(missed) - Counter([missed[place] for place in matching]))

    def scan_source(self, source: Source, found: Found) -> None:
        """One file: the candidates of its text, or left to `plain`."""
        filters, plan, prefilter = self.filters, self.plan, self.prefilter
        accounts = plan.selection.accounts
        is_known = source.delivered is not None and (not accounts or source.account in accounts)
        text = whole(source, plan.limit) if prefilter and is_known else None
        candidates = prefilter.of_content(text) if prefilter and text is not None else None
        missed = None
        if candidates is not None and text is not None:
            missed = _missed(filters, plan, source, text, set(candidates.positions))
        if candidates is None or missed is None:
            plain.scan_source(filters, plan, source, found, text)
        else:
            found.see(source.delivered or 0)
            found.records += candidates.total - len(candidates.positions)
            for one, hits in zip(filters, found.hits, strict=True):
                if one.default is not None:
                    _publish(hits, missed)
            if candidates.positions:
                plain.scan_source(filters, plan, source, found, candidates.text, candidates.positions)
        found.files += 1

    def _hits(self, part: Part, whole: Whole, asked: Sequence[int]) -> list[Sequence[int]]:
        """For each filter the places of what matches; ``asked`` are those where it may for one that is asked of whole records."""
        hits: list[Sequence[int]] = [()] * len(self.filters)
        for number, matching in zip(self.typed, part.hits(self.dispatch), strict=True):
            hits[number] = matching
        for number in self.others:
            pattern = self.filters[number].pattern
            if pattern.kind is PatternKind.JSON:
                hits[number] = [place for place in asked if pattern.holds(whole.record(place))]
            else:
                hits[number] = [place for place in asked if pattern.matches(whole.text(place))]
        return hits


def _take(part: Part, clock: Clockwork, samples: Sequence[Groups], found: Found, *, ids: bool) -> None:
    """Take what matched. Only the last steps change ``found``, and they cannot fail."""
    matching = [array("I", places) for groups in samples for places in groups.values()]
    if not matching:
        return
    rows = Rows(matching, len(part), len(found.evidence))
    taken = [part.taken(places, clock(places), rows.of(places), ids=ids) for places in matching]
    part.add_to(found.evidence, rows.matched)
    some = iter(taken)
    for of_filter, groups in zip(found.hits, samples, strict=True):
        for sample in groups:
            of_filter.matches.add_all(next(some), *sample)


def _keys(seconds: Iterable[int], ids: Iterable[Any], *, dedupe: bool) -> list[tuple[str | None, int]]:
    """What tells misses apart: their eventID (only with dedupe) and minute."""
    names = map(plain.valid_id, ids) if dedupe else repeat(None)
    return list(zip(names, [second - second % 60 for second in seconds], strict=False))


def _of_files(filters: Sequence[MetricFilter], plan: Plan, marked: Marked) -> RecordPrefilter | None:
    """Candidates of a batch."""
    if native is None or any(one.system_fields for one in filters):
        return None
    if _asks_all(filters):
        return every_record(native.Prefilter, plan.limit, marked)
    return record_prefilter(map(tree, filters), plan.limit, gate=False, marked=marked)


def _asks_all(filters: Sequence[MetricFilter]) -> bool:
    """Whether something is said of each record, or no literal of a match is known."""
    return any(one.pattern.kind is not PatternKind.JSON or one.default is not None for one in filters)


def _prefilter(filters: Sequence[MetricFilter], plan: Plan) -> RecordPrefilter | TextPrefilter | None:
    if all(one.pattern.kind is PatternKind.JSON for one in filters):
        return record_prefilter(map(tree, filters), plan.limit)
    return text_prefilter(one.pattern.expr for one in filters)


def _missed(
    filters: Sequence[MetricFilter], plan: Plan, source: Source, text: bytes, matching: set[int]
) -> Counter[tuple[str | None, int]] | None:
    """The records that cannot match, by eventID (only with dedupe) and minute; None where that is not certain.

    Nothing where no filter has a default value.
    """
    if all(one.default is None for one in filters):
        return Counter()
    if any(one.system_fields for one in filters):
        return None
    try:
        records = _PROJECTION.records(text)
        ids = list(map(_PROJECTION.member("eventID"), records))
        times = Times(list(map(_PROJECTION.member("eventTime"), records)))
        if not all_small(text, ids) or times.may_leave_years(plan.delay):
            return None
        others = [number for number in range(len(records)) if number not in matching]
        seconds = [source.delivered or 0] * len(others)
        if plan.clock is Clock.EVENT:
            seconds = times.seconds(others, plan.delay)
    except FALLBACK:
        return None
    return Counter(_keys(seconds, [ids[number] for number in others], dedupe=plan.dedupe))


def _publish(hits: Hits, missed: Counter[tuple[str | None, int]]) -> None:
    """The default samples of records that match nothing, as `plain` counts them."""
    for (name, minute), times in missed.items():
        if name is None:
            hits.misses[minute] += times
        else:
            hits.missed[name] = min(minute, hits.missed.get(name, minute))
