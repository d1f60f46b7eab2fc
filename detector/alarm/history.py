"""States over time: in come an alarm and samples, out go its transitions, each with its reason.

The claim: equal to ``plain.history_plain`` for every alarm and all samples, at the speed of a few
bit operations over the whole span; only where a verdict changes is anything looked at singly.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from detector.alarm.evaluate import decide
from detector.alarm.reason import Reason
from detector.alarm.transition import Transition
from detector.alarm.values import State
from detector.alarm.verdicts import states
from detector.alarm.windows import windows as windows_of

if TYPE_CHECKING:
    from datetime import datetime

    from detector.alarm.evaluate import Rule
    from detector.alarm.model import Alarm
    from detector.alarm.reason import Window
    from detector.alarm.samples import SampleSource
    from detector.alarm.windows import Windows


def history(
    alarm: Alarm,
    samples: SampleSource,
    *,
    start: datetime | float,
    end: datetime | float,
    state: State = State.INSUFFICIENT_DATA,
) -> list[Transition]:
    """Every change of state from ``start`` to ``end``; see ``Alarm.history``."""
    return transitions(alarm, windows_of(samples, alarm, start=start, end=end), state=state)


def transitions(
    alarm: Alarm, windows: Windows, *, state: State = State.INSUFFICIENT_DATA
) -> list[Transition]:
    """The transitions of ``alarm`` over windows that were computed for its ``windows_key``."""
    found, before, rules = [], State(state), _Rules(alarm)
    for evaluation, after in changes(alarm, windows, state=state):
        at, seen = windows.at(evaluation), windows.seen(alarm, evaluation)
        found.append(Transition(at, before, after, Reason(alarm, at, after, rules[seen], seen)))
        before = after
    return found


def changes(
    alarm: Alarm, windows: Windows, *, state: State = State.INSUFFICIENT_DATA
) -> list[tuple[int, State]]:
    """The same without times and reasons: (evaluation, new state), for ``windows.at(evaluation)``."""
    held = states(alarm, windows, state=state)
    count = windows.evaluations
    edges = (held.alarm ^ held.alarm >> 1) | (held.ok ^ held.ok >> 1)
    alarmed, fine = f"{held.alarm:0{count}b}", f"{held.ok:0{count}b}"
    places = [edge.start() for edge in re.finditer("1", f"{edges:0{count}b}")]
    if count and 0 not in places[:1]:
        places = [0, *places]
    found = [
        (at, State.ALARM if alarmed[at] == "1" else State.OK if fine[at] == "1" else State.INSUFFICIENT_DATA)
        for at in places
    ]
    return found[1:] if found and found[0][1] is State(state) else found


class _Rules:
    """The rule that decides over some windows, remembered by their datapoints: few differ.

    Low samples need no care here: where they keep the state there is no transition to explain.
    """

    def __init__(self, alarm: Alarm) -> None:
        self._alarm = alarm
        self._known: dict[tuple[float | None, ...], Rule] = {}

    def __getitem__(self, windows: tuple[Window, ...]) -> Rule:
        datapoints = tuple([value for _, value, _ in windows])
        if datapoints not in self._known:
            self._known[datapoints] = decide(self._alarm, datapoints).rule
        return self._known[datapoints]
