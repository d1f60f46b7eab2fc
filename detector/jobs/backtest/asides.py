"""What else the settings in question would do: by the calendar, on the other clock, per principal, as a composite.

In: their alarms, and what one pass found. Out: `Asides`. The claim: each figure is that of a replay with the setting,
of other samples or of a composite alarm over two of them; no setting is chosen by them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from msgspec import structs

from detector.alarm import Alarm, Samples, State, windows
from detector.archive import Clock, Plan, Progress, Source
from detector.archive.clock import settled
from detector.composite import CompositeSettings, histories
from detector.jobs.backtest.calendar import Calendar, OfficeHours
from detector.jobs.backtest.sweep import Span, in_alarm
from detector.jobs.backtest.times import InAlarm
from detector.jobs.reading import Matched, Reading, Scan, read
from detector.metrics.filter import MetricFilter
from detector.scan.found import Found

if TYPE_CHECKING:
    import polars as pl

    from detector.detections import Detection

PRINCIPALS = 200
"""So many principals get an alarm of their own, those with the most samples first."""


class Did(NamedTuple):
    """Pages, and seconds in ALARM."""

    pages: int
    seconds: int

    @classmethod
    def of(cls, times: InAlarm) -> Did:
        """What times in ALARM come to."""
        since, until = times.carried or (0, 0)
        return cls(len(times.starts), sum(times.ends) - sum(times.starts) + until - since)


@dataclass(frozen=True, slots=True)
class ByPrincipal:
    """One alarm with a setting for each principal: what a metric filter's dimension of ``$.userIdentity.arn`` gives.

    Callers without an ARN, such as services, go by what else names them, where such a filter would publish nothing.
    """

    pages: int
    paging: int
    """Principals whose alarm pages."""
    noisiest: str
    """The principal with the most pages, empty where nobody pages."""
    most: int
    """The pages of that one."""


@dataclass(frozen=True, slots=True)
class Asides:
    """Of each setting in question, by its name there.

    ``other`` is the clock that the archive was not read by, None where it does not have it; ``principals`` is the
    number of those with an alarm, ``left_out`` of those beyond `PRINCIPALS`. ``composites`` are by their rule.
    """

    office: OfficeHours | None
    calendars: Mapping[str, Calendar]
    other: Clock | None
    on_other: Mapping[str, Did]
    principals: int
    left_out: int
    by_principal: Mapping[str, ByPrincipal]
    composites: Mapping[str, Did]


@dataclass(frozen=True, slots=True)
class Beside:
    """What asides are made of, for one detection."""

    samples: pl.DataFrame
    span: Callable[[Alarm], Span | None]
    since: int = 0
    """From when on something is scored: pages and times before are in no figure."""
    matched: Matched | None = None
    other: tuple[Clock, Matched, Reading] | None = None
    dedupe: bool = False

    def asides(self, detection: Detection, alarms: Mapping[str, Alarm], office: OfficeHours | None) -> Asides:
        """The asides of some settings of a detection's alarm."""
        whole = {name: _times(alarm, self.samples, self.span(alarm)) for name, alarm in alarms.items()}
        times = {name: one.since(self.since) for name, one in whole.items()}
        spans = {name: self.span(alarm) for name, alarm in alarms.items()}
        groups = self._principals(detection)
        busiest = dict(list(groups.items())[:PRINCIPALS])
        return Asides(
            office,
            {
                name: Calendar.of(
                    times[name].starts,
                    (max(self.since, int(span[0].timestamp())), int(span[1].timestamp())),
                    office,
                )
                for name, span in spans.items()
                if span is not None
            },
            self.other[0] if self.other else None,
            {name: Did.of(one) for name, one in self._on_other(alarms)},
            len(busiest),
            len(groups) - len(busiest),
            {name: self._by_principal(alarm, busiest) for name, alarm in alarms.items() if busiest},
            dict(_composites(whole, spans, self.since)),
        )

    def _on_other(self, alarms: Mapping[str, Alarm]) -> Iterator[tuple[str, InAlarm]]:
        if self.other is None:
            return
        _, matched, reading = self.other
        for name, alarm in alarms.items():
            within = reading.evaluated(alarm, matched.samples)
            yield name, _times(alarm, matched.samples, within).since(self.since)

    def _principals(self, detection: Detection) -> dict[str, pl.DataFrame]:
        """The samples of each principal, the busiest first; none where the metric has dimensions or a default value.

        A filter with dimensions cannot have a default value, so such a metric would be another one.
        """
        import polars as pl  # noqa: PLC0415 - polars loads only when used

        alarm, filters = detection.alarm, detection.filters
        if self.matched is None or alarm.dimensions or any(one.default is not None for one in filters):
            return {}
        named = [one.name for one in filters if alarm.unit in {None, one.unit or "None"}]
        published = self.matched.matches.filter(
            pl.col("filter").cast(pl.String).is_in(named)
            & pl.col("value").is_not_null()
            & ~pl.col("oversize")
            & ~(pl.col("repeat") & pl.lit(self.dedupe))
            & (pl.col("principal").cast(pl.String) != "")
        )
        minute = pl.col("time").dt.truncate("1m").alias("minute")
        told = published.select(minute, pl.col("principal").cast(pl.String), "value")
        parts = {str(name): part.drop("principal") for (name,), part in told.group_by("principal")}
        return {
            name: part.group_by("minute", "value")
            .agg(samples=pl.len().cast(pl.Int64))
            .sort("minute", "value")
            for name, part in sorted(parts.items(), key=lambda one: (-len(one[1]), one[0]))
        }

    def _by_principal(self, alarm: Alarm, groups: Mapping[str, pl.DataFrame]) -> ByPrincipal:
        within = self.span(alarm)
        pages = {
            name: len(_times(alarm, samples, within).since(self.since).starts)
            for name, samples in groups.items()
        }
        noisiest = max(pages, key=lambda name: (pages[name], name))
        paging = sum(map(bool, pages.values()))
        return ByPrincipal(sum(pages.values()), paging, noisiest if paging else "", pages[noisiest])


def _times(alarm: Alarm, samples: pl.DataFrame, span: Span | None) -> InAlarm:
    if span is None:
        return InAlarm()
    seen = windows(Samples.of(samples), alarm, start=span[0], end=span[1], reach=alarm.evaluation_range)
    return in_alarm(alarm, seen, int(span[1].timestamp()))


@dataclass(frozen=True, slots=True)
class _Change:
    at: datetime
    after: State


def _composites(
    times: Mapping[str, InAlarm], spans: Mapping[str, Span | None], since: int
) -> Iterator[tuple[str, Did]]:
    """Composite alarms over the present setting and each other one: both in ALARM, and either."""
    ends = [span for span in spans.values() if span is not None]
    if len(times) < 2 or not ends:  # noqa: PLR2004 - a composite of two
        return
    start, end = min(span[0] for span in ends), max(span[1] for span in ends)
    changes = {name: list(_changes(one, int(end.timestamp()))) for name, one in times.items()}
    first, *others = times
    for other in others:
        for word in ("AND", "OR"):
            rule = f'ALARM("{first}") {word} ALARM("{other}")'
            children = {name: changes[name] for name in (first, other)}
            [found] = histories(
                [CompositeSettings(name="composite", alarm_rule=rule)], children, start
            ).values()
            raised = [int(one.at.timestamp()) for one in found if one.after is State.ALARM]
            cleared = [int(one.at.timestamp()) for one in found if one.before is State.ALARM]
            ended = [*cleared, int(end.timestamp())][: len(raised)]
            yield f"{first} {word} {other}", Did.of(InAlarm(raised, ended).since(since))


def _changes(times: InAlarm, last: int) -> Iterator[_Change]:
    """The changes of an alarm; one that is in ALARM at the ``last`` second stays there."""
    for second, after in chain.from_iterable(
        ((start, State.ALARM), (end, State.OK)) for start, end in zip(times.starts, times.ends, strict=True)
    ):
        if after is State.ALARM or second < last:
            yield _Change(datetime.fromtimestamp(second, UTC), after)


def on_other_clock(
    detections: Sequence[Detection], reading: Reading, matched: Sequence[Matched], scan: Scan
) -> list[tuple[Clock, Matched, Reading]] | None:
    """What the other clock gives, in a second pass over the files that have a match; None where there is none.

    All files are read where a selection by time may take others, or where events publish that do not match.
    """
    plan = _other(reading.plan)
    if plan is None or reading.empty is not None:
        return None
    everything = plan.selection.asks_time or any(
        f.default is not None for one in detections for f in one.filters
    )
    wanted = {number for one in matched for number in one.matches["source"].unique().to_list()}

    def of_wanted(
        filters: Sequence[MetricFilter], plan: Plan, sources: Iterable[Source], progress: Progress | None
    ) -> Found:
        return scan(filters, plan, [one for one in sources if everything or one.number in wanted], progress)

    again, found = read(detections, plan, of_wanted, None)
    # A log is there for the same minutes, whichever files were read again.
    spanning = structs.replace(again, first=reading.first, last=reading.last, hours=reading.hours)
    return [(plan.clock, one, spanning) for one in found]


def _other(plan: Plan) -> Plan | None:
    if plan.clock is Clock.DELIVERY:
        return replace(plan, clock=Clock.EVENT, delays=None)
    if plan.undelivered:
        return None
    found = settled(replace(plan, clock_open=True, delay=0), plan.locate().files)
    return found if found.clock is Clock.DELIVERY else None
