"""One evaluation: every string of datapoints of small alarms, against the rules written down again."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

import pytest

from detector.alarm import Alarm, Rule, State, decide, verdicts, windows
from detector.alarm.statistics import is_low

if TYPE_CHECKING:
    from collections.abc import Sequence

TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
SMALL = [(n, m) for n in (1, 2, 3) for m in range(1, n + 1)]
X, GOOD, GAP = 10.0, 0.0, None


def alarm(periods: int, needed: int, treatment: str = "missing", period: int = 300) -> Alarm:
    return Alarm(
        name="small",
        statistic="Sum",
        period=period,
        evaluation_periods=periods,
        datapoints_to_alarm=needed,
        threshold=5,
        comparison_operator="GreaterThanOrEqualToThreshold",
        treat_missing_data=treatment,
    )


def written_again(points: Sequence[float | None], n: int, m: int, treat: str) -> str:  # noqa: PLR0911 - as the specification has it
    """The specification's pseudo-code, by ages and sets instead of lists."""
    newest = list(reversed(points))
    bad = [age for age, point in enumerate(newest, 1) if point == X]
    good = [age for age, point in enumerate(newest, 1) if point == GOOD]
    real = sorted(bad + good)
    if len(real) >= n:
        return "ALARM" if len(set(real[:n]) & set(bad)) >= m else "OK"
    fill = n - len(real)
    if treat == "breaching":
        return "ALARM" if len(bad) + fill >= m else "OK"
    if treat == "notBreaching":
        return "ALARM" if len(bad) >= m else "OK"
    if len(bad) >= m:
        return "ALARM"
    if good:
        return "OK"
    if treat == "ignore":
        return "RETAIN"
    return "ALARM" if bad and max(bad) >= m else "INSUFFICIENT_DATA"


@pytest.mark.parametrize("treatment", TREATMENTS)
@pytest.mark.parametrize(("n", "m"), SMALL)
def test_small_world(n: int, m: int, treatment: str) -> None:
    small = alarm(n, m, treatment)
    for points in product((X, GOOD, GAP), repeat=small.evaluation_range):
        decision = decide(small, points)
        assert (decision.state or "RETAIN") == written_again(points, n, m, treatment), points
        for before in State:
            assert small.evaluate(points, before) is (decision.state or before)


@pytest.mark.parametrize("treatment", TREATMENTS)
@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 1), (2, 2), (3, 2)])
def test_small_world_all_at_once(n: int, m: int, treatment: str) -> None:
    """Every string of datapoints of a 60 s alarm, one after the other, through the bits."""
    small = alarm(n, m, treatment, period=60)
    line = [point for points in product((X, GOOD, GAP), repeat=small.evaluation_range) for point in points]
    samples = [(minute, point) for minute, point in enumerate(line) if point is not None]
    seen = windows(samples, small, start=0, end=len(line))
    found, size = verdicts(small, seen), len(seen.ends)
    texts = [f"{bits:0{size}b}" for bits in (found.alarm, found.ok, found.insufficient)]
    padded = [None] * small.evaluation_range + line
    for end in range(1, len(line) + 1):
        state = decide(small, padded[end : end + small.evaluation_range]).state
        assert [text[end] for text in texts] == ["1" if state is s else "0" for s in _ORDER], end


_ORDER = (State.ALARM, State.OK, State.INSUFFICIENT_DATA)

RULES = [
    ([X, GOOD, X], 2, "missing", State.ALARM, Rule.REAL_DATAPOINTS),
    ([X, GOOD, GOOD], 2, "breaching", State.OK, Rule.REAL_DATAPOINTS),
    ([X, X, GAP], 2, "missing", State.ALARM, Rule.BREACHING_SUFFICE),
    ([X, X, GAP], 2, "ignore", State.ALARM, Rule.BREACHING_SUFFICE),
    ([X, GAP, GAP], 2, "breaching", State.ALARM, Rule.TREATED_AS_BREACHING),
    ([GOOD, GOOD, GAP], 2, "breaching", State.OK, Rule.TREATED_AS_BREACHING),
    ([X, GAP, GAP], 2, "notBreaching", State.OK, Rule.TREATED_AS_NOT_BREACHING),
    ([X, GAP, GOOD], 2, "missing", State.OK, Rule.ANY_GOOD_DATAPOINT),
    ([X, GAP, GAP], 2, "missing", State.ALARM, Rule.PREMATURE),
    ([X], 2, "missing", State.INSUFFICIENT_DATA, Rule.TOO_FRESH),
    ([X, GAP, GAP], 2, "ignore", None, Rule.RETAINED),
    ([], 2, "missing", State.INSUFFICIENT_DATA, Rule.NOTHING_KNOWN),
]


@pytest.mark.parametrize(("points", "m", "treatment", "state", "rule"), RULES)
def test_the_rule_that_decides(
    points: list[float | None], m: int, treatment: str, state: State | None, rule: Rule
) -> None:
    decision = decide(alarm(3, m, treatment), points)
    assert (decision.state, decision.rule) == (state, rule)


def test_every_rule_has_its_sentence() -> None:
    assert all(rule.sentence.endswith(".") for rule in Rule)
    assert len({rule.sentence for rule in Rule}) == len(Rule)


def test_only_the_newest_range_counts() -> None:
    assert decide(alarm(1, 1), [X, GAP, GAP]).state is State.ALARM
    assert decide(alarm(1, 1), [X, GAP, GAP, GAP]).state is State.INSUFFICIENT_DATA


@pytest.mark.parametrize("nothing", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_missing(nothing: float) -> None:
    assert decide(alarm(1, 1), [nothing]).rule is Rule.NOTHING_KNOWN


def low(periods: int, low_samples: str | None) -> Alarm:
    return Alarm(
        name="low",
        extended_statistic="p90",
        period=60,
        evaluation_periods=periods,
        threshold=5,
        comparison_operator="GreaterThanThreshold",
        evaluate_low_sample_count_percentiles=low_samples,
    )


# datapoints, which are low, periods -> kept?  A low datapoint that does not decide does not matter.
LOW = [
    ([X], [True], 1, True),
    ([X], [False], 1, False),
    ([X, GOOD], [True, False], 1, False),
    ([X, GOOD], [True, False], 2, True),
    ([X, GAP], [True, True], 1, True),
    ([GAP], [True], 1, False),
]


@pytest.mark.parametrize(("points", "flags", "periods", "kept"), LOW)
def test_low_samples(points: list[float | None], flags: list[bool], periods: int, *, kept: bool) -> None:
    assert (decide(low(periods, "ignore"), points, low=flags).rule is Rule.LOW_SAMPLES) is kept
    for setting in ("evaluate", None):
        assert decide(low(periods, setting), points, low=flags).rule is not Rule.LOW_SAMPLES


# percentile -> the fewest samples that are enough: 10 / (1 - p) from p50 on, 10 / p below it; documented.
ENOUGH = {
    "p0.1": 10_000,
    "p10": 100,
    "p40": 25,
    "p50": 20,
    "p75": 40,
    "p90": 100,
    "p99": 1_000,
    "p99.9": 10_000,
}


@pytest.mark.parametrize("statistic", ENOUGH)
def test_how_many_samples_are_enough_for_a_percentile(statistic: str) -> None:
    percentile = Fraction(statistic.removeprefix("p"))
    assert not is_low(percentile, ENOUGH[statistic])
    assert is_low(percentile, ENOUGH[statistic] - 1)


@pytest.mark.parametrize("percentile", [None, Fraction(0), Fraction(100)])
def test_any_number_of_samples_is_enough(percentile: Fraction | None) -> None:
    assert not is_low(percentile, 1)
