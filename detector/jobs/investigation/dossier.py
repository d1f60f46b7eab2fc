"""What is known of an episode: who called what, when and how it ended, and what else they did.

In: a replay. Out: a `Dossier` for each episode. The claim: tables and counts are over all matches of the episode; what is
bounded says how much it leaves out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from detector.cloudtrail.principals import Principal, principal
from detector.jobs.episodes import Episode
from detector.jobs.placed import placed
from detector.jobs.ranking import Ranking

if TYPE_CHECKING:
    from detector.jobs.investigation.besides import Besides
    from detector.jobs.investigation.records import Shown
    from detector.jobs.replay import Replay

FULL = 40
"""The worst episodes of a detection, which are described in full; the others have fewer rows."""
PRINCIPALS, FEW_PRINCIPALS = 12, 3
"""Principals of an episode that are described, those with the most matches."""
ROWS, FEW_ROWS = 25, 6
"""Rows of calls and their errors that are listed."""
CALLS, FEW_CALLS = 40, 12
"""Calls of one principal that its timeline has: its first ones."""
VALUES = 5
"""Addresses, agents and regions of one principal that are listed."""


@dataclass(frozen=True, slots=True)
class Called:
    """How often a call ended in one way; ``error`` is empty where it succeeded."""

    event: str
    service: str
    error: str
    count: int
    principals: int


@dataclass(frozen=True, slots=True)
class Call:
    """One call in the timeline of a principal."""

    at: datetime
    event: str
    error: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """One principal of an episode: who it is, from where, its matches, and what it did besides."""

    written: str
    parts: Principal
    identity_type: str
    account: str
    matches: int
    first: datetime
    last: datetime
    addresses: Ranking
    user_agents: Ranking
    regions: Ranking
    calls: tuple[Call, ...]
    besides: Besides | None = None

    @property
    def more_calls(self) -> int:
        """Calls that the timeline leaves out."""
        return self.matches - len(self.calls)


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything about one episode; ``more_suspects`` and ``more_calls`` are not listed."""

    episode: Episode
    suspects: tuple[Suspect, ...]
    more_suspects: int
    calls: tuple[Called, ...]
    more_calls: int
    records: tuple[Shown, ...] = ()


def dossiers(
    replay: Replay,
    records: Mapping[int, Sequence[Shown]],
    besides: Mapping[tuple[int, str], Besides],
    most_full: int = FULL,
) -> tuple[Dossier, ...]:
    """In time order, the worst ``most_full`` of them in full; ``records`` by the number of the episode, ``besides`` by that and the principal."""
    if not replay.episodes:
        return ()
    times = [one.times for one in replay.episodes]
    rows = placed(times, replay.matches, dedupe=replay.reading.plan.dedupe).with_columns(
        pl.col("episode") + 1, pl.col("principal").cast(pl.String)
    )
    calls, suspects = _calls(rows), _suspects(rows, besides)
    found = []
    full = {one.number for one in replay.worst[:most_full]}
    for one in replay.episodes:
        is_full = one.number in full
        most, rows_of = (PRINCIPALS, ROWS) if is_full else (FEW_PRINCIPALS, FEW_ROWS)
        listed = suspects[one.number][:most]
        if not is_full:
            listed = [replace(each, calls=each.calls[:FEW_CALLS]) for each in listed]
        called, kept = calls[one.number], tuple(records.get(one.number, ()))
        more = max(0, one.fields["principals"].size - len(listed))
        found.append(Dossier(one, tuple(listed), more, tuple(called[:rows_of]), len(called[rows_of:]), kept))
    return tuple(found)


def _calls(rows: pl.DataFrame) -> Mapping[int, list[Called]]:
    """Event names and errors of each episode, the most frequent first."""
    by = ("event_name", "event_source", "error_code")
    counted = (
        rows.group_by("episode", *by)
        .agg(pl.len().alias("count"), pl.col("principal").n_unique().alias("principals"))
        .with_columns(pl.col(by).cast(pl.String))
        .sort("episode", "count", *by, descending=[False, True, False, False, False])
    )
    found: defaultdict[int, list[Called]] = defaultdict(list)
    for episode, *called in counted.rows():
        event, service, error, *counts = called
        found[episode].append(Called(event or "?", service or "", error or "", *counts))
    return found


def _suspects(rows: pl.DataFrame, besides: Mapping[tuple[int, str], Besides]) -> Mapping[int, list[Suspect]]:
    """The principals of each episode, those with the most matches first."""
    found: defaultdict[int, list[Suspect]] = defaultdict(list)
    for row in _by_principal(rows).iter_rows(named=True):
        written = row["principal"]
        suspect = Suspect(
            written,
            principal(written),
            row["identity_type"] or "",
            row["account"] or "",
            row["matches"],
            row["first"],
            row["last"],
            _ranked(row["address"], "address"),
            _ranked(row["user_agent"], "user_agent"),
            _ranked(row["region"], "region"),
            tuple(_timeline(row["calls"])),
            besides.get((row["episode"], written)),
        )
        found[row["episode"]].append(suspect)
    return found


def _by_principal(rows: pl.DataFrame) -> pl.DataFrame:
    by = ("episode", "principal")
    counted = [
        pl.col(name).cast(pl.String).value_counts(sort=True).alias(name)
        for name in ("address", "user_agent", "region")
    ]
    return (
        rows.filter(pl.col("principal").fill_null("") != "")
        .group_by(by)
        .agg(
            pl.len().alias("matches"),
            pl.col("time").min().alias("first"),
            pl.col("time").max().alias("last"),
            pl.col("identity_type", "account").first().cast(pl.String),
            pl.struct("time", "event_name", "error_code").sort_by("time").head(CALLS).alias("calls"),
            *counted,
        )
        .sort("episode", "matches", "principal", descending=[False, True, False])
        .group_by("episode", maintain_order=True)
        .head(PRINCIPALS)
    )


def _ranked(counted: list[dict[str, object]], name: str) -> Ranking:
    pairs = [(str(one[name]), int(str(one["count"]))) for one in counted if one[name]]
    pairs.sort(key=lambda pair: (-pair[1], pair[0]))
    return Ranking(tuple(pairs[:VALUES]), len(pairs[VALUES:]))


def _timeline(calls: list[dict[str, object]]) -> Iterator[Call]:
    for one in calls:
        at = one["time"]
        if isinstance(at, datetime):
            yield Call(at, str(one["event_name"] or "?"), str(one["error_code"] or ""))
