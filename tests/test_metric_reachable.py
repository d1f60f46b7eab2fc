"""What the datapoints of an alarm can be: whatever a small log holds, no proof is refuted, and every window that is found is one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from detector.alarm import Alarm, ComparisonOperator, MissingData, State, decide
from detector.alarm.statistics import datapoint
from detector.metrics import reachable
from detector.metrics.filter import MetricFilter
from detector.metrics.reachable import ANY, Kind, Undecided, is_sparse, kinds, reach, states
from detector.pattern import compile as compile_pattern

STATISTICS = ("Sum", "Average", "Minimum", "Maximum", "SampleCount", "p0", "p50", "p90", "p100")
THRESHOLDS = (-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 4.0)


def made(value: str = "1", default: float | None = None, name: str = "f", **more: object) -> MetricFilter:
    pattern = compile_pattern(f"{{ $.{name} = 1 }}")
    settings = {"namespace": "n", "metric": "m", "value": value, "default": default, **more}
    return MetricFilter(name=name, pattern=pattern, **settings)  # type: ignore[arg-type]  # settings by name


def alarm(statistic: str = "Sum", operator: str = ">=", threshold: float = 1.0, **more: object) -> Alarm:
    names = {one.symbol: str(one) for one in ComparisonOperator}
    which = "extended_statistic" if statistic.startswith("p") else "statistic"
    settings = {"period": 60, "evaluation_periods": 1, "threshold": threshold, which: statistic, **more}
    return Alarm(name="a", comparison_operator=names[operator], **settings)  # type: ignore[arg-type]  # the same


FILTERS: dict[str, tuple[MetricFilter, ...]] = {
    "ones": (made(),),
    "ones and zeros": (made(default=0),),
    "zeros": (made("0"),),
    "twos and ones": (made("2", default=1),),
    "less than nothing": (made("-1"),),
    "less than nothing, and zeros": (made("-1", default=0),),
    "halves": (made("0.5"),),
    "two filters": (made(), made("2", name="g")),
    "two filters, one with a default": (made(), made("3", default=0, name="g")),
    "of the event": (made("$.x"),),
    "of the event, or zero": (made("$.x", default=0),),
}
OF_EVENTS = (-3.0, 0.0, 0.25, 1.0, 7.0)


def windows(found: frozenset[Kind]) -> Iterator[tuple[float, ...]]:
    """The samples of every window of at most four log events."""
    filled = [
        values
        for kind in found
        for values in itertools.product(*(OF_EVENTS if one == ANY else (one,) for one in kind))
    ]
    for count in range(1, 3 if len(filled) > 8 else 5):
        for events in itertools.combinations_with_replacement(filled, count):
            yield tuple(itertools.chain.from_iterable(events))


def refuted(module: Any) -> str:
    """The first thing that the module says and a small log, or a row of datapoints, shows otherwise."""
    for name, statistic in itertools.product(FILTERS, STATISTICS):
        if wrong := _refuted(module, FILTERS[name], statistic):
            return f"{statistic} of {name}: {wrong}"
    for treated, (n, m) in itertools.product(MissingData, ((1, 1), (2, 1), (2, 2), (3, 2))):
        asked = alarm(evaluation_periods=n, datapoints_to_alarm=m, treat_missing_data=treated, period=300)
        for symbols in ((None,), (None, 0.0), (None, 1.0), (None, 0.0, 1.0)):
            rows = itertools.product(symbols, repeat=asked.evaluation_range)
            decided = {decide(asked, row).state for row in rows} - {None}
            if decided != module.states(asked, breaching=1.0 in symbols, good=0.0 in symbols):
                return f"{m} of {n}, {treated}: {decided}"
    unseen = module.kinds([made(unit="Count")], alarm(unit="Bytes"))
    if unseen:
        return "a sample of another unit"
    return "" if module.is_sparse([made("$.x", default=0)], alarm()) else "a field that is no number"


def _refuted(module: Any, filters: tuple[MetricFilter, ...], statistic: str) -> str:
    logged = kinds_of_events(filters, statistic)
    values = {datapoint(alarm(statistic), [(one, 1) for one in samples]) for samples in windows(logged)} - {
        None
    }
    found = module.kinds(filters, alarm(statistic))
    for operator, threshold, breaching in itertools.product(
        (">=", ">", "<", "<="), THRESHOLDS, (True, False)
    ):
        asked = alarm(statistic, operator, threshold)
        said = f"{operator} {threshold} {breaching}"
        try:
            samples = module.reach(asked, found, breaching=breaching)
        except module.Undecided:  # a percentile is interpolated, and the threshold is one of the values
            if statistic not in {"p50", "p90"} or threshold not in {one for kind in found for one in kind}:
                return f"{said} is not decided"
            continue
        if samples is None:
            if any(asked.breaches(value) is breaching for value in values if value is not None):
                return f"{said} is said never to be"
            continue
        value = datapoint(asked, samples)
        if (
            value is None
            or asked.breaches(value) is not breaching
            or len({count for _, count in samples}) != 1
        ):
            return f"{said} is not shown by {samples}"
    return ""


def kinds_of_events(filters: tuple[MetricFilter, ...], statistic: str) -> frozenset[Kind]:
    """The plain meaning of what one log event adds: each filter matches or does not, and publishes what its settings say."""
    options = []
    for one in filters:
        value = (ANY,) if one.constant is None else (one.constant,)
        default = () if one.default is None else (float(one.default),)
        options.append([value, default, ()] if one.constant is None else [value, default])
    events = {tuple(itertools.chain.from_iterable(event)) for event in itertools.product(*options)} - {()}
    return frozenset(event for event in events if not statistic.startswith("p") or min(event) >= 0)


def test_no_small_log_refutes_a_proof() -> None:
    assert refuted(reachable) == ""


def test_a_witness_raises_the_alarm_and_a_proof_keeps_it_from_ever_firing() -> None:
    fired = never = 0
    for filters, statistic, operator, threshold, treated in itertools.product(
        FILTERS.values(), ("Sum", "Average", "p90"), (">", "<="), (0.0, 1.0, 2.0), MissingData
    ):
        asked = alarm(statistic, operator, threshold, treat_missing_data=treated)
        found = kinds(filters, asked)
        try:
            samples, good = (reach(asked, found, breaching=breaching) for breaching in (True, False))
        except Undecided:
            continue
        reachable = states(asked, breaching=samples is not None, good=good is not None)
        rows: Iterator[tuple[float, int]] = iter(samples or ())
        history = asked.history([(5, value, count) for value, count in rows], start=0, end=20)
        if samples is not None:
            assert State.ALARM in {one.after for one in history}
            fired += 1
        elif State.ALARM not in reachable:
            for first, second in itertools.islice(itertools.product(windows(found), repeat=2), 60):
                two = [(3, one) for one in first] + [(4, one) for one in second]
                assert all(one.after is not State.ALARM for one in asked.history(two, start=0, end=20))
            never += 1
    assert fired > 100
    assert never > 50


def test_other_series_are_not_the_alarms() -> None:
    by_name = made(dimensions={"Name": "$.eventName"})
    assert kinds([by_name], alarm(dimensions={"Name": "x"})) == {(1.0,)}
    assert kinds([by_name], alarm(dimensions={"Other": "x"})) == set()
    assert kinds([by_name], alarm()) == {(1.0,)}  # of events without the field
    assert kinds([made()], alarm(dimensions={"Name": "x"})) == set()
    assert kinds([made(default=0)], alarm(dimensions={"Name": "x"})) == set()
    assert kinds([made(unit="Count")], alarm(unit="Bytes")) == set()
    assert kinds([made(unit="Count")], alarm(unit="Count")) == {(1.0,)}
    assert kinds([made()], alarm(unit="Count")) == set()


def test_where_nothing_matched_there_is_a_datapoint_only_with_a_default() -> None:
    assert is_sparse([made()], alarm())
    assert not is_sparse([made(default=0)], alarm())
    assert not is_sparse([made(), made(default=0, name="g")], alarm())
    assert is_sparse([made("$.x", default=0)], alarm())  # an event whose field is no number


def test_where_rounding_decides_nothing_is_said() -> None:
    with pytest.raises(Undecided):
        reach(alarm("Average", ">", 0.1), [(0.1,)], breaching=True)
    assert reach(alarm("Average", ">", 0.2), [(0.1,)], breaching=True) is None
    assert reach(alarm("p90", ">", 0.1), [(0.1,)], breaching=True) is None


def test_no_value_is_greater_than_the_largest() -> None:
    assert reach(alarm("Maximum", ">", 2.0**360), [(ANY,)], breaching=True) is None
    assert reach(alarm("Maximum", ">=", 2.0**360), [(ANY,)], breaching=True)
    assert kinds([made("1e300")], alarm()) == set()
