"""What a suppressor alarm does to the actions of a composite: phases in which they are held, and when they run.

In: the instants at which a composite changes, the states of its suppressor, the two periods. Out: the phases.
``phases_plain`` is the meaning, second by second. The claim: ``phases`` is equal to it, and looks only where something
changes or a period ends. The rules are recorded (two sequences to the millisecond): a change, the creation included,
starts the wait period unless the suppressor is in ALARM; the suppressor that leaves ALARM while it holds actions starts
the extension period; a change during either starts a new wait; a period that ends releases the actions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from msgspec import structs

from detector.alarm import State
from detector.alarm.delivery import Delivery, HeldBy, Hold
from detector.composite.history import Changed
from detector.quantities import instant

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Phase:
    """From ``at`` on the actions of the ``change`` (counted from 0) are held by this; None: they run at ``at``."""

    at: datetime
    by: HeldBy | None
    change: int


@dataclass(slots=True)
class _Machine:
    """Where the suppression of a composite stands; each event is one of its methods."""

    wait: timedelta
    extension: timedelta
    suppressed: bool = False
    by: HeldBy | None = None
    over: datetime | None = None
    changed: int = -1
    phases: list[Phase] = field(default_factory=list)

    def end_period(self, at: datetime) -> None:
        if self.over is not None and self.over <= at:
            self._enter(None, self.over)

    def change(self, at: datetime, *, suppressed: bool) -> None:
        """The composite changes, when the suppressor is in ALARM or not, at the same instant."""
        self.suppressed = suppressed
        self.changed += 1
        self._enter(HeldBy.SUPPRESSOR if suppressed else HeldBy.WAIT_PERIOD, at)

    def suppress(self, at: datetime, *, suppressed: bool) -> None:
        """The suppressor goes into ALARM or leaves it, which matters only while actions are held."""
        left = self.suppressed and not suppressed
        self.suppressed = suppressed
        if self.by is not None and suppressed:
            self._enter(HeldBy.SUPPRESSOR, at)
        elif self.by is HeldBy.SUPPRESSOR and left:
            self._enter(HeldBy.EXTENSION_PERIOD, at)

    def _enter(self, by: HeldBy | None, at: datetime) -> None:
        periods = {HeldBy.WAIT_PERIOD: self.wait, HeldBy.EXTENSION_PERIOD: self.extension}
        self.by = by
        self.over = at + periods[by] if by in periods else None
        self.phases.append(Phase(at, by, self.changed))
        self.end_period(at)


def phases(
    changes: Sequence[datetime],
    suppressor: Sequence[Changed],
    wait_period: int,
    extension_period: int,
    end: datetime,
) -> tuple[Phase, ...]:
    """The phases until ``end`` of a composite that changes at these instants; periods are seconds.

    A period is over at its last instant, before anything else happens there. What the suppressor does at the instant of
    a change is seen with it.
    """
    machine = _Machine(wait_period * _SECOND, extension_period * _SECOND)
    events = sorted(
        [(at, None) for at in changes]
        + [(instant(each.at), each.after is State.ALARM) for each in suppressor],
        key=lambda event: event[0],
    )
    for at, together in groupby(events, key=lambda event: event[0]):
        if at > end:
            break
        machine.end_period(at)
        kinds = [suppressed for _, suppressed in together]
        after = next((kind for kind in kinds[::-1] if kind is not None), machine.suppressed)
        if None in kinds:
            machine.change(at, suppressed=after)
        else:
            machine.suppress(at, suppressed=after)
    machine.end_period(end)
    return tuple(machine.phases)


def phases_plain(
    changes: Sequence[datetime],
    suppressor: Sequence[Changed],
    wait_period: int,
    extension_period: int,
    end: datetime,
) -> tuple[Phase, ...]:
    """The same for events on whole seconds: for each second what the rules say, from what they said before."""
    instants = [*changes, *(instant(each.at) for each in suppressor)]
    at, found, by, held_since, alarmed = min(instants, default=end), list[Phase](), None, end, False
    changed = -1
    while at <= end:
        past = [each for each in suppressor if instant(each.at) <= at]
        before, alarmed = alarmed, bool(past) and past[-1].after is State.ALARM
        periods = {HeldBy.WAIT_PERIOD: wait_period, HeldBy.EXTENSION_PERIOD: extension_period}
        if by in periods and at - held_since == periods[by] * _SECOND:
            found, by = [*found, Phase(at, None, changed)], None
        changed += at in changes
        said: list[HeldBy | None] = []
        if at in changes:
            said += [HeldBy.SUPPRESSOR if alarmed else HeldBy.WAIT_PERIOD]
        elif by is not None and alarmed and not before:
            said += [HeldBy.SUPPRESSOR]
        elif by is HeldBy.SUPPRESSOR and not alarmed:
            said += [HeldBy.EXTENSION_PERIOD]
        if said and said[-1] in periods and not periods[said[-1]]:
            said += [None]
        found += [Phase(at, each, changed) for each in said]
        if said:
            by, held_since = said[-1], at
        at += _SECOND
    return tuple(found)


def suppressed(
    delivered: Sequence[Delivery], stages: Sequence[Phase], suppressor: str
) -> tuple[Delivery, ...]:
    """The deliveries of a composite as the phases hold them."""
    found = []
    for place, one in enumerate(delivered):
        later = delivered[place + 1].at if place + 1 < len(delivered) else None
        if one.runs is None:  # actions that are disabled
            found.append(one)
            continue
        mine = [stage for stage in stages if stage.change == place]
        ends = [*(stage.at for stage in mine[1:]), later]
        held = [
            Hold(stage.by, suppressor, stage.at, over)
            for stage, over in zip(mine, ends, strict=False)
            if stage.by is not None and over != stage.at
        ]
        runs = mine[-1].at if mine and mine[-1].by is None else None
        found.append(structs.replace(one, runs=runs, holds=(*one.holds, *held)))
    return tuple(found)
