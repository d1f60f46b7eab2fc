"""A backtest as rows: one row a setting, in the order of its settings, with the fields of docs/backtest.md.

The claim: the same fields mean the same in the frame and in every machine format; the details are what only a
format with lists can hold.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from detector.jobs.backtest.result import Backtest
from detector.jobs.backtest.sweep import Cell

SCHEMA = pl.Schema(
    {
        "statistic": pl.String(),
        "period": pl.Int64(),
        "evaluation_periods": pl.Int64(),
        "datapoints_to_alarm": pl.Int64(),
        "threshold": pl.Float64(),
        "treat_missing_data": pl.String(),
        "window": pl.String(),
        "alarms": pl.Int64(),
        "alarms_per_week": pl.Float64(),
        "alarm_minutes": pl.Float64(),
        "longest_alarm_minutes": pl.Float64(),
        "lookback_minutes": pl.Float64(),
        "flaps": pl.Int64(),
        "detected": pl.Int64(),
        "missed": pl.Int64(),
        "false_alarms": pl.Int64(),
        "median_delay_minutes": pl.Float64(),
        "current": pl.Boolean(),
        "front": pl.Boolean(),
    }
)


def frame(backtest: Backtest) -> pl.DataFrame:
    """The fields of every setting, typed."""
    return pl.DataFrame([row(backtest, cell) for cell in backtest.sweep.cells], schema=SCHEMA, orient="row")


def row(backtest: Backtest, cell: Cell) -> dict[str, Any]:
    """The fields of one setting; the four about incidents are None where there are none."""
    score = cell.score
    labelled = (score.detected, score.missed, score.false_alarms)
    values = (
        *cell.key,
        score.alarms,
        backtest.coverage.per_week(score.alarms),
        *(_minutes(seconds) for seconds in (score.seconds, score.longest, score.lookback)),
        score.flaps,
        *(labelled if backtest.sweep.incidents else (None, None, None)),
        _minutes(score.median_delay),
        cell.current,
        cell.key in backtest.choice.front,
    )
    return dict(zip(SCHEMA, values, strict=True))


def details(backtest: Backtest, cell: Cell) -> dict[str, Any]:
    """What else is known of one setting: shares, distributions, each incident, and why it is recommended."""
    score, choice, sweep = cell.score, backtest.choice, backtest.sweep
    recommended, runner_up = cell is choice.recommended, cell is choice.runner_up
    keeps: bool | None = cell.key in choice.keeping
    # Nothing is kept without a budget, nor where only evidence is lacking to say that it is.
    if not backtest.terms.budget or (keeps and choice.unproven):
        keeps = None
    return {
        "recommended": recommended,
        "keeps_budget": keeps,
        "precision": score.precision,
        "recall": score.recall,
        "slowest_delay_minutes": _minutes(score.slowest_delay),
        "median_alarm_minutes": _minutes(score.median),
        "alarms_by_hour": list(score.by_hour),
        "alarms_by_weekday": list(score.by_weekday),
        "alarms_by_week": [
            {"week": f"{week.start:%Y-%m-%d}", "hours_with_logs": week.hours, "alarms": week.pages}
            for week in backtest.coverage.by_week(score)
        ],
        "delay_minutes": {
            incident.name: _minutes(delay)
            for incident, delay in zip(sweep.incidents, score.delays, strict=True)
        },
        "no_evidence": [incident.name for incident in sweep.unproven],
        "empty": None if backtest.empty is None else str(backtest.empty),
        "runner_up": runner_up,
        "because": choice.because if recommended else choice.instead if runner_up else "",
        "breaks": list(backtest.terms.budget.breaks(score, sweep.incidents, backtest.coverage)),
        "unlogged_minutes": _minutes(score.unlogged),
    }


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60
