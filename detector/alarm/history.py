"""States over time: in come an alarm and samples, out go its transitions, each with its reason.

The claim: equal to ``plain.history_plain`` for every alarm and all samples, at the speed of a few
bit operations over the whole span; only where a verdict changes is anything looked at singly.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from detector.alarm.choices import is_low
from detector.alarm.evaluate import decide
from detector.alarm.model import State
from detector.alarm.reason import Reason
from detector.alarm.transition import Transition
from detector.alarm.verdicts import Verdicts, verdicts
from detector.alarm.windows import windows as windows_of
from detector.alarm.windows import windows_key
from detector.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from detector.alarm.model import Alarm
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
    found, before = [], State(state)
    for evaluation, after in changes(alarm, windows, state=state):
        found.append(_transition(alarm, windows, evaluation, before, after))
        before = after
    return found


def changes(
    alarm: Alarm, windows: Windows, *, state: State = State.INSUFFICIENT_DATA
) -> list[tuple[int, State]]:
    """The same without times and reasons: (evaluation, new state), for ``windows.at(evaluation)``."""
    if windows_key(alarm) != windows.key:
        raise SettingsError(
            f"These windows are of {windows.key}, but the alarm needs {windows_key(alarm)}.", "period"
        )
    found, current = [], State(state)
    for evaluation, after in _verdict_edges(verdicts(alarm, windows), windows):
        if after is not None and after is not current:
            found.append((evaluation, after))
            current = after
    return found


def _verdict_edges(found: Verdicts, windows: Windows) -> Iterator[tuple[int, State | None]]:
    """The first verdict and each that differs from the one before it; None keeps the state."""
    count = windows.evaluations
    if not count:
        return
    bits = [_evaluated(each, windows) for each in (found.alarm, found.ok, found.insufficient)]
    edges = 1 << count - 1
    for each in bits:
        edges |= each ^ each >> 1
    alarm, ok, insufficient = (f"{each:0{count}b}" for each in bits)
    for edge in re.finditer("1", f"{edges:b}"):
        at = edge.start()
        if alarm[at] == "1":
            yield at, State.ALARM
        elif ok[at] == "1":
            yield at, State.OK
        else:
            yield at, State.INSUFFICIENT_DATA if insufficient[at] == "1" else None


def _evaluated(bits: int, windows: Windows) -> int:
    """One bit an evaluation, of the bits of all windows."""
    if windows.every == 1:
        return bits & (1 << windows.evaluations) - 1
    return int(f"{bits:0{len(windows.ends)}b}"[windows.first :: windows.every], 2)


def _transition(alarm: Alarm, windows: Windows, evaluation: int, before: State, after: State) -> Transition:
    seen, at = windows.seen(alarm, evaluation), windows.at(evaluation)
    percentile = alarm.percentile
    low = None if percentile is None else [is_low(percentile, window.samples) for window in seen]
    rule = decide(alarm, [window.value for window in seen], low=low).rule
    return Transition(at, before, after, Reason(alarm, at, after, rule, seen))
