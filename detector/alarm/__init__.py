"""The alarm: settings as PutMetricAlarm takes them, one evaluation, and a history of states.

``evaluate.decide`` is the meaning of an alarm. ``Alarm.history`` is fast and equal to
``plain.history_plain``. For sweeps, compute ``windows`` once per ``windows_key`` and ask for the
``changes`` (bare), the ``transitions`` (with reasons) or the ``states`` (bits) of each alarm.
"""

from detector.alarm.evaluate import Decision, Rule, decide
from detector.alarm.history import changes, history, transitions
from detector.alarm.model import Alarm, WallClock
from detector.alarm.plain import history_plain
from detector.alarm.reason import Reason, Window
from detector.alarm.samples import Samples
from detector.alarm.transition import Transition
from detector.alarm.values import ComparisonOperator, LowSamples, MissingData, State, Statistic
from detector.alarm.verdicts import Verdicts, states, verdicts
from detector.alarm.windows import Windows, windows, windows_key

__all__ = [
    "Alarm",
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
    "Window",
    "Windows",
    "changes",
    "decide",
    "history",
    "history_plain",
    "states",
    "transitions",
    "verdicts",
    "windows",
    "windows_key",
]
