"""The alarm: settings as PutMetricAlarm takes them, one evaluation, and a history of states.

From the bottom up: ``values``, ``validation``, ``settings``; ``clock``, ``samples``, ``statistics``,
``windows``, ``warm_up``; ``evaluate``, the meaning of an alarm, and ``verdicts``, the same for a whole history at once;
``reason`` and ``history``; ``model``, the ``Alarm`` of users. For sweeps, compute ``windows`` once per
``windows_key`` and ask for the ``changes`` (bare), the ``transitions`` (with reasons) or the ``states``
(bits) of each alarm.
"""

from detector.alarm.evaluate import Decision, Rule, decide
from detector.alarm.history import changes, history_plain, transitions
from detector.alarm.model import Alarm
from detector.alarm.reason import Reason, Transition
from detector.alarm.samples import Samples
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
from detector.alarm.verdicts import Verdicts, states, verdicts
from detector.alarm.warm_up import first_evaluation
from detector.alarm.windows import Window, Windows, windows, windows_key

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
