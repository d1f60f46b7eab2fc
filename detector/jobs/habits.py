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

import polars as pl

from detector.cloudtrail.credentials import CHANGES
from detector.jobs.episodes import Begins, Episode, placed, published

CALLS = 500
"""Calls of a principal in an episode that are looked at in their order."""
LULL = 240
"""Seconds without a match after which the next one begins another run of a job."""
ALIKE = 0.1
"""How far a gap may be from the usual one, as a share of it."""


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


def known(
    episodes: Sequence[Episode], matches: pl.DataFrame, *, dedupe: bool, begins: Begins | None = None
) -> Known:
    """What is known of the principals that lead an episode; ``begins`` as for `detector.jobs.episodes.episodes`."""
    names = list(dict.fromkeys(name for one in episodes for name in leading(one)))
    if not names:
        return Known()
    name = pl.col("principal").cast(pl.String)
    of_them = pl.col("principal").is_in(pl.Series(names, dtype=pl.Categorical()).implode())
    rows = published(matches.filter(of_them), dedupe=dedupe).with_columns(principal=name)
    gaps, days = _gaps(rows), _days(rows)
    seen = {column: _seen(rows, column) for column in ("address", "user_agent")}
    changed: defaultdict[str, list[tuple[datetime, str]]] = defaultdict(list)
    made = rows.with_columns(pl.col("event_name", "error_code").cast(pl.String)).filter(
        pl.col("event_name").is_in(sorted(CHANGES)) & (pl.col("error_code").fill_null("") == "")
    )
    for who, when, call in made.select("principal", "time", "event_name").rows():
        changed[who].append((when, call))
    habits = {
        who: Habits(
            *gaps.get(who, (0, 0, 0)),
            *days.get(who, ("", "", 0)),
            tuple(seen["address"].get(who, ())),
            tuple(seen["user_agent"].get(who, ())),
            tuple(changed[who]),
        )
        for who in names
    }
    return Known(habits, _calls(episodes, rows, dedupe=dedupe, begins=begins))


def _gaps(rows: pl.DataFrame) -> dict[str, tuple[int, int, int]]:
    """The usual time from run to run, how many there are, and how many are like the usual one."""
    minutes = rows.select("principal", minute=pl.col("time").dt.truncate("1m").dt.epoch("s")).unique()
    gap = pl.col("minute").diff().over("principal")
    ordered = minutes.sort("principal", "minute").with_columns(gap=gap)
    runs = ordered.filter(pl.col("gap").fill_null(LULL + 1) > LULL)
    apart = runs.with_columns(gap=gap).drop_nulls("gap")
    usual = pl.col("gap").median().over("principal")
    alike = (pl.col("gap") - usual).abs() <= ALIKE * usual
    counted = apart.with_columns(usual=usual, alike=alike).group_by("principal")
    found = counted.agg(
        pl.col("usual").first().cast(pl.Int64), pl.len(), pl.col("alike").sum().cast(pl.Int64)
    )
    return {who: (every, size, regular) for who, every, size, regular in found.rows()}


def _days(rows: pl.DataFrame) -> dict[str, tuple[str, str, int]]:
    """The failing call that was made on the most days."""
    failed = rows.filter(pl.col("error_code").cast(pl.String).fill_null("") != "")
    by = ("principal", "event_name", "error_code")
    counted = (
        failed.group_by(by)
        .agg(days=pl.col("time").dt.date().n_unique())
        .with_columns(pl.col("event_name", "error_code").cast(pl.String))
        .sort("days", "event_name", "error_code", descending=[True, False, False])
        .unique("principal", keep="first", maintain_order=True)
    )
    return {who: (call or "", error, days) for who, call, error, days in counted.rows()}


def _seen(rows: pl.DataFrame, column: str) -> dict[str, list[Seen]]:
    counted = (
        rows.group_by("principal", column)
        .agg(first=pl.col("time").min(), matches=pl.len())
        .with_columns(pl.col(column).cast(pl.String).fill_null(""))
        .sort("first", column)
    )
    found: defaultdict[str, list[Seen]] = defaultdict(list)
    for who, value, first, matches in counted.rows():
        if value:
            found[who].append(Seen(value, first, matches))
    return found


def _calls(
    episodes: Sequence[Episode], rows: pl.DataFrame, *, dedupe: bool, begins: Begins | None
) -> dict[tuple[int, str], list[tuple[datetime, str]]]:
    within = placed([one.times for one in episodes], rows, dedupe=dedupe, begins=begins)
    ordered = within.group_by("episode", "principal").agg(
        pl.col("time").head(CALLS), pl.col("event_name").cast(pl.String).fill_null("").head(CALLS)
    )
    return {
        (episodes[place].number, who): list(zip(times, names, strict=True))
        for place, who, times, names in ordered.rows()
    }
