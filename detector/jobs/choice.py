"""Which setting to take: in come the cells of a sweep and a budget, out go front, recommendation, runner-up.

The claim: the rule is one tuple, `outcome`, and ties go to the setting nearest to the present one. Nothing
that breaks the budget is ever recommended, and with incidents nothing that detects none of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from detector.alarm import Alarm
from detector.jobs.budget import Budget
from detector.jobs.grid import Key, key, window_name

if TYPE_CHECKING:
    from detector.jobs.coverage import Coverage
    from detector.jobs.scores import Score
    from detector.jobs.sweep import Cell, Sweep

Outcome: TypeAlias = tuple[float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Choice:
    """What follows from a sweep.

    ``front`` are the settings for which no other one is better in one of (missed, pages, median delay) and no worse
    in the others. ``recommended`` is None where no setting keeps the budget and detects
    an incident, or where there is nothing to choose by (neither incidents with evidence nor a budget). ``broken`` says how the present setting breaks the budget, and
    ``nearest`` is then the setting nearest to it that does not, if there is one that detects an incident.
    ``unproven`` are the incidents that the budget demands and for which there is no evidence.
    """

    front: frozenset[Key]
    keeping: frozenset[Key]
    """The settings that keep the budget; all of them where there is none."""
    recommended: Cell | None
    runner_up: Cell | None
    broken: tuple[str, ...]
    nearest: Cell | None
    closest: Cell
    """The best of the settings that break the fewest demands of the budget."""
    unproven: tuple[str, ...] = ()


def choose(sweep: Sweep, budget: Budget, coverage: Coverage) -> Choice:
    """The choice among all cells."""
    present = sweep.current
    breaks = {key(cell.alarm): budget.breaks(cell.score, sweep.incidents, coverage) for cell in sweep.cells}
    ranked = ranking(sweep.cells, present.alarm)
    keeping = [cell for cell in ranked if not breaks[key(cell.alarm)]]
    finding = [cell for cell in keeping if cell.score.detected or not sweep.incidents]
    near = min(
        finding or keeping,
        key=lambda cell: (distance(present.alarm, cell.alarm), key(cell.alarm)),
        default=None,
    )
    weighed = budget if sweep.incidents else budget.without_incidents()
    known = finding if sweep.incidents else [near] if near and weighed else []
    front = _front(sweep.cells)
    broken = breaks[key(present.alarm)]
    return Choice(
        front=front,
        keeping=frozenset(key(cell.alarm) for cell in keeping),
        recommended=known[0] if known else None,
        runner_up=_runner_up(known, front),
        broken=tuple(broken),
        nearest=near if broken else None,
        closest=min(ranked, key=lambda cell: len(breaks[key(cell.alarm)])),
        unproven=tuple(one.name for one in sweep.unproven if budget.demands(one)),
    )


def ranking(cells: Iterable[Cell], present: Alarm) -> list[Cell]:
    """The best first: by `outcome`, then by the distance from the present setting."""
    return sorted(
        cells, key=lambda cell: (outcome(cell.score), distance(present, cell.alarm), key(cell.alarm))
    )


def outcome(score: Score) -> Outcome:
    """What is compared, the most important first: missed incidents, false alarms, pages, and then delays.

    The slowest delay before the median one, which hides an incident that is found hours later.
    """
    return (
        score.missed,
        score.false_alarms,
        score.alarms,
        _late(score.slowest_delay),
        _late(score.median_delay),
    )


def distance(present: Alarm, other: Alarm) -> float:
    """How far a setting is from the present one: doublings of each number, and one for each other change.

    Doublings of the threshold, the period, M and N; a threshold that is not above zero on both sides counts
    its difference. The treatment of missing data and the kind of window count one each, the statistic two,
    since it makes another metric of it.
    """
    return (
        _doublings(present.threshold, other.threshold)
        + _doublings(present.period, other.period)
        + _doublings(present.evaluation_periods, other.evaluation_periods)
        + _doublings(present.m, other.m)
        + (present.treat_missing_data != other.treat_missing_data)
        + (window_name(present.evaluation_window) != window_name(other.evaluation_window))
        + 2 * (key(present)[0] != key(other)[0])
    )


def _doublings(one: float, other: float) -> float:
    return abs(math.log2(other / one)) if one > 0 and other > 0 else abs(other - one)


def _late(delay: float | None) -> float:
    return math.inf if delay is None else delay


def _objectives(score: Score) -> tuple[float, float, float]:
    return (score.missed, score.alarms, _late(score.median_delay))


def _front(cells: Sequence[Cell]) -> frozenset[Key]:
    """In lexical order, a point can only be dominated by one before it."""
    kept: list[tuple[float, float, float]] = []
    for point in sorted({_objectives(cell.score) for cell in cells}):
        if not any(a <= point[0] and b <= point[1] and c <= point[2] for a, b, c in kept):
            kept.append(point)
    return frozenset(key(cell.alarm) for cell in cells if _objectives(cell.score) in kept)


def _runner_up(ranked: Sequence[Cell], front: frozenset[Key]) -> Cell | None:
    """The next best with another outcome; one on the front has something to offer in return."""
    others = [cell for cell in ranked if outcome(cell.score) != outcome(ranked[0].score)]
    return next((cell for cell in others if key(cell.alarm) in front), others[0] if others else None)
