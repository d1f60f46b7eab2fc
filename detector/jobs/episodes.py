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
from typing import TypeAlias

import polars as pl

from detector.alarm import State, Transition

QUIET = timedelta(minutes=30)
"""An alarm that stays out of ALARM for longer begins a new episode."""
TOP = 50
"""Values of a field that are listed; the others are counted."""

_FOREVER = datetime.max.replace(tzinfo=UTC)

FIELDS: Mapping[str, tuple[str, ...]] = {
    "principals": ("principal",),
    "events": ("event_name", "event_source"),
    "errors": ("error_code",),
    "addresses": ("address",),
    "user_agents": ("user_agent",),
    "regions": ("region",),
    "accounts": ("account",),
    "identity_types": ("identity_type",),
    "resources": ("resources",),
}
"""What is counted, and the columns of the matches that say it."""


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


@dataclass(frozen=True, slots=True)
class Ranking:
    """The most frequent values of a field with their counts, ties by value; ``more`` other values are left out.

    ``others`` matches have values that were not kept apart, because there are too many in the whole archive
    (`detector.metrics.evidence`).
    """

    top: tuple[tuple[str, int], ...] = ()
    more: int = 0
    others: int = 0

    @property
    def first(self) -> str:
        """The most frequent value; empty without any."""
        return self.top[0][0] if self.top else ""

    @property
    def size(self) -> int:
        """How many different values there are."""
        return len(self.top) + self.more


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


def episodes(
    matches: pl.DataFrame,
    transitions: Sequence[Transition],
    end: datetime,
    *,
    dedupe: bool,
    begins: Begins | None = None,
) -> tuple[Episode, ...]:
    """The episodes of a replay until ``end`` in time order; ``matches`` as `detector.metrics.samples` has them.

    ``begins`` says where the matches of a time in ALARM begin, if it is not its oldest window that speaks for ALARM.
    """
    groups = list(_grouped(transitions))
    if not groups:
        return ()
    rows = placed(groups, matches, dedupe=dedupe, begins=begins)
    seen = rows.group_by("episode").agg(pl.len(), first=pl.col("time").min(), last=pl.col("time").max())
    spans = {place: span for place, *span in seen.rows()}
    fields = {name: _rankings(rows, ["episode"], columns) for name, columns in FIELDS.items()}
    calls = _rankings(rows, ["episode", *FIELDS["principals"]], FIELDS["events"])
    callers = _rankings(rows, ["episode", *FIELDS["addresses"]], FIELDS["principals"])
    found = []
    for place, times in enumerate(groups):
        count, first, last = spans.get(place, (0, None, None))
        ranked = {name: fields[name].get((place,), Ranking()) for name in FIELDS}
        called = {who: calls.get((place, who), Ranking()) for who, _ in ranked["principals"].top}
        lasted = (times[-1].end or end) - times[0].start
        by = {address: callers.get((place, address), Ranking()) for address, _ in ranked["addresses"].top}
        found.append(Episode(place + 1, tuple(times), lasted, count, first, last, ranked, called, by))
    return tuple(found)


def placed(
    times: Sequence[Sequence[TimeInAlarm]],
    matches: pl.DataFrame,
    *,
    dedupe: bool,
    begins: Begins | None = None,
) -> pl.DataFrame:
    """The matches that episodes with these times count, with the place of the episode as ``episode``."""
    rows = published(matches, dedupe=dedupe)
    when = rows["time"]
    starts, ends = (
        when.search_sorted(pl.Series(bounds, dtype=when.dtype))
        for bounds in zip(*(_bounds(each, begins) for each in times), strict=True)
    )
    # An episode's matches are one slice. All episodes go through one group_by a field, since one for every
    # episode and field would take a second for 200 episodes.
    places = pl.DataFrame(
        {"episode": range(len(times)), "row": pl.int_ranges(starts, ends, eager=True)}
    ).explode("row", empty_as_null=False)
    return rows[places["row"]].with_columns(places["episode"])


def ranking(matches: pl.DataFrame, field: str) -> Ranking:
    """What all the matches of a replay have in one of `FIELDS`."""
    rows = matches.select(*FIELDS[field], all=pl.lit(True))
    return _rankings(rows, ["all"], FIELDS[field]).get((True,), Ranking())


def published(matches: pl.DataFrame, *, dedupe: bool) -> pl.DataFrame:
    """The matches that published a sample, one row a record: those of several filters stand together."""
    counted = pl.col("value").is_not_null() & ~pl.col("oversize") & ~(pl.col("repeat") & pl.lit(dedupe))
    record = pl.col("source", "position")
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
    windows = time.raised.reason.supporting or time.raised.reason.windows
    return min((_moment(window.start) for window in windows), default=time.start)


def _moment(time: datetime | float) -> datetime:
    """A transition's instant; a replay's are always datetimes."""
    return time.astimezone(UTC) if isinstance(time, datetime) else datetime.fromtimestamp(time * 60, UTC)


def _rankings(
    rows: pl.DataFrame, by: list[str], columns: tuple[str, ...]
) -> dict[tuple[object, ...], Ranking]:
    """A ranking of what some columns say together, for each combination of the columns ``by``."""
    rows = rows.select(*by, *columns)
    if "resources" in columns:
        rows = rows.explode("resources", empty_as_null=False)
    # Categories are counted as numbers, and become strings when there are few of them.
    said = pl.concat_str([pl.col(column).cast(pl.String) for column in columns], separator=" ")
    counted = rows.group_by(*by, *columns).len("count").select(*by, "count", value=said.str.strip_chars())
    ranked = counted.sort("count", "value", descending=[True, False]).group_by(by)
    known = pl.col("value") != ""
    listed = ranked.agg(
        pl.col("value", "count").filter(known).head(TOP),
        more=(known.sum().cast(pl.Int64) - TOP).clip(0),
        others=pl.col("count").filter(pl.col("value").is_null()).sum(),
    )
    return {
        tuple(key): Ranking(tuple(zip(values, counts, strict=True)), more, others)
        for *key, values, counts, more, others in listed.rows()
    }
