"""The datapoints of replays as a table, for notebooks and spreadsheets: one row a datapoint.

In: replays of one pass. Out: CSV or Parquet with the columns of `frame` (docs/json-output.md#datapoints); a detection
whose alarm has no datapoint has no row.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

import polars as pl

from detector.metrics.datapoints import DATAPOINTS
from detector.render.kit.printable import lines_printable

if TYPE_CHECKING:
    from detector.jobs.replay import Replay

COLUMNS = pl.Schema(
    {
        "detection": pl.String(),
        "statistic": pl.String(),
        "period": pl.Int64(),
        **DATAPOINTS,
        "threshold": pl.Float64(),
        "state": pl.String(),
    }
)


def frame(replays: Iterable[Replay]) -> pl.DataFrame:
    """All datapoints, detection by detection in time order; ``state`` is that of the alarm once it has seen the window."""
    tables = [_of(replay) for replay in replays]
    return pl.concat([COLUMNS.to_frame(), *tables])


def _of(replay: Replay) -> pl.DataFrame:
    alarm = replay.detection.alarm
    changes = [(transition.at, str(transition.after)) for transition in replay.transitions]
    states = pl.DataFrame(changes, schema={"end": DATAPOINTS["end"], "state": pl.String()}, orient="row")
    return (
        replay.datapoints()
        .join_asof(states, on="end")
        .with_columns(
            pl.col("state").fill_null("INSUFFICIENT_DATA"),
            detection=pl.lit(replay.detection.name),
            statistic=pl.lit(alarm.statistic_name),
            period=pl.lit(alarm.period, pl.Int64),
            threshold=pl.lit(alarm.threshold, pl.Float64),
        )
        .select(COLUMNS.names())
    )


def as_csv(replays: Iterable[Replay]) -> str:
    """With a head; times in ISO 8601, in UTC."""
    return lines_printable(frame(replays).write_csv(datetime_format="%Y-%m-%dT%H:%M:%SZ"))


def as_parquet(replays: Iterable[Replay]) -> bytes:
    """The same with types."""
    buffer = io.BytesIO()
    frame(replays).write_parquet(buffer)
    return buffer.getvalue()
