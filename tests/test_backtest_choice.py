"""The choice: front, ranking, nearest setting and budget, on scores made up for the purpose."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.alarm import Alarm, WallClock
from detector.jobs.backtest.budget import Budget
from detector.jobs.backtest.coverage import Coverage
from detector.jobs.backtest.grid import key
from detector.jobs.backtest.incidents import Incident
from detector.jobs.backtest.ranking import distance, ranking
from detector.jobs.backtest.recommendation import Choice, choose
from detector.jobs.backtest.scores import Labels, Score
from detector.jobs.backtest.sweep import Cell, Sweep

WEEK = Coverage(frozenset(range(168)))
INCIDENTS = (Incident("a", 0, 60), Incident("b", 600, 660))
PRESENT = Alarm(
    name="present",
    statistic="Sum",
    period=300,
    evaluation_periods=1,
    threshold=4,
    comparison_operator="GreaterThanOrEqualToThreshold",
)


def swept(
    *scores: Score,
    incidents: tuple[Incident, ...] = INCIDENTS,
    present: int = 0,
    unproven: tuple[Incident, ...] = (),
) -> Sweep:
    """Thresholds 4, 5, 6, … with these scores; the one at ``present`` is the present setting."""
    cells = (Cell(replace(PRESENT, threshold=4 + i), one, i == present) for i, one in enumerate(scores))
    return Sweep(tuple(cells), (), Labels(incidents, unproven=unproven))


def of(alarms: int, *delays: float | None, false: int = 0) -> Score:
    """Delays in minutes."""
    found = tuple(None if delay is None else int(60 * delay) for delay in delays)
    return Score(alarms=alarms, delays=found, pages=((),) * len(found), false_alarms=false)


def threshold(cell: Cell | None) -> float | None:
    return None if cell is None else cell.alarm.threshold


# scores of the thresholds 4, 5, 6, … -> recommended, runner-up
RANKED: list[tuple[list[Score], float, float | None]] = [
    ([of(9, 1, 1), of(1, 1, None)], 4, 5),  # all incidents before few pages
    ([of(9, 1, None), of(5, None, None), of(8, None, 1)], 6, 4),  # as many as possible
    ([of(3, 1, 1, false=1), of(4, 1, 1)], 4, 5),  # fewer pages before no false alarm
    ([of(3, 1, 1, false=1), of(3, 2, 2)], 5, 4),  # no false alarm before an early one
    ([of(3, 1, 31), of(4, 1, 30)], 5, 4),  # none later than half an hour before fewer pages
    ([of(4, 1, 1), of(3, 9, 9)], 5, 4),  # fewer pages before an early one
    ([of(3, 1, 20), of(3, 12, 12)], 5, 4),  # none late before a short median
    ([of(3, 1, 9), of(3, 5, 9)], 4, None),  # the median last; the other has nothing to offer
    ([of(3, 1, 1), of(3, 1, 1), of(3, 1, 1)], 4, None),  # all alike: nearest to the present
]


@pytest.mark.parametrize(("scores", "recommended", "runner_up"), RANKED)
def test_ranking(scores: list[Score], recommended: float, runner_up: float | None) -> None:
    found = choose(swept(*scores), Budget(), WEEK)
    assert threshold(found.leader) == recommended
    if runner_up is not None:
        assert threshold(found.runner_up) == runner_up
    assert not found.broken
    assert found.nearest is None


def test_alike_settings_go_by_their_distance() -> None:
    alike = [of(3, 1, 1)] * 4
    assert threshold(choose(swept(*alike, present=2), Budget(), WEEK).leader) == 6
    others = [of(9, 1, 1) if i == 2 else of(3, 1, 1) for i in range(4)]
    assert threshold(choose(swept(*others, present=2), Budget(), WEEK).leader) == 7  # log2 7/6 < log2 6/5


def test_the_runner_up_has_something_to_offer() -> None:
    """Next in rank is 5, which is worse in everything; 6 pages more, but sooner."""
    found = choose(swept(of(3, 9, 9), of(4, 9, 9), of(5, 1, 1)), Budget(), WEEK)
    assert (threshold(found.leader), threshold(found.runner_up)) == (4, 6)


def test_without_incidents_and_budget_there_is_nothing_to_choose_by() -> None:
    found = choose(swept(of(3), of(1), incidents=()), Budget(), WEEK)
    assert (found.leader, found.runner_up) == (None, None)
    assert len(found.keeping) == 2


def test_with_a_budget_alone_the_nearest_that_keeps_it() -> None:
    scores = [of(9), of(7), of(2), of(1)]
    found = choose(swept(*scores, incidents=()), Budget(max_pages_per_week=3), WEEK)
    assert threshold(found.leader) == threshold(found.nearest) == 6
    assert found.broken == ("9.0 pages a week are more than 3",)
    kept = choose(swept(*scores, incidents=(), present=3), Budget(max_pages_per_week=3), WEEK)
    assert (threshold(kept.leader), kept.broken, kept.nearest) == (7, (), None)


def test_nothing_that_breaks_the_budget_is_recommended() -> None:
    scores = [of(9, 1, 1), of(2, 30, 1), of(5, 8, 8)]
    budget = Budget(max_pages_per_week=6, must_detect=frozenset("a"), max_delay=600)
    found = choose(swept(*scores), budget, WEEK)
    assert threshold(found.leader) == threshold(found.nearest) == 6
    assert len(found.keeping) == 1


def test_no_setting_meets_this() -> None:
    found = choose(swept(of(9, 1, None), of(7, None, None)), Budget(1, frozenset("ab"), 60), WEEK)
    assert (found.leader, found.nearest, found.keeping) == (None, None, frozenset())
    assert threshold(found.closest) == 4


def test_a_setting_that_finds_nothing_is_no_choice() -> None:
    """With an incident to find, silence is cheap and worth nothing, with and without a budget."""
    mute = swept(of(3, None, None, false=3), of(0, None, None))
    for budget in (Budget(), Budget(max_pages_per_week=3)):
        found = choose(mute, budget, WEEK)
        assert (found.leader, found.runner_up, len(found.keeping)) == (None, None, 2)
    found = choose(swept(of(9, 1, 1), of(0, None, None), of(0, None, None)), Budget(), WEEK)
    assert (threshold(found.leader), found.runner_up) == (4, None)
    found = choose(swept(of(9, 1, 1), of(0, None, None), of(3, 1, None)), Budget(max_pages_per_week=4), WEEK)
    assert (threshold(found.leader), threshold(found.nearest)) == (6, 6)


def test_an_incident_without_evidence_is_in_no_demand_but_told() -> None:
    none = Incident("c", 9_999, 99_999)
    some = swept(of(3, 1, 1), unproven=(none,))
    for budget, unproven in (
        (Budget(must_detect=frozenset("ac")), ("c",)),
        (Budget(must_detect=frozenset("a")), ()),
        (Budget(max_delay=60), ("c",)),
        (Budget(max_pages_per_week=9), ()),
    ):
        found = choose(some, budget, WEEK)
        assert (found.broken, found.unproven, threshold(found.leader)) == ((), unproven, 4)
    lone = swept(of(3), incidents=(), unproven=(none,))
    assert choose(lone, Budget(must_detect=frozenset("c")), WEEK).leader is None


BROKEN: list[tuple[Budget, Score, list[str]]] = [
    (Budget(), of(99, None, None), []),
    (Budget(max_pages_per_week=2), of(2, None, None), []),
    (Budget(max_pages_per_week=2.5), of(3, 1, 1), ["3.0 pages a week are more than 2.5"]),
    (Budget(must_detect=frozenset("a")), of(1, 1, None), []),
    (Budget(must_detect=frozenset("ab")), of(1, 1, None), ["b is missed"]),
    (Budget(max_delay=300), of(1, 5, 5), []),
    (Budget(max_delay=300), of(1, 5, 6), ["b is detected after 6 min, later than 5 min"]),
    (Budget(max_delay=300), of(1, 5, None), ["b is missed"]),
    (Budget(max_delay=10), of(1, 1.5, 0), ["a is detected after 1 min 30 s, later than 10 s"]),
    (Budget(max_delay=0), of(1, 0, 2), ["b is detected after 2 min, later than 0 s"]),
    (Budget(must_detect=frozenset("a"), max_delay=300), of(1, 5, 6), []),
    (
        Budget(must_detect=frozenset("a"), max_delay=300),
        of(1, 7, None),
        ["a is detected after 7 min, later than 5 min"],
    ),
]


@pytest.mark.parametrize(("budget", "score", "sentences"), BROKEN)
def test_budget(budget: Budget, score: Score, sentences: list[str]) -> None:
    assert list(budget.breaks(score, INCIDENTS, WEEK)) == sentences


def test_no_log_keeps_no_budget() -> None:
    assert list(Budget(max_pages_per_week=5).breaks(Score(), (), Coverage(frozenset()))) == [
        "there was no log at all, so nothing shows how many pages a week there are"
    ]


def test_a_budget_of_nothing_is_none() -> None:
    assert not Budget()
    assert Budget(max_pages_per_week=0)


DISTANCES: list[tuple[dict[str, Any], float]] = [
    ({}, 0),
    ({"datapoints_to_alarm": 1}, 0),
    ({"threshold": 8}, 1),
    ({"threshold": 2}, 1),
    ({"threshold": 0}, 4),
    ({"period": 600}, 1),
    ({"evaluation_periods": 2}, 2),
    ({"evaluation_periods": 2, "datapoints_to_alarm": 1}, 1),
    ({"treat_missing_data": "ignore"}, 1),
    ({"evaluation_window": WallClock()}, 1),
    ({"statistic": "Maximum"}, 2),
    ({"threshold": 8, "treat_missing_data": "ignore"}, 2),
]


@pytest.mark.parametrize(("changed", "far"), DISTANCES)
def test_distance(changed: dict[str, Any], far: float) -> None:
    other = replace(PRESENT, **changed)
    assert distance(PRESENT, other) == distance(other, PRESENT) == far


POINTS = st.lists(
    st.builds(of, st.integers(0, 4), *([st.none() | st.integers(0, 3)] * 2)), min_size=1, max_size=20
)


@given(POINTS)
def test_the_front_is_what_nothing_is_better_than(scores: list[Score]) -> None:
    def objectives(one: Score) -> tuple[float, float, float]:
        return one.missed, one.alarms, math.inf if one.median_delay is None else one.median_delay

    def better(one: Score, other: Score) -> bool:
        pairs = list(zip(objectives(one), objectives(other), strict=True))
        return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)

    sweep = swept(*scores)
    wanted = {
        key(cell.alarm) for cell in sweep.cells if not any(better(other, cell.score) for other in scores)
    }
    assert choose(sweep, Budget(), WEEK).front == wanted


@given(POINTS, st.integers(0, 5))
def test_what_is_recommended_keeps_the_budget_and_nothing_kept_ranks_above_it(
    scores: list[Score], most: int
) -> None:
    sweep = swept(*scores)
    found: Choice = choose(sweep, Budget(max_pages_per_week=most), WEEK)
    kept = [cell for cell in sweep.cells if cell.score.alarms <= most and cell.score.detected]
    assert found.leader == next(iter(ranking(kept, PRESENT)), None)
    assert (found.leader is None) == (not kept)
