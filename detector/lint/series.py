"""What a linter wants to know of the series that an alarm watches, in words and as facts.

In: metric filters and an alarm. Out: `Series`, or None where it is not decided. All of it rests on
`detector.metrics.reachable`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detector.alarm import AlarmSettings, State, Statistic
from detector.metrics.filter import MetricFilter
from detector.metrics.reachable import ANY, Kind, Undecided, is_sparse, kinds, reach, states, watched
from detector.quantities import number

_FEW = 4


@dataclass(frozen=True, slots=True)
class Series:
    """The facts: what log events add, whether a window can breach or be good, and the states that follow."""

    alarm: AlarmSettings
    kinds: frozenset[Kind]
    breaching: bool
    good: bool
    sparse: bool
    """Whether there is no datapoint where nothing matches."""
    states: frozenset[State]

    @classmethod
    def of(cls, filters: Sequence[MetricFilter], alarm: AlarmSettings) -> Series | None:
        """The facts; None where rounding, or the number of filters, leaves them open."""
        try:
            found = kinds(filters, alarm)
            breaching, good = (reach(alarm, found, breaching=one) is not None for one in (True, False))
        except Undecided:
            return None
        reachable = states(alarm, breaching=breaching, good=good)
        return cls(alarm, found, breaching, good, is_sparse(filters, alarm), reachable)

    @staticmethod
    def has(metric_filter: MetricFilter, alarm: AlarmSettings) -> bool:
        """Whether anything that the filter publishes is in the series."""
        return watched(metric_filter, alarm) != {()}

    @property
    def above(self) -> bool:
        """Whether the alarm is on too much: high values breach."""
        return not self.alarm.operator.alarms_below

    @property
    def values(self) -> list[float]:
        """The values that samples have, without those out of events."""
        return sorted({sample for kind in self.kinds for sample in kind if sample != ANY})

    @property
    def constant(self) -> bool:
        """Whether no value is out of an event, and each log event adds at most one sample."""
        return bool(self.kinds) and all(len(kind) == 1 and ANY not in kind for kind in self.kinds)

    @property
    def share(self) -> float | None:
        """The share of the log events that has to match; None where the statistic is no share."""
        if not self.constant or self.sparse or len(self.values) != 2:  # noqa: PLR2004 - value and default
            return None
        low, high = self.values
        percentile = self.alarm.percentile
        if self.alarm.statistic_name == Statistic.AVERAGE:
            return max(0.0, (self.alarm.threshold - low) / (high - low))
        if self.alarm.statistic_name == Statistic.MINIMUM or percentile == 0:
            return 1.0
        return None if percentile in {None, 100} else float(1 - percentile / 100)

    @property
    def so(self) -> str:
        """``every sample is 1, so the Average``, ``samples are 0 or 1, so the Sum``."""
        statistic = f"the {self.alarm.statistic_name}"
        if not self.constant or len(self.values) > _FEW:
            return statistic
        *most, last = [number(value) for value in self.values]
        return (
            f"samples are {', '.join(most)} or {last}, so {statistic}"
            if most
            else f"every sample is {last}, so {statistic}"
        )

    @property
    def unseen_by(self) -> str:
        """The key of the setting that keeps every filter out of the series; empty where one is in it."""
        if self.kinds or self.alarm.percentile is not None:
            return ""
        return "alarm.dimensions" if self.alarm.unit is None else "alarm.unit"

    @property
    def why_never(self) -> str:
        """Why no window breaches."""
        alarm = self.alarm
        asked = f"{alarm.operator.words} {number(alarm.threshold)}"
        if not self.kinds:
            if alarm.percentile is not None and not self.unseen_by:
                return "there is no datapoint: a percentile of negative samples is none"
            return f"no filter publishes what the alarm watches ({self._watched}), so it has no datapoint"
        if not self.above and self.sparse:
            return f"a period without a match has no datapoint (missing, not 0), and one with a match is never {asked}"
        if self.constant and len(self.values) == 1 and alarm.statistic_name != Statistic.SUM:
            return f"{self.so} is {number(self.values[0])} however many events match, and never {asked}"
        return f"{self.so} of a period is never {asked}"

    @property
    def _watched(self) -> str:
        parts = [f"{name} = {value}" for name, value in dict(self.alarm.dimensions).items()]
        parts += [] if self.alarm.unit is None else [f"unit {self.alarm.unit}"]
        return ", ".join(parts) or "no dimensions"
