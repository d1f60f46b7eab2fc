"""The alarm: in come settings with Terraform's names, out goes a frozen, valid ``Alarm``.

The claim: an ``Alarm`` that exists is one that PutMetricAlarm accepts, and its properties say how
it is evaluated. What an evaluation decides is in ``evaluate``, what a history is in ``history``.
"""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass, field
from datetime import UTC, timedelta, timezone
from typing import TYPE_CHECKING

from detector.alarm.choices import DAY, HOUR, MINUTE, extra_windows
from detector.alarm.dimensions import Dimensions
from detector.alarm.settings import check, percentile
from detector.alarm.values import ComparisonOperator, MissingData, State
from detector.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo
    from fractions import Fraction

    from detector.alarm.samples import SampleSource
    from detector.alarm.transition import Transition

_OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class WallClock:
    """Windows that end on clock boundaries of the period in a time zone (``WallClockWindow``).

    ``timezone`` is a named zone (``Europe/Berlin``) or an offset ``+HH:MM`` in steps of five
    minutes. Days are as long as the zone makes them; weeks start on Monday. SettingsError otherwise.
    """

    timezone: str = "UTC"

    def __post_init__(self) -> None:
        if not isinstance(self.timezone, str):
            raise SettingsError("Timezone must be a text such as UTC or +05:30.", "evaluation_window")
        _ = self.zone

    @property
    def zone(self) -> tzinfo:
        """The time zone itself; a ``datetime.timezone`` for UTC and for offsets."""
        if self.timezone == "UTC":
            return UTC
        if offset := _OFFSET.fullmatch(self.timezone):
            return _fixed_zone(*offset.groups())
        try:
            return zoneinfo.ZoneInfo(self.timezone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise SettingsError(
                f'Timezone "{self.timezone}" is neither a known time zone such as Europe/Berlin '
                "nor an offset such as +05:30.",
                "evaluation_window",
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A metric alarm, as PutMetricAlarm would accept it; anything else is a SettingsError.

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
    comparison_operator: str
    treat_missing_data: str = MissingData.MISSING
    evaluate_low_sample_count_percentiles: str | None = None
    unit: str | None = None
    dimensions: Mapping[str, str] = field(default_factory=Dimensions)
    alarm_description: str = ""
    evaluation_window: WallClock | None = None

    def __post_init__(self) -> None:
        check(self)
        object.__setattr__(self, "threshold", float(self.threshold))
        object.__setattr__(self, "dimensions", Dimensions.of(self.dimensions))
        object.__setattr__(self, "comparison_operator", ComparisonOperator(self.comparison_operator))
        object.__setattr__(self, "treat_missing_data", MissingData(self.treat_missing_data))

    @property
    def operator(self) -> ComparisonOperator:
        """``comparison_operator`` as what it is; the field is typed as text so that the service's names do."""
        return ComparisonOperator(self.comparison_operator)

    @property
    def m(self) -> int:
        """Datapoints to alarm in effect: all evaluation periods where it is not set."""
        return self.evaluation_periods if self.datapoints_to_alarm is None else self.datapoints_to_alarm

    @property
    def evaluation_range(self) -> int:
        """How many windows one evaluation looks at (observed and recorded; ``choices``)."""
        return self.evaluation_periods + extra_windows(self.period)

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
        return None if self.extended_statistic is None else percentile(self.extended_statistic)

    def evaluate(self, datapoints: Sequence[float | None], state: State) -> State:
        """The state after one evaluation of ``datapoints``, given the state before it.

        Datapoints oldest first, None or NaN = missing; only the newest ``evaluation_range`` count.
        """
        from detector.alarm.evaluate import decide  # noqa: PLC0415 - evaluate needs State from here

        return decide(self, datapoints).state or State(state)

    def history(
        self,
        samples: SampleSource,
        *,
        start: datetime | float,
        end: datetime | float,
        state: State = State.INSUFFICIENT_DATA,
    ) -> list[Transition]:
        """Every change of state between ``start`` and ``end``, both inclusive, with its reason.

        ``samples``: (minute, value) pairs, one sample each, or a polars frame with the columns
        ``minute``, ``value``, ``samples``. One evaluation every ``step`` seconds from ``start`` on.
        Times are datetimes (naive = UTC), or all plain numbers: minutes on a scale of your own.
        """
        from detector.alarm.history import history  # noqa: PLC0415 - history needs Alarm from here

        return history(self, samples, start=start, end=end, state=state)


def _fixed_zone(sign: str, hours: str, minutes: str) -> timezone:
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if int(minutes) >= MINUTE or int(minutes) % 5 or offset >= timedelta(days=1):
        raise SettingsError(
            f"Timezone {sign}{hours}:{minutes} must be an offset below 24 hours in steps of 5 minutes.",
            "evaluation_window",
        )
    return timezone(offset if sign == "+" else -offset)
