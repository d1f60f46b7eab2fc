"""What an alarm tells the world: its changes of state with the actions that they set off.

In: replays, and where their alarms are. Out: a `StateChange` for each transition, in time order, from which every
notification is made (`detector.render.notification_json`). The claim: a state does not depend on actions, and an
action runs only where the detection lists it for that state and has them enabled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from detector.alarm import Alarm, State
from detector.alarm.delivery import Delivery, HeldBy
from detector.archive.log_group import RECORD
from detector.detections import Detection
from detector.detections.model import Actions
from detector.errors import SettingsError
from detector.quantities import instant

if TYPE_CHECKING:
    from detector.archive import Plan
    from detector.jobs.episodes import Episode
    from detector.jobs.replay import Replay

CREATED = "Unchecked: Initial alarm creation"
"""The reason of an alarm's first state (recorded)."""


@dataclass(frozen=True, slots=True)
class Place:
    """The account and the region that an alarm is in."""

    account: str
    region: str

    def arn(self, service: str, name: str) -> str:
        """The ARN of something there: ``alarm:name`` of ``cloudwatch``."""
        partition = {"cn": "aws-cn", "us-gov": "aws-us-gov"}
        found = next(
            (name for start, name in partition.items() if self.region.startswith(f"{start}-")), "aws"
        )
        return f"arn:{found}:{service}:{self.region}:{self.account}:{name}"

    def alarm(self, name: str) -> str:
        """The ARN of an alarm there."""
        return self.arn("cloudwatch", f"alarm:{name}")

    def actions(self, actions: Actions) -> Actions:
        """The same actions as ARNs: what is none is the name of a topic there, or what Terraform calls a function."""

        def arns(names: Iterable[str]) -> tuple[str, ...]:
            return tuple(name if name.startswith("arn:") else self._named(name) for name in names)

        return Actions(
            actions.enabled, arns(actions.alarm), arns(actions.ok), arns(actions.insufficient_data)
        )

    def _named(self, name: str) -> str:
        is_function = name.startswith("${aws_lambda_")
        return self.arn("lambda", f"function:{name}") if is_function else self.arn("sns", name)


@dataclass(frozen=True, slots=True)
class MetricConfiguration:
    """What a metric alarm looks at."""

    alarm: Alarm
    namespace: str
    metric: str


@dataclass(frozen=True, slots=True)
class CompositeConfiguration:
    """What a composite alarm looks at; the periods of its suppressor are in seconds."""

    rule: str
    suppressor: str = ""
    wait: int | None = None
    extension: int | None = None


@dataclass(frozen=True, slots=True)
class NotifyingAlarm:
    """An alarm as its notifications describe it, with the ARNs of its actions.

    ``created`` is when its configuration was last changed.
    """

    name: str
    place: Place
    actions: Actions
    created: datetime
    configuration: MetricConfiguration | CompositeConfiguration
    description: str = ""
    detection: str = ""
    """What the user typed to get it."""

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.place.alarm(self.name)


@dataclass(frozen=True, slots=True)
class AlarmState:
    """What state an alarm is in, since when and why.

    ``data`` is CloudWatch's stateReasonData; None where it has none. ``suppressed_by`` says what holds the actions of a
    composite alarm back: ``WaitPeriod``, ``Alarm`` or ``ExtensionPeriod``.
    """

    value: State
    reason: str
    since: datetime
    data: Mapping[str, Any] | None = None
    suppressed_by: str = ""
    suppressed_reason: str = ""


@dataclass(frozen=True, slots=True)
class StateChange:
    """A change of an alarm's state, and what it sets off.

    ``ran`` are the actions that run at ``at``, ``suppressed`` those that are held back, by the mute rule ``muted_by`` from
    ``muted_from`` until ``muted_until``. With ``after_mute`` nothing changes but that a mute window ends and its actions run. States of one
    value are phases of a composite alarm's suppression. ``episode`` is the one of the replay that the alarm is in.
    """

    alarm: NotifyingAlarm
    before: AlarmState
    after: AlarmState
    at: datetime
    ran: tuple[str, ...] = ()
    suppressed: tuple[str, ...] = ()
    muted_by: str = ""
    muted_from: datetime | None = None
    muted_until: datetime | None = None
    after_mute: bool = False
    episode: Episode | None = None


def place_of(detection: Detection, plan: Plan, account: str = "", region: str = "") -> Place:
    """Where the alarm of a detection is: where one says, else with the log group of its filter, else with its actions.

    `SettingsError` where nothing tells.
    """
    group = plan.log_group.over(detection.filters[0].log_group)
    actions = detection.actions
    arns = [action.split(":") for action in (*actions.alarm, *actions.ok, *actions.insufficient_data)]
    found = {}
    for name, said, known, at in (
        ("account", account, group.account, 4),
        ("region", region, group.region, 3),
    ):
        listed = [parts[at] for parts in arns if parts[0] == "arn" and len(parts) > at and parts[at]]
        found[name] = said or (known if known != RECORD else "") or next(iter(listed), "")
        if not found[name]:
            raise SettingsError(
                f"expected the {name} of the alarm: --alarm-{name}, or log_group_{name} in [filter]",
                f"log_group_{name}",
            )
    return Place(**found)


def state_changes(replay: Replay, place: Place) -> list[StateChange]:
    """The transitions of a replay as changes that notify; the alarm is created when the replay begins."""
    if replay.start is None:
        return []
    detection, first = replay.detection, replay.detection.filters[0]
    alarm = NotifyingAlarm(
        name=detection.alarm.name,
        place=place,
        actions=place.actions(detection.actions),
        created=replay.start,
        configuration=MetricConfiguration(detection.alarm, first.namespace, first.metric),
        description=detection.alarm.alarm_description,
        detection=detection.name,
    )
    episode_of = {
        instant(moment): episode
        for episode in replay.episodes
        for time in episode.times
        for moment in (time.start, time.end)
        if moment is not None
    }
    before = AlarmState(State.INSUFFICIENT_DATA, CREATED, replay.start)
    changes = []
    for transition, delivery in zip(replay.transitions, replay.deliveries, strict=True):
        at, reason = instant(transition.at), transition.reason
        after = AlarmState(transition.after, str(reason), at, reason.data)
        change = StateChange(alarm, before, after, at, episode=episode_of.get(at))
        changes += delivered(change, delivery)
        before = after
    return changes


def delivered(change: StateChange, delivery: Delivery, *, released: bool = True) -> list[StateChange]:
    """A change with the actions that run or are held; behind it, that they run when a mute window ends.

    Actions of a composite that its suppressor has not ``released`` are held.
    """
    actions = change.alarm.actions.of(change.after.value)
    mutes = [hold for hold in delivery.holds if released and hold.by is HeldBy.MUTE_RULE]
    if released and delivery.runs is not None and not mutes:
        return [replace(change, ran=actions)]
    held = replace(change, suppressed=actions)
    if not mutes:
        return [held]
    held = replace(held, muted_by=mutes[0].name, muted_from=mutes[0].start, muted_until=mutes[-1].end)
    if delivery.runs is None:
        return [held]
    return [held, replace(change, before=change.after, at=delivery.runs, ran=actions, after_mute=True)]


def in_time_order(changes: Iterable[StateChange]) -> list[StateChange]:
    """By time; those of one instant in the order in which they come."""
    return sorted(changes, key=lambda change: change.at)
