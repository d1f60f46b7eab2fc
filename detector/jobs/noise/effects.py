"""What a detection does on an archive, in figures that two patterns can be compared by.

In: matches and samples as a pass over the archive gives them, and incidents. Out: an `Effect`. The claim: it has the pages
and the time in ALARM of a `Replay`, to the second.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from detector.alarm import first_evaluation, windows
from detector.cloudtrail.principals import principal
from detector.detections import Detection
from detector.jobs.backtest.incidents import Incident
from detector.jobs.backtest.scores import InAlarm
from detector.jobs.backtest.sweep import in_alarm
from detector.jobs.reading import Matched, Reading

if TYPE_CHECKING:
    import polars as pl


class Seen(NamedTuple):
    """How an incident is seen: its matches (by its principal, where it has one), and whether a page came for it."""

    incident: Incident
    matches: int
    paged: bool

    def hidden_by(self, other: Seen) -> bool:
        """Whether something of it is lost there: its page, or the last of its matches."""
        return (self.paged and not other.paged) or (self.matches > 0 and other.matches == 0)


@dataclass(frozen=True, slots=True)
class Effect:
    """``matches`` that published a sample, ``pages``, ``seconds`` in ALARM, and how each incident is seen."""

    matches: int
    pages: int
    seconds: int
    incidents: tuple[Seen, ...] = ()

    def hidden_from(self, present: Effect) -> tuple[Seen, ...]:
        """The incidents as ``present`` sees them of which something is lost here."""
        pairs = zip(present.incidents, self.incidents, strict=True)
        return tuple(before for before, after in pairs if before.hidden_by(after))


def effect(
    detection: Detection, matched: Matched, reading: Reading, incidents: Sequence[Incident], grace: int
) -> Effect:
    """The effect of one detection; ``grace`` in seconds, as in a backtest."""
    times = times_of(detection, matched.samples, reading)
    import polars as pl  # noqa: PLC0415 - polars loads while the archive is scanned

    from detector.jobs.episodes import published  # noqa: PLC0415 - polars loads while the archive is scanned

    rows = published(matched.matches, dedupe=reading.plan.dedupe)
    said = rows.select("time", pl.col("principal").cast(pl.String)) if incidents else rows
    seen = (Seen(one, _matches_of(one, said, grace), _is_paged(one, times, grace)) for one in incidents)
    return _of(len(rows), times, seen)


def summed(present: Effect, alone: Sequence[Effect], times: InAlarm, grace: int) -> Effect:
    """The effect of several exclusions of different records, of which each has an effect alone and all have these times."""

    def left(now: int, without: Sequence[int]) -> int:
        return now - sum(now - one for one in without)

    seen = (
        Seen(
            before.incident,
            left(before.matches, [one.incidents[place].matches for one in alone]),
            _is_paged(before.incident, times, grace),
        )
        for place, before in enumerate(present.incidents)
    )
    return _of(left(present.matches, [one.matches for one in alone]), times, seen)


def times_of(detection: Detection, samples: pl.DataFrame, reading: Reading) -> InAlarm:
    """The times in ALARM of a detection whose metric has these samples."""
    alarm, span = detection.alarm, reading.evaluated(detection.alarm, samples)
    if span is None:
        return InAlarm()
    start, end = span
    first = first_evaluation(alarm, samples, start)
    seen = windows(samples, alarm, start=first, end=end, reach=alarm.evaluation_range)
    return in_alarm(alarm, seen, int(end.timestamp()))


def _of(matches: int, times: InAlarm, seen: Iterable[Seen]) -> Effect:
    lasted = sum(end - start for start, end in zip(times.starts, times.ends, strict=True))
    return Effect(matches, len(times.starts), lasted, tuple(seen))


def _matches_of(incident: Incident, rows: pl.DataFrame, grace: int) -> int:
    start, end = (datetime.fromtimestamp(second, UTC) for second in incident.span(grace))
    import polars as pl  # noqa: PLC0415 - polars loads while the archive is scanned

    who = rows.filter(pl.col("time").is_between(start, end, "left"))["principal"].fill_null("").to_list()
    wanted = incident.principals
    return sum(not wanted or any(names(name, one) for name in wanted) for one in who)


def _is_paged(incident: Incident, times: InAlarm, grace: int) -> bool:
    start, end = incident.span(grace)
    return any(start <= begun < end for begun in times.starts)


def names(wanted: str, written: str) -> bool:
    """Whether a principal is meant: by its whole ARN, the name of its role or user, or that of its session."""
    found = principal(written)
    return wanted in {written, found.name, found.session}
