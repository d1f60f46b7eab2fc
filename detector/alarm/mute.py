"""Alarm mute rules: in comes a rule, out go the stretches in which it holds the actions of an alarm.

The claim: a rule that exists is one that PutAlarmMuteRule would accept. Sources: its reference, and the page on how mute
rules work.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from detector.alarm import validation
from detector.alarm.delivery import Delivery, Muted, muted
from detector.alarm.schedule import Schedule
from detector.errors import SettingsError

MOST_ALARMS = 100
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteRule:
    """A schedule for some alarms, or with no ``alarm_names`` for all of them.

    ``start_date`` and ``expire_date`` bound a recurring schedule: whole minutes with a time zone.
    """

    name: str
    schedule: Schedule
    alarm_names: tuple[str, ...] = ()
    description: str = ""
    start_date: datetime | None = None
    expire_date: datetime | None = None

    def __post_init__(self) -> None:
        validation.check_name(self.name, self.description)
        if len(self.alarm_names) > MOST_ALARMS:
            reason = f"expected at most {MOST_ALARMS} alarms, found {len(self.alarm_names):,}"
            raise SettingsError(reason, "alarm_names")
        for setting in ("start_date", "expire_date"):
            moment = getattr(self, setting)
            if moment is None:
                continue
            if self.schedule.once is not None:
                raise SettingsError("expected no bounds with an at expression, which is for once", setting)
            if moment.tzinfo is None or moment.second or moment.microsecond:
                raise SettingsError(
                    "expected a whole minute with its time zone: 2026-01-01T00:00:00Z", setting
                )
        if self.start_date and self.expire_date and self.start_date >= self.expire_date:
            raise SettingsError("expected a date after start_date", "expire_date")

    def targets(self, alarm: str) -> bool:
        """Whether it mutes the alarm of this name."""
        return not self.alarm_names or alarm in self.alarm_names

    def stretches(self, start: datetime, end: datetime) -> list[Muted]:
        """Where it is active between ``start`` and ``end``, in time order; those in progress at either are whole."""
        since, until = self.start_date or _EARLIEST, self.expire_date or _LATEST
        found = []
        for begin in self.schedule.starts(start - self.schedule.length, end):
            low, high = max(begin, since), min(begin + self.schedule.length, until)
            if low < high and high > start:
                found.append(Muted(self.name, low, high))
        return found


def held(
    delivered: Sequence[Delivery],
    rules: Iterable[MuteRule],
    alarm: str,
    start: datetime | None,
    end: datetime | None,
) -> tuple[Delivery, ...]:
    """The deliveries of an alarm as the rules hold them between the ends of a replay, None without any log."""
    if start is None or end is None:
        return tuple(delivered)
    return muted(delivered, stretches(rules, alarm, start, end), end)


def stretches(rules: Iterable[MuteRule], alarm: str, start: datetime, end: datetime) -> list[Muted]:
    """Where any of the rules mutes an alarm, in time order."""
    found = [each for rule in rules if rule.targets(alarm) for each in rule.stretches(start, end)]
    return sorted(found, key=lambda each: (each.start, each.end, each.rule))
