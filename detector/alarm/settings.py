"""What PutMetricAlarm accepts: in come an alarm's settings, out comes nothing or a SettingsError.

The claim: settings that pass here are settings that CloudWatch takes, and a refusal is one
sentence in the API's own names; ``SettingsError.setting`` is Terraform's name of the same thing.
Sources: the PutMetricAlarm reference (limits, enums), recorded refusals where a text was kept.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from detector.alarm.choices import DAY, HOUR, MINUTE, WEEK
from detector.alarm.values import ComparisonOperator, LowSamples, MissingData, Statistic
from detector.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from detector.alarm.model import Alarm

BELOW_A_MINUTE = (10, 20, 30)
WALL_CLOCK_PERIODS = (MINUTE, 300, HOUR, DAY, WEEK)
UNITS = (
    *("Seconds", "Microseconds", "Milliseconds"),
    *("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes"),
    *("Bits", "Kilobits", "Megabits", "Gigabits", "Terabits"),
    *("Percent", "Count"),
    *("Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second"),
    *("Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second"),
    *("Count/Second", "None"),
)

_ANOMALY_OPERATORS = (
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
)
_PERCENTILE = re.compile(r"p(\d{1,3}(?:\.\d{1,10})?)", re.ASCII)
_OTHER_EXTENDED = re.compile(r"(?:tm|tc|ts|wm)\d.*|(?:PR|TM|TC|TS|WM)\(.*\)|IQM")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAME_LENGTH = 255
_DESCRIPTION_LENGTH = 1024
_MOST_DIMENSIONS = 30


def check(alarm: Alarm) -> None:
    """Raise SettingsError with the first setting that PutMetricAlarm would refuse."""
    _check_texts(alarm)
    _check_dimensions(alarm.dimensions)
    _check_statistic(alarm)
    _check_period(alarm.period)
    _check_periods(alarm)
    _check_threshold(alarm)
    _choose("TreatMissingData", "treat_missing_data", alarm.treat_missing_data, tuple(MissingData))
    _check_low_samples(alarm)
    if alarm.unit is not None:
        _choose("Unit", "unit", alarm.unit, UNITS)
    _check_window(alarm)


def percentile(text: str) -> Fraction:
    """The percentile that ``text`` (``p90``, ``p99.9``) names, exactly, in per cent.

    The refusal of p101 is CloudWatch's recorded text; up to ten decimals, as its reference says.
    """
    found = _PERCENTILE.fullmatch(text)
    if found and (value := Fraction(found[1])) <= 100:  # noqa: PLR2004 - per cent
        return value
    if _OTHER_EXTENDED.fullmatch(text):
        raise SettingsError(
            f"ExtendedStatistic {text} is one that this project does not compute: "
            "use a percentile from p0 to p100, or a Statistic.",
            "extended_statistic",
        )
    raise SettingsError(
        f"The value {text} for parameter ExtendedStatistic is not supported.", "extended_statistic"
    )


def _check_texts(alarm: Alarm) -> None:
    _text("AlarmName", "name", alarm.name)
    if not 1 <= len(alarm.name) <= _NAME_LENGTH:
        raise SettingsError(
            f"AlarmName must have 1 to {_NAME_LENGTH} characters, not {len(alarm.name)}.", "name"
        )
    if _CONTROL.search(alarm.name):
        raise SettingsError("AlarmName must not contain ASCII control characters.", "name")
    _text("AlarmDescription", "alarm_description", alarm.alarm_description)
    if len(alarm.alarm_description) > _DESCRIPTION_LENGTH:
        raise SettingsError(
            f"AlarmDescription must have at most {_DESCRIPTION_LENGTH} characters, "
            f"not {len(alarm.alarm_description)}.",
            "alarm_description",
        )


def _check_dimensions(dimensions: object) -> None:
    if not isinstance(dimensions, Mapping):
        raise SettingsError("Dimensions must be a mapping of names to values.", "dimensions")
    if len(dimensions) > _MOST_DIMENSIONS:
        raise SettingsError(
            f"Dimensions must have at most {_MOST_DIMENSIONS} entries, not {len(dimensions)}.", "dimensions"
        )
    for name, value in dimensions.items():
        if not all(isinstance(text, str) and text for text in (name, value)):
            raise SettingsError("Every dimension must have a name and a value that are texts.", "dimensions")


def _check_statistic(alarm: Alarm) -> None:
    if alarm.statistic is not None and alarm.extended_statistic is not None:
        raise SettingsError("Only one of Statistic and ExtendedStatistic may be set.", "extended_statistic")
    if alarm.extended_statistic is not None:
        _text("ExtendedStatistic", "extended_statistic", alarm.extended_statistic)
        percentile(alarm.extended_statistic)
    elif alarm.statistic is None:
        raise SettingsError("One of Statistic and ExtendedStatistic must be set.", "statistic")
    else:
        _text("Statistic", "statistic", alarm.statistic)
        _check_plain_statistic(alarm.statistic)


def _check_plain_statistic(statistic: str) -> None:
    if _PERCENTILE.fullmatch(statistic):
        raise SettingsError(
            f"Statistic cannot be a percentile: write extended_statistic = {_quoted(statistic)}.", "statistic"
        )
    _choose("Statistic", "statistic", statistic, tuple(Statistic))


def _check_period(period: object) -> None:
    seconds = _count("Period", "period", period)
    if seconds not in BELOW_A_MINUTE and seconds % MINUTE:
        raise SettingsError(
            f"Period must be 10, 20, 30 or a multiple of 60 seconds, not {seconds}.", "period"
        )


def _check_periods(alarm: Alarm) -> None:
    periods = _count("EvaluationPeriods", "evaluation_periods", alarm.evaluation_periods)
    limit, span = (DAY, "a day") if alarm.period < HOUR else (WEEK, "seven days")
    if alarm.period * periods > limit:
        raise SettingsError(
            f"Metrics cannot be checked across more than {span} (EvaluationPeriods * Period must be "
            f"<= {limit}{' for a Period below 3600' if limit == DAY else ''}): "
            f"{periods} * {alarm.period} = {alarm.period * periods}.",
            "period" if alarm.period > limit else "evaluation_periods",
        )
    if alarm.datapoints_to_alarm is None:
        return
    if _count("DatapointsToAlarm", "datapoints_to_alarm", alarm.datapoints_to_alarm) > periods:
        raise SettingsError(
            f"DatapointsToAlarm ({alarm.datapoints_to_alarm}) must not be greater than "
            f"EvaluationPeriods ({periods}).",
            "datapoints_to_alarm",
        )


def _check_threshold(alarm: Alarm) -> None:
    threshold: object = alarm.threshold
    if isinstance(threshold, bool) or not isinstance(threshold, int | float):
        raise SettingsError(f"Threshold must be a number, not {_quoted(threshold)}.", "threshold")
    if not _finite(threshold):
        raise SettingsError("Threshold must be a finite number.", "threshold")
    operator: object = alarm.comparison_operator
    if operator in _ANOMALY_OPERATORS:
        raise SettingsError(
            f"ComparisonOperator {operator} is for anomaly detection bands, which this project does not "
            f"compute: use {_listed(ComparisonOperator)}.",
            "comparison_operator",
        )
    _choose("ComparisonOperator", "comparison_operator", operator, tuple(ComparisonOperator))


def _check_low_samples(alarm: Alarm) -> None:
    setting, key = alarm.evaluate_low_sample_count_percentiles, "evaluate_low_sample_count_percentiles"
    if setting is None:
        return
    _choose("EvaluateLowSampleCountPercentile", key, setting, tuple(LowSamples))
    if alarm.extended_statistic is None:
        raise SettingsError(
            "EvaluateLowSampleCountPercentile can only be set together with a percentile "
            "ExtendedStatistic (pNN).",
            key,
        )


def _check_window(alarm: Alarm) -> None:
    if alarm.evaluation_window is not None and alarm.period not in WALL_CLOCK_PERIODS:
        raise SettingsError(
            f"A WallClockWindow needs a Period of {_listed(str(p) for p in WALL_CLOCK_PERIODS)} seconds, "
            f"not {alarm.period}.",
            "evaluation_window",
        )


def _finite(number: float) -> bool:
    try:
        return math.isfinite(float(number))
    except OverflowError:
        return False


def _count(parameter: str, setting: str, value: object) -> int:
    """``value`` as a whole number of at least 1; True is no number, and neither is 5.0 here."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise SettingsError(f"{parameter} must be a whole number, not {_quoted(value)}.", setting)
    if value < 1:
        raise SettingsError(f"{parameter} must be at least 1, not {value}.", setting)
    return value


def _text(parameter: str, setting: str, value: object) -> None:
    if not isinstance(value, str):
        raise SettingsError(f"{parameter} must be a text, not {_quoted(value)}.", setting)


def _choose(parameter: str, setting: str, value: object, allowed: tuple[str, ...]) -> None:
    if isinstance(value, str) and value in allowed:
        return
    near = _nearest(value, allowed) if isinstance(value, str) else None
    hint = f" Did you mean {_quoted(near)}?" if near else ""
    raise SettingsError(
        f"The value {_quoted(value)} for parameter {parameter} is not one of {_listed(allowed)}.{hint}",
        setting,
    )


def _nearest(value: str, allowed: tuple[str, ...]) -> str | None:
    """The allowed value that was probably meant: the case does not matter, small slips do not."""
    folded = {_folded(name): name for name in allowed}
    near = difflib.get_close_matches(_folded(value), list(folded), n=1, cutoff=0.5)
    return folded[near[0]] if near else None


def _folded(text: str) -> str:
    """Lower case without separators, and the symbols that people write for an operator."""
    symbols = {">=": "GreaterThanOrEqualTo", "<=": "LessThanOrEqualTo", ">": "GreaterThan", "<": "LessThan"}
    plain = symbols.get(text.strip(), text)
    plain = f"{plain}Threshold" if plain in symbols.values() else plain
    return re.sub(r"[\s_-]", "", plain).lower()


def _listed(names: Iterable[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} or {last}"


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)
