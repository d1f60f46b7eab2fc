"""Why an alarm changed its state: in comes the evidence, out go data and CloudWatch's sentence.

The claim: the evidence is kept as data (windows, values, gaps, the rule), and the words are made
last. Which datapoints are listed follows 44 recorded lists, the sentences follow recorded and
observed forms; ``docs/alarms.md`` names the few that are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from detector.alarm.evaluate import Rule, breaches
from detector.alarm.values import MissingData, State
from detector.alarm.wording import sentence

if TYPE_CHECKING:
    from detector.alarm.model import Alarm


class Window(NamedTuple):
    """One window of one evaluation: where it starts, its datapoint (None = missing), its samples."""

    start: datetime | float
    value: float | None
    samples: int


@dataclass(frozen=True, slots=True)
class Reason:
    """The evidence for one transition; ``str`` is the sentence, ``as_dict`` the data.

    ``windows`` are all windows of the evaluation range, oldest first. Times are on the caller's
    scale, as everywhere in a history.
    """

    alarm: Alarm
    at: datetime | float
    state: State
    rule: Rule
    windows: tuple[Window, ...]

    @property
    def used(self) -> tuple[Window, ...]:
        """The real datapoints that decide: the newest ones, at most EvaluationPeriods, newest first."""
        real = [window for window in self.windows[::-1] if window.value is not None]
        return tuple(real[: self.alarm.evaluation_periods])

    @property
    def supporting(self) -> tuple[Window, ...]:
        """Those of ``used`` that speak for the new state, newest first."""
        if self.state is State.INSUFFICIENT_DATA:
            return ()
        wanted = self.state is State.ALARM
        return tuple(w for w in self.used if w.value is not None and breaches(self.alarm, w.value) is wanted)

    @property
    def missing(self) -> int:
        """How many datapoints are missing among EvaluationPeriods, and so had to be filled in."""
        return self.alarm.evaluation_periods - len(self.used)

    @property
    def needed(self) -> int:
        """How many datapoints the new state takes: M, or N - M + 1 for OK."""
        alarm = self.alarm
        return alarm.evaluation_periods - alarm.m + 1 if self.state is State.OK else alarm.m

    @property
    def evaluated(self) -> tuple[Window, ...]:
        """The evaluatedDatapoints of CloudWatch, newest first (the rule that fits 44 recorded lists).

        The supporting datapoints up to the needed count, filled up with the newest missing windows
        where too few are real and missing ones speak for the state.
        """
        listed = list(self.supporting[: self.needed])
        if self.missing and self._missing_support():
            gaps = [window for window in self.windows[::-1] if window.value is None]
            listed += gaps[: self.needed - len(listed)]
        return tuple(window for window in self.windows[::-1] if window in listed)

    @property
    def start_date(self) -> datetime | float | None:
        """Where the oldest window in use starts; None without any real datapoint (recorded)."""
        return self.used[-1].start if self.used else None

    @property
    def recent_datapoints(self) -> tuple[float | None, ...]:
        """From the oldest to the newest datapoint in use, oldest first, inner gaps as None (recorded)."""
        if not self.used:
            return ()
        oldest, newest = self.windows.index(self.used[-1]), self.windows.index(self.used[0])
        return tuple(window.value for window in self.windows[oldest : newest + 1])

    def _missing_support(self) -> bool:
        """Whether missing datapoints speak for the new state."""
        treatment = self.alarm.treat_missing_data
        if treatment == MissingData.MISSING:
            return True
        counts_as = {MissingData.BREACHING: State.ALARM, MissingData.NOT_BREACHING: State.OK}
        return counts_as.get(MissingData(treatment)) is self.state

    def __str__(self) -> str:
        return sentence(self)

    def as_dict(self) -> dict[str, object]:
        """The evidence, ready for JSON: CloudWatch's stateReasonData, and what it leaves out.

        ``version`` to ``evaluatedDatapoints`` have CloudWatch's names and order (``startDate`` and
        ``unit`` only where they exist); then the sentence, the rule and its explanation, and all
        windows oldest first.
        """
        alarm = self.alarm
        optional = {"startDate": _time(self.start_date), "unit": alarm.unit}
        return {
            "version": "1.0",
            "queryDate": _time(self.at),
            **{name: value for name, value in optional.items() if value is not None},
            "statistic": alarm.statistic or alarm.extended_statistic,
            "period": alarm.period,
            "recentDatapoints": list(self.recent_datapoints),
            "threshold": alarm.threshold,
            "evaluatedDatapoints": [_datapoint(window) for window in self.evaluated],
            "sentence": str(self),
            "rule": self.rule.name,
            "ruleSentence": self.rule.sentence,
            "comparisonOperator": alarm.comparison_operator,
            "evaluationPeriods": alarm.evaluation_periods,
            "datapointsToAlarm": alarm.m,
            "treatMissingData": alarm.treat_missing_data,
            "missing": self.missing,
            "windows": [
                {"start": _time(w.start), "value": w.value, "samples": w.samples} for w in self.windows
            ],
        }


def _datapoint(window: Window) -> dict[str, object]:
    """One of evaluatedDatapoints; a missing one has only its time (recorded)."""
    if window.value is None:
        return {"timestamp": _time(window.start)}
    return {"timestamp": _time(window.start), "sampleCount": float(window.samples), "value": window.value}


def _time(time: datetime | float | None) -> str | float | None:
    """A time as CloudWatch writes it in JSON, with milliseconds; a caller's number as it is."""
    if not isinstance(time, datetime):
        return time
    utc = time if time.tzinfo is None else time.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"
