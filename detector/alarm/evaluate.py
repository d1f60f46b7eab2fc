"""The meaning of an alarm: in come datapoints, out goes one decision and the rule that took it.

The claim: ``decide`` is the only definition of what an evaluation decides. It agrees with every
documented table and with 84 recorded transitions (``docs/alarms.md``); all else here is faster or
prettier, and tested to be equal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from detector.alarm.choices import low_keeps_state
from detector.alarm.values import LowSamples, MissingData, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detector.alarm.model import Alarm


class Rule(Enum):
    """Which rule decided; the value is its sentence."""

    REAL_DATAPOINTS = "As many real datapoints as evaluation periods: the newest of them decide."
    BREACHING_SUFFICE = "The breaching datapoints suffice, whatever the missing ones count as."
    TREATED_AS_BREACHING = "Too few real datapoints: the missing ones count as breaching."
    TREATED_AS_NOT_BREACHING = "Too few real datapoints: the missing ones count as not breaching."
    ANY_GOOD_DATAPOINT = "Too few real datapoints, and at least one of them does not breach: OK."
    PREMATURE = "Every real datapoint breaches, and the oldest is old enough that no later one can help."
    RETAINED = "Missing data is ignored and the real datapoints do not suffice: the state is kept."
    TOO_FRESH = "The only real datapoints breach, but are too fresh to alarm on."
    NOTHING_KNOWN = "No datapoint in the whole evaluation range."
    LOW_SAMPLES = "Too few samples for the percentile to be significant: the state is kept."

    @property
    def sentence(self) -> str:
        """The rule in plain words."""
        return self.value


@dataclass(frozen=True, slots=True)
class Decision:
    """What one evaluation decides; ``state`` None means that the alarm keeps its state."""

    state: State | None
    rule: Rule


def decide(
    alarm: Alarm, datapoints: Sequence[float | None], *, low: Sequence[bool] | None = None
) -> Decision:
    """The decision over ``datapoints``, oldest first; None, NaN or infinite = missing.

    Only the newest ``alarm.evaluation_range`` count. ``low`` (as long as ``datapoints``) marks the
    percentiles of too few samples; it matters only where the alarm ignores those. Source: the
    missing-data page's rules and tables, the 2019-01 edition for the premature rule, recorded
    captures for breaches that suffice and for the age over the whole range.
    """
    real = _real(alarm, datapoints)[: alarm.evaluation_periods]
    if low is not None and alarm.evaluate_low_sample_count_percentiles == LowSamples.IGNORE:
        newest_first = low[::-1]
        if low_keeps_state(newest_first[age - 1] for age, _ in real):
            return Decision(None, Rule.LOW_SAMPLES)
    if len(real) == alarm.evaluation_periods:
        return _either(sum(bad for _, bad in real) >= alarm.m, Rule.REAL_DATAPOINTS)
    return _decide_with_gaps(alarm, real)


def breaches(alarm: Alarm, value: float) -> bool:
    """Whether one datapoint breaches; the statistic is the left operand (documented)."""
    return alarm.operator.test(value, alarm.threshold)


def is_datapoint(value: float) -> bool:
    """NaN, infinity and what is too large for a double are no datapoint."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _real(alarm: Alarm, datapoints: Sequence[float | None]) -> list[tuple[int, bool]]:
    """Age (1 = newest window) and breaching, of every real datapoint in range, newest first."""
    return [
        (age, breaches(alarm, value))
        for age, value in enumerate(datapoints[: -alarm.evaluation_range - 1 : -1], start=1)
        if value is not None and is_datapoint(value)
    ]


def _decide_with_gaps(alarm: Alarm, real: list[tuple[int, bool]]) -> Decision:
    """Fewer real datapoints than evaluation periods: here the treatment of missing data counts."""
    breaching = sum(bad for _, bad in real)
    filled = alarm.evaluation_periods - len(real)
    if breaching >= alarm.m:
        return Decision(State.ALARM, Rule.BREACHING_SUFFICE)
    if alarm.treat_missing_data == MissingData.BREACHING:
        return _either(breaching + filled >= alarm.m, Rule.TREATED_AS_BREACHING)
    if alarm.treat_missing_data == MissingData.NOT_BREACHING:
        return Decision(State.OK, Rule.TREATED_AS_NOT_BREACHING)
    return _decide_unfilled(alarm, real)


def _decide_unfilled(alarm: Alarm, real: list[tuple[int, bool]]) -> Decision:
    """Missing datapoints are not filled in, and those that breach are fewer than M."""
    if not all(bad for _, bad in real):
        return Decision(State.OK, Rule.ANY_GOOD_DATAPOINT)
    if alarm.treat_missing_data == MissingData.IGNORE:
        return Decision(None, Rule.RETAINED)
    if real and real[-1][0] >= alarm.m:
        return Decision(State.ALARM, Rule.PREMATURE)
    return Decision(State.INSUFFICIENT_DATA, Rule.TOO_FRESH if real else Rule.NOTHING_KNOWN)


def _either(breaching: bool, rule: Rule) -> Decision:  # noqa: FBT001 - it reads as the question it answers
    return Decision(State.ALARM if breaching else State.OK, rule)
