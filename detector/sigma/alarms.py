"""How often a Sigma rule has to match, as the settings of an alarm.

In: a rule's count within a timeframe, or a correlation of rules. Out: threshold and period, or an
`InexpressibleError`: an alarm counts matches in windows, and can neither tell them apart by a field nor order them.
"""

from __future__ import annotations

from dataclasses import dataclass

from sigma.correlations import (
    SigmaCorrelationCondition,
    SigmaCorrelationRule,
    SigmaCorrelationTimespan,
    SigmaCorrelationType,
)
from sigma.exceptions import SigmaTimespanError

from detector.sigma.differences import InexpressibleError
from detector.sigma.reading import Count

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_LONGEST = 7 * _DAY
_OPERATORS = {
    ">": "GreaterThanThreshold",
    ">=": "GreaterThanOrEqualToThreshold",
    "GT": "GreaterThanThreshold",
    "GTE": "GreaterThanOrEqualToThreshold",
}


@dataclass(frozen=True, slots=True)
class Counting:
    """The settings of an alarm that count matches; by default any match within five minutes."""

    comparison_operator: str = "GreaterThanOrEqualToThreshold"
    threshold: int = 1
    period: int = 300
    evaluation_periods: int = 1

    @property
    def any_match(self) -> bool:
        """Whether one match is enough, so that it does not matter how often one is counted."""
        return self.threshold + (self.comparison_operator == "GreaterThanThreshold") <= 1


def counting(count: Count | None, timeframe: str) -> Counting:
    """What a rule of the older language says with ``timeframe`` and ``| count() > N``."""
    if count is None:
        if timeframe:
            raise InexpressibleError("its timeframe relates several events, and a filter sees one at a time")
        return Counting()
    if not timeframe:
        raise InexpressibleError("it counts without a timeframe, and an alarm needs a period")
    return _settings(count.operator, count.number, timeframe, count.by)


def correlated(rule: SigmaCorrelationRule) -> Counting:
    """What a correlation says."""
    if rule.type is not SigmaCorrelationType.EVENT_COUNT or not isinstance(
        rule.condition, SigmaCorrelationCondition
    ):
        name = rule.type.name.lower()
        raise InexpressibleError(
            f"the correlation {name} compares events with each other; an alarm counts them (event_count)"
        )
    return _settings(
        rule.condition.op.name, rule.condition.count, rule.timespan.spec, ", ".join(rule.group_by or ())
    )


def _settings(operator: str, number: float, timeframe: str, by: str) -> Counting:
    if by:
        raise InexpressibleError(f"it counts by {by}, and an alarm counts all matches together")
    if operator not in _OPERATORS:
        raise InexpressibleError(
            f"it asks for few events ({operator.lower()} {number}); an alarm here fires on many"
        )
    try:
        seconds = SigmaCorrelationTimespan(timeframe).seconds
    except (SigmaTimespanError, ValueError):
        raise InexpressibleError(f"expected a timeframe such as 10m, found {timeframe[:40]!r}") from None
    if seconds % _MINUTE or seconds > _LONGEST or (seconds > _DAY and seconds % _HOUR):
        raise InexpressibleError(
            f"its timeframe of {timeframe} is no window of an alarm: whole minutes up to a day, whole hours up to seven days"
        )
    if seconds > _DAY:
        raise InexpressibleError(
            f"its timeframe of {timeframe} is longer than the longest period, which is a day"
        )
    return Counting(_OPERATORS[operator], int(number), seconds)
