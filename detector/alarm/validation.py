"""What PutMetricAlarm accepts: a setting comes in, its typed value comes out, or a SettingsError.

The claim: settings that pass are settings that CloudWatch takes. A refusal is one sentence in the API's own
names; ``SettingsError.setting`` is Terraform's name of the same thing. Sources: the PutMetricAlarm reference
for limits and enums, recorded refusals where the service's own sentence is known.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from detector.alarm.values import (
    DAY,
    HOUR,
    MINUTE,
    UNITS,
    WEEK,
    ComparisonOperator,
    Dimensions,
    LowSamples,
    Statistic,
)
from detector.errors import SettingsError

if TYPE_CHECKING:
    from fractions import Fraction

T = TypeVar("T", bound=StrEnum)

BELOW_A_MINUTE = (10, 20, 30)
WALL_CLOCK_PERIODS = (MINUTE, 300, HOUR, DAY, WEEK)

_ANOMALY_OPERATORS = (
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
)
_PERCENTILE = re.compile(r"p(\d{1,3}(?:\.\d{1,10})?)", re.ASCII)
_OTHER_EXTENDED = re.compile(r"(?:tm|tc|ts|wm)\d.*|(?:PR|TM|TC|TS|WM)\(.*\)|IQM")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
NAME_LENGTH = 255
DESCRIPTION_LENGTH = 1024
MOST_DIMENSIONS = 30


def choice(kind: type[T], parameter: str, setting: str, value: object) -> T:
    """The member of an enum that ``value`` names."""
    _check_choice(parameter, setting, value, tuple(kind))
    return kind(str(value))


def percentile(statistic: str) -> Fraction:
    """The percentile that an extended statistic (``p90``, ``p99.9``) names, exactly, in per cent.

    The refusal of p101 is CloudWatch's recorded sentence; up to ten decimals, as its reference says.
    """
    from fractions import Fraction  # noqa: PLC0415 - few alarms have a percentile

    match = _PERCENTILE.fullmatch(statistic)
    if match and (value := Fraction(match[1])) <= 100:  # noqa: PLR2004 - per cent
        return value
    reason = f"The value {statistic} for parameter ExtendedStatistic is not supported."
    if _OTHER_EXTENDED.fullmatch(statistic):
        reason = (
            f"ExtendedStatistic {statistic} is one that this project does not compute: "
            "use a percentile from p0 to p100, or a Statistic."
        )
    raise SettingsError(reason, "extended_statistic")


def check_name(name: object, description: object) -> None:
    """AlarmName and AlarmDescription."""
    if not 1 <= len(_string("AlarmName", "name", name)) <= NAME_LENGTH:
        raise SettingsError(
            f"AlarmName must have 1 to {NAME_LENGTH} characters, not {len(str(name))}.", "name"
        )
    if _CONTROL.search(str(name)):
        raise SettingsError("AlarmName must not contain ASCII control characters.", "name")
    length = len(_string("AlarmDescription", "alarm_description", description))
    if length > DESCRIPTION_LENGTH:
        raise SettingsError(
            f"AlarmDescription must have at most {DESCRIPTION_LENGTH} characters, not {length}.",
            "alarm_description",
        )


def dimensions(value: object) -> Dimensions:
    """Dimensions, frozen."""
    if not isinstance(value, Mapping):
        raise SettingsError("Dimensions must be a mapping of names to values.", "dimensions")
    if len(value) > MOST_DIMENSIONS:
        raise SettingsError(
            f"Dimensions must have at most {MOST_DIMENSIONS} entries, not {len(value)}.", "dimensions"
        )
    if not all(isinstance(part, str) and part for pair in value.items() for part in pair):
        raise SettingsError(
            "Every dimension must have a name and a value that are strings and not empty.", "dimensions"
        )
    return Dimensions.of(value)


def check_statistic(statistic: object, extended: object) -> None:
    """Statistic and ExtendedStatistic, of which exactly one must be set."""
    if statistic is not None and extended is not None:
        raise SettingsError("Only one of Statistic and ExtendedStatistic may be set.", "extended_statistic")
    if extended is not None:
        percentile(_string("ExtendedStatistic", "extended_statistic", extended))
    elif statistic is None:
        raise SettingsError("One of Statistic and ExtendedStatistic must be set.", "statistic")
    elif _PERCENTILE.fullmatch(_string("Statistic", "statistic", statistic)):
        raise SettingsError(
            f"Statistic cannot be a percentile: write extended_statistic = {_quoted(statistic)}.", "statistic"
        )
    else:
        choice(Statistic, "Statistic", "statistic", statistic)


def check_periods(period: object, evaluation_periods: object, datapoints_to_alarm: object) -> None:
    """Period, EvaluationPeriods and DatapointsToAlarm, each alone and together."""
    seconds = _count("Period", "period", period)
    if seconds not in BELOW_A_MINUTE and seconds % MINUTE:
        raise SettingsError(
            f"Period must be 10, 20, 30 or a multiple of 60 seconds, not {seconds}.", "period"
        )
    periods = _count("EvaluationPeriods", "evaluation_periods", evaluation_periods)
    limit, span = (DAY, "a day") if seconds < HOUR else (WEEK, "seven days")
    if seconds * periods > limit:
        raise SettingsError(
            f"Metrics cannot be checked across more than {span} (EvaluationPeriods * Period must be "
            f"<= {limit}{' for a Period below 3600' if limit == DAY else ''}): "
            f"{periods} * {seconds} = {seconds * periods}.",
            "period" if seconds > limit else "evaluation_periods",
        )
    if datapoints_to_alarm is None:
        return
    if _count("DatapointsToAlarm", "datapoints_to_alarm", datapoints_to_alarm) > periods:
        raise SettingsError(
            f"DatapointsToAlarm ({datapoints_to_alarm}) must not be greater than "
            f"EvaluationPeriods ({periods}).",
            "datapoints_to_alarm",
        )


def threshold(value: object) -> float:
    """Threshold, as a finite float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SettingsError(f"Threshold must be a number, not {_quoted(value)}.", "threshold")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise SettingsError("Threshold must be a finite number.", "threshold")
    return number


def comparison_operator(value: object) -> ComparisonOperator:
    """ComparisonOperator; those of anomaly detection are refused in a sentence of their own."""
    if value in _ANOMALY_OPERATORS:
        raise SettingsError(
            f"ComparisonOperator {value} is for anomaly detection bands, which this project does not "
            f"compute: use {_listed(ComparisonOperator)}.",
            "comparison_operator",
        )
    return choice(ComparisonOperator, "ComparisonOperator", "comparison_operator", value)


def low_samples(value: object, extended_statistic: object) -> LowSamples | None:
    """EvaluateLowSampleCountPercentile, which only a percentile has."""
    if value is None:
        return None
    key = "evaluate_low_sample_count_percentiles"
    treatment = choice(LowSamples, "EvaluateLowSampleCountPercentile", key, value)
    if extended_statistic is None:
        raise SettingsError(
            "EvaluateLowSampleCountPercentile can only be set together with a percentile "
            "ExtendedStatistic (pNN).",
            key,
        )
    return treatment


def check_unit(value: object) -> None:
    """Unit, which may be left out."""
    if value is not None:
        _check_choice("Unit", "unit", value, UNITS)


def check_clock_period(period: int) -> None:
    """The periods that a WallClockWindow can have."""
    if period not in WALL_CLOCK_PERIODS:
        raise SettingsError(
            f"A WallClockWindow needs a Period of {_listed(map(str, WALL_CLOCK_PERIODS))} seconds, "
            f"not {period}.",
            "evaluation_window",
        )


def _count(parameter: str, setting: str, value: object) -> int:
    """``value`` as a whole number of at least 1; neither True nor 5.0 is one."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise SettingsError(f"{parameter} must be a whole number, not {_quoted(value)}.", setting)
    if value < 1:
        raise SettingsError(f"{parameter} must be at least 1, not {value}.", setting)
    return value


def _string(parameter: str, setting: str, value: object) -> str:
    if not isinstance(value, str):
        raise SettingsError(f"{parameter} must be a string, not {_quoted(value)}.", setting)
    return value


def _check_choice(parameter: str, setting: str, value: object, allowed: tuple[str, ...]) -> None:
    if isinstance(value, str) and value in allowed:
        return
    hint = ""
    if isinstance(value, str):
        # Case, separators and small slips do not matter to what was probably meant.
        folded = {_folded(name): name for name in allowed}
        from difflib import get_close_matches  # noqa: PLC0415 - not before something is wrong

        near = get_close_matches(_folded(value), list(folded), n=1, cutoff=0.5)
        hint = f" Did you mean {_quoted(folded[near[0]])}?" if near else ""
    raise SettingsError(
        f"The value {_quoted(value)} for parameter {parameter} is not one of {_listed(allowed)}.{hint}",
        setting,
    )


def _folded(name: str) -> str:
    """Lower case without separators; people also write an operator as its symbol."""
    symbols = {operator.symbol: str(operator) for operator in ComparisonOperator}
    return re.sub(r"[\s_-]", "", symbols.get(name.strip(), name)).lower()


def _listed(names: Iterable[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} or {last}"


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)
