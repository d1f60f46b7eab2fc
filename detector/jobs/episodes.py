"""Times in ALARM: from the transitions and the matches of a replay, who did what from where.

In: transitions and the frame of matches. Out: episodes in time order. The claim: an episode's matches are those
that published samples, from the start of the oldest window that raised the alarm until the alarm left ALARM, and
who, what and from where are counted over **all** of them: fifty calls of an intruder do not drown in ten thousand
of a service. A record that several filters match is one match here. An alarm that is back within half an hour is the same episode: it is the same cause, and mostly the
same matches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import count, islice
from typing import NamedTuple, TypeAlias

import polars as pl

from detector.alarm import State, Transition
from detector.jobs.ranking import Ranking
from detector.jobs.rankings import FIELDS, SAID, Tallies, joined

QUIET = timedelta(minutes=30)
"""An alarm that stays out of ALARM for longer begins a new episode."""
_EPOCH, _FOREVER = datetime.fromtimestamp(0, UTC), datetime.max.replace(tzinfo=UTC)
_RECORD = ("time", "source", "position", "value", "oversize", "repeat")
_APART = 1 << 40
"""More seconds than there are between any two times."""


@dataclass(frozen=True, slots=True)
class TimeInAlarm:
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


@dataclass(frozen=True, slots=True)
class Sign:
    """A fact about the matches of an episode, and what it speaks for (`detector.jobs.signs`)."""

    points_to: Points
    fact: str
    rule: str
    """The name of the rule that has counted it (docs/html.md#signs)."""


@dataclass(frozen=True, slots=True)
class Episode:
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


class Past(NamedTuple):
    """What an alarm did until ``end``, and the matches of its filters, as `detector.metrics.samples` has them.

    ``end`` may only be None where there is no transition.
    """

    matches: pl.DataFrame
    transitions: Sequence[Transition]
    end: datetime | None
    begins: Begins | None = None
    """Where the matches of a time in ALARM begin, if it is not its oldest window that speaks for ALARM."""


def episodes(
    matches: pl.DataFrame,
    transitions: Sequence[Transition],
    end: datetime,
    *,
    dedupe: bool,
) -> tuple[Episode, ...]:
    """The episodes of a replay until ``end`` in time order; ``matches`` as `detector.metrics.samples` has them."""
    pasts = [Past(matches, transitions, end)]
    [found] = episodes_of(pasts, within(pasts, counted(pasts, dedupe=dedupe)))
    return found


class Counted(NamedTuple):
    """The matches that alarms have counted: rows with a number as ``past``, and the number of each alarm's."""

    numbers: Sequence[int]
    rows: pl.DataFrame


class Within(NamedTuple):
    """The times in ALARM of each episode of each alarm; and rows with a number as ``episode``, and that of each episode."""

    times: Sequence[Sequence[Sequence[TimeInAlarm]]]
    numbers: Sequence[Sequence[int]]
    rows: pl.DataFrame


def within(pasts: Sequence[Past], counted: Counted) -> Within:
    """Which of the rows that are `counted` of some alarms each of their episodes has; the same rows are there once."""
    times = [list(_grouped(past.transitions)) for past in pasts]
    rows = counted.rows.select("past", "time", *SAID)
    slices = _slices(pasts, times, counted.numbers, rows)
    places = {one: place for place, one in enumerate(dict.fromkeys(slices))}
    each = (places[one] for one in slices)
    return Within(times, [list(islice(each, len(own))) for own in times], _rows_of(rows, list(places)))


def episodes_of(pasts: Sequence[Past], within: Within) -> list[tuple[Episode, ...]]:
    """The episodes of several alarms."""
    # All episodes go through one group_by a field: each costs polars a millisecond, however few rows there are.
    groups, numbers, inside = within
    seen = inside.group_by("episode").agg(pl.len(), first=pl.col("time").min(), last=pl.col("time").max())
    spans = {place: span for place, *span in seen.rows()}
    tallies = Tallies(inside, "episode")
    fields = {name: tallies.ranked(columns) for name, columns in FIELDS.items()}
    calls = tallies.ranked(FIELDS["events"], *FIELDS["principals"])
    callers = tallies.ranked(FIELDS["principals"], *FIELDS["addresses"])
    found = []
    for past, own, places in zip(pasts, groups, numbers, strict=True):
        told = []
        for number, times, place in zip(count(1), own, places, strict=False):
            size, first, last = spans.get(place, (0, None, None))
            ranked = {name: fields[name].get((place,), Ranking()) for name in FIELDS}
            called = {who: calls.get((place, who), Ranking()) for who, _ in ranked["principals"].top}
            lasted = (times[-1].end or past.end or _FOREVER) - times[0].start
            by = {address: callers.get((place, address), Ranking()) for address, _ in ranked["addresses"].top}
            told.append(Episode(number, tuple(times), lasted, size, first, last, ranked, called, by))
        found.append(tuple(told))
    return found


def counted(pasts: Sequence[Past], *, dedupe: bool) -> Counted:
    """The matches that some alarms have counted."""
    numbers, rows = joined([past.matches for past in pasts], (*_RECORD, *SAID))
    return Counted(numbers, published(rows, dedupe=dedupe, of="past"))


def placed(times: Sequence[Sequence[TimeInAlarm]], matches: pl.DataFrame, *, dedupe: bool) -> pl.DataFrame:
    """The matches that episodes with these times count, with the place of the episode as ``episode``."""
    rows = published(matches, dedupe=dedupe).with_columns(past=pl.lit(0, pl.Int64))
    return _rows_of(rows, _slices([Past(matches, (), _FOREVER)], [times], [0], rows)).drop("past")


def _slices(
    pasts: Sequence[Past],
    groups: Sequence[Sequence[Sequence[TimeInAlarm]]],
    numbers: Sequence[int],
    rows: pl.DataFrame,
) -> list[tuple[int, int]]:
    """The first row of each episode of each alarm, and the one behind its last."""
    bounds = [
        [number * _APART + _seconds(bound) for bound in _bounds(times, past.begins)]
        for number, past, own in zip(numbers, pasts, groups, strict=True)
        for times in own
    ]
    when = rows.select(pl.col("past") * _APART + pl.col("time").dt.epoch("s")).to_series()
    starts, ends = (
        when.search_sorted(pl.Series([each[side] for each in bounds], dtype=pl.Int64)) for side in (0, 1)
    )
    return list(zip(starts, ends, strict=True))


def _rows_of(rows: pl.DataFrame, slices: Sequence[tuple[int, int]]) -> pl.DataFrame:
    """The rows of all slices, with the place of the slice as ``episode``."""
    starts, ends = (pl.Series([one[side] for one in slices], dtype=pl.UInt32) for side in (0, 1))
    places = pl.DataFrame(
        {"episode": range(len(slices)), "row": pl.int_ranges(starts, ends, dtype=pl.UInt32, eager=True)},
        schema_overrides={"episode": pl.Int64},
    ).explode("row", empty_as_null=False)
    return rows[places["row"]].with_columns(places["episode"])


def _seconds(bound: datetime) -> int:
    """Since 1970, rounded up: the times of matches are whole seconds."""
    return -((_EPOCH - bound) // timedelta(seconds=1))


def published(matches: pl.DataFrame, *, dedupe: bool, of: str = "source") -> pl.DataFrame:
    """The matches that published a sample, one row a record: those of several filters stand together.

    ``of`` is a column that is the same for all rows of a record.
    """
    counted = pl.col("value").is_not_null() & ~pl.col("oversize") & ~(pl.col("repeat") & pl.lit(dedupe))
    record = pl.col(of, "source", "position")
    again = pl.all_horizontal(record == record.shift()).fill_null(value=False)
    return matches.filter(counted).filter(~again)


def matches_of(episode: Episode, matches: pl.DataFrame, *, dedupe: bool) -> pl.DataFrame:
    """The rows of a replay's matches that an episode of it counts."""
    since, until = _bounds(episode.times)
    return published(matches, dedupe=dedupe).filter(pl.col("time").is_between(since, until, closed="left"))


def _bounds(times: Sequence[TimeInAlarm], begins: Begins | None = None) -> tuple[datetime, datetime]:
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
