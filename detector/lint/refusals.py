"""What to write instead of a setting that the service refuses, where its own sentence does not say.

In: the key of a detection file. Out: a sentence, or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

_EITHER = "leave out one: a metric with dimensions is missing where nothing matches, which treat_missing_data decides"
INSTEAD: Mapping[str, str] = {
    "alarm.datapoints_to_alarm": "write at most evaluation_periods, or leave it out: then all of them have to breach",
    "alarm.period": "write 60, 300 or another multiple of 60; below a minute 10, 20 or 30",
    "alarm.evaluation_periods": "write fewer of them: period times evaluation_periods is the time that is checked",
    "alarm.evaluate_low_sample_count_percentiles": "leave it out, or write an extended_statistic such as p90",
    "alarm.evaluation_window": "leave it out for sliding windows, or write another period",
    "filter.dimensions": _EITHER,
    "metric.dimensions": _EITHER,
}
"""By key; what is refused in other ways (a word that is none) says itself what to write."""


def instead(key: str, reason: str) -> str:
    """The sentence for a key; empty where the reason is about something else than its value."""
    return "" if "expected one of" in reason or "whole number" in reason else INSTEAD.get(key, "")
