"""Transitions of two histories side by side: which are the same, which moved, which only one of them has.

In: two detections with their samples, or two lists of transitions. Out: `TransitionChanges`, or pairs of places. The claim:
two transitions are one that moved only where they have the same states before and after; the nearest are paired first.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from detector.alarm import Alarm, Samples, State, Transition
from detector.detections import Detection
from detector.jobs.reading import Reading
from detector.metrics.ordered import Sample
from detector.quantities import instant


class Changed(Protocol):
    """A change of state, whoever tells of it."""

    @property
    def at(self) -> datetime | float: ...  # noqa: D102 - members of a protocol
    @property
    def before(self) -> State: ...  # noqa: D102 - the same
    @property
    def after(self) -> State: ...  # noqa: D102 - the same


class Moved(NamedTuple):
    """One transition, when it was and when it is now."""

    old: Transition
    new: Transition


@dataclass(frozen=True, slots=True)
class TransitionChanges:
    """Transitions in time order; ``kept`` is how many are the same."""

    kept: int
    gained: tuple[Transition, ...]
    lost: tuple[Transition, ...]
    moved: tuple[Moved, ...]


def transition_changes(
    sides: Sequence[Detection], reading: Reading, sampled: Sequence[Sequence[Sample]]
) -> TransitionChanges:
    """What becomes of the transitions of the old alarm with the new detection; the samples of both.

    Two that are left over on both sides are the same transition moved when they have the same states before and
    after and lie no further apart than the longer of both alarms looks back; the nearest are paired first.
    """
    old, new = (_history(side.alarm, reading, samples) for side, samples in zip(sides, sampled, strict=True))
    reach = max(timedelta(seconds=side.alarm.period * side.alarm.evaluation_periods) for side in sides)
    before, after = (
        {(transition.at, transition.before, transition.after) for transition in transitions}
        for transitions in (old, new)
    )
    lost = [
        transition for transition in old if (transition.at, transition.before, transition.after) not in after
    ]
    gained = [
        transition for transition in new if (transition.at, transition.before, transition.after) not in before
    ]
    pairs = paired(lost, gained, reach)
    taken = set(pairs.values())
    return TransitionChanges(
        kept=len(old) - len(lost),
        gained=tuple(transition for j, transition in enumerate(gained) if j not in taken),
        lost=tuple(transition for i, transition in enumerate(lost) if i not in pairs),
        moved=tuple(Moved(lost[i], gained[j]) for i, j in sorted(pairs.items())),
    )


def _history(alarm: Alarm, reading: Reading, sampled: Sequence[Sample]) -> list[Transition]:
    span = reading.evaluated_with(alarm, [minute for minute, *_ in (*sampled[:1], *sampled[-1:])])
    return [] if span is None else alarm.history(Samples.of_seconds(sampled), start=span[0], end=span[1])


def paired(lost: Sequence[Changed], gained: Sequence[Changed], reach: timedelta) -> dict[int, int]:
    """Places in ``lost`` -> places in ``gained``, no further apart than ``reach``."""
    times = [instant(transition.at) for transition in gained]
    near = sorted(
        (abs(time - times[j]), i, j)
        for i, transition in enumerate(lost)
        for time in [instant(transition.at)]
        for j in range(bisect_left(times, time - reach), bisect_right(times, time + reach))
        if (transition.before, transition.after) == (gained[j].before, gained[j].after)
    )
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in near:
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return pairs
