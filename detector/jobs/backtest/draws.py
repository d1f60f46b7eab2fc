"""Days drawn again: in come days with their pages, out go rates that would be no surprise, and what luck would do.

The claim: a day is drawn with all that lies in it, since pages come in bursts (a block bootstrap, Künsch 1989), and every
run draws the same days.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import quantiles

from detector.alarm.values import WEEK
from detector.jobs.backtest.coverage import Coverage
from detector.jobs.backtest.scores import Score

DRAWS = 1000
"""How often the days are drawn again."""
FEWEST_DAYS = 7
"""Fewer days say nothing about others."""
# The upper end of the exact 95% interval of a Poisson count of none (Garwood, 1936).
_NONE = 3.689


def drawn_days(days: int) -> Iterator[Counter[int]]:
    """Which days are drawn, and how often each: the same in every run."""
    chance = random.Random(days)  # noqa: S311 - a bootstrap, and no secret
    numbers = range(days)
    return (Counter(chance.choices(numbers, k=days)) for _ in range(DRAWS))


def likely(coverage: Coverage, score: Score) -> tuple[float, float] | None:
    """Between which rates per week 95 of 100 draws of days are; None where there are too few days.

    Without a page, no draw can have one: then up to what rate that would be no surprise in this time.
    """
    hours = coverage.days
    if len(hours) < FEWEST_DAYS:
        return None
    if not score.alarms:
        return 0.0, _NONE / coverage.weeks
    pages = dict(score.by_day)
    days = [(pages.get(day, 0), length) for day, length in hours.items()]
    rates = []
    for drawn in drawn_days(len(days)):
        total = sum(days[day][0] * times for day, times in drawn.items())
        rates.append(total / sum(days[day][1] * times for day, times in drawn.items()) * (WEEK // 3600))
    cuts = quantiles(rates, n=40, method="inclusive")
    return cuts[0], cuts[-1]


def at_least(detected: int, by_chance: Sequence[float]) -> float:
    """How likely it is that so many or more of independent incidents are detected."""
    exactly = [1.0]
    for chance in by_chance:
        exactly = [
            hit * chance + miss * (1 - chance)
            for hit, miss in zip([0.0, *exactly], [*exactly, 0.0], strict=True)
        ]
    return sum(exactly[detected:])
