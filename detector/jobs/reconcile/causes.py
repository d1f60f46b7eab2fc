"""Why a transition of the replay and one of the account do not agree.

In: entries side by side, and everything that is known about both. Out: the same entries with a cause each. The claim: a
cause that is ``shown`` was tried: the alarm with the account's settings, or with every record so much later, has the
account's transition.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from detector.alarm import Samples, State
from detector.jobs.reading import HOUR
from detector.jobs.reconcile.eras import Era
from detector.jobs.reconcile.result import Agreement, Because, Cause, Entry, Reconciliation
from detector.jobs.reconcile.runs import Key, datapoints_at, key, keys, run, shifted
from detector.quantities import count, minutes, number, time

_TRIED = 5
"""Delays that are tried: those that most pairs have."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is known: ``found`` has no entries yet, ``begin`` is where the log begins, ``real`` the account's own datapoints beside the archive's."""

    found: Reconciliation
    samples: Samples
    start: datetime
    end: datetime
    state: State
    begin: datetime
    real: Samples | None
    delivered: Callable[[], Samples | None]
    """The samples by the time of delivery, which takes another pass; None where it is not known or already asked for."""

    def era(self, at: datetime) -> Era:
        """The era of an instant."""
        return next((era for era in self.found.eras if era.has(at)), self.found.eras[-1])

    def runs(self, samples: Samples) -> set[Key]:
        """The transitions under the account's settings, on these samples."""
        return keys(run(self.found.eras, samples, self.start, self.end, self.state), self.step)

    @property
    def step(self) -> int:
        """Seconds between two evaluations."""
        return self.found.detection.alarm.step

    @property
    def looks_back(self) -> timedelta:
        """How far the windows of one evaluation reach."""
        alarm = self.found.detection.alarm
        return timedelta(seconds=alarm.period * alarm.evaluation_range)


@dataclass(slots=True)
class _Tried:
    """Transitions of the replays that were tried."""

    settings: set[Key] = field(default_factory=set)
    delayed: set[Key] = field(default_factory=set)
    delay: int = 0
    by_delivery: bool = False


def explained(entries: Iterable[Entry], case: Case) -> tuple[list[Entry], int, bool]:
    """The entries with their causes, and with what most agree: a delay in seconds (0: none), or the time of delivery."""
    seen = [_with_values(one, case) for one in entries]
    if all(one.agreement is Agreement.AGREES and one.values is not False for one in seen):
        return seen, 0, False
    tried = _tried(seen, case)
    told: list[Entry] = []
    for one in seen:
        before = next((each for each in reversed(told) if each.cause is not None), None)
        told.append(replace(one, cause=_cause(one, before, case, tried)))
    return told, tried.delay, tried.by_delivery


def _with_values(one: Entry, case: Case) -> Entry:
    """Whether both saw the same datapoints, under the same settings."""
    theirs = None if one.theirs is None else one.theirs.datapoints
    if theirs is None or one.theirs is None or case.era(one.theirs.at).differences:
        return one
    at = one.at if one.ours is not None else one.theirs.at
    ours = datapoints_at(case.found.detection.alarm, case.samples, _floor(at, case.step))
    return replace(one, values=ours == theirs, our_datapoints=ours)


def _floor(at: datetime, step: int) -> datetime:
    seconds = int(at.timestamp())
    return datetime.fromtimestamp(seconds - seconds % step, UTC)


def _tried(entries: Sequence[Entry], case: Case) -> _Tried:
    theirs = {
        key(one.theirs.at, one.theirs.before, one.theirs.after, case.step) for one in entries if one.theirs
    }
    tried = _Tried(settings=case.runs(case.samples))
    best = len(theirs & tried.settings)
    shifts = Counter(int(one.shift.total_seconds()) for one in entries if one.shift)
    for delay, _ in shifts.most_common(_TRIED):
        found = case.runs(shifted(case.samples, delay))
        if len(theirs & found) > best:
            best, tried.delayed, tried.delay = len(theirs & found), found, delay
    delivered = case.delivered() if shifts and best < len(theirs) else None
    if delivered is not None and len(theirs & (found := case.runs(delivered))) > best:
        tried.delayed, tried.delay, tried.by_delivery = found, 0, True
    return tried


def _cause(one: Entry, before: Entry | None, case: Case, tried: _Tried) -> Cause | None:
    if one.agreement is Agreement.AGREES:
        return (_delay(one, case, tried) or _other_datapoints(one)) if one.values is False else None
    found = (
        _by_hand(one)
        or _no_alarm(one, case)
        or _settings(one, case, tried)
        or _undone(one, before, case)
        or _delay(one, case, tried)
        or _no_log(one, case)
        or _edge(one, case)
        or _later(one)
        or _other_datapoints(one)
        or _other_metric(one, case)
        or _edited(one, case)
        or _follows(one, before)
        or _end(one, case)
    )
    if found is not None:
        return found
    era = case.era(one.at)
    if era.differences:
        return Cause(Because.SETTINGS, f"the account had {_told(era)} then")
    more = (
        ""
        if case.real is not None or case.found.reading is None
        else "; --metric with its datapoints may tell"
    )
    return Cause(Because.UNKNOWN, f"nothing in the history or the log tells{more}")


def _by_hand(one: Entry) -> Cause | None:
    if one.theirs is None or not one.theirs.by_hand:
        return None
    said = f', "{one.theirs.reason}"' if one.theirs.reason else ""
    return Cause(Because.BY_HAND, f"somebody set the state (SetAlarmState){said}")


def _no_alarm(one: Entry, case: Case) -> Cause | None:
    era = case.era(one.at)
    if one.ours is None or era.alarm is not None:
        return None
    when = [] if era.start is None else [f"deleted {time(era.start)}"]
    when += [] if era.end is None else [f"created {time(era.end)}"]
    return Cause(Because.NO_ALARM, f"the account had no such alarm then ({', '.join(when)})", shown=True)


def _settings(one: Entry, case: Case, tried: _Tried) -> Cause | None:
    """Whether the account's settings alone make the difference."""
    era = case.era(one.at if one.theirs is None else one.theirs.at)
    if not _is_shown(one, case, tried.settings):
        return None
    if era.differences:
        return Cause(
            Because.SETTINGS, f"the account had {_told(era)} then; with that the replay agrees", shown=True
        )
    changed = [each for each in case.found.eras if each.differences or each.alarm is None]
    if not changed:
        return None
    said = "it follows from the settings that the account had before"
    return Cause(Because.SETTINGS, f"{said}; with those the replay agrees", shown=True)


def _told(era: Era) -> str:
    listed = ", ".join(f"{each.name} {each.theirs} (here {each.ours})" for each in era.differences)
    return f"{listed} until {time(era.end)}" if era.end is not None else listed


def _is_shown(one: Entry, case: Case, found: set[Key]) -> bool:
    """Whether a replay that was tried does what the account did: has its transition, and not ours."""
    if one.theirs is not None:
        return key(one.theirs.at, one.theirs.before, one.theirs.after, case.step) in found
    ours = one.ours
    return ours is not None and key(ours.at, ours.before, ours.after, case.step) not in found


def _undone(one: Entry, before: Entry | None, case: Case) -> Cause | None:
    """The evaluation after somebody has set the state puts the real one back."""
    if before is None or before.cause is None or before.cause.because is not Because.BY_HAND:
        return None
    soon = one.at - before.at <= timedelta(seconds=2 * case.step)
    if not soon or one.before is not before.after:
        return None
    return Cause(Because.FOLLOWS, f"it puts the state back that was set by hand at {time(before.at)}")


def _delay(one: Entry, case: Case, tried: _Tried) -> Cause | None:
    if not (tried.delay or tried.by_delivery) or not _is_shown(one, case, tried.delayed):
        return None
    if tried.by_delivery:
        said = "with the time of delivery in the place of the event's the replay agrees (--clock delivery)"
        return Cause(Because.DELAY, said, shown=True)
    said = f"with every record {minutes(abs(tried.delay))} {'later' if tried.delay > 0 else 'earlier'}"
    hint = f" (--delay {tried.delay}s, or --clock delivery)" if tried.delay > 0 else ""
    return Cause(Because.DELAY, f"{said} the replay agrees{hint}", shown=True)


def _no_log(one: Entry, case: Case) -> Cause | None:
    """Hours without any log among those that its windows look at."""
    if case.found.reading is None or not case.found.reading.hours or one.values is True:
        return None
    first, last = min(case.found.reading.hours), max(case.found.reading.hours)
    since, until = int((one.at - case.looks_back).timestamp()), int(one.at.timestamp()) - 1
    silent = [
        hour
        for hour in range(max(since // HOUR, first), min(until // HOUR, last) + 1)
        if hour not in case.found.reading.hours
    ]
    if not silent:
        return None
    begin = datetime.fromtimestamp(silent[0] * HOUR, UTC)
    said = (
        f"there is no log for {count(len(silent), 'hour')} from {time(begin)} on, which its windows look at"
    )
    return Cause(Because.NO_LOG, said)


def _edge(one: Entry, case: Case) -> Cause | None:
    if one.at - case.looks_back >= case.begin or one.values is True:
        return None
    return Cause(Because.EDGE, f"its windows look at what was before the log begins at {time(case.begin)}")


def _later(one: Entry) -> Cause | None:
    """The same datapoints at another time: as much later as CloudTrail has delivered that event, or a clock."""
    if one.agreement is not Agreement.DIFFERS or not one.shift or one.values is False:
        return None
    by = minutes(abs(one.shift.total_seconds()))
    said = (
        "later: its records were delivered that late" if one.shift > timedelta() else "earlier: another clock"
    )
    same = ", with the same datapoints" if one.values else ""
    return Cause(Because.DELAY, f"the account came {by} {said}{same}")


def _other_datapoints(one: Entry) -> Cause | None:
    if one.values is not False or one.theirs is None:
        return None
    return _counted(one.theirs.datapoints or (), one.our_datapoints or ())


def _counted(theirs: Sequence[float], ours: Sequence[float]) -> Cause:
    """What each side counted in the windows of one evaluation."""
    listed = [", ".join(map(number, side)) or "nothing" for side in (theirs, ours)]
    more = "more" if sum(theirs) > sum(ours) else "less" if sum(theirs) < sum(ours) else "otherwise"
    said = f"the account counted {more}: {listed[0]} where the replay has {listed[1]}"
    return Cause(Because.FILTER, f"{said}; another filter, log group or clock at that time")


def _other_metric(one: Entry, case: Case) -> Cause | None:
    """The account's own datapoints in the windows of a transition that only the replay has."""
    if case.real is None or one.ours is None:
        return None
    alarm = case.found.detection.alarm
    theirs, ours = (datapoints_at(alarm, samples, one.at) for samples in (case.real, case.samples))
    return None if theirs == ours else _counted(theirs, ours)


def _edited(one: Entry, case: Case) -> Cause | None:
    later = next((each for each in case.found.edits if each.at >= one.at), None)
    if later is None:
        return None
    who = f" by {later.by}" if later.by else ""
    return Cause(
        Because.FILTER,
        f"before {later.event}{who} at {time(later.at)} the account may have had another filter",
    )


def _follows(one: Entry, before: Entry | None) -> Cause | None:
    """What ends the state that a difference began."""
    if before is None or before.cause is None or before.agreement is not one.agreement:
        return None
    if before.after is not one.before:
        return None
    return Cause(Because.FOLLOWS, f"it ends what differs since {time(before.at)}")


def _end(one: Entry, case: Case) -> Cause | None:
    last = case.found.history.last
    if last is None or one.theirs is not None or one.at <= last:
        return None
    said = f"the newest item of the history is of {time(last)}: it may have been fetched before this"
    return Cause(Because.END, said)
