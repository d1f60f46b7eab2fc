"""Times in ALARM: from the transitions and the matches of a replay, who did what from where.

In: transitions and the rows of matches. Out: episodes in time order. The claim: an episode's matches are those
that published samples, from the start of the oldest window that raised the alarm until the alarm left ALARM, and
who, what and from where are counted over **all** of them: fifty calls of an intruder do not drown in ten thousand
of a service. A record that several filters match is one match here. An alarm that is back within half an hour is the same episode: it is the same cause, and mostly the
same matches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from detector.alarm import State, Transition
from detector.jobs.ranking import Ranking
from detector.jobs.rankings import Tallies, tally
from detector.metrics.rows import Rows

QUIET = timedelta(minutes=30)
"""An alarm that stays out of ALARM for longer begins a new episode."""
_EPOCH, _FOREVER = datetime.fromtimestamp(0, UTC), datetime.max.replace(tzinfo=UTC)


class TimeInAlarm(Struct, frozen=True):
    """The transition that raised the alarm, and the one that ended it (None: still on)."""

    raised: Transition
    left: Transition | None

    @property
    def start(self) -> datetime:
        """When it was raised."""
        return _moment(self.raised.at)

    @property
    def end(self) -> datetime | None:
        """When it left ALARM."""
        return None if self.left is None else _moment(self.left.at)


class Points(StrEnum):
    """What a sign speaks for."""

    SUSPICIOUS = "suspicious"
    MISCONFIGURATION = "misconfiguration"


class Sign(Struct, frozen=True):
    """A fact about the matches of an episode, and what it speaks for (`detector.jobs.signs`)."""

    points_to: Points
    fact: str
    rule: str
    """The name of the rule that has counted it (docs/html.md#signs)."""


class Episode(Struct, frozen=True):
    """One or more times in ALARM with at most `QUIET` between them, and what its matches have in them.

    ``lasted`` reaches from the first alarm to when it last left ALARM, or to the end of the replay. ``first`` and
    ``last`` are the times of the first and the last match. ``fields`` has a ranking for each of
    `FIELDS`, ``calls`` the events of each principal that is listed there, ``callers`` the principals
    of each address that is. ``number`` counts from 1 in time order.
    """

    number: int
    times: tuple[TimeInAlarm, ...]
    lasted: timedelta
    matches: int
    first: datetime | None
    last: datetime | None
    fields: Mapping[str, Ranking]
    calls: Mapping[str, Ranking]
    callers: Mapping[str, Ranking]
    signs: tuple[Sign, ...] = ()

    @property
    def start(self) -> datetime:
        """When the alarm was first raised."""
        return self.times[0].start

    @property
    def end(self) -> datetime | None:
        """When it last left ALARM; None when it was still on at the end of the replay."""
        return self.times[-1].end


Begins: TypeAlias = Callable[[TimeInAlarm], datetime]


def episodes(
    rows: Rows,
    transitions: Sequence[Transition],
    end: datetime | None,
    tallies: Tallies,
    begins: Begins | None = None,
) -> tuple[tuple[Episode, ...], list[Rows]]:
    """The episodes of an alarm until ``end`` in time order, and the rows of each; ``rows`` are the matches that published a sample.

    ``end`` may only be None where there is no transition. ``begins`` says where the matches of a time in ALARM begin, if it is not its
    oldest window that speaks for ALARM.
    """
    found, inside = [], []
    for number, times in enumerate(_grouped(transitions), 1):
        first, last = rows.places(*map(_seconds, bounds(times, begins)))
        own = tallies.once(Rows.part, rows, first, last)
        said = tallies.once(tally, own)
        lasted = (times[-1].end or end or _FOREVER) - times[0].start
        oldest, newest = (
            datetime.fromtimestamp(own.times[place], UTC) if len(own) else None for place in (0, -1)
        )
        found.append(
            Episode(
                number, tuple(times), lasted, len(own), oldest, newest, said.fields, said.calls, said.callers
            )
        )
        inside.append(own)
    return tuple(found), inside


def _seconds(bound: datetime) -> int:
    """Since 1970, rounded up: the times of matches are whole seconds."""
    return -((_EPOCH - bound) // timedelta(seconds=1))


def bounds(times: Sequence[TimeInAlarm], begins: Begins | None = None) -> tuple[datetime, datetime]:
    """From the start of the oldest window that raised the alarm until it last left ALARM."""
    return min(map(begins or first_window, times)), times[-1].end or _FOREVER


def _grouped(transitions: Sequence[Transition]) -> Iterator[list[TimeInAlarm]]:
    group: list[TimeInAlarm] = []
    for raised, left in zip(transitions, [*transitions[1:], None], strict=False):
        if raised.after is not State.ALARM:
            continue
        time = TimeInAlarm(raised, left)
        before = group[-1].end if group else None
        if before is not None and time.start - before > QUIET:
            yield group
            group = []
        group.append(time)
    if group:
        yield group


def first_window(time: TimeInAlarm) -> datetime:
    """Where the oldest window starts that speaks for ALARM; where none does (missing data breaches), of all."""
    reason = time.raised.reason
    if reason.supporting:
        return _moment(reason.supporting[-1].start)
    return _moment(reason.windows[0].start) if reason.windows else time.start


def _moment(time: datetime | float) -> datetime:
    """A transition's instant; a replay's are always datetimes."""
    return time.astimezone(UTC) if isinstance(time, datetime) else datetime.fromtimestamp(time * 60, UTC)
