"""The matches of episodes as frames: for whoever looks at single records of them.

In: the frame of matches of a replay (`detector.metrics.samples`), and times in ALARM. Out: frames of the rows that episodes count.
The claim: these are the matches that `detector.jobs.episodes` counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from detector.jobs.episodes import Episode, TimeInAlarm, bounds


def placed(times: Sequence[Sequence[TimeInAlarm]], matches: pl.DataFrame, *, dedupe: bool) -> pl.DataFrame:
    """The matches that episodes with these times count, with the place of the episode as ``episode``."""
    rows = published(matches, dedupe=dedupe)
    each = [_between(rows, *bounds(own)) for own in times]
    numbered = [one.with_columns(episode=pl.lit(place, pl.Int64)) for place, one in enumerate(each)]
    return pl.concat([rows.clear().with_columns(episode=pl.lit(0, pl.Int64)), *numbered])


def published(matches: pl.DataFrame, *, dedupe: bool) -> pl.DataFrame:
    """The matches that published a sample, one row a record: those of several filters stand together."""
    counted = pl.col("value").is_not_null() & ~pl.col("oversize") & ~(pl.col("repeat") & pl.lit(dedupe))
    record = pl.col("source", "position")
    again = pl.all_horizontal(record == record.shift()).fill_null(value=False)
    return matches.filter(counted).filter(~again)


def matches_of(episode: Episode, matches: pl.DataFrame, *, dedupe: bool) -> pl.DataFrame:
    """The rows of a replay's matches that an episode of it counts."""
    return _between(published(matches, dedupe=dedupe), *bounds(episode.times))


def _between(rows: pl.DataFrame, since: datetime, until: datetime) -> pl.DataFrame:
    first, last = (rows["time"].search_sorted(time) for time in (since, until))
    return rows[first:last]
