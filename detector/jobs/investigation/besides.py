"""What the principals of the worst episodes did besides, in the hour around: a second pass over the archive.

In: replays of one pass. Out: for an episode and a principal its other calls from an hour before the episode until an hour
after it. The pass looks for the names of these principals alone, so that files that do not hold them are not decoded;
it costs about as much as the scan of a replay, and reads no record that the first pass did not select.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from detector.archive import Progress
from detector.cloudtrail.credentials import CHANGES
from detector.cloudtrail.principals import principal
from detector.errors import PatternError
from detector.jobs.episodes import Episode
from detector.jobs.placed import placed
from detector.metrics.filter import MetricFilter
from detector.metrics.samples import UTC_TIME, matches_frame
from detector.pattern import compile as compile_pattern

if TYPE_CHECKING:
    from detector.jobs.reading import Scan
    from detector.jobs.replay import Replay

AROUND = timedelta(hours=1)
EPISODES = 12
"""The worst episodes of a detection that are looked around."""
EACH = 3
"""Principals of an episode: those with the most different calls, services of AWS left out."""
PRINCIPALS = 24
"""Principals of one pass."""
ROWS, ADDRESSES = 12, 4
"""Calls and addresses that are listed."""


@dataclass(frozen=True, slots=True)
class Besides:
    """Other calls of a principal: how many, of how many kinds, and the most frequent (call, service, error, count).

    ``changes`` are those that create or change credentials, whatever their number. ``earlier`` are its calls in
    the archive before that time, and ``usual`` the addresses that they came from; ``new`` those of this time that are not among them.
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
    reading = replays[0].reading  # there is an episode, so there is a replay
    found = scan(filters, reading.plan, reading.located.files, progress)
    calls = matches_frame(filters, found.hits, reading.located.files)
    looked = {one.name for one in filters}
    pairs = [
        (replay, episode, name) for replay, episode in asked for name in _asked(episode) if name in looked
    ]
    told = _told(calls, pairs)
    return {
        (replay.detection.name, episode.number, name): told.get(place, Besides(0, 0, (), ()))
        for place, (replay, episode, name) in enumerate(pairs)
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


def _told(calls: pl.DataFrame, pairs: Sequence[tuple[Replay, Episode, str]]) -> dict[int, Besides]:
    """What each pair of an episode and a principal has besides, by the place of the pair."""
    told, matched = zip(*(_around(place, *pair) for place, pair in enumerate(pairs)), strict=True)
    spans = pl.DataFrame(
        list(told), schema=["pair", "principal", "since", "until"], orient="row"
    ).with_columns(pl.col("since", "until").cast(UTC_TIME))
    place = ["pair", "source", "position"]
    of_episode = pl.concat(matched).select(place)
    text = ("principal", "event_name", "event_source", "error_code", "address")
    each = (
        calls.select("time", "source", "position", *text)
        .with_columns(pl.col(text).cast(pl.String).fill_null(""))
        .join(spans, on="principal")
    )
    when = pl.col("time")
    others = each.filter(when.is_between("since", "until", closed="left")).join(
        of_episode, on=place, how="anti"
    )
    kinds = _counted(others, "event_name", "event_source", "error_code")
    usual = _counted(each.filter(when < pl.col("since")), "address")
    now = _counted(each.join(of_episode, on=place, how="semi"), "address")
    return {
        pair: _besides(kinds.get(pair, []), usual.get(pair, []), now.get(pair, []))
        for pair in range(len(pairs))
    }


def _around(
    pair: int, replay: Replay, episode: Episode, name: str
) -> tuple[tuple[int, str, datetime, datetime], pl.DataFrame]:
    """The hour around an episode, and the matches that it counts."""
    since = min(episode.start, episode.first or episode.start) - AROUND
    until = max(episode.end or episode.start, episode.last or episode.start) + AROUND
    matched = placed([episode.times], replay.matches, dedupe=replay.reading.plan.dedupe)
    return (pair, name, since, until), matched.select(
        pl.lit(pair, pl.Int64).alias("pair"), "source", "position"
    )


def _counted(rows: pl.DataFrame, *by: str) -> dict[int, list[tuple[Any, ...]]]:
    """How often each combination is there, by pair, the most frequent first."""
    counted = rows.group_by("pair", *by).len().sort("len", *by, descending=[True, *(False for _ in by)])
    found: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for pair, *row in counted.rows():
        found[pair].append(tuple(row))
    return found


def _besides(
    kinds: list[tuple[Any, ...]], usual: list[tuple[Any, ...]], now: list[tuple[Any, ...]]
) -> Besides:
    changes = [row for row in kinds if row[0] in CHANGES]
    known = {address for address, _ in usual}
    new = sorted(address for address, _ in now if address and address not in known) if usual else []
    return Besides(
        sum(row[-1] for row in kinds),
        len(kinds),
        tuple(kinds[:ROWS]),
        tuple(changes[:ROWS]),
        sum(number for _, number in usual),
        tuple(usual[:ADDRESSES]),
        tuple(new[:ADDRESSES]),
    )
