"""What the principals of episodes usually do: how regularly, from where, with what, and what they did first.

In: the matches of a replay and its episodes. Out: `Habits` for the principals that lead an episode (the most matches, the
most different calls), over all of the archive's matches. The claim: counted over matches alone, which a pattern has
chosen: an address that is new among them may be an old one elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import TypeAlias

import polars as pl

from detector.cloudtrail.credentials import CHANGES
from detector.jobs.episodes import Episode, Past, placed_of

CALLS = 500
"""Calls of a principal in an episode that are looked at in their order."""
LULL = 240
"""Seconds without a match after which the next one begins another run of a job."""
ALIKE = 0.1
"""How far a gap may be from the usual one, as a share of it."""

Who: TypeAlias = tuple[int, str]
"""The number of an alarm, and a principal of its matches."""
_WHO = ("past", "principal")


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
    """The habits of principals, and the calls of each in an episode (by its number) in their order: (time, name)."""

    habits: Mapping[str, Habits] = field(default_factory=dict)
    calls: Mapping[tuple[int, str], Sequence[tuple[datetime, str]]] = field(default_factory=dict)


def leading(episode: Episode) -> tuple[str, ...]:
    """The principal with the most matches, and the one with the most different calls."""
    most = episode.fields["principals"].first
    widest = max(episode.calls, key=lambda name: episode.calls[name].size, default="")
    return tuple(dict.fromkeys(name for name in (most, widest) if name))


def known_of(pasts: Sequence[Past], episodes: Sequence[Sequence[Episode]], rows: pl.DataFrame) -> list[Known]:
    """What is known of the principals that lead an episode of some alarms; ``rows`` are what is `counted` of them."""
    names = [list(dict.fromkeys(name for one in each for name in leading(one))) for each in episodes]
    pairs = [(past, who) for past, each in enumerate(names) for who in each]
    wanted = pl.DataFrame(pairs, schema={"past": pl.Int64(), "principal": pl.Categorical()}, orient="row")
    looked = rows.select("time", *_WHO, "address", "user_agent", "event_name", "error_code")
    rows = looked.join(wanted, on=_WHO, how="semi", maintain_order="left")
    gaps, days = _gaps(rows), _days(rows)
    seen = {column: _seen(rows, column) for column in ("address", "user_agent")}
    changed = _changes(rows)
    calls = _calls(pasts, episodes, rows)
    found = []
    for past, (each, own) in enumerate(zip(names, calls, strict=True)):
        habits = {
            who: Habits(
                *gaps.get((past, who), (0, 0, 0)),
                *days.get((past, who), ("", "", 0)),
                tuple(seen["address"].get((past, who), ())),
                tuple(seen["user_agent"].get((past, who), ())),
                tuple(changed.get((past, who), ())),
            )
            for who in each
        }
        found.append(Known(habits, own))
    return found


def _changes(rows: pl.DataFrame) -> dict[Who, list[tuple[datetime, str]]]:
    """The successful calls that change credentials."""
    found: defaultdict[Who, list[tuple[datetime, str]]] = defaultdict(list)
    made = rows.filter(
        pl.col("event_name").is_in(pl.Series(sorted(CHANGES), dtype=pl.Categorical()).implode())
        & (pl.col("error_code").cast(pl.String).fill_null("") == "")
    )
    for past, who, when, call in made.select(
        "past", "principal", "time", pl.col("event_name").cast(pl.String)
    ).rows():
        found[past, who].append((when, call))
    return found


def _gaps(rows: pl.DataFrame) -> dict[Who, tuple[int, int, int]]:
    """The usual time from run to run, how many there are, and how many are like the usual one."""
    minutes = rows.select(*_WHO, minute=pl.col("time").dt.truncate("1m").dt.epoch("s")).unique()
    gap = pl.col("minute").diff().over(_WHO)
    ordered = minutes.sort(*_WHO, "minute").with_columns(gap=gap)
    runs = ordered.filter(pl.col("gap").fill_null(LULL + 1) > LULL)
    apart = runs.with_columns(gap=gap).drop_nulls("gap")
    usual = pl.col("gap").median().over(_WHO)
    alike = (pl.col("gap") - usual).abs() <= ALIKE * usual
    counted = apart.with_columns(usual=usual, alike=alike).group_by(_WHO)
    found = counted.agg(
        pl.col("usual").first().cast(pl.Int64), pl.len(), pl.col("alike").sum().cast(pl.Int64)
    )
    return {(past, who): (every, size, regular) for past, who, every, size, regular in found.rows()}


def _days(rows: pl.DataFrame) -> dict[Who, tuple[str, str, int]]:
    """The failing call that was made on the most days."""
    failed = rows.filter(pl.col("error_code").cast(pl.String).fill_null("") != "")
    counted = (
        failed.group_by(*_WHO, "event_name", "error_code")
        .agg(days=pl.col("time").dt.date().n_unique())
        .with_columns(pl.col("event_name", "error_code").cast(pl.String))
        .sort("days", "event_name", "error_code", descending=[True, False, False])
        .unique(_WHO, keep="first", maintain_order=True)
    )
    return {(past, who): (call or "", error, days) for past, who, call, error, days in counted.rows()}


def _seen(rows: pl.DataFrame, column: str) -> dict[Who, list[Seen]]:
    counted = (
        rows.group_by(*_WHO, column)
        .agg(first=pl.col("time").min(), matches=pl.len())
        .with_columns(pl.col(column).cast(pl.String).fill_null(""))
        .sort("first", column)
    )
    found: defaultdict[Who, list[Seen]] = defaultdict(list)
    for past, who, value, first, matches in counted.rows():
        if value:
            found[past, who].append(Seen(value, first, matches))
    return found


def _calls(
    pasts: Sequence[Past], episodes: Sequence[Sequence[Episode]], rows: pl.DataFrame
) -> Iterator[dict[tuple[int, str], list[tuple[datetime, str]]]]:
    """For each alarm the calls of a principal in an episode (by its number)."""
    within = placed_of(pasts, [[one.times for one in each] for each in episodes], rows)
    ordered = within.group_by("past", "episode", "principal").agg(
        pl.col("time").head(CALLS), pl.col("event_name").cast(pl.String).fill_null("").head(CALLS)
    )
    found: defaultdict[int, dict[tuple[int, str], list[tuple[datetime, str]]]] = defaultdict(dict)
    firsts = list(accumulate(map(len, episodes), initial=0))
    for past, place, who, times, names in ordered.rows():
        found[past][place - firsts[past] + 1, who] = list(zip(times, names, strict=True))
    return (found[past] for past in range(len(pasts)))
