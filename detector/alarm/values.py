"""The values that an alarm's settings and its state can take, each with what is known about it.

In come the service's own strings, out go members that equal them. Sources: the PutMetricAlarm reference for
the names, recorded state reasons for the words.
"""

from __future__ import annotations

import operator
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


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
        return {MissingData.BREACHING: "Breaching", MissingData.NOT_BREACHING: "NonBreaching"}.get(self, "")


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
