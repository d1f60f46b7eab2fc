"""What is better than what: in come scores and limits, out goes an order of settings.

The claim: the rule is one tuple, `outcome`, and ties go to the setting nearest to the present one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from statistics import median
from typing import TypeAlias

from detector.alarm import Alarm
from detector.alarm.values import MINUTE
from detector.jobs.backtest.scores import Score
from detector.jobs.backtest.sweep import Cell

Outcome: TypeAlias = tuple[float, float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a setting may do before its pages are compared: detect after ``delay`` seconds, be in ALARM for a ``share``
    of the time outside of incidents.

    An alarm that is in ALARM notifies nobody of anything else: a stuck one pages once, and is blind.
    """

    delay: int = 30 * MINUTE
    share: float = 0.1

    def is_blind(self, score: Score) -> bool:
        """Whether it is in ALARM for too long."""
        return score.blind_share > self.share


def ranking(cells: Iterable[Cell], present: Alarm, limits: Limits | None = None) -> list[Cell]:
    """The best first: by `outcome`, then by the distance from the present setting."""
    judged = limits or Limits()
    return sorted(
        cells, key=lambda cell: (outcome(cell.score, judged), distance(present, cell.alarm), cell.key)
    )


def outcome(score: Score, limits: Limits) -> Outcome:
    """What is compared, the most important first: missed incidents, limits, pages, false alarms, and then delays.

    The limits: incidents that are detected too late, and whether it is in ALARM for too long. The slowest delay before
    the median one, which hides an incident that is found hours later.
    """
    missed, late, blind, pages, slowest, middle = outcome_of(
        score, limits, range(len(score.delays)), attrgetter("alarms")
    )
    return (missed, late, blind, pages, score.false_alarms, slowest, middle)


def outcome_of(
    score: Score, limits: Limits, places: Sequence[int], pages: Callable[[Score], int]
) -> tuple[float, float, float, float, float, float]:
    """The same of some incidents and some pages, without the false alarms."""
    delays = [delay for place in places if (delay := score.delays[place]) is not None]
    return (
        len(places) - len(delays),
        sum(delay > limits.delay for delay in delays),
        limits.is_blind(score),
        pages(score),
        max(delays, default=math.inf),
        median(delays) if delays else math.inf,
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
        + (present.window_name != other.window_name)
        + 2 * (present.statistic_name != other.statistic_name)
    )


def _doublings(present: float, other: float) -> float:
    return abs(math.log2(other / present)) if present > 0 and other > 0 else abs(other - present)
