"""What a detection does on an archive, in figures that two patterns can be compared by.

In: matches and samples as a pass over the archive gives them, and incidents. Out: an `Effect`. The claim: it has the pages
and the time in ALARM of a `Replay`, to the second.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from detector.alarm import first_evaluation, windows
from detector.detections import Detection
from detector.jobs.backtest.attribution import Activity
from detector.jobs.backtest.incidents import Incident
from detector.jobs.backtest.sweep import in_alarm
from detector.jobs.backtest.times import InAlarm
from detector.jobs.reading import Matched, Reading

if TYPE_CHECKING:
    import polars as pl


class Seen(NamedTuple):
    """How an incident is seen: its own matches (all in its time where it does not say whose it is), and whether a page came for
    it, which has some of them in its windows.
    """

    incident: Incident
    matches: int
    paged: bool

    def hidden_by(self, other: Seen) -> bool:
        """Whether something of it is lost there: its page, or the last of its matches."""
        return (self.paged and not other.paged) or (self.matches > 0 and other.matches == 0)


@dataclass(frozen=True, slots=True)
class Effect:
    """``matches`` that published a sample, ``pages``, ``seconds`` in ALARM, and how each incident is seen."""

    matches: int
    pages: int
    seconds: int
    incidents: tuple[Seen, ...] = ()
    activity: Activity = field(default_factory=Activity, repr=False, compare=False)

    def hidden_from(self, present: Effect) -> tuple[Seen, ...]:
        """The incidents as ``present`` sees them of which something is lost here."""
        pairs = zip(present.incidents, self.incidents, strict=True)
        return tuple(before for before, after in pairs if before.hidden_by(after))


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a pattern may not hide: incidents, the ``grace`` time in seconds, and the matches of each incident's pattern."""

    incidents: Sequence[Incident]
    grace: int
    hits: Mapping[str, pl.DataFrame]


def effect(detection: Detection, matched: Matched, reading: Reading, labelled: Labelled) -> Effect:
    """The effect of one detection."""
    times, dedupe = times_of(detection, matched.samples, reading), reading.plan.dedupe
    activity = Activity.of(
        labelled.incidents, matched.matches, labelled.grace, dedupe=dedupe, hits=labelled.hits
    )
    matches = {one: _matches_of(one, activity, labelled.grace) for one in labelled.incidents}
    return _of(len(activity.minutes), times, matches, activity, labelled.grace)


def summed(present: Effect, alone: Sequence[Effect], times: InAlarm, grace: int) -> Effect:
    """The effect of several exclusions of different records, of which each has an effect alone and all have these times."""

    def left(now: int, without: Sequence[int]) -> int:
        return now - sum(now - one for one in without)

    own = {
        incident: sorted(_left(minutes, [one.activity.own[incident] for one in alone]))
        for incident, minutes in present.activity.own.items()
    }
    matches = {
        before.incident: left(before.matches, [one.incidents[place].matches for one in alone])
        for place, before in enumerate(present.incidents)
    }
    remaining = left(present.matches, [one.matches for one in alone])
    return _of(remaining, times, matches, Activity(own=own), grace)


def times_of(detection: Detection, samples: pl.DataFrame, reading: Reading) -> InAlarm:
    """The times in ALARM of a detection whose metric has these samples."""
    alarm, span = detection.alarm, reading.evaluated(detection.alarm, samples)
    if span is None:
        return InAlarm()
    start, end = span
    first = first_evaluation(alarm, samples, start)
    seen = windows(samples, alarm, start=first, end=end, reach=alarm.evaluation_range)
    return in_alarm(alarm, seen, int(end.timestamp()))


def _of(
    matches: int, times: InAlarm, of_incidents: Mapping[Incident, int], activity: Activity, grace: int
) -> Effect:
    lasted = sum(end - start for start, end in zip(times.starts, times.ends, strict=True))
    seen = (Seen(one, many, _is_paged(one, times, activity, grace)) for one, many in of_incidents.items())
    return Effect(matches, len(times.starts), lasted, tuple(seen), activity)


def _matches_of(incident: Incident, activity: Activity, grace: int) -> int:
    if incident.is_scoped:
        return len(activity.own[incident])
    start, end = incident.span(grace)
    return bisect_left(activity.minutes, end) - bisect_left(activity.minutes, start)


def _left(now: Sequence[int], without: Iterable[Sequence[int]]) -> Iterable[int]:
    """The minutes of matches that none of several exclusions takes away, each of which leaves some."""
    counted = Counter(now)
    gone = sum((counted - Counter(one) for one in without), Counter[int]())
    return (counted - gone).elements()


def _is_paged(incident: Incident, times: InAlarm, activity: Activity, grace: int) -> bool:
    start, end = incident.span(grace)
    pages = range(bisect_left(times.starts, start), bisect_left(times.starts, end))
    if not incident.is_scoped:
        return bool(pages)
    return any(activity.is_in(incident, times.breached(page)) for page in pages)
