"""What composite alarms tell the world: their changes of state, the phases of their suppression, their actions.

In: the replay of a composite, and where its alarms are. Out: `StateChange`s, as `detector.jobs.notifications` makes them
of a detection. The claim: each phase of the suppression is one of its own, with the same state before and after (recorded).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from detector.alarm import State
from detector.alarm.delivery import HeldBy
from detector.alarm.reason import json_time
from detector.composite.syntax import AlarmName
from detector.detections.alarmed import Composite, name_of
from detector.errors import SettingsError
from detector.jobs.notifications import (
    CREATED,
    AlarmState,
    CompositeConfiguration,
    NotifyingAlarm,
    Place,
    StateChange,
    delivered,
    place_of,
)

if TYPE_CHECKING:
    from detector.archive import Plan
    from detector.composite import CompositeTransition
    from detector.jobs.composites import CompositeReplay


def place_of_composite(composite: Composite, plan: Plan, account: str = "", region: str = "") -> Place:
    """Where a composite is: where one says, else where an ARN of its rule or actions says, else with its first detection."""
    settings, actions = composite.settings, composite.actions
    named = [AlarmName.of(one) for one in (settings.actions_suppressor, *settings.written)]
    account = account or next((one.account for one in named if one.account), "")
    region = region or next((one.region for one in named if one.region), "")
    first = next(composite.detections(), None)
    if first is not None:
        return place_of(replace(first, actions=actions), plan, account, region)
    if account and region:
        return Place(account, region)
    raise SettingsError(
        "expected the account and the region of the alarm: --alarm-account, --alarm-region", "account"
    )


def composite_changes(replay: CompositeReplay, place: Place) -> list[StateChange]:
    """The transitions of a composite and the phases of its suppression as changes that notify."""
    composite, start = replay.composite, replay.start
    if start is None:
        return []
    settings = composite.settings
    alarm = NotifyingAlarm(
        name=settings.name,
        place=place,
        actions=place.actions(composite.actions),
        created=start,
        configuration=CompositeConfiguration(
            settings.alarm_rule,
            settings.actions_suppressor,
            settings.wait_period if settings.suppressor else None,
            settings.extension_period if settings.suppressor else None,
        ),
        description=settings.alarm_description,
        detection=composite.name,
    )
    names = {reference: name_of(alarmed) for reference, alarmed in composite.alarms.items()}
    times = [time for episode in replay.episodes for time in episode.times]
    episode_of = {time.start: episode for episode in replay.episodes for time in episode.times}
    episode_of |= {time.end: episode_of[time.start] for time in times if time.end}
    before = AlarmState(State.INSUFFICIENT_DATA, CREATED, start)
    changes: list[StateChange] = []
    for number, (transition, delivery) in enumerate(zip(replay.transitions, replay.deliveries, strict=True)):
        after = _state(transition, place, names)
        phases = [(stage.at, stage.by) for stage in replay.phases if stage.change == number]
        for at, by in phases or [(transition.at, None)]:
            reason = _held(replay, by, at, place.alarm(names.get(settings.suppressor, settings.suppressor)))
            # Of each phase the state has the time of the phase (recorded).
            now = replace(after, since=at, suppressed_by=by or "", suppressed_reason=reason)
            change = StateChange(alarm, before, now, at, episode=episode_of.get(transition.at))
            changes += delivered(change, delivery, released=by is None)
            before = now
    return changes


def _held(replay: CompositeReplay, by: HeldBy | None, at: datetime, suppressor: str) -> str:
    """Why actions are held: by a period, or by the suppressor alarm since its own transition (recorded)."""
    if by is not HeldBy.SUPPRESSOR:
        return f"Actions suppressed by {by}" if by else ""
    changes = replay.children[replay.composite.settings.suppressor].transitions
    raised = [one.at for one in changes if one.after is State.ALARM and isinstance(one.at, datetime)]
    last = next((one for one in reversed(raised) if one <= at), None)
    since = f" at {last.astimezone(UTC):%A %d %B, %Y %H:%M:%S} UTC" if last else ""
    return f"Actions suppressed by {suppressor} that transitioned to ALARM{since}"


def _state(transition: CompositeTransition, place: Place, names: dict[str, str]) -> AlarmState:
    def arn(reference: str) -> str:
        return place.alarm(names.get(reference, reference))

    reason = transition.reason
    told = [
        {"arn": arn(child.alarm), "state": {"value": str(child.state), "timestamp": json_time(child.since)}}
        for child in reason.triggering
    ]
    return AlarmState(transition.after, reason.sentence(arn), transition.at, {"triggeringAlarms": told})
