"""States over time: in come an alarm and samples, out go its transitions, each with its reason.

``history_plain`` is the meaning, obviously right: for each instant it builds every window by looking at every
sample, decides, and compares. The claim: the ``transitions`` of the ``windows`` are equal to it for every alarm and all
samples, at the speed of a few bit operations over the whole span; only where a verdict changes is anything looked at singly.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache

from detector.alarm.clock import SECOND, Scale, newest_end, to_microseconds, window_start
from detector.alarm.evaluate import Rule, decide
from detector.alarm.reason import Reason, Transition
from detector.alarm.samples import Samples, SampleSource
from detector.alarm.settings import AlarmSettings
from detector.alarm.statistics import datapoint, is_low
from detector.alarm.values import State
from detector.alarm.verdict import states
from detector.alarm.warm_up import first_evaluation
from detector.alarm.window import Window, Windows


def history_plain(
    alarm: AlarmSettings,
    samples: SampleSource,
    *,
    start: datetime | float,
    end: datetime | float,
    state: State = State.INSUFFICIENT_DATA,
) -> list[Transition]:
    """Every change of state from ``start`` to ``end``, one evaluation after the other."""
    data, scale = Samples.of(samples), Scale.of(start)
    transitions, state = [], State(state)
    if state is State.INSUFFICIENT_DATA:
        start = first_evaluation(alarm, data, start)
    for at in range(to_microseconds(start), to_microseconds(end) + 1, alarm.step * SECOND):
        windows = windows_plain(alarm, data, at, scale)
        low = [is_low(alarm.percentile, w.samples) for w in windows]
        decision = decide(alarm, [w.value for w in windows], low=low)
        after = decision.state or state
        if after is not state:
            time = scale.time(at)
            reason = Reason(alarm, time, after, decision.rule, windows)
            transitions.append(Transition(time, state, after, reason))
        state = after
    return transitions


def windows_plain(alarm: AlarmSettings, data: Samples, microseconds: int, scale: Scale) -> tuple[Window, ...]:
    """All windows of the evaluation at this instant, oldest first."""
    windows: list[Window] = []
    end = newest_end(alarm, microseconds)
    for _ in range(alarm.evaluation_range):
        start = window_start(alarm, end)
        rows = zip(data.seconds, data.values, data.counts, strict=True)
        inside = [(value, count) for second, value, count in rows if start <= second < end]
        count = sum(weight for _, weight in inside)
        windows.append(Window(scale.time(start * SECOND), datapoint(alarm, inside), count))
        end = start
    return tuple(windows[::-1])


def transitions(
    alarm: AlarmSettings, windows: Windows, *, state: State = State.INSUFFICIENT_DATA
) -> list[Transition]:
    """The transitions of ``alarm`` over windows that were computed for its ``windows_key``."""

    @cache  # few transitions differ in their datapoints
    def rule(datapoints: tuple[float | None, ...]) -> Rule:
        # Low samples need no care here: where they keep the state there is no transition to explain.
        return decide(alarm, datapoints).rule

    changed, before = [], State(state)
    for evaluation, after in changes(alarm, windows, state=state):
        at, seen = windows.at(evaluation), windows.seen(alarm, evaluation)
        reason = Reason(alarm, at, after, rule(tuple([window.value for window in seen])), seen)
        changed.append(Transition(at, before, after, reason))
        before = after
    return changed


def changes(
    alarm: AlarmSettings, windows: Windows, *, state: State = State.INSUFFICIENT_DATA
) -> list[tuple[int, State]]:
    """The same without times and reasons: (evaluation, new state), for ``windows.at(evaluation)``."""
    held = states(alarm, windows, state=state)
    count = windows.evaluations
    edges = (held.alarm ^ held.alarm >> 1) | (held.ok ^ held.ok >> 1)
    alarmed, fine = f"{held.alarm:0{count}b}", f"{held.ok:0{count}b}"
    places = [edge.start() for edge in re.finditer("1", f"{edges:0{count}b}")]
    if count and 0 not in places[:1]:
        places = [0, *places]
    changed = [
        (at, State.ALARM if alarmed[at] == "1" else State.OK if fine[at] == "1" else State.INSUFFICIENT_DATA)
        for at in places
    ]
    return changed[1:] if changed and changed[0][1] is State(state) else changed
