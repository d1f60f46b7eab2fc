"""Whose a page is: in come the matches of a detection and incidents, out go the minutes of each incident's own matches.

The claim: a page is an incident's where matches of its own lie in the windows that breached, whatever else was going on
at the time. A principal is named by its ARN, or by the name of its user, role or session.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from detector.alarm import Alarm, Windows
from detector.alarm.clock import window_start
from detector.alarm.values import MINUTE
from detector.cloudtrail.principals import principal
from detector.jobs.backtest.incidents import Incident
from detector.pattern import compile as compile_pattern

if TYPE_CHECKING:
    import polars as pl

    from detector.detections import Detection

Stretch: TypeAlias = tuple[int, int]
"""From a second on and up to another one, since 1970."""


@dataclass(frozen=True, slots=True)
class Activity:
    """The minutes (seconds since 1970, in time order) of all matches, and of those of each incident that says its own."""

    minutes: Sequence[int] = ()
    own: Mapping[Incident, Sequence[int]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        incidents: Iterable[Incident],
        matches: pl.DataFrame,
        grace: int,
        *,
        dedupe: bool,
        hits: Mapping[str, pl.DataFrame],
    ) -> Activity:
        """Of a detection's ``matches``; ``hits`` has those of each incident's pattern."""
        import polars as pl  # noqa: PLC0415 - start-up: polars loads only when used

        from detector.jobs.placed import published  # noqa: PLC0415 - which is polars too

        rows = published(matches, dedupe=dedupe).with_columns(
            minute=pl.col("time").dt.epoch("s") // MINUTE * MINUTE
        )
        own = {
            incident: own_rows(incident, rows, grace, hits)["minute"].sort().to_list()
            for incident in incidents
            if incident.is_scoped
        }
        return cls(rows["minute"].sort().to_list(), own)

    def is_in(self, incident: Incident, stretches: Iterable[Stretch]) -> bool:
        """Whether a match of the incident's own is in one of these windows."""
        return _within(self.own[incident], stretches) > 0

    def share(self, incident: Incident, stretches: Iterable[Stretch]) -> float:
        """Which share of the matches in these windows is the incident's."""
        windows = list(stretches)
        mine = _within(self.own[incident], windows)
        return mine / _within(self.minutes, windows) if mine else 0.0


def own_rows(
    incident: Incident, rows: pl.DataFrame, grace: int, hits: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """The matches that are an incident's own, or all in its time where it does not say whose it is."""
    import polars as pl  # noqa: PLC0415 - start-up: polars loads only when used

    first, last = incident.span(grace)
    inside = rows.filter(pl.col("time").dt.epoch("s").is_between(first, last, closed="left"))
    if incident.pattern:
        found = hits[incident.pattern].select("source", "position")
        inside = inside.join(found, on=["source", "position"], how="semi")
    return inside.filter(*_conditions(incident, inside))


def with_pattern(detection: Detection, pattern: str) -> Detection:
    """A detection of whatever an incident's pattern matches: its matches are the ``hits`` of the pattern."""
    only = replace(
        detection.filters[0], name="incident", pattern=compile_pattern(pattern), value="1", dimensions={}
    )
    return replace(detection, filters=(only,))


def supporting(alarm: Alarm, windows: Windows, evaluation: int) -> Iterator[Stretch]:
    """The windows that speak for ALARM in an evaluation, the newest first: as `Reason.supporting` has them."""
    newest, used = windows.first + evaluation * windows.every, 0
    end = windows.ends[newest]
    for back in range(alarm.evaluation_range):
        start = window_start(alarm, end)
        value, _ = windows.runs.at(newest - back * windows.stride)
        if value is not None:
            used += 1
            if alarm.breaches(value):
                yield start, end
            if used == alarm.evaluation_periods:
                return
        end = start


def _conditions(incident: Incident, rows: pl.DataFrame) -> Iterator[pl.Expr]:
    """That a match is of one of the principals, and from one of the addresses."""
    if incident.principals:
        wanted = set(incident.principals)
        yield _one_of(rows, "principal", lambda said: not wanted.isdisjoint(names(said)))
    if incident.addresses:
        yield _one_of(rows, "address", partial(_is_from, incident.addresses))


def _one_of(rows: pl.DataFrame, column: str, wanted: Callable[[str], bool]) -> pl.Expr:
    import polars as pl  # noqa: PLC0415 - start-up: polars loads only when used

    values = rows[column].cast(pl.String)
    return pl.col(column).cast(pl.String).is_in([one for one in values.unique() if one and wanted(one)])


def names(written: str) -> tuple[str, ...]:
    """What a principal may be called: all of it, the name of the user or role, and the session."""
    parts = principal(written)
    return written, parts.name, parts.session, f"{parts.name}/{parts.session}"


def _is_from(places: Iterable[str], address: str) -> bool:
    """Whether an address is one of the places, or in a network that is."""
    try:
        single = ipaddress.ip_address(address)
    except ValueError:
        return address in places
    networks = (one for one in places if "/" in one)
    return any(single in ipaddress.ip_network(one) for one in networks)


def _within(minutes: Sequence[int], windows: Iterable[Stretch]) -> int:
    return sum(bisect_left(minutes, end) - bisect_left(minutes, start) for start, end in windows)
