"""The most frequent values of what matches have: who, what, from where.

In: matches, as `detector.metrics.samples` has them. Out: a `Ranking` of each of `FIELDS`, for any groups of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import polars as pl

from detector.jobs.ranking import Ranking
from detector.metrics.samples import different

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
_APART = 1 << 32
"""More than there are different values."""


class Tallies:
    """Matches in groups, such as episodes: what most rankings are made of is counted together, once."""

    def __init__(self, rows: pl.DataFrame, group: str) -> None:
        self._group = group
        self._counted = [
            rows.group_by(group, "principal", "event_name", "event_source", *_FEW).len("count"),
            rows.group_by(group, "address", "principal", "user_agent").len("count"),
        ]
        self._resources = _resources(rows, group)

    def ranked(self, columns: Sequence[str], *within: str) -> dict[tuple[object, ...], Ranking]:
        """A ranking of what some columns say together, for each group, and each value of the columns ``within`` in it."""
        if "resources" in columns:
            return _listed(self._resources, [self._group])
        rows = next(each for each in self._counted if {*columns, *within} <= {*each.columns})
        return _ranked(rows, [self._group, *within], columns)


def rankings(frames: Sequence[pl.DataFrame], field: str) -> list[Ranking]:
    """What all the matches of each of several replays have in one of `FIELDS`."""
    numbers, rows = joined(frames, FIELDS[field])
    found = _ranked(rows.with_columns(count=pl.lit(1, pl.UInt32)), ["past"], FIELDS[field])
    return [found.get((number,), Ranking()) for number in numbers]


def joined(frames: Sequence[pl.DataFrame], columns: Sequence[str]) -> tuple[list[int], pl.DataFrame]:
    """Some columns of frames, with a number as ``past``, and the number of each frame.

    Frames that say the same have the same number and are there once: two detections with one pattern are common.
    """
    numbers, apart = different([frame.select(columns) for frame in frames], pl.DataFrame.equals)
    numbered = [one.with_columns(past=pl.lit(number, pl.Int64)) for number, one in enumerate(apart)]
    return numbers, pl.concat(numbered)


def _ranked(
    rows: pl.DataFrame, by: Sequence[str], columns: Sequence[str]
) -> dict[tuple[object, ...], Ranking]:
    """A ranking of what some columns say together, for each combination of the columns ``by``.

    Each row stands for ``count`` matches.
    """
    # Categories are counted as numbers, and become strings when there are few of them.
    said = pl.concat_str([pl.col(column).cast(pl.String) for column in columns], separator=" ")
    counted = (
        rows.group_by(*by, *columns)
        .agg(pl.col("count").sum())
        .select(*by, "count", value=said.str.strip_chars())
    )
    return _listed(counted.sort("count", "value", descending=[True, False]), by)


def _listed(counted: pl.DataFrame, by: Sequence[str]) -> dict[tuple[object, ...], Ranking]:
    """Rankings of values with their counts, which stand in order."""
    known = pl.col("value") != ""
    listed = counted.group_by(by).agg(
        pl.col("value", "count").filter(known).head(TOP),
        more=(known.sum().cast(pl.Int64) - TOP).clip(0),
        others=pl.col("count").filter(pl.col("value").is_null()).sum(),
    )
    return {
        tuple(key): Ranking(tuple(zip(values, counts, strict=True)), more, others)
        for *key, values, counts, more, others in listed.rows()
    }


def _resources(rows: pl.DataFrame, group: str) -> pl.DataFrame:
    """The resources of each group with their counts, in the order of a ranking.

    There are nearly as many different ones as matches: sorted as numbers, each value a number in the order of all values,
    they are counted in a fifth of the time.
    """
    named = rows.select(group, "resources").explode("resources", empty_as_null=False)
    values = named["resources"].unique()
    names = values.cast(pl.String).str.strip_chars()
    numbers = values.to_physical()
    nothing = cast("int", numbers.max() or 0) + 1
    in_order = names.arg_sort()
    place_of = (
        pl.Series([0], dtype=pl.Int64)
        .new_from_index(0, nothing + 1)
        .scatter(numbers.fill_null(nothing).gather(in_order), pl.int_range(len(values), eager=True))
    )
    places = place_of.gather(named["resources"].to_physical().fill_null(nothing))
    counted = (named[group] * _APART + places).sort().rle().struct.unnest()
    count, place = counted["len"].cast(pl.Int64), counted["value"] % _APART
    order = (place - count * _APART).arg_sort()
    found = {group: counted["value"] // _APART, "count": count, "value": names.gather(in_order).gather(place)}
    return pl.DataFrame(found)[order]
