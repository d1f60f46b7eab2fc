"""The meaning of an alarm: in come datapoints, out goes one decision and the rule that took it.

The claim: ``decide`` is the only definition of what an evaluation decides. It agrees with every
documented table and with 84 recorded transitions (``docs/alarms.md``); all else here is faster or
prettier, and tested to be equal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum

from msgspec import Struct

from detector.alarm.settings import AlarmSettings
from detector.alarm.values import MissingData, State


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


class Decision(Struct, frozen=True):
    """What one evaluation decides; ``state`` None means that the alarm keeps its state."""

    state: State | None
    rule: Rule


def decide(  # noqa: PLR0911 - a return for each rule
    alarm: AlarmSettings, datapoints: Sequence[float | None], *, low: Sequence[bool] | None = None
) -> Decision:
    """The decision over ``datapoints``, oldest first; None, NaN or infinite = missing.

    Only the newest ``alarm.evaluation_range`` count. ``low`` (as long as ``datapoints``) marks the
    percentiles of too few samples; it matters only where the alarm ignores those. Source: the
    missing-data page's rules and tables, the 2019-01 edition for the premature rule, recorded
    captures for breaches that suffice and for the age over the whole range.
    """
    # Age (1 = newest window) and breaching, of every real datapoint in range, newest first.
    real = [
        (age, alarm.breaches(value))
        for age, value in enumerate(datapoints[: -alarm.evaluation_range - 1 : -1], start=1)
        if value is not None and _is_datapoint(value)
    ][: alarm.evaluation_periods]
    # Recorded for one datapoint only; of several that would decide, one low one is taken to be enough.
    if low is not None and alarm.ignores_low_samples and any(low[-age] for age, _ in real):
        return Decision(None, Rule.LOW_SAMPLES)
    breaching = sum(bad for _, bad in real)
    if len(real) == alarm.evaluation_periods:
        return _either(breaching >= alarm.m, Rule.REAL_DATAPOINTS)
    if breaching >= alarm.m:
        return Decision(State.ALARM, Rule.BREACHING_SUFFICE)
    if alarm.treat_missing_data == MissingData.BREACHING:
        filled = alarm.evaluation_periods - len(real)
        return _either(breaching + filled >= alarm.m, Rule.TREATED_AS_BREACHING)
    if alarm.treat_missing_data == MissingData.NOT_BREACHING:
        return Decision(State.OK, Rule.TREATED_AS_NOT_BREACHING)
    # From here on missing datapoints are not filled in.
    if breaching < len(real):
        return Decision(State.OK, Rule.ANY_GOOD_DATAPOINT)
    if alarm.treat_missing_data == MissingData.IGNORE:
        return Decision(None, Rule.RETAINED)
    if real and real[-1][0] >= alarm.m:
        return Decision(State.ALARM, Rule.PREMATURE)
    return Decision(State.INSUFFICIENT_DATA, Rule.TOO_FRESH if real else Rule.NOTHING_KNOWN)


def _is_datapoint(value: float) -> bool:
    """NaN, infinity and what is too large for a double are not."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _either(breaching: bool, rule: Rule) -> Decision:  # noqa: FBT001 - it reads as the question it answers
    return Decision(State.ALARM if breaching else State.OK, rule)
