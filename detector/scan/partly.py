"""The plain scan of those records alone that may match, for filters of which the fast one knows too little.

In: filters whose values, dimensions or selectors need the whole record. Out: the `Found` of `plain`, for the cost of the
records that hold a literal which a match needs (`record_prefilter`); the others are counted, not decoded. A filter that
looks at every event, with a default value or at a text, gives all to `plain`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from detector.archive import Plan, Progress, Source, whole
from detector.metrics.filter import MetricFilter
from detector.pattern import PatternKind
from detector.scan import plain
from detector.scan.dispatch import tree
from detector.scan.found import Found
from detector.scan.record_prefilter import record_prefilter


def scan(
    filters: Sequence[MetricFilter],
    plan: Plan,
    sources: Iterable[Source],
    progress: Progress | None,
    *,
    strict: bool,
) -> Found:
    """What `plain.scan` finds; ``strict`` decodes every file."""
    selects = plan.selection.regions or plan.selection.start is not None or plan.selection.end is not None
    are_rare = all(one.pattern.kind is PatternKind.JSON and one.default is None for one in filters)
    prefilter = None
    if are_rare and not strict and not selects:
        prefilter = record_prefilter(map(tree, filters), plan.limit)
    found = Found.empty(len(filters))
    accounts = plan.selection.accounts
    for source in sources:
        is_known = source.delivered is not None and (not accounts or source.account in accounts)
        text = whole(source, plan.limit) if prefilter and is_known else None
        candidates = prefilter.of_content(text) if prefilter and text is not None else None
        if candidates is None:
            plain.scan_source(filters, plan, source, found, text)
        else:
            found.see(source.delivered or 0)
            found.records += candidates.total - len(candidates.positions)
            if candidates.positions:
                plain.scan_source(filters, plan, source, found, candidates.text, candidates.positions)
        found.files += 1
        if progress:
            progress(1, source.size)
    return found
