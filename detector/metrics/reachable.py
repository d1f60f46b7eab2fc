"""What the datapoints of an alarm can be, whatever the log holds.

In: metric filters and the alarm on their metric. Out: samples of one window that breaches, and of one that does not, or
None where no window can be so (`reach`), and the states that the alarm can be in (`states`). The claim: None is a proof.
Each log event adds to the series one of a few kinds of samples (`kinds`); since a threshold cuts the numbers in two, a
statistic that no kind alone brings to one side is brought there by no mixture of kinds either. What events publish of a
field (``$.bytes``) may be any number. Of patterns only this is known: whether they ask for the field of a dimension.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any, TypeAlias

from detector.alarm import AlarmSettings, MissingData, State
from detector.alarm.samples import LARGEST_VALUE
from detector.alarm.statistics import datapoint, is_low
from detector.alarm.values import Statistic
from detector.archive.log_group import RECORD
from detector.metrics.criteria import SystemField
from detector.metrics.filter import MetricFilter, selector_of
from detector.pattern.claims import possible
from detector.pattern.evaluate import MISSING

Kind: TypeAlias = tuple[float, ...]
"""The samples that one log event adds to a series, in order; `ANY` stands for a value out of the event."""
Samples: TypeAlias = tuple[tuple[float, int], ...]
"""The samples of one window: values, and how many there are of each."""

ANY = math.inf
_NO_DIMENSION: tuple[Any, ...] = (MISSING, None, True, False, {}, [])
"""What a selector can find that is no value of a dimension."""
_MOST_KINDS = 500
# Sums of such values are exact for any number of log events that a window can hold.
_PARTS, _LARGE = 1024, 2.0**20
_ROUNDING = 1e-9


class Undecided(Exception):  # noqa: N818 - no error: neither a window was found nor a proof that there is none
    """Neither a window was found nor a proof that there is none."""


def kinds(filters: Sequence[MetricFilter], alarm: AlarmSettings) -> frozenset[Kind]:
    """What one log event can add to the series that the alarm watches; empty where nothing ever is in it.

    Raises `Undecided` where many filters make too many kinds.
    """
    found: set[Kind] = {()}
    for metric_filter in filters:
        options = watched(metric_filter, alarm)
        found = {tuple(sorted((*kind, *option))) for kind, option in product(found, options)}
        if len(found) > _MOST_KINDS:
            raise Undecided
    found.discard(())
    if alarm.percentile is not None:  # which has no datapoint where a sample is negative
        found = {kind for kind in found if min(kind) >= 0}
    return frozenset(found)


def watched(metric_filter: MetricFilter, alarm: AlarmSettings) -> set[Kind]:
    """What one filter can add for one log event: nothing, its value or its default value.

    Those under other dimensions than the alarm's, or of another unit than it asks for, are in another series.
    """
    if alarm.unit is not None and alarm.unit != (metric_filter.unit or "None"):
        return {()}
    asked = dict(alarm.dimensions)
    emitted = [SystemField(name) for name in metric_filter.emit_system_field_dimensions]
    published = [{*metric_filter.dimensions, *emitted}]
    if may_lack_dimensions(metric_filter):  # and is published without them
        published.append({*emitted})
    group = {name: name.of(metric_filter.log_group) for name in emitted}
    differs = any(group[name] not in {"", RECORD, asked.get(name)} for name in emitted)
    constant = metric_filter.constant
    matched: Kind = ()
    if asked.keys() in published and not differs:
        matched = (ANY if constant is None else constant,)
    missed = () if metric_filter.default is None or asked else (float(metric_filter.default),)
    options = {matched, missed} if constant is not None else {matched, missed, ()}
    # What is beyond CloudWatch's range is no datapoint.
    return {
        kind if all(sample == ANY or abs(sample) <= LARGEST_VALUE for sample in kind) else ()
        for kind in options
    }


def may_lack_dimensions(metric_filter: MetricFilter) -> bool:
    """Whether an event may match that lacks the field of a dimension, as far as the pattern tells."""
    expr = metric_filter.pattern.json
    return bool(metric_filter.dimensions) and (
        expr is None
        or any(
            possible(expr, selector_of(path), found)
            for path in metric_filter.dimensions.values()
            for found in _NO_DIMENSION
        )
    )


def is_sparse(filters: Sequence[MetricFilter], alarm: AlarmSettings) -> bool:
    """Whether there are log events without a datapoint in the series: it has none where nothing matched."""
    return all(() in watched(one, alarm) for one in filters)


def reach(alarm: AlarmSettings, found: Iterable[Kind], *, breaching: bool) -> Samples | None:
    """Samples of a window whose datapoint breaches, or does not; None: there are none, proved.

    Raises `Undecided` where rounding decides.
    """
    each = sorted(found)
    up = breaching is not alarm.operator.alarms_below  # whether greater values are wanted
    for samples in (window for kind in each for window in _windows(alarm, kind, up=up)):
        try:
            value = datapoint(alarm, samples)
        except OverflowError:
            continue
        if value is not None and math.isfinite(value) and alarm.breaches(value) is breaching:
            return samples
    bounds = [_bound(alarm, kind, up=up) for kind in each]
    if not bounds:
        return None
    furthest = max(bounds) if up else min(bounds)
    slack = _slack(alarm, each, up=up) * abs(furthest)
    if alarm.breaches(furthest + (slack if up else -slack)) is breaching:
        raise Undecided
    return None


def states(alarm: AlarmSettings, *, breaching: bool, good: bool) -> frozenset[State]:
    """The states that evaluations can decide on, where windows can be breaching, good, and always missing."""
    treated = MissingData(alarm.treat_missing_data)
    found = set()
    if breaching or treated is MissingData.BREACHING:
        found.add(State.ALARM)
    if good or treated is MissingData.NOT_BREACHING:
        found.add(State.OK)
    if treated is MissingData.MISSING:
        found.add(State.INSUFFICIENT_DATA)
    return frozenset(found)


def _windows(alarm: AlarmSettings, kind: Kind, *, up: bool) -> Iterator[Samples]:
    """Windows that hold one kind of event so often that the statistic lies beyond the threshold, if it ever does."""
    threshold = alarm.threshold
    beyond = [
        threshold,
        threshold + 1,
        threshold - 1,
        math.nextafter(threshold, math.inf if up else -math.inf),
    ]
    values = [0.0, *(max(-LARGEST_VALUE, min(value, LARGEST_VALUE)) for value in beyond)]
    for value in values if ANY in kind else values[:1]:
        one = [value if sample == ANY else sample for sample in kind]
        step = len(one) if alarm.statistic_name == Statistic.SAMPLE_COUNT else sum(one)
        times = threshold / step if step else 0.0
        enough = int(times) + 1 if up is (step > 0) and 1 <= times < LARGEST_VALUE else 1
        for count in dict.fromkeys((1, enough, 2 * enough, _significant(alarm))):
            yield tuple((sample, count) for sample in one)


def _significant(alarm: AlarmSettings) -> int:
    """Samples of which a percentile is not one of too few."""
    count = 1
    while alarm.ignores_low_samples and is_low(alarm.percentile, count):
        count *= 2
    return count


def _bound(alarm: AlarmSettings, kind: Kind, *, up: bool) -> float:
    """How far the statistic can go where all events are of one kind: a bound for all mixtures with lesser ones."""
    least = 0.0 if alarm.percentile is not None else -LARGEST_VALUE
    values = [(LARGEST_VALUE if up else least) if sample == ANY else sample for sample in kind]
    total = math.fsum(values)
    furthest = {
        Statistic.SAMPLE_COUNT: math.inf if up else len(values),
        Statistic.SUM: (math.inf if up else -math.inf) if up is (total > 0) and total else total,
        Statistic.AVERAGE: total / len(values),
        Statistic.MINIMUM: min(values),
        Statistic.MAXIMUM: max(values),
    }
    extreme = max(values) if up else min(values)
    return furthest[Statistic(alarm.statistic_name)] if alarm.percentile is None else extreme


def _slack(alarm: AlarmSettings, found: Sequence[Kind], *, up: bool) -> float:
    """How far rounding could carry a statistic beyond its bound, as a share of it."""
    values = {sample for kind in found for sample in kind if sample != ANY}
    if alarm.statistic_name == Statistic.AVERAGE:
        exact = all((value * _PARTS).is_integer() and abs(value) <= _LARGE for value in values)
        return 0.0 if exact else _ROUNDING
    # A percentile is rounded only inside a bin: p0 and p100 are values, 0 and 1 the lower bounds of their bins.
    inner = alarm.percentile is not None and 0 < alarm.percentile < 100  # noqa: PLR2004 - per cent
    return _ROUNDING if inner and up and len(values) > 1 and values - {0.0, 1.0} else 0.0
