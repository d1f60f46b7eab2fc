"""The states of composite alarms over time: in come the changes of other alarms, out go those of the composites.

``history_plain`` is the meaning, obviously right: minute by minute it asks what state every child has and whether the
rule is true. The claim: ``histories`` is equal to it wherever composites do not depend on each other in a circle, and
looks only where a child changes. What changes at one instant is seen together: a rule is never asked about half of it.
Sources: a composite is in INSUFFICIENT_DATA only until it is created, and changes at its child's own instant (recorded).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Protocol

from detector.alarm import State
from detector.composite.evaluate import state_of, triggering
from detector.composite.settings import CompositeSettings
from detector.quantities import instant

_MINUTE = timedelta(minutes=1)


class Changed(Protocol):
    """A change of state of an alarm of any kind."""

    @property
    def at(self) -> datetime | float: ...  # noqa: D102 - the fields of a transition
    @property
    def after(self) -> State: ...  # noqa: D102 - the fields of a transition


@dataclass(frozen=True, slots=True)
class ChildState:
    """An alarm, its state, and since when it has it."""

    alarm: str
    state: State
    since: datetime


@dataclass(frozen=True, slots=True)
class CompositeReason:
    """Why a composite changed: ``changed`` are the children that did at that instant, none at its creation.

    ``triggering`` are the children that a state reason names: those in ALARM for ALARM, the others for OK (recorded).
    """

    name: str
    state: State
    changed: tuple[ChildState, ...]
    triggering: tuple[ChildState, ...]

    def __str__(self) -> str:
        return self.sentence(str)

    def sentence(self, written: Callable[[str], str]) -> str:
        """CloudWatch's sentence, with each alarm as it is to be ``written``: a name or an ARN."""
        if not self.changed:
            return f"{written(self.name)} was created and its alarm rule evaluates to {self.state}"
        return " and ".join(
            f"{written(child.alarm)} transitioned to {child.state} at {child.since:%A %d %B, %Y %H:%M:%S} UTC"
            for child in self.changed
        )


@dataclass(frozen=True, slots=True)
class CompositeTransition:
    """One change of state of a composite alarm, at the instant of its children's."""

    at: datetime
    before: State
    after: State
    reason: CompositeReason


def histories(
    composites: Sequence[CompositeSettings], alarms: Mapping[str, Sequence[Changed]], start: datetime
) -> dict[str, tuple[CompositeTransition, ...]]:
    """The transitions of each composite from its creation at ``start``; ``alarms`` has those of all other alarms, by name.

    Composites may be children of each other. One that depends on itself takes part like the service's: it changes when
    a child does, and stays where its own state holds it (recorded).
    """
    states = dict.fromkeys([*alarms, *(one.name for one in composites)], State.INSUFFICIENT_DATA)
    since = dict.fromkeys(states, start)
    found: dict[str, list[CompositeTransition]] = {one.name: [] for one in composites}
    for at, changes in _instants(alarms, start):
        before = dict(states)
        for name, after in changes:
            states[name] = after
        _settle(composites, states)
        moved = [name for name in states if states[name] is not before[name]]
        since |= dict.fromkeys(moved, at)
        for one in composites:
            if states[one.name] is not before[one.name]:
                reason = _reason(one, states, since, () if at == start else moved)
                found[one.name].append(CompositeTransition(at, before[one.name], states[one.name], reason))
    return {name: tuple(transitions) for name, transitions in found.items()}


def _instants(
    alarms: Mapping[str, Sequence[Changed]], start: datetime
) -> Iterator[tuple[datetime, list[tuple[str, State]]]]:
    """Every instant at which something changes, the creation first; what changed before it, is seen then."""
    changes = [(start, "", State.INSUFFICIENT_DATA)]
    for name, transitions in alarms.items():
        changes += [(max(start, instant(each.at)), name, each.after) for each in transitions]
    changes.sort(key=lambda change: change[0])
    for at, together in groupby(changes, key=lambda change: change[0]):
        yield at, [(name, after) for _, name, after in together if name]


def _settle(composites: Sequence[CompositeSettings], states: dict[str, State]) -> None:
    """Bring the composites up to date; in a circle, evaluation stops after as many rounds as there are composites."""
    for _ in range(len(composites) + 1):
        settled = True
        for one in composites:
            after = state_of(one.rule, states)
            settled = settled and after is states[one.name]
            states[one.name] = after
        if settled:
            return


def _reason(
    one: CompositeSettings, states: Mapping[str, State], since: Mapping[str, datetime], moved: Sequence[str]
) -> CompositeReason:
    def told(names: Sequence[str]) -> tuple[ChildState, ...]:
        return tuple(ChildState(name, states[name], since[name]) for name in names)

    changed = [name for name in one.children if name in moved]
    after = states[one.name]
    return CompositeReason(one.name, after, told(changed), told(triggering(one.rule, after, states)))


def history_plain(
    composites: Mapping[str, CompositeSettings],
    alarms: Mapping[str, Sequence[Changed]],
    name: str,
    start: datetime,
    end: datetime,
) -> list[tuple[datetime, State]]:
    """The changes of one composite until ``end``, of children that change on whole minutes, without a circle."""

    def state(alarm: str, at: datetime) -> State:
        if alarm in composites:
            rule = composites[alarm].rule
            return state_of(rule, {child: state(child, at) for child in composites[alarm].children})
        past = [each.after for each in alarms[alarm] if instant(each.at) <= at]
        return past[-1] if past else State.INSUFFICIENT_DATA

    at, before, changes = start, State.INSUFFICIENT_DATA, []
    while at <= end:
        after = state(name, at)
        if after is not before:
            changes.append((at, after))
        at, before = at + _MINUTE, after
    return changes
