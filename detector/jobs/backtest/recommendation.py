"""Which setting to take: in come the cells of a sweep and a budget, out go front, recommendation, runner-up.

The claim: the rule is one tuple, `outcome`, and ties go to the setting nearest to the present one. Nothing
that breaks the budget is ever recommended, and with incidents nothing that detects none of them. The
sentences say the rule with its figures.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from detector.alarm import Alarm
from detector.jobs.backtest.budget import Budget
from detector.jobs.backtest.coverage import Coverage
from detector.jobs.backtest.grid import Key
from detector.jobs.backtest.scores import Score
from detector.jobs.backtest.sweep import Cell, Sweep
from detector.quantities import count, minutes

Outcome: TypeAlias = tuple[float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Choice:
    """What follows from a sweep.

    ``front``: the settings for which no other one is better in one of (missed, pages, median delay) and no worse
    in the others. ``keeping``: those that keep the budget; all of them where there is none. ``ranked``: every
    cell, the best first, those that break the budget last.

    ``recommended`` is None where no setting keeps the budget and detects an incident, or where there is nothing
    to choose by (neither incidents with evidence nor a budget); ``because`` says why it is it or why there is
    none, ``instead`` what the runner-up would cost.

    ``broken`` says how the present setting breaks the budget, and ``nearest`` is then the setting nearest to it
    that does not, if there is one that detects an incident. ``closest`` breaks the fewest demands of all, which
    are ``closest_breaks``. ``unproven`` names the incidents that the budget demands and for which there is no
    evidence.
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

    @property
    def undecided(self) -> str:
        """What of the budget cannot be judged; empty where all can."""
        named = ", ".join(self.unproven)
        return f"it demands {named}, for which there is no evidence: no log in those hours" if named else ""


def choose(sweep: Sweep, budget: Budget, coverage: Coverage) -> Choice:
    """The choice among all cells."""
    present = sweep.current
    breaks = {cell.key: tuple(budget.breaks(cell.score, sweep.incidents, coverage)) for cell in sweep.cells}
    ranked = ranking(sweep.cells, present.alarm)
    keeping = [cell for cell in ranked if not breaks[cell.key]]
    finding = [cell for cell in keeping if cell.score.detected or not sweep.incidents]
    near = min(
        finding or keeping, key=lambda cell: (distance(present.alarm, cell.alarm), cell.key), default=None
    )
    if sweep.incidents:
        known = finding
    else:  # of a budget, only the pages can be judged
        known = [near] if near is not None and budget.max_pages_per_week is not None else []
    front = _front(sweep.cells)
    recommended, other = (known[0], _runner_up(known, front)) if known else (None, None)
    because = _nothing(sweep, budget, len(keeping))
    if recommended is not None:
        because = _because(sweep, recommended, keeping, budget)
    closest = min(ranked, key=lambda cell: len(breaks[cell.key]))
    return Choice(
        front=front,
        keeping=frozenset(cell.key for cell in keeping),
        ranked=tuple(sorted(ranked, key=lambda cell: bool(breaks[cell.key]))),
        recommended=recommended,
        runner_up=other,
        because=because,
        instead=_cost(coverage, recommended.score, other.score) if recommended and other else "",
        broken=breaks[present.key],
        nearest=near if breaks[present.key] else None,
        closest=closest,
        closest_breaks=breaks[closest.key],
        unproven=tuple(incident.name for incident in sweep.unproven if budget.demands(incident)),
    )


def ranking(cells: Iterable[Cell], present: Alarm) -> list[Cell]:
    """The best first: by `outcome`, then by the distance from the present setting."""
    return sorted(cells, key=lambda cell: (outcome(cell.score), distance(present, cell.alarm), cell.key))


def outcome(score: Score) -> Outcome:
    """What is compared, the most important first: missed incidents, false alarms, pages, and then delays.

    The slowest delay before the median one, which hides an incident that is found hours later.
    """
    delays = (score.slowest_delay, score.median_delay)
    slowest, middle = (math.inf if delay is None else delay for delay in delays)
    return (score.missed, score.false_alarms, score.alarms, slowest, middle)


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
        + (present.window_name != other.window_name)
        + 2 * (present.statistic_name != other.statistic_name)
    )


def _doublings(present: float, other: float) -> float:
    return abs(math.log2(other / present)) if present > 0 and other > 0 else abs(other - present)


def _front(cells: Sequence[Cell]) -> frozenset[Key]:
    points = {}
    for cell in cells:
        missed, _, alarms, _, median = outcome(cell.score)
        points[cell.key] = (missed, alarms, median)
    kept: list[tuple[float, float, float]] = []
    # In lexical order, a point can only be dominated by one before it.
    for point in sorted(set(points.values())):
        if not any(a <= point[0] and b <= point[1] and c <= point[2] for a, b, c in kept):
            kept.append(point)
    return frozenset(key for key, point in points.items() if point in kept)


def _runner_up(ranked: Sequence[Cell], front: frozenset[Key]) -> Cell | None:
    """The next best with another outcome; one on the front has something to offer in return."""
    others = [cell for cell in ranked if outcome(cell.score) != outcome(ranked[0].score)]
    return next((cell for cell in others if cell.key in front), others[0] if others else None)


def _nothing(sweep: Sweep, budget: Budget, keeping: int) -> str:
    """Why nothing is recommended."""
    incidents = len(sweep.incidents)
    if keeping and not incidents:
        lacking = "an incident with evidence" if sweep.unproven else "--incidents"
        return f"nothing: without {lacking} or a budget, fewer pages is all that can be seen"
    none = f"no setting meets this, of {len(sweep.cells):,}"
    if not keeping:
        return none
    those = f": none of the {keeping:,} that keep the budget" if budget else ": none"
    return f"{none}{those} detects {'any of ' if incidents > 1 else ''}the {count(incidents, 'incident')}"


def _because(sweep: Sweep, chosen: Cell, keeping: Sequence[Cell], budget: Budget) -> str:
    """Why this setting: the rule of `outcome`, with its figures."""
    if budget and len(keeping) == 1:
        return "it is the only setting that keeps the budget"
    kept = f" of the {len(keeping):,} that keep the budget" if budget else ""
    if not sweep.incidents:
        return "it keeps the budget" if chosen.current else f"it is the nearest to the present setting{kept}"
    score = chosen.score
    against = "" if chosen.current else f"; the present one has {sweep.current.score.alarms:,}"
    steps = [
        f"no setting{kept} misses fewer incidents ({score.missed} of {len(score.delays)})",
        f"none has fewer false alarms ({score.false_alarms:,})",
        f"none has fewer pages ({score.alarms:,}{against})",
        f"none has a shorter slowest delay ({minutes(score.slowest_delay)})",
    ]
    equal = sum(outcome(cell.score) == outcome(score) for cell in keeping)
    if equal > 1 and not chosen.current:
        steps.append(f"{equal:,} do equally well, and it is the nearest to the present one")
    return "; of those ".join(steps)


def _cost(coverage: Coverage, chosen: Score, other: Score) -> str:
    """What the runner-up would cost instead of the recommended setting, and what it gives in return."""
    differences = list(_differences(coverage, chosen, other))
    more = [difference for worse, difference in differences if worse]
    less = [difference for worse, difference in differences if not worse]
    costs = f"costs {_listed(more)}" if more else "costs nothing more"
    return costs + (f", and gives {_listed(less)}" if less else "")


def _differences(coverage: Coverage, chosen: Score, other: Score) -> Iterator[tuple[bool, str]]:
    """Whether it is worse, and by how much."""
    for change, noun in (
        (other.missed - chosen.missed, "missed incident"),
        (other.false_alarms - chosen.false_alarms, "false alarm"),
        (other.alarms - chosen.alarms, "page"),
    ):
        weekly = coverage.per_week(abs(change)) if noun == "page" else None
        if change:
            difference = f"{count(abs(change), noun)} {'more' if change > 0 else 'fewer'}"
            yield change > 0, difference + ("" if weekly is None else f" ({weekly:.1f} a week)")
    for mine, theirs, name in (
        (chosen.median_delay, other.median_delay, "median"),
        (chosen.slowest_delay, other.slowest_delay, "slowest"),
    ):
        if mine is not None and theirs is not None and mine != theirs:
            word = "more" if theirs > mine else "less"
            yield theirs > mine, f"{minutes(abs(theirs - mine))} {word} of {name} delay"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
