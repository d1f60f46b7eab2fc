"""The alarm: settings as PutMetricAlarm takes them, one evaluation, and a history of states.

From the bottom up: ``values``, ``validation``, ``settings``; ``clock``, ``samples``, ``statistics``,
``window``, ``warm_up``; ``evaluate``, the meaning of an alarm, and ``verdict``, the same for a whole history at once;
``reason`` and ``history``; ``model``, the ``Alarm`` of users. For sweeps, compute ``windows`` once per
``windows_key`` and ask for the ``changes`` (bare), the ``transitions`` (with reasons) or the ``states``
(bits) of each alarm.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from detector.alarm.model import Alarm
from detector.alarm.settings import AlarmSettings
from detector.alarm.values import (
    ComparisonOperator,
    LowSamples,
    MissingData,
    State,
    Statistic,
    WallClock,
    WarmUp,
)

if TYPE_CHECKING:
    from detector.alarm.evaluate import Decision, Rule, decide
    from detector.alarm.history import changes, history_plain, transitions
    from detector.alarm.reason import Reason, Transition
    from detector.alarm.samples import Samples
    from detector.alarm.verdict import Verdicts, states, verdicts
    from detector.alarm.warm_up import first_evaluation
    from detector.alarm.window import Window, Windows, windows, windows_key

__all__ = [
    "Alarm",
    "AlarmSettings",
    "ComparisonOperator",
    "Decision",
    "LowSamples",
    "MissingData",
    "Reason",
    "Rule",
    "Samples",
    "State",
    "Statistic",
    "Transition",
    "Verdicts",
    "WallClock",
    "WarmUp",
    "Window",
    "Windows",
    "changes",
    "decide",
    "first_evaluation",
    "history_plain",
    "states",
    "transitions",
    "verdicts",
    "windows",
    "windows_key",
]

_LATER = {
    "evaluate": ("Decision", "Rule", "decide"),
    "history": ("changes", "history_plain", "transitions"),
    "reason": ("Reason", "Transition"),
    "samples": ("Samples",),
    "verdict": ("Verdicts", "states", "verdicts"),
    "warm_up": ("first_evaluation",),
    "window": ("Window", "Windows", "windows", "windows_key"),
}
"""What a detection that is read does not need: an archive is scanned first."""
_HOME = {name: home for home, names in _LATER.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
