"""What an edit does to an alarm: the transitions of two replays of the same records, side by side.

In: the replays of the old and the new detection. Out: which transitions are gained, lost and moved. Two that are
left over on both sides are the same transition moved when they have the same states before and after and lie no
further apart than the longer of both alarms looks back; the nearest are paired first.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from detector.alarm import Alarm, Transition
    from detector.jobs.replay import Replay


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


def transition_changes(old: Replay, new: Replay) -> TransitionChanges:
    """What becomes of the transitions of the old alarm with the new detection."""
    reach = max(_looks_back(old.detection.alarm), _looks_back(new.detection.alarm))
    before, after = set(map(_key, old.transitions)), set(map(_key, new.transitions))
    lost = [one for one in old.transitions if _key(one) not in after]
    gained = [one for one in new.transitions if _key(one) not in before]
    moved = _moved(lost, gained, reach)
    ends = {id(one) for pair in moved for one in pair}
    return TransitionChanges(
        kept=len(old.transitions) - len(lost),
        gained=tuple(one for one in gained if id(one) not in ends),
        lost=tuple(one for one in lost if id(one) not in ends),
        moved=moved,
    )


def _looks_back(alarm: Alarm) -> timedelta:
    return timedelta(seconds=alarm.period * alarm.evaluation_periods)


def _key(one: Transition) -> tuple[object, ...]:
    return one.at, one.before, one.after


def _moved(lost: Sequence[Transition], gained: Sequence[Transition], reach: timedelta) -> tuple[Moved, ...]:
    times = [_time(one) for one in gained]
    near = sorted(
        (abs(time - times[j]), i, j)
        for i, one in enumerate(lost)
        for time in [_time(one)]
        for j in range(bisect_left(times, time - reach), bisect_right(times, time + reach))
        if (one.before, one.after) == (gained[j].before, gained[j].after)
    )
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in near:
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return tuple(Moved(lost[i], gained[j]) for i, j in sorted(pairs.items()))


def _time(one: Transition) -> datetime:
    if not isinstance(one.at, datetime):
        raise TypeError("expected the transitions of a replay, which have dates")
    return one.at
