"""Whether the actions of a change of state run, when, and what holds them back.

In: the changes of an alarm, and the stretches in which mute rules or a suppressor hold its actions. Out: a `Delivery`
for each change. The claim: states never depend on it. What is held is acted on once, at the end, for the state that the
alarm has then (documented for mute rules, recorded for suppressors), so of several changes that are held only the last
one's actions run. Which actions a state has is not known here: a delivery says when they run if there are any.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import accumulate
from typing import Protocol

from msgspec import Struct, structs

from detector.alarm.values import State
from detector.quantities import instant


class HeldBy(StrEnum):
    """What holds actions back; the first three as ActionsSuppressedBy says them."""

    WAIT_PERIOD = "WaitPeriod"
    SUPPRESSOR = "Alarm"
    EXTENSION_PERIOD = "ExtensionPeriod"
    MUTE_RULE = "MuteRule"
    DISABLED = "ActionsDisabled"


class Changed(Protocol):
    """A change of state of an alarm of any kind."""

    @property
    def at(self) -> datetime | float: ...  # noqa: D102 - the fields of a transition
    @property
    def before(self) -> State: ...  # noqa: D102 - the fields of a transition
    @property
    def after(self) -> State: ...  # noqa: D102 - the fields of a transition


class Hold(Struct, frozen=True):
    """One stretch in which actions are held; ``name`` is the mute rule or the suppressor alarm.

    ``end`` None: it is not over when the replay ends, or has no end (actions that are disabled).
    """

    by: HeldBy
    name: str
    start: datetime
    end: datetime | None


class Delivery(Struct, frozen=True):
    """The actions of one change of state.

    ``runs`` is when they run: at the change itself, later after the ``holds``, or never (None), because they are
    disabled, the state has changed again, or a hold is not over yet.
    """

    at: datetime
    before: State
    after: State
    runs: datetime | None
    holds: tuple[Hold, ...] = ()

    @property
    def is_page(self) -> bool:
        """Whether it is a change into ALARM, which is what notifies somebody."""
        return self.after is State.ALARM

    @property
    def held_by(self) -> tuple[HeldBy, ...]:
        """What held it, each once, in time order."""
        return tuple(dict.fromkeys(hold.by for hold in self.holds))

    @property
    def muted_by(self) -> tuple[str, ...]:
        """The mute rules that held it, each once."""
        return tuple(dict.fromkeys(hold.name for hold in self.holds if hold.by is HeldBy.MUTE_RULE))

    @property
    def after_mute_window(self) -> bool:
        """Whether the actions run at the end of a mute window (ActionExecutedAfterMuteWindow)."""
        return self.runs is not None and HeldBy.MUTE_RULE in self.held_by


class Muted(Struct, frozen=True):
    """A stretch, half-open, in which a mute rule holds an alarm's actions."""

    rule: str
    start: datetime
    end: datetime


def deliveries(changes: Sequence[Changed], *, enabled: bool = True) -> tuple[Delivery, ...]:
    """The deliveries of changes in time order that nothing holds, unless actions are not ``enabled``."""
    found = []
    for change in changes:
        at = instant(change.at)
        disabled = () if enabled else (Hold(HeldBy.DISABLED, "", at, None),)
        found.append(Delivery(at, change.before, change.after, at if enabled else None, disabled))
    return tuple(found)


def muted(delivered: Sequence[Delivery], stretches: Sequence[Muted], end: datetime) -> tuple[Delivery, ...]:
    """The same where mute rules hold the actions in ``stretches``; ``end`` is that of the replay.

    Rules that overlap or follow each other without a gap hold together until the last one ends (documented).
    """
    ordered = sorted(stretches, key=lambda each: each.start)
    starts = [each.start for each in ordered]
    longest = list(accumulate(ordered, _later))

    def active(moment: datetime) -> Muted | None:
        """What holds longest of the stretches that a moment is in."""
        begun = bisect_right(starts, moment)
        return longest[begun - 1] if begun and longest[begun - 1].end > moment else None

    found = []
    for place, one in enumerate(delivered):
        later = delivered[place + 1].at if place + 1 < len(delivered) else None
        found.append(one if one.runs is None else _muted(one, one.runs, later, active, end))
    return tuple(found)


def _later(one: Muted, other: Muted) -> Muted:
    """That which ends later, else the first."""
    return other if other.end > one.end else one


def _muted(
    one: Delivery,
    runs: datetime,
    later: datetime | None,
    active: Callable[[datetime], Muted | None],
    end: datetime,
) -> Delivery:
    until, holds = runs, list[Hold]()
    while found := active(until):
        holds.append(Hold(HeldBy.MUTE_RULE, found.rule, until, found.end if found.end <= end else None))
        until = found.end
    if not holds:
        return one
    overtaken = later is not None and later <= until
    return structs.replace(one, runs=None if overtaken or until > end else until, holds=(*one.holds, *holds))


class Pages(Struct, frozen=True):
    """What became of the changes into ALARM: sent at once, late, or never."""

    at_once: int
    late: int
    never: int

    @classmethod
    def of(cls, delivered: Sequence[Delivery]) -> Pages:
        """Counted."""
        paging = [one for one in delivered if one.is_page]
        at_once, sent = (
            sum(one.runs == one.at for one in paging),
            sum(one.runs is not None for one in paging),
        )
        return cls(at_once, sent - at_once, len(paging) - sent)
