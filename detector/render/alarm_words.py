"""An alarm's settings in words, the same ones in every report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detector.render.kit.quantities import number

if TYPE_CHECKING:
    from detector.alarm import Alarm


def comparison(alarm: Alarm) -> str:
    """``>= 5``."""
    operator = {"Greater": ">", "Less": "<"}[alarm.comparison_operator.partition("Than")[0]]
    return f"{operator}{'=' if 'OrEqualTo' in alarm.comparison_operator else ''} {number(alarm.threshold)}"


def setting(alarm: Alarm) -> str:
    """``Sum >= 5 over 300 s, 1 of 1, missing data: missing``."""
    return (
        f"{alarm.statistic or alarm.extended_statistic} {comparison(alarm)} over {alarm.period} s, "
        f"{alarm.m} of {alarm.evaluation_periods}, missing data: {alarm.treat_missing_data}"
    )
