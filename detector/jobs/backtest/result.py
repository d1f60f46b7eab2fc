"""What is asked about a detection and what comes out: terms in, a `Backtest` that says everything.

The claim: whatever a report or a row shows is here or follows from it by arithmetic; nothing that reads it
decides anything, and nothing has to be looked up again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from detector.alarm import Alarm
from detector.archive import Problem
from detector.detections import Detection
from detector.jobs.backtest.budget import Budget
from detector.jobs.backtest.coverage import Coverage
from detector.jobs.backtest.grid import Grid
from detector.jobs.backtest.incidents import Incident
from detector.jobs.backtest.metric_data import MetricData
from detector.jobs.backtest.recommendation import Choice
from detector.jobs.backtest.scores import GRACE
from detector.jobs.backtest.sweep import Cell, Sweep
from detector.jobs.emptiness import Emptiness
from detector.jobs.reading import Reading
from detector.quantities import count

# Incidents named in a sentence.
_NAMED = 10


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked about one detection; ``grace`` in seconds."""

    grid: Grid = field(default_factory=Grid)
    incidents: tuple[Incident, ...] = ()
    grace: int = GRACE
    budget: Budget = field(default_factory=Budget)


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
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
        """The present setting, the recommended one and the runner-up, where they are different ones."""
        others = {"recommended": self.choice.recommended, "runner-up": self.choice.runner_up}
        different = {name: cell for name, cell in others.items() if cell is not None and not cell.current}
        return {"present": self.sweep.current, **different}

    @property
    def no_evidence(self) -> str:
        """Which incidents cannot be judged, as a sentence; empty where all can."""
        named = [incident.name for incident in self.sweep.unproven]
        if not named:
            return ""
        more = f" and {len(named) - _NAMED:,} more" if len(named) > _NAMED else ""
        return (
            f"no evidence for {count(len(named), 'incident')} ({', '.join(named[:_NAMED])}{more}): no log in those "
            f"hours, so nothing shows whether a setting detects {'it' if len(named) == 1 else 'them'}"
        )

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


def complaints(detection: Detection, sweep: Sweep, choice: Choice) -> Iterator[tuple[str, ...]]:
    """The complaints of a `Backtest`: what is broken, then what cannot be judged."""
    if choice.broken:
        present, nearest = dict(_toml(sweep.current.alarm)), choice.nearest
        wanted = present if nearest is None else dict(_toml(nearest.alarm))
        changes = {key: value for key, value in wanted.items() if present.get(key) != value}
        places = {
            # The section's line where the key is not set.
            key: f"{detection.path}:{detection.line(f'alarm.{key}', 'alarm')}: alarm.{key}"
            for key in [*changes, "threshold"]
        }
        broken = f"{next(iter(places.values()))}: the budget is broken: {'; '.join(choice.broken)}"
        if nearest is None:
            yield broken, f"  none of the {len(sweep.cells):,} settings of the grid keeps it"
        else:
            blind = " (but it detects no incident)" if sweep.incidents and not nearest.score.detected else ""
            keeps = f"  nearest setting that keeps it: {setting(nearest.alarm)}{blind}"
            yield broken, keeps, *(f"    {places[key]} = {value}" for key, value in changes.items())
    if choice.undecided:
        yield (f"{detection.path}: the budget cannot be judged: {choice.undecided}",)


def setting(alarm: Alarm) -> str:
    """The alarm's settings in words, with its windows unless they slide."""
    return str(alarm) if alarm.evaluation_window is None else f"{alarm}, {alarm.window_name}"


def _toml(alarm: Alarm) -> Iterator[tuple[str, str]]:
    """The keys of ``[alarm]`` that a grid may change, with their values as TOML."""
    yield "threshold", repr(alarm.threshold).removesuffix(".0")
    yield "period", str(alarm.period)
    yield "evaluation_periods", str(alarm.evaluation_periods)
    yield "datapoints_to_alarm", str(alarm.m)
    yield "treat_missing_data", f'"{alarm.treat_missing_data}"'
    yield "statistic" if alarm.statistic else "extended_statistic", f'"{alarm.statistic_name}"'
    window = alarm.evaluation_window
    yield "evaluation_window", "sliding" if window is None else f'{{ wall_clock = "{window.timezone}" }}'
