"""The plain history: in come an alarm and samples, out go transitions, evaluation by evaluation.

The claim: obviously right. For each instant it builds every window by looking at every sample,
decides, and compares. ``history`` is tested to be equal to it; nothing else uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from detector.alarm.choices import is_low
from detector.alarm.clock import newest_end, window_start
from detector.alarm.evaluate import decide
from detector.alarm.reason import Reason, Window
from detector.alarm.samples import Samples
from detector.alarm.scale import SECOND, from_microseconds, from_seconds, scale_of, to_microseconds
from detector.alarm.statistics import datapoint
from detector.alarm.transition import Transition
from detector.alarm.values import State

if TYPE_CHECKING:
    from datetime import datetime

    from detector.alarm.model import Alarm
    from detector.alarm.samples import SampleSource
    from detector.alarm.scale import Scale


def history_plain(
    alarm: Alarm,
    samples: SampleSource,
    *,
    start: datetime | float,
    end: datetime | float,
    state: State = State.INSUFFICIENT_DATA,
) -> list[Transition]:
    """``Alarm.history``, one evaluation after the other."""
    data, scale = Samples.of(samples), scale_of(start)
    transitions, state = [], State(state)
    for at in range(to_microseconds(start), to_microseconds(end) + 1, alarm.step * SECOND):
        windows = plain_windows(alarm, data, at, scale)
        decision = decide(alarm, [w.value for w in windows], low=[_is_low(alarm, w.samples) for w in windows])
        after = decision.state or state
        if after is not state:
            time = from_microseconds(at, scale)
            reason = Reason(alarm, time, after, decision.rule, windows)
            transitions.append(Transition(time, state, after, reason))
        state = after
    return transitions


def plain_windows(alarm: Alarm, data: Samples, microseconds: int, scale: Scale) -> tuple[Window, ...]:
    """All windows of the evaluation at this instant, oldest first."""
    windows: list[Window] = []
    end = newest_end(alarm, microseconds)
    for _ in range(alarm.evaluation_range):
        start = window_start(alarm, end)
        rows = zip(data.seconds, data.values, data.counts, strict=True)
        inside = [(value, count) for second, value, count in rows if start <= second < end]
        count = sum(weight for _, weight in inside)
        windows.append(Window(from_seconds(start, scale), datapoint(alarm, inside), count))
        end = start
    return tuple(windows[::-1])


def _is_low(alarm: Alarm, count: int) -> bool:
    return alarm.percentile is not None and is_low(alarm.percentile, count)
