"""The plain scan of those records alone that may match, for filters of which the fast one knows too little.

In: filters whose values, dimensions, selectors or default values need more than a match. Out: the `Found` of `plain`, for
the cost of the records that hold a literal which a match needs (`record_prefilter`). The others are counted; where a
filter has a default value, which they publish, their times and eventIDs are decoded. What is odd about a file is left to `plain`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from detector.archive import Clock, Plan, Progress, Source, whole
from detector.archive.ahead import ahead
from detector.metrics.filter import MetricFilter
from detector.pattern import PatternKind
from detector.scan import plain
from detector.scan.dispatch import tree
from detector.scan.found import Found
from detector.scan.oversize import all_small
from detector.scan.projection import Projection
from detector.scan.record_prefilter import (
    RecordPrefilter,
    TextPrefilter,
    record_prefilter,
    text_prefilter,
)
from detector.scan.times import Times

FALLBACK = (plain.FallbackError, TypeError, RecursionError, MemoryError, msgspec.MsgspecError, UnicodeError)
_PROJECTION = Projection([], ["eventTime", "eventID"])


class Scanner:
    """Everything that is planned once and used for each file."""

    def __init__(self, filters: Sequence[MetricFilter], plan: Plan, *, strict: bool) -> None:
        self.filters = filters
        self.plan = plan
        asked = plan.selection
        whole = strict or asked.regions or asked.start is not None or asked.end is not None
        self.prefilter = None if whole else _prefilter(filters, plan)

    def scan(self, sources: Iterable[Source], found: Found, progress: Progress | None = None) -> None:
        """Add to what was found what `plain.scan` finds."""
        for source in ahead(sources):
            found.scan(source, self._scan_source)
            if progress:
                progress(1, source.size)

    def _scan_source(self, source: Source, found: Found) -> None:
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
            _publish(filters, found, missed)
            if candidates.positions:
                plain.scan_source(filters, plan, source, found, candidates.text, candidates.positions)
        found.files += 1


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
    names = (plain.valid_id(ids[number]) if plan.dedupe else None for number in others)
    return Counter(zip(names, (second - second % 60 for second in seconds), strict=True))


def _publish(filters: Sequence[MetricFilter], found: Found, missed: Counter[tuple[str | None, int]]) -> None:
    """The default samples of records that match nothing, as `plain` counts them."""
    for one, hits in zip(filters, found.hits, strict=True):
        if one.default is None:
            continue
        for (name, minute), times in missed.items():
            if name is None:
                hits.misses[minute] += times
            else:
                hits.missed[name] = min(minute, hits.missed.get(name, minute))
