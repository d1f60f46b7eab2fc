"""The values that an alarm's settings and its state can take, each with what is known about it.

In come the service's own strings, out go members that equal them. Sources: the PutMetricAlarm reference for
the names, recorded state reasons for the words.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone, tzinfo
from enum import StrEnum

from msgspec import Struct

from detector.errors import SettingsError

MINUTE, HOUR, DAY, WEEK = 60, 3_600, 86_400, 604_800

UNITS = (
    *("Seconds", "Microseconds", "Milliseconds"),
    *("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes"),
    *("Bits", "Kilobits", "Megabits", "Gigabits", "Terabits"),
    *("Percent", "Count"),
    *("Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second"),
    *("Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second"),
    *("Count/Second", "None"),
)

# A fixed offset, bare or as an identifier that begins with UTC (documented 2026-08).
_OFFSET = re.compile(r"(?:UTC)?([+-])(\d{2}):(\d{2})", re.ASCII)
LONGEST_ZONE = 50
LONGEST_WARM_UP = 2_880


class State(StrEnum):
    """The three states of an alarm; a new alarm is in INSUFFICIENT_DATA."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class ComparisonOperator(StrEnum):
    """How a datapoint is compared with the threshold; the datapoint is the left operand (documented)."""

    GREATER_OR_EQUAL = "GreaterThanOrEqualToThreshold"
    GREATER = "GreaterThanThreshold"
    LESS = "LessThanThreshold"
    LESS_OR_EQUAL = "LessThanOrEqualToThreshold"

    @property
    def symbol(self) -> str:
        """``>=``."""
        return _OPERATORS[self][0]

    @property
    def words(self) -> str:
        """``greater than or equal to``, as a state reason says it (recorded)."""
        return _OPERATORS[self][1]

    @property
    def test(self) -> Callable[[float, float], bool]:
        """Whether a value breaches: ``test(value, threshold)``."""
        return _OPERATORS[self][2]

    @property
    def alarms_below(self) -> bool:
        """Whether the alarm is on too little: low values breach."""
        return self in {ComparisonOperator.LESS, ComparisonOperator.LESS_OR_EQUAL}


_OPERATORS = {
    ComparisonOperator.GREATER_OR_EQUAL: (">=", "greater than or equal to", operator.ge),
    ComparisonOperator.GREATER: (">", "greater than", operator.gt),
    ComparisonOperator.LESS: ("<", "less than", operator.lt),
    ComparisonOperator.LESS_OR_EQUAL: ("<=", "less than or equal to", operator.le),
}


class MissingData(StrEnum):
    """What a missing datapoint counts as (TreatMissingData)."""

    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"
    IGNORE = "ignore"
    MISSING = "missing"

    @property
    def label(self) -> str:
        """What a state reason says that missing datapoints were treated as; empty where they are not filled in."""
        if self is MissingData.BREACHING:
            return "Breaching"
        return "NonBreaching" if self is MissingData.NOT_BREACHING else ""


class LowSamples(StrEnum):
    """What becomes of a percentile of too few samples (EvaluateLowSampleCountPercentile)."""

    EVALUATE = "evaluate"
    IGNORE = "ignore"


class Statistic(StrEnum):
    """The plain statistics; a percentile is an extended statistic."""

    SAMPLE_COUNT = "SampleCount"
    AVERAGE = "Average"
    SUM = "Sum"
    MINIMUM = "Minimum"
    MAXIMUM = "Maximum"


class WallClock(Struct, frozen=True):
    """Windows that end on clock boundaries of the period in a time zone (``WallClockWindow``).

    ``timezone`` is a named zone (``Europe/Berlin``) or an offset (``+05:30``, ``UTC+05:30``) in steps of
    five minutes. Days are as long as the zone makes them; weeks start on Monday. SettingsError otherwise.
    """

    timezone: str = "UTC"

    def __post_init__(self) -> None:
        timezone: object = self.timezone
        if not isinstance(timezone, str) or len(timezone) > LONGEST_ZONE:
            raise SettingsError(
                f"Timezone must be a string of at most {LONGEST_ZONE} characters such as UTC or +05:30.",
                "evaluation_window",
            )
        _ = self.zone

    @property
    def name(self) -> str:
        """``wall-clock``, or ``wall-clock Europe/Berlin`` for another zone than UTC."""
        return "wall-clock" if self.timezone == "UTC" else f"wall-clock {self.timezone}"

    @property
    def zone(self) -> tzinfo:
        """The time zone itself; a ``datetime.timezone`` for UTC and for offsets."""
        if self.timezone == "UTC":
            return UTC
        if fixed := _OFFSET.fullmatch(self.timezone):
            sign, hours, minutes = fixed[1], int(fixed[2]), int(fixed[3])
            offset = timedelta(hours=hours, minutes=minutes)
            if minutes >= MINUTE or minutes % 5 or offset >= timedelta(days=1):
                raise SettingsError(
                    f"Timezone {self.timezone} must be an offset below 24 hours in steps of 5 minutes.",
                    "evaluation_window",
                )
            return timezone(offset if sign == "+" else -offset)
        import zoneinfo  # noqa: PLC0415 - it loads what Python was built with, for alarms with a time zone alone

        try:
            return zoneinfo.ZoneInfo(self.timezone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise SettingsError(
                f'Timezone "{self.timezone}" is neither a known time zone such as Europe/Berlin '
                "nor an offset such as +05:30.",
                "evaluation_window",
            ) from error


class WarmUp(Struct, frozen=True):
    """How long a new alarm is not evaluated (``WarmUpConfiguration``): 1 to 2,880 minutes, else SettingsError.

    It ends early, once data fills the evaluation periods, unless it is said to wait.
    """

    warm_up_period_duration_in_minutes: int
    only_start_evaluating_after_warm_up_period_ends: bool = False

    def __post_init__(self) -> None:
        minutes: object = self.warm_up_period_duration_in_minutes
        if isinstance(minutes, bool) or not isinstance(minutes, int) or not 1 <= minutes <= LONGEST_WARM_UP:
            raise SettingsError(
                f"WarmUpPeriodDurationInMinutes must be a whole number from 1 to {LONGEST_WARM_UP}, not {minutes!r}.",
                "warm_up_configuration",
            )


@dataclass(frozen=True, slots=True, repr=False)
class Dimensions(Mapping[str, str]):
    """The dimensions of a metric, sorted by name: a mapping that is read-only, hashable and picklable.

    A ``MappingProxyType`` is neither hashable nor picklable.
    """

    items_: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, mapping: Mapping[str, str]) -> Dimensions:
        """The frozen form of any mapping."""
        return mapping if isinstance(mapping, Dimensions) else cls(tuple(sorted(mapping.items())))

    def __getitem__(self, name: str) -> str:
        return dict(self.items_)[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.items_)

    def __len__(self) -> int:
        return len(self.items_)

    def __eq__(self, other: object) -> bool:
        return Mapping.__eq__(self, other)

    def __hash__(self) -> int:
        return hash(self.items_)

    def __repr__(self) -> str:
        return repr(dict(self.items_))
