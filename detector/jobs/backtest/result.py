"""What is asked about a detection and what comes out: terms in, a `Backtest` that says everything.

The claim: whatever a report or a row shows is here or follows from it by arithmetic; nothing that reads it
decides anything, and nothing has to be looked up again. The same fields of a setting mean the same in the frame and in every
machine format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from detector.archive import Problem
from detector.detections import Detection
from detector.jobs.backtest.asides import Asides
from detector.jobs.backtest.budget import Budget
from detector.jobs.backtest.calendar import OfficeHours
from detector.jobs.backtest.caveats import burn_in, left_open
from detector.jobs.backtest.coverage import Coverage
from detector.jobs.backtest.grid import Grid, setting
from detector.jobs.backtest.incidents import Incident, Verdict
from detector.jobs.backtest.metric_data import MetricData
from detector.jobs.backtest.ranking import Limits
from detector.jobs.backtest.reasons import beside
from detector.jobs.backtest.recommendation import Choice
from detector.jobs.backtest.scores import GRACE
from detector.jobs.backtest.sweep import Cell, Sweep
from detector.jobs.emptiness import Emptiness
from detector.jobs.reading import Reading
from detector.notebook import Shown, table
from detector.quantities import count, minutes

if TYPE_CHECKING:
    import polars as pl

COLUMNS: Mapping[str, str] = {
    "statistic": "String",
    "period": "Int64",
    "evaluation_periods": "Int64",
    "datapoints_to_alarm": "Int64",
    "threshold": "Float64",
    "treat_missing_data": "String",
    "window": "String",
    "alarms": "Int64",
    "alarms_per_week": "Float64",
    "alarm_minutes": "Float64",
    "longest_alarm_minutes": "Float64",
    "lookback_minutes": "Float64",
    "flaps": "Int64",
    "detected": "Int64",
    "missed": "Int64",
    "false_alarms": "Int64",
    "median_delay_minutes": "Float64",
    "current": "Boolean",
    "front": "Boolean",
}
"""The fields of a row and their polars types."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked about one detection; ``grace`` in seconds."""

    grid: Grid = field(default_factory=Grid)
    incidents: tuple[Incident, ...] = ()
    grace: int = GRACE
    budget: Budget = field(default_factory=Budget)
    limits: Limits = field(default_factory=Limits)
    office: OfficeHours | None = None

    @property
    def attacks(self) -> list[Incident]:
        """The incidents that a setting is to detect: not noise, no misconfiguration, and none that is undecided."""
        return [one for one in self.incidents if one.verdict is Verdict.ATTACK]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Backtest(Shown):
    """One detection's sweep and what follows from it; ``source`` is what was swept, an archive or a metric.

    ``complaints`` say how the present setting breaks the budget and what of the budget cannot be judged, a
    tuple of lines each: where in the detection file, and which change would keep it.
    """

    detection: Detection
    terms: Terms
    sweep: Sweep
    coverage: Coverage
    choice: Choice
    source: Reading | MetricData
    complaints: tuple[tuple[str, ...], ...]
    asides: Asides | None = None

    def __repr__(self) -> str:
        chosen = self.choice.recommended
        said = "nothing is recommended" if chosen is None else f"recommended: {setting(chosen.alarm)}"
        return f"<Backtest {self.detection.name}: {count(len(self.sweep.cells), 'setting')}, {said}>"

    def _repr_html_(self) -> str:
        head = ("", "setting", "pages", "a week", "false alarms", "detected", "in ALARM")
        marks = ((self.choice.recommended, "recommended"), (self.sweep.current, "present"))
        rows = []
        for cell in self.choice.ranked:
            told = row(self, cell)
            weekly = told["alarms_per_week"]
            rows.append(
                (
                    ", ".join(mark for marked, mark in marks if cell is marked),
                    setting(cell.alarm),
                    told["alarms"],
                    None if weekly is None else f"{weekly:.1f}",
                    told["false_alarms"],
                    told["detected"],
                    minutes(cell.score.seconds),
                )
            )
        return table(repr(self), head, rows)

    @property
    def frame(self) -> pl.DataFrame:
        """A polars frame, one row a setting, with the fields of docs/backtest.md."""
        import polars as pl  # noqa: PLC0415 - polars loads only when used

        schema = {name: getattr(pl, kind)() for name, kind in COLUMNS.items()}
        return pl.DataFrame([row(self, cell) for cell in self.sweep.cells], schema=schema, orient="row")

    @property
    def unusable(self) -> tuple[Problem, ...]:
        """What of the archive could not be used."""
        return () if isinstance(self.source, MetricData) else self.source.unusable

    @property
    def empty(self) -> Emptiness | None:
        """Why there was no record at all; None where there was one, and for the data of a metric."""
        return None if isinstance(self.source, MetricData) else self.source.empty

    @property
    def in_question(self) -> dict[str, Cell]:
        """The present setting, the recommended one and the runner-up, where they are different ones.

        Where none is recommended for want of evidence, the one that does best here.
        """
        choice = self.choice
        best = "best here" if choice.recommended is None else "recommended"
        others = {best: choice.leader, "runner-up": choice.runner_up}
        different = {name: cell for name, cell in others.items() if cell is not None and not cell.current}
        return {"present": self.sweep.current, **different}

    @property
    def left_open(self) -> tuple[str, ...]:
        """What of the incidents cannot be judged, or says less than it seems to, a sentence each."""
        anonymous = isinstance(self.source, MetricData)
        return tuple(left_open(self.sweep, self.coverage, self.terms.incidents, anonymous=anonymous))

    @property
    def burn_in(self) -> str:
        """What of the beginning is in no score, or why nothing is left out; empty where there was no log."""
        return burn_in(self.coverage)

    def unscored(self, incident: Incident) -> str:
        """Why an incident is in no score: ``no evidence``, ``burn-in``; empty where it is."""
        if incident in self.sweep.unproven:
            return "no evidence"
        return "burn-in" if incident in self.sweep.early else ""

    @property
    def beside(self) -> tuple[str, ...]:
        """How the best setting does where it was not chosen, a sentence each."""
        return tuple(beside(self.sweep, self.choice.evidence))

    @property
    def doubts(self) -> tuple[str, ...]:
        """What makes the file of a metric look like something other than it should be."""
        if not isinstance(self.source, MetricData):
            return ()
        return tuple(self.source.doubts(min(cell.alarm.period for cell in self.sweep.cells)))

    @property
    def notes(self) -> tuple[str, ...]:
        """What the values of a metric stand for where that is another statistic; then the doubts."""
        if not isinstance(self.source, MetricData) or {c.alarm.statistic for c in self.sweep.cells} == {
            "Sum"
        }:
            return self.doubts
        sums = (
            "A minute of the metric file is one sample with the minute's Sum: SampleCount counts minutes with data, "
            "and Average, Minimum, Maximum and percentiles are those of the minutes' sums."
        )
        return (sums, *self.doubts)


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
    return dict(zip(COLUMNS, values, strict=True))


def details(backtest: Backtest, cell: Cell) -> dict[str, Any]:
    """What else is known of one setting: shares, distributions, each incident, and why it is recommended."""
    score, choice, sweep = cell.score, backtest.choice, backtest.sweep
    recommended, runner_up = cell is choice.recommended, cell is choice.runner_up
    keeps: bool | None = cell.key in choice.keeping
    # Nothing is kept without a budget, nor where only evidence is lacking to say that it is.
    if not backtest.terms.budget or (keeps and choice.undecided):
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
            {"week": f"{week.start:%Y-%m-%d}", "hours_with_trail_on": week.hours, "alarms": week.pages}
            for week in backtest.coverage.by_week(score)
        ],
        "delay_minutes": _by_incident(sweep, [_minutes(delay) for delay in score.delays]),
        "late": score.late(choice.limits.delay),
        "share_in_alarm": score.share_in_alarm,
        "blind_share": score.blind_share,
        "misconfiguration_pages": score.misconfigurations,
        "noise_pages": score.noise,
        "incident_pages": _by_incident(sweep, [len(pages) for pages in score.pages]),
        "incident_shares": _by_incident(sweep, score.shares),
        "best": cell is choice.leader,
        "as_good": cell.key in choice.evidence.plateau,
        "no_evidence": [incident.name for incident in sweep.unproven],
        "in_burn_in": [incident.name for incident in sweep.early],
        "empty": None if backtest.empty is None else str(backtest.empty),
        "runner_up": runner_up,
        "because": choice.because if recommended else choice.instead if runner_up else "",
        "breaks": list(backtest.terms.budget.breaks(score, sweep.incidents, backtest.coverage)),
        "unlogged_minutes": _minutes(score.unlogged),
    }


def _by_incident(sweep: Sweep, values: Sequence[float | None]) -> dict[str, float | None]:
    return {incident.name: value for incident, value in zip(sweep.incidents, values, strict=True)}


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60
