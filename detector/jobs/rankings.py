"""The most frequent values of what matches have: who, what, from where.

In: matches, as `detector.metrics.samples` has them. Out: a `Ranking` of each of `FIELDS`, for any groups of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

TOP = 50
"""Values of a field that are listed; the others are counted."""
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
SAID = tuple(column for columns in FIELDS.values() for column in columns)
_FEW = ("error_code", "region", "account", "identity_type")
"""Of which there are few different values."""


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


class Tallies:
    """Matches in groups, such as episodes: what most rankings are made of is counted together, once."""

    def __init__(self, rows: pl.DataFrame, group: str) -> None:
        self._group = group
        self._counted = [
            rows.group_by(group, "principal", "event_name", "event_source", *_FEW).len("count"),
            rows.group_by(group, "address", "principal", "user_agent").len("count"),
            rows.select(group, "resources", count=pl.lit(1, pl.UInt32)),
        ]

    def ranked(self, columns: Sequence[str], *within: str) -> dict[tuple[object, ...], Ranking]:
        """A ranking of what some columns say together, for each group, and each value of the columns ``within`` in it."""
        rows = next(each for each in self._counted if {*columns, *within} <= {*each.columns})
        return _ranked(rows, [self._group, *within], columns)


def rankings(frames: Sequence[pl.DataFrame], field: str) -> list[Ranking]:
    """What all the matches of each of several replays have in one of `FIELDS`."""
    rows = joined(frames, FIELDS[field]).with_columns(count=pl.lit(1, pl.UInt32))
    found = _ranked(rows, ["past"], FIELDS[field])
    return [found.get((number,), Ranking()) for number in range(len(frames))]


def joined(frames: Sequence[pl.DataFrame], columns: Sequence[str]) -> pl.DataFrame:
    """Some columns of frames, and which one a row is of as ``past``."""
    numbered = [frame.select(*columns, past=pl.lit(number, pl.Int64)) for number, frame in enumerate(frames)]
    return pl.concat(numbered)


def _ranked(
    rows: pl.DataFrame, by: Sequence[str], columns: Sequence[str]
) -> dict[tuple[object, ...], Ranking]:
    """A ranking of what some columns say together, for each combination of the columns ``by``.

    Each row stands for ``count`` matches.
    """
    rows = rows.select(*by, *columns, "count")
    if "resources" in columns:
        rows = rows.explode("resources", empty_as_null=False)
    # Categories are counted as numbers, and become strings when there are few of them.
    said = pl.concat_str([pl.col(column).cast(pl.String) for column in columns], separator=" ")
    counted = (
        rows.group_by(*by, *columns)
        .agg(pl.col("count").sum())
        .select(*by, "count", value=said.str.strip_chars())
    )
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
