"""Who makes the matches and the pages of a replay, and how regularly: a row for each principal, role, service, event, error, call.

In: a `Replay`. Out: `Maker` rows for each of `DIMENSIONS`, those with the most matches first. The claim: a page is counted for
whoever made at least half of the matches that raised and kept it; shares are of the matches that published a sample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from detector.cloudtrail.principals import principal
from detector.jobs.placed import placed, published
from detector.jobs.replayed import Replay

if TYPE_CHECKING:
    from detector.jobs.episodes import TimeInAlarm

DIMENSIONS: Mapping[str, str] = {
    "role": "name",
    "principal": "principal",
    "service": "event_source",
    "event": "event_name",
    "error": "error_code",
    "call": "call",
}
"""What is told apart, and the column that says it.

``name`` is the role or the user of a principal, whatever its session; ``call`` is that and the event.
"""
TOP = 10
LEAST_DAYS, LEAST_HOURS = 5, 12
"""Different days, or hours, that somebody has to come on to be steady: on fewer, a few bursts of an attacker look like it."""
_HALF = 0.5
PEOPLE = "AWSReservedSSO_"
"""How the roles begin that people sign in to by IAM Identity Center; they may come every day, and are no machines."""


@dataclass(frozen=True, slots=True)
class Maker:
    """Matches that have one value: ``pages`` of which they are at least half, ``seconds`` in ALARM of these pages.

    ``days`` and ``hours`` are those in which any of them lies; ``interval`` is the median of the seconds between them, None
    for a single one. ``steady``: they come on half of the days with a log, and on `LEAST_DAYS`, or in half of the hours
    with a log, and in `LEAST_HOURS`, as machines do and people do not, and the role is none of IAM Identity Center, which people sign in to.
    """

    value: str | None
    matches: int
    share: float
    pages: int
    seconds: int
    days: int
    hours: int
    interval: float | None
    first: datetime
    last: datetime
    steady: bool


def makers(replay: Replay, most: int | None = TOP) -> dict[str, tuple[Maker, ...]]:
    """The makers by each dimension, ``most`` of each."""
    dedupe = replay.reading.plan.dedupe
    rows = named(published(replay.matches, dedupe=dedupe))
    times = [time for episode in replay.episodes for time in episode.times]
    paged = named(placed([[time] for time in times], replay.matches, dedupe=dedupe)) if times else None
    return {
        dimension: _ranked(rows, paged, column, times, replay)[:most]
        for dimension, column in DIMENSIONS.items()
    }


def named(rows: pl.DataFrame) -> pl.DataFrame:
    """Matches with the column ``name``, and with strings for the other dimensions."""
    said = rows["principal"].cast(pl.String)
    names = {who: principal(who).name for who in said.unique().drop_nulls()}
    column = said.replace_strict(names, return_dtype=pl.String) if names else said
    others = ["principal", "event_source", "event_name", "error_code"]
    told = rows.with_columns(column.alias("name"), pl.col(others).cast(pl.String))
    return told.with_columns(pl.concat_str("name", "event_name", separator=" ").alias("call"))


def _ranked(
    rows: pl.DataFrame,
    paged: pl.DataFrame | None,
    column: str,
    times: Sequence[TimeInAlarm],
    replay: Replay,
) -> tuple[Maker, ...]:
    at = pl.col("time").sort()
    counted = rows.group_by(pl.col(column).alias("value")).agg(
        pl.len().alias("matches"),
        at.dt.truncate("1d").n_unique().alias("days"),
        at.dt.truncate("1h").n_unique().alias("hours"),
        at.diff().dt.total_seconds().median().alias("interval"),
        at.first().alias("first"),
        at.last().alias("last"),
    )
    pages = _pages(paged, column, times, replay)
    hours = len(replay.reading.hours)
    logged = len({hour // 24 for hour in replay.reading.hours})
    found = []
    for row in counted.sort(["matches", "value"], descending=[True, False], nulls_last=True).iter_rows(
        named=True
    ):
        number, seconds = pages.get(row["value"], (0, 0))
        by_day = row["days"] >= max(LEAST_DAYS, _HALF * logged)
        by_hour = row["hours"] >= max(LEAST_HOURS, _HALF * hours)
        steady = (by_day or by_hour) and not (row["value"] or "").startswith(PEOPLE)
        told = {**row, "value": row["value"] or None}
        found.append(
            Maker(**told, share=row["matches"] / len(rows), pages=number, seconds=seconds, steady=steady)
        )
    return tuple(found)


def _pages(
    paged: pl.DataFrame | None, column: str, times: Sequence[TimeInAlarm], replay: Replay
) -> dict[str | None, tuple[int, int]]:
    """For each value the pages of which it made at least half, and their seconds in ALARM."""
    if paged is None or replay.end is None:
        return {}
    end = replay.end
    lasted = [int(((time.end or end) - time.start).total_seconds()) for time in times]
    lengths = pl.DataFrame({"episode": range(len(times)), "seconds": lasted})
    counts = paged.group_by("episode", column).len("matches")
    most = counts.filter(2 * pl.col("matches") >= pl.col("matches").sum().over("episode"))
    told = most.join(lengths, on="episode").group_by(column).agg(pl.len(), pl.col("seconds").sum())
    return {value: (number, seconds) for value, number, seconds in told.rows()}
