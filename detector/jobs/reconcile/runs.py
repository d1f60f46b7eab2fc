"""An alarm whose settings change, over samples: what the account's alarm would have done with these datapoints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from msgspec import structs

from detector.alarm import Alarm, Samples, State, Transition, transitions, windows
from detector.jobs.reconcile.eras import Era
from detector.quantities import instant

Key: TypeAlias = tuple[int, State, State]
"""The second of an evaluation, and the states before and after."""


def key(at: datetime | float, before: State, after: State, step: int) -> Key:
    """What makes two transitions the same one."""
    second = int(instant(at).timestamp())
    return second - second % step, before, after


def run(
    eras: Sequence[Era], samples: Samples, start: datetime, end: datetime, state: State
) -> list[Transition]:
    """The transitions from ``start``, where the alarm is in ``state``, to ``end``; each era has its own settings."""
    found: list[Transition] = []
    for era in eras:
        if era.alarm is None:
            state = State.INSUFFICIENT_DATA if _overlaps(era, start, end) else state
            continue
        first, last = _ceiled(era.start, start, era.alarm.step), end if era.end is None else min(end, era.end)
        if first > last:
            continue
        seen = windows(samples, era.alarm, start=first, end=last, reach=era.alarm.evaluation_range)
        found += [one for one in transitions(era.alarm, seen, state=state) if era.has(instant(one.at))]
        state = found[-1].after if found else state
    return found


def _overlaps(era: Era, start: datetime, end: datetime) -> bool:
    return (era.start is None or era.start <= end) and (era.end is None or era.end > start)


def _ceiled(at: datetime | None, start: datetime, step: int) -> datetime:
    """The first evaluation of ``start`` and its steps that is not before ``at``."""
    if at is None or at <= start:
        return start
    steps = -((start - at) // timedelta(seconds=step))
    return start + timedelta(seconds=step) * steps


def keys(changes: Iterable[Transition], step: int) -> set[Key]:
    """The keys of transitions."""
    return {key(one.at, one.before, one.after, step) for one in changes}


def shifted(samples: Samples, seconds: int) -> Samples:
    """The same samples, so much later."""
    return structs.replace(samples, seconds=[second + seconds for second in samples.seconds])


def datapoints_at(alarm: Alarm, samples: Samples, at: datetime) -> tuple[float, ...]:
    """The datapoints that an evaluation uses, oldest first: the newest that there are, at most EvaluationPeriods."""
    moment = at.astimezone(UTC)
    seen = windows(samples, alarm, start=moment, end=moment, reach=alarm.evaluation_range)
    values = [window.value for window in seen.seen(alarm, 0) if window.value is not None]
    return tuple(values[-alarm.evaluation_periods :])
