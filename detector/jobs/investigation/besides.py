"""What the principals of the worst episodes did besides, in the hour around: a second pass over the archive.

In: replays of one pass. Out: for an episode and a principal its other calls from an hour before the episode until an hour
after it. The pass looks for the names of these principals alone, so that files that do not hold them are not decoded;
it costs about as much as the scan of a replay, and reads no record that the first pass did not select.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from detector.archive import Progress
from detector.cloudtrail.credentials import CHANGES
from detector.cloudtrail.principals import principal
from detector.errors import PatternError
from detector.jobs.episodes import Episode, placed
from detector.metrics.filter import MetricFilter
from detector.metrics.samples import matches_frame
from detector.pattern import compile as compile_pattern

if TYPE_CHECKING:
    from detector.jobs.reading import Scan
    from detector.jobs.replay import Replay

AROUND = timedelta(hours=1)
EPISODES = 20
"""The worst episodes of a detection that are looked around."""
EACH = 3
"""Principals of an episode: those with the most different calls, services of AWS left out."""
PRINCIPALS = 40
"""Principals of one pass."""
ROWS, ADDRESSES = 12, 4
"""Calls and addresses that are listed."""


@dataclass(frozen=True, slots=True)
class Besides:
    """Other calls of a principal: how many, of how many kinds, and the most frequent (call, service, error, count).

    ``changes`` are those that create or change credentials, whatever their number. ``earlier`` are all its calls in
    the archive before, and ``usual`` the addresses that they came from; ``new`` those of this time that are not among them.
    """

    count: int
    kinds: int
    calls: tuple[tuple[str, str, str, int], ...]
    changes: tuple[tuple[str, str, str, int], ...]
    earlier: int = 0
    usual: tuple[tuple[str, int], ...] = ()
    new: tuple[str, ...] = ()


def besides(
    replays: Sequence[Replay], scan: Scan, progress: Progress | None = None
) -> Mapping[tuple[str, int, str], Besides]:
    """By the name of the detection, the number of the episode and the principal."""
    asked = [(replay, one) for replay in replays for one in replay.worst[:EPISODES]]
    names = dict.fromkeys(name for _, episode in asked for name in _asked(episode))
    filters = _filters(list(names)[:PRINCIPALS])
    if not filters:
        return {}
    plan = replays[0].reading.plan
    located = plan.locate()
    found = scan(filters, plan, located.files, progress)
    calls = matches_frame(filters, found.hits, located.files).with_columns(
        pl.col("principal").cast(pl.String)
    )
    looked = {one.name for one in filters}
    return {
        (replay.detection.name, episode.number, name): _of(calls, replay, episode, name)
        for replay, episode in asked
        for name in _asked(episode)
        if name in looked
    }


def _asked(episode: Episode) -> list[str]:
    ranked = sorted(episode.calls.items(), key=lambda call: -call[1].size)
    return [name for name, _ in ranked if not principal(name).is_service][:EACH]


def _filters(names: Iterable[str]) -> list[MetricFilter]:
    """A filter that counts every call of a principal; none for a name that no pattern can hold."""
    filters = []
    for name in names:
        members = ("arn",) if name.startswith("arn:") else ("userName", "principalId", "accountId")
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        pattern = " || ".join(f'$.userIdentity.{member} = "{quoted}"' for member in members)
        try:
            compiled = compile_pattern(f"{{ {pattern} }}")
            filters.append(MetricFilter(name=name, pattern=compiled, namespace="-", metric="-"))
        except (PatternError, ValueError):
            continue
    return filters


def _of(calls: pl.DataFrame, replay: Replay, episode: Episode, name: str) -> Besides:
    since = min(episode.start, episode.first or episode.start) - AROUND
    until = max(episode.end or episode.start, episode.last or episode.start) + AROUND
    around = calls.filter(
        (pl.col("principal") == name) & pl.col("time").is_between(since, until, closed="left")
    )
    matched = placed([episode.times], replay.matches, dedupe=replay.reading.plan.dedupe)
    place = ["source", "position"]
    others = around.join(matched.select(place), on=place, how="anti")
    by = ("event_name", "event_source", "error_code")
    counted = (
        others.group_by(by)
        .len()
        .with_columns(pl.col(by).cast(pl.String).fill_null(""))
        .sort("len", *by, descending=[True, False, False, False])
    )
    rows = counted.rows()
    changes = [row for row in rows if row[0] in CHANGES]
    mine = calls.filter(principal=name).with_columns(pl.col("address").cast(pl.String).fill_null(""))
    before = mine.filter(pl.col("time") < since + AROUND)
    usual = before.group_by("address").len().sort("len", "address", descending=[True, False]).rows()
    known = {address for address, _ in usual}
    now = mine.join(matched.select(place), on=place, how="semi")["address"].unique().sort()
    new = tuple(address for address in now if address and address not in known) if usual else ()
    listed = tuple(rows[:ROWS]), tuple(changes[:ROWS])
    return Besides(len(others), len(rows), *listed, len(before), tuple(usual[:ADDRESSES]), new[:ADDRESSES])
