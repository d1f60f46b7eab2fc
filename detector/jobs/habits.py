"""What the principals of episodes usually do: how regularly, from where, with what, and what they did first.

In: the matches of a replay and its episodes. Out: `Habits` for the principals that lead an episode (the most matches, the
most different calls), over all of the archive's matches. The claim: counted over matches alone, which a pattern has
chosen: an address that is new among them may be an old one elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import TypeAlias

import polars as pl

from detector.cloudtrail.credentials import CHANGES
from detector.jobs.episodes import Counted, Episode, Within

CALLS = 500
"""Calls of a principal in an episode that are looked at in their order."""
LULL = 240
"""Seconds without a match after which the next one begins another run of a job."""
ALIKE = 0.1
"""How far a gap may be from the usual one, as a share of it."""

Who: TypeAlias = int
"""The place of an alarm and a principal of its matches among those that are asked for."""
_APART = 1 << 32
"""More than there are different values."""
_LONG = 1 << 40
"""More seconds than there are between any two times."""


@dataclass(frozen=True, slots=True)
class Seen:
    """When a value was first seen, and how many matches have it."""

    value: str
    first: datetime
    matches: int


@dataclass(frozen=True, slots=True)
class Habits:
    """One principal over the whole archive; times are those of matches.

    ``every`` is the median of the seconds from one run of matches to the next, ``gaps`` how many there are and
    ``regular`` how many of them are like it. ``call`` with ``error`` was made on ``days`` different days. ``changes`` are its
    successful calls that change credentials.
    """

    every: int = 0
    gaps: int = 0
    regular: int = 0
    call: str = ""
    error: str = ""
    days: int = 0
    addresses: tuple[Seen, ...] = ()
    user_agents: tuple[Seen, ...] = ()
    changes: tuple[tuple[datetime, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """The habits of principals, and the calls of each that leads an episode in it (by its number), in their order: (time, name)."""

    habits: Mapping[str, Habits] = field(default_factory=dict)
    calls: Mapping[tuple[int, str], Sequence[tuple[datetime, str]]] = field(default_factory=dict)


def leading(episode: Episode) -> tuple[str, ...]:
    """The principal with the most matches, and the one with the most different calls."""
    most = episode.fields["principals"].first
    widest = max(episode.calls, key=lambda name: episode.calls[name].size, default="")
    return tuple(dict.fromkeys(name for name in (most, widest) if name))


def known_of(episodes: Sequence[Sequence[Episode]], counted: Counted, within: Within) -> list[Known]:
    """What is known of the principals that lead an episode of some alarms, of which ``counted`` are the matches."""
    leads = [[leading(one) for one in each] for each in episodes]
    names = [list(dict.fromkeys(chain.from_iterable(each))) for each in leads]
    pairs = list(
        dict.fromkeys(
            (number, name) for number, own in zip(counted.numbers, names, strict=True) for name in own
        )
    )
    asked = _asked(counted.rows, "past", pairs, "time", "address", "user_agent", "event_name", "error_code")
    gaps, days, changed = _gaps(asked), _days(asked), _changes(asked)
    seen = [_seen(asked, column) for column in ("address", "user_agent")]
    habits: dict[tuple[int, str], Habits] = {}
    for who, pair in enumerate(pairs):
        addresses, agents = (tuple(each.get(who, ())) for each in seen)
        regular, failing = gaps.get(who, (0, 0, 0)), days.get(who, ("", "", 0))
        habits[pair] = Habits(*regular, *failing, addresses, agents, tuple(changed.get(who, ())))
    calls = _calls(leads, within)
    return [
        Known({name: habits[number, name] for name in own}, called)
        for number, own, called in zip(counted.numbers, names, calls, strict=True)
    ]


def _asked(rows: pl.DataFrame, column: str, pairs: Sequence[tuple[int, str]], *said: str) -> pl.DataFrame:
    """What the rows of pairs of a number in a column and a principal say, with the place of the pair as ``who``.

    Pairs are looked up as single numbers, which takes a tenth of the time of a join.
    """
    names = pl.Series([name for _, name in pairs], dtype=pl.Categorical())
    keys = pl.Series([number for number, _ in pairs], dtype=pl.Int64) * _APART + names.to_physical()
    order = keys.arg_sort()
    in_order = keys.gather(order)
    asked = rows[column] * _APART + rows["principal"].to_physical()
    place = in_order.search_sorted(asked)
    found = (in_order.extend_constant(None, 1).gather(place) == asked).arg_true()
    return rows.select(said)[found].with_columns(who=order.gather(place.gather(found)).cast(pl.Int64))


def _changes(rows: pl.DataFrame) -> dict[Who, list[tuple[datetime, str]]]:
    """The successful calls that change credentials."""
    found: defaultdict[Who, list[tuple[datetime, str]]] = defaultdict(list)
    made = rows.filter(
        pl.col("event_name").is_in(pl.Series(sorted(CHANGES), dtype=pl.Categorical()).implode()) & ~_failed()
    )
    for who, when, call in made.select("who", "time", pl.col("event_name").cast(pl.String)).rows():
        found[who].append((when, call))
    return found


def _gaps(rows: pl.DataFrame) -> dict[Who, tuple[int, int, int]]:
    """The usual time from run to run, how many there are, and how many are like the usual one."""
    minute = pl.col("time").dt.epoch("s") // 60 * 60
    both = rows.select(both=pl.col("who") * _LONG + minute - minute.min()).to_series().unique().sort()
    gap = pl.col("minute").diff().over("who")
    ordered = pl.DataFrame({"who": both // _LONG, "minute": both % _LONG}).with_columns(gap=gap)
    runs = ordered.filter(pl.col("gap").fill_null(LULL + 1) > LULL)
    apart = runs.with_columns(gap=gap).drop_nulls("gap")
    usual = pl.col("gap").median().over("who")
    alike = (pl.col("gap") - usual).abs() <= ALIKE * usual
    counted = apart.with_columns(usual=usual, alike=alike).group_by("who")
    found = counted.agg(
        pl.col("usual").first().cast(pl.Int64), pl.len(), pl.col("alike").sum().cast(pl.Int64)
    )
    return {who: (every, size, regular) for who, every, size, regular in found.rows()}


def _days(rows: pl.DataFrame) -> dict[Who, tuple[str, str, int]]:
    """The failing call that was made on the most days."""
    counted = (
        rows.filter(_failed())
        .group_by("who", "event_name", "error_code")
        .agg(days=pl.col("time").dt.date().n_unique())
        .with_columns(pl.col("event_name", "error_code").cast(pl.String))
        .sort("days", "event_name", "error_code", descending=[True, False, False])
        .unique("who", keep="first", maintain_order=True)
    )
    return {who: (call or "", error, days) for who, call, error, days in counted.rows()}


def _failed() -> pl.Expr:
    return (pl.col("error_code") != "").fill_null(value=False)


def _seen(rows: pl.DataFrame, column: str) -> dict[Who, list[Seen]]:
    counted = (
        rows.group_by("who", column)
        .agg(first=pl.col("time").min(), matches=pl.len())
        .with_columns(pl.col(column).cast(pl.String).fill_null(""))
        .sort("first", column)
    )
    found: defaultdict[Who, list[Seen]] = defaultdict(list)
    for who, value, first, matches in counted.rows():
        if value:
            found[who].append(Seen(value, first, matches))
    return found


def _calls(
    leads: Sequence[Sequence[Sequence[str]]], within: Within
) -> list[dict[tuple[int, str], Sequence[tuple[datetime, str]]]]:
    """For each alarm the calls of the principals that lead an episode (by its number) in it."""
    asked = [
        {
            (number, name): (place, name)
            for number, (place, names) in enumerate(zip(places, each, strict=True), 1)
            for name in names
        }
        for places, each in zip(within.numbers, leads, strict=True)
    ]
    pairs = list(dict.fromkeys(pair for each in asked for pair in each.values()))
    ordered = (
        _asked(within.rows, "episode", pairs, "time", "event_name")
        .group_by("who")
        .agg(pl.col("time").head(CALLS), pl.col("event_name").head(CALLS).cast(pl.String).fill_null(""))
    )
    found = {pairs[who]: list(zip(times, names, strict=True)) for who, times, names in ordered.rows()}
    return [{one: found.get(pair, ()) for one, pair in each.items()} for each in asked]
