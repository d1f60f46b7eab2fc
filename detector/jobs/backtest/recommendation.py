"""Which setting to take: in come the cells of a sweep, limits and a budget, out go front, ranking, recommendation.

The claim: the best by `ranking`. Nothing
that breaks the budget is ever recommended, nothing that is in ALARM for longer than the limit, with incidents nothing
that detects none of them, and no change that the evidence does not carry. The sentences say the rule with its figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from detector.jobs.backtest import reasons
from detector.jobs.backtest.budget import Budget
from detector.jobs.backtest.coverage import Coverage
from detector.jobs.backtest.evidence import Evidence, Trial
from detector.jobs.backtest.grid import Key
from detector.jobs.backtest.ranking import Limits, distance, outcome, outcome_of, ranking
from detector.jobs.backtest.scores import Score
from detector.jobs.backtest.sweep import Cell, Sweep


@dataclass(frozen=True, slots=True)
class Choice:
    """What follows from a sweep.

    ``front``: the settings for which no other one is better in one of (missed, pages, median delay) and no worse
    in the others. ``keeping``: those that keep the budget; all of them where there is none. ``ranked``: every
    cell, the best first, those that break the budget last.

    ``recommended`` is None where no setting keeps the budget and the limit on the time in ALARM and detects an incident,
    where there is nothing to choose by (neither incidents with evidence nor a budget), and where the evidence does not
    carry a change: then ``leader`` is the setting that does best all the same, and ``evidence.lacking`` says what is missing.
    ``because`` says why it is it or why there is none, ``instead`` what the runner-up would cost. ``more_pages`` says that
    it pages more than the present setting; empty where it does not.

    ``broken`` says how the present setting breaks the budget, and ``nearest`` is then the setting nearest to it
    that does not, if there is one that detects an incident. ``closest`` breaks the fewest demands of all, which
    are ``closest_breaks``. ``unproven`` names the incidents that the budget demands and for which there is no
    evidence, ``early`` those that it demands and that begin in the burn-in.
    """

    front: frozenset[Key]
    keeping: frozenset[Key]
    ranked: tuple[Cell, ...]
    recommended: Cell | None
    runner_up: Cell | None
    because: str
    instead: str
    broken: tuple[str, ...]
    nearest: Cell | None
    closest: Cell
    closest_breaks: tuple[str, ...]
    unproven: tuple[str, ...] = ()
    early: tuple[str, ...] = ()
    leader: Cell | None = None
    evidence: Evidence = field(default_factory=Evidence)
    limits: Limits = field(default_factory=Limits)
    more_pages: str = ""

    @property
    def undecided(self) -> str:
        """What of the budget cannot be judged; empty where all can."""
        reasons = (
            (self.unproven, "for which there is no evidence: no log in those hours"),
            (self.early, "which begins in the burn-in, where nothing is scored"),
        )
        return "; ".join(f"it demands {', '.join(named)}, {reason}" for named, reason in reasons if named)


def choose(sweep: Sweep, budget: Budget, coverage: Coverage, limits: Limits | None = None) -> Choice:
    """The choice among all cells."""
    present, limits = sweep.current, limits or Limits()
    breaks = {cell.key: tuple(budget.breaks(cell.score, sweep.incidents, coverage)) for cell in sweep.cells}
    ranked = ranking(sweep.cells, present.alarm, limits)
    keeping = [cell for cell in ranked if not breaks[cell.key]]
    finding = [cell for cell in keeping if cell.score.detected or not sweep.incidents]
    near = min(
        finding or keeping, key=lambda cell: (distance(present.alarm, cell.alarm), cell.key), default=None
    )
    known = _candidates(sweep, budget, finding, limits)
    front = _front(sweep.cells)
    leader, other = (known[0], _runner_up(known, front, limits)) if known else (None, None)
    evidence = _trial(sweep, known, coverage, limits).evidence() if known else Evidence()
    recommended = None if evidence.lacking else leader
    because = reasons.nothing(sweep, budget, keeping, finding, limits)
    if leader is not None:
        because = reasons.because(sweep, leader, keeping, budget, limits)
    if evidence.lacking:
        because = f"nothing: the evidence does not carry a change. {'. '.join(map(reasons.sentence, evidence.lacking))}"
    closest = min(ranked, key=lambda cell: len(breaks[cell.key]))
    return Choice(
        front=front,
        keeping=frozenset(cell.key for cell in keeping),
        ranked=tuple(sorted(ranked, key=lambda cell: bool(breaks[cell.key]))),
        recommended=recommended,
        runner_up=other,
        because=because,
        instead=reasons.cost(coverage, leader.score, other.score) if leader and other else "",
        broken=breaks[present.key],
        nearest=near if breaks[present.key] else None,
        closest=closest,
        closest_breaks=breaks[closest.key],
        unproven=tuple(incident.name for incident in sweep.unproven if budget.demands(incident)),
        early=tuple(incident.name for incident in sweep.early if budget.demands(incident)),
        leader=leader,
        evidence=evidence,
        limits=limits,
        more_pages=reasons.more_pages(present.score, leader.score) if leader else "",
    )


def _candidates(sweep: Sweep, budget: Budget, finding: Sequence[Cell], limits: Limits) -> list[Cell]:
    """What may be recommended, the best first."""
    seeing = [cell for cell in finding if not limits.is_blind(cell.score)]
    if sweep.incidents:
        return seeing
    if budget.max_pages_per_week is None and budget.max_time_in_alarm is None:
        return []
    # Of a budget, only the pages can be judged; and what never pages has not been seen to work.
    paging = [cell for cell in seeing if cell.score.alarms or cell.current]
    present = sweep.current.alarm
    return sorted(paging, key=lambda cell: (distance(present, cell.alarm), cell.key))[:1]


def _trial(sweep: Sweep, candidates: Sequence[Cell], coverage: Coverage, limits: Limits) -> Trial:
    near = {cell.key: (distance(sweep.current.alarm, cell.alarm), cell.key) for cell in candidates}

    def best(places: Sequence[int], pages: Callable[[Score], int]) -> Cell:
        return min(
            candidates, key=lambda cell: (outcome_of(cell.score, limits, places, pages), near[cell.key])
        )

    return Trial(candidates, sweep.current, sweep.incidents, coverage, sweep.labels.grace, limits.delay, best)


def _front(cells: Sequence[Cell]) -> frozenset[Key]:
    points: dict[Key, tuple[float, float, float]] = {}
    for cell in cells:
        middle = cell.score.median_delay
        points[cell.key] = (cell.score.missed, cell.score.alarms, math.inf if middle is None else middle)
    kept: list[tuple[float, float, float]] = []
    # In lexical order, a point can only be dominated by one before it.
    for point in sorted(set(points.values())):
        if not any(a <= point[0] and b <= point[1] and c <= point[2] for a, b, c in kept):
            kept.append(point)
    return frozenset(key for key, point in points.items() if point in kept)


def _runner_up(ranked: Sequence[Cell], front: frozenset[Key], limits: Limits) -> Cell | None:
    """The next best with another outcome; one on the front has something to offer in return."""
    first = outcome(ranked[0].score, limits)
    others = [cell for cell in ranked if outcome(cell.score, limits) != first]
    return next((cell for cell in others if cell.key in front), others[0] if others else None)
