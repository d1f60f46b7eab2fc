"""The settings of an alarm: in come Terraform's names, out goes a frozen, valid ``AlarmSettings``.

The claim: settings that exist are settings that PutMetricAlarm accepts, and their properties say how an alarm
of these settings is evaluated. What an evaluation decides is in ``evaluate``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from detector.alarm import validation
from detector.alarm.values import (
    DAY,
    HOUR,
    MINUTE,
    ComparisonOperator,
    Dimensions,
    LowSamples,
    MissingData,
    WallClock,
    WarmUp,
)

if TYPE_CHECKING:
    from fractions import Fraction

# Two periods more than asked for, but never less than five minutes more (one minute for periods
# below a minute). Documented for 3 x 300 s, recorded for 3 x 10 s, observed for eight more; wall-clock
# windows use the same range: nothing is known about them.
_EXTRA_PERIODS = 2
_EXTRA_SECONDS = 300
_EXTRA_SECONDS_BELOW_A_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSettings:
    """The settings of a metric alarm, as PutMetricAlarm would accept them; anything else is a SettingsError.

    ``period`` is in seconds. ``datapoints_to_alarm=None`` means all of ``evaluation_periods``.
    ``evaluation_window=None`` means sliding windows, CloudWatch's default. ``threshold`` becomes a
    float and ``dimensions`` a frozen mapping. Names are those of Terraform's aws_cloudwatch_metric_alarm.
    """

    name: str
    statistic: str | None = None
    extended_statistic: str | None = None
    period: int
    evaluation_periods: int
    datapoints_to_alarm: int | None = None
    threshold: float
    # Typed as strings, so that the service's own names are as good; the values are members of the enums.
    comparison_operator: str
    treat_missing_data: str = MissingData.MISSING
    evaluate_low_sample_count_percentiles: str | None = None
    unit: str | None = None
    dimensions: Mapping[str, str] = field(default_factory=Dimensions)
    alarm_description: str = ""
    evaluation_window: WallClock | None = None
    warm_up_configuration: WarmUp | None = None

    def __post_init__(self) -> None:
        validation.check_name(self.name, self.alarm_description)
        validation.check_statistic(self.statistic, self.extended_statistic)
        validation.check_periods(self.period, self.evaluation_periods, self.datapoints_to_alarm)
        validation.check_unit(self.unit)
        if self.evaluation_window is not None:
            validation.check_clock_period(self.period)
        low_samples = self.evaluate_low_sample_count_percentiles
        typed = {
            "dimensions": validation.dimensions(self.dimensions),
            "threshold": validation.threshold(self.threshold),
            "comparison_operator": validation.comparison_operator(self.comparison_operator),
            "treat_missing_data": validation.choice(
                MissingData, "TreatMissingData", "treat_missing_data", self.treat_missing_data
            ),
            "evaluate_low_sample_count_percentiles": validation.low_samples(
                low_samples, self.extended_statistic
            ),
        }
        for name, value in typed.items():
            object.__setattr__(self, name, value)

    def __str__(self) -> str:
        """``Sum >= 5 over 300 s, 1 of 1, missing data: missing``."""
        return (
            f"{self.statistic_name} {self.operator.symbol} {self.threshold:.10g} over {self.period} s, "
            f"{self.m} of {self.evaluation_periods}, missing data: {self.treat_missing_data}"
        )

    @property
    def operator(self) -> ComparisonOperator:
        """The comparison operator with its symbol, words and test."""
        return ComparisonOperator(self.comparison_operator)

    @property
    def statistic_name(self) -> str:
        """``Sum``, ``p90``."""
        return self.statistic or self.extended_statistic or ""

    @property
    def window_name(self) -> str:
        """How the windows lie: ``sliding``, or the name of the wall clock."""
        return "sliding" if self.evaluation_window is None else self.evaluation_window.name

    @property
    def m(self) -> int:
        """Datapoints to alarm in effect: all evaluation periods where it is not set."""
        return self.evaluation_periods if self.datapoints_to_alarm is None else self.datapoints_to_alarm

    @property
    def evaluation_range(self) -> int:
        """How many windows one evaluation looks at: those asked for, and a few before them.

        For 120, 180 and 240 s nothing tells rounding up from rounding down.
        """
        seconds = _EXTRA_SECONDS if self.period >= MINUTE else _EXTRA_SECONDS_BELOW_A_MINUTE
        return self.evaluation_periods + max(_EXTRA_PERIODS, -(-seconds // self.period))

    @property
    def multi_day(self) -> bool:
        """Whether the alarm checks more than a day, and so is evaluated by the hour (documented)."""
        return self.period * self.evaluation_periods > DAY

    @property
    def step(self) -> int:
        """Seconds between two evaluations: 60; 10 below a minute; 3600 for multi-day (documented)."""
        if self.multi_day:
            return HOUR
        return MINUTE if self.period >= MINUTE else 10

    @property
    def percentile(self) -> Fraction | None:
        """The percentile in per cent, exactly; None for a plain statistic."""
        extended = self.extended_statistic
        return None if extended is None else validation.percentile(extended)

    def breaches(self, value: float) -> bool:
        """Whether one datapoint breaches the threshold."""
        return self.operator.test(value, self.threshold)

    @property
    def ignores_low_samples(self) -> bool:
        """Whether a percentile of too few samples keeps the state."""
        return self.evaluate_low_sample_count_percentiles == LowSamples.IGNORE
