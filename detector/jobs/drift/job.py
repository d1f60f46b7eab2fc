"""Drift: two sets of detections by what they mean.

In: two sources, what they leave open, and perhaps an archive. Out: a `Drift`. The claim: what is said to be equivalent is
proved to match the same events, and has the same settings once AWS has filled in what nobody says; whatever could not be
compared is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from detector.archive import Inputs, Plan, Progress
from detector.detections.given import NOTHING, Given
from detector.detections.model import Detection
from detector.detections.resources import Remark
from detector.jobs.changes import EXAMPLES, Side, changes
from detector.jobs.compare import FilterChange, related
from detector.jobs.drift.facts import differences, facts, of_filter
from detector.jobs.drift.joining import Pair, join
from detector.jobs.drift.result import Drift, Item, Joined, Setting, Standing, Weight, What
from detector.jobs.drift.sides import metric_of, side
from detector.jobs.reading import Scan
from detector.metrics.filter import MetricFilter
from detector.relation import STEPS, Relation, Verdict, Witnesses
from detector.scan import processes


def drift(
    old: str,
    new: str,
    paths: Inputs = (),
    *,
    given: Given = NOTHING,
    steps: int = STEPS,
    examples: int = EXAMPLES,
    scan: Scan = processes.scan,
    progress: Progress | None = None,
) -> Drift:
    """Compare two sets of detections, and what changed of them on an archive where there is one.

    ``old`` and ``new`` are whatever ``--detection`` takes, several with commas. ``steps`` bounds the reasoning about a
    pattern. Raises `UnreadableError` and `DetectionError` for a source that cannot be read.
    """
    (ours, lost_old), (theirs, lost_new) = side(old, given), side(new, given)
    joined = [_joined(pair, steps) for pair in join(ours, theirs)]
    joined = _left_out(_halves(joined), lost_old, lost_new)
    plan = Plan.of(paths)
    if plan.paths:
        joined = _over_archive(joined, plan, examples, scan, progress)
    order = list(Standing)
    joined.sort(key=lambda one: order.index(one.standing))
    return Drift(old, new, tuple(joined), lost_old, lost_new)


def _joined(pair: Pair, steps: int) -> Joined:
    old, new, by = pair
    if old is None or new is None:
        return Joined(Standing.REMOVED if new is None else Standing.ADDED, old, new)
    ours, theirs = facts(old), facts(new)
    patterns, respelled = [], False
    for name, before, after in _filters(old, new):
        prefix = f"filter[{name}]." if name else "filter."
        if before is not None and after is not None and isinstance(old.value, Detection):
            ours |= _own(before, prefix)
            theirs |= _own(after, prefix)
        change = _pattern(name, before, after, steps)
        if change.verdict is None or change.verdict.relation is not Relation.EQUIVALENT:
            patterns.append(change)
        else:
            respelled |= _source(before) != _source(after)
    ids = {item.address.rpartition("#")[2].rpartition("/")[2] for item in (old, new)}
    settings = tuple(differences(ours, theirs, ids))
    standing = _standing(settings, patterns)
    return Joined(standing, old, new, by, settings, tuple(patterns), respelled)


def _standing(settings: Sequence[Setting], patterns: Sequence[FilterChange]) -> Standing:
    if any(one.weight is Weight.CHANGE for one in settings):
        return Standing.CHANGED
    if any(one.verdict is None or one.verdict.proved for one in patterns):
        return Standing.CHANGED
    return Standing.UNDECIDED if patterns else Standing.EQUIVALENT


def _own(one: MetricFilter, prefix: str) -> Mapping[str, str | frozenset[str]]:
    """The settings of a filter in a detection, whose metric is that of the alarm."""
    metric = {f"{prefix}namespace", f"{prefix}metric_name"}
    return {name: value for name, value in of_filter(one, prefix).items() if name not in metric}


def _filters(old: Item, new: Item) -> list[tuple[str, MetricFilter | None, MetricFilter | None]]:
    """The filters of both side by side; a name is given where there are several."""
    ours, theirs = (_filters_of(item) for item in (old, new))
    if len(ours) == len(theirs) == 1:
        return [("", ours[0], theirs[0])]
    pairs: list[tuple[str, MetricFilter | None, MetricFilter | None]] = []
    rest = list(theirs)
    for by_name in (True, False):
        for one in list(ours):
            found = next((other for other in rest if _is_like(one, other, by_name=by_name)), None)
            if found is not None:
                pairs.append((one.name, one, found))
                ours.remove(one)
                rest.remove(found)
    if len(ours) == len(rest) == 1:
        return [*pairs, (ours[0].name, ours[0], rest[0])]
    return [*pairs, *((one.name, one, None) for one in ours), *((one.name, None, one) for one in rest)]


def _filters_of(item: Item) -> list[MetricFilter]:
    value = item.value
    if isinstance(value, Detection):
        return list(value.filters)
    return [value] if isinstance(value, MetricFilter) else []


def _is_like(one: MetricFilter, other: MetricFilter, *, by_name: bool) -> bool:
    if by_name:
        return one.name == other.name
    verdict = related(one.pattern, other.pattern, STEPS // 100)
    return verdict is not None and verdict.relation is Relation.EQUIVALENT


def _pattern(name: str, before: MetricFilter | None, after: MetricFilter | None, steps: int) -> FilterChange:
    old, new = (None if one is None else one.pattern for one in (before, after))
    if old is not None and new is not None and _source(before) == _source(after):
        return FilterChange(name, old, new, Verdict(Relation.EQUIVALENT, Witnesses()))
    return FilterChange(name, old, new, related(old, new, steps))


def _source(one: MetricFilter | None) -> str:
    return "" if one is None else one.pattern.source.strip()


def _halves(joined: Iterable[Joined]) -> list[Joined]:
    """With a note where only half of a detection is gone or new, in the place of two of them."""
    listed = list(joined)
    for whole, half in ((Standing.REMOVED, Standing.ADDED), (Standing.ADDED, Standing.REMOVED)):
        for one in [one for one in listed if one.standing is whole and one.item.what is What.DETECTION]:
            rest = [other for other in listed if other.standing is half and _is_half(one, other)]
            if not rest:
                continue
            first, regions = rest[0].item, [other.item.region for other in rest if other.item.region]
            where = f" ({', '.join(dict.fromkeys(regions))})" if regions else ""
            said = "is still there" if whole is Standing.REMOVED else "was there already"
            lacks = "an alarm on its metric" if first.what is What.FILTER else "a filter of its metric"
            note = f"its {first.what} {first.name} {said}{where}, without {lacks}"
            listed[listed.index(one)] = replace(one, note=note)
            listed = [other for other in listed if other not in rest]
    return listed


def _is_half(whole: Joined, half: Joined) -> bool:
    if half.item.what not in {What.FILTER, What.ALARM}:
        return False
    regions = {whole.item.region, half.item.region} - {""}
    return len(regions) < 2 and metric_of(whole.item) == metric_of(half.item)  # noqa: PLR2004 - two different ones


def _left_out(
    joined: Iterable[Joined], lost_old: Sequence[Remark], lost_new: Sequence[Remark]
) -> list[Joined]:
    """With what the other side has but does not let itself be read named as that, and not as added or removed."""
    lost = {Standing.REMOVED: ("NEW", lost_new), Standing.ADDED: ("OLD", lost_old)}
    told = []
    for one in joined:
        where, remarks = lost.get(one.standing, ("", ()))
        item = one.item
        ids = {item.name, item.address.rpartition("#")[2]}
        remark = next((each for each in remarks if each.address in ids), None)
        if remark is not None:
            note = f"{where} has it, and not all of it is known: {remark.reason}"
            one = replace(one, standing=Standing.UNKNOWN, note=note)  # noqa: PLW2901 - the same with a word about it
        told.append(one)
    return told


def _over_archive(
    joined: Sequence[Joined], plan: Plan, examples: int, scan: Scan, progress: Progress | None
) -> list[Joined]:
    """With what each change loses and gains, all in one pass."""
    changed = [
        (one, one.old.value, one.new.value)
        for one in joined
        if one.standing in {Standing.CHANGED, Standing.UNDECIDED} and one.old and one.new
    ]
    sides: list[tuple[Joined, Side, Side]] = []
    for one, *values in changed:
        pair = [value.pattern if isinstance(value, MetricFilter) else value for value in values]
        if all(isinstance(value, Detection) for value in values) or one.filters:
            sides.append((one, pair[0], pair[1]))
    if not sides:
        return list(joined)
    counted = changes(
        [(old, new) for _, old, new in sides], plan, examples=examples, scan=scan, progress=progress
    )
    found = {id(one): archive for (one, _, _), archive in zip(sides, counted, strict=True)}
    return [replace(one, archive=found.get(id(one))) for one in joined]
