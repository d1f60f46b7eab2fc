"""What a replay of one detection says: one frozen `Replay`.

The claim: it says everything that a report of any format says: what matched, the samples of the metric, the transitions
of the alarm, its episodes with who, what and from where, the series of the chart, why nothing matched, what was read and
what could not be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from detector.alarm import Samples
from detector.archive import LogGroup, Problem
from detector.detections import Detection
from detector.jobs.series import COLUMNS, Series, series
from detector.jobs.stuck import Stuck
from detector.notebook import Shown, table
from detector.quantities import count, minute, span

if TYPE_CHECKING:
    import polars as pl

    from detector.alarm import Transition
    from detector.alarm.delivery import Delivery
    from detector.alarm.mute import MuteRule
    from detector.jobs.conditions import Conditions
    from detector.jobs.episodes import Episode
    from detector.jobs.gathered import Gathered
    from detector.jobs.ranking import Ranking
    from detector.jobs.reading import Reading


class Verdict(StrEnum):
    """The answer; everything else is the evidence for it."""

    NO_EVIDENCE = "no evidence"
    """No record was looked at: that nothing matched says nothing."""
    NOTHING_MATCHED = "nothing matched"
    NO_ALARM = "never in ALARM"
    ALARM = "ALARM"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Replay(Shown):
    """What one detection would have done with the archive.

    ``gathered`` are its matches and samples as the pass has them; ``transitions`` and ``episodes`` are in time order; ``callers`` are the principals of all matches. ``start`` is when the alarm is created, ``end`` its last evaluation, None
    without any log. ``series`` is None where the alarm's metric has no value. ``why`` says for each filter why
    it matched nothing, and is empty where one did, or takes the events of some log groups only.
    """

    detection: Detection
    reading: Reading
    gathered: Gathered
    start: datetime | None
    end: datetime | None
    transitions: tuple[Transition, ...]
    episodes: tuple[Episode, ...]
    callers: Ranking
    series: Series | None
    why: tuple[Conditions, ...]
    warm_until: datetime | None = None
    """Until when the alarm is warmed up and not evaluated; None without a warm-up."""
    mutes: tuple[MuteRule, ...] = ()

    @property
    def matches(self) -> pl.DataFrame:
        """The matches as a polars frame, a row for each filter that a record matches (columns: see `detector.metrics.samples`)."""
        return self.gathered.matches

    @property
    def samples(self) -> pl.DataFrame:
        """The samples of the metric as a polars frame (columns: the same)."""
        return self.gathered.samples

    @property
    def name(self) -> str:
        """What the user typed to get it."""
        return self.detection.name

    def __repr__(self) -> str:
        alarmed = f"ALARM {count(self.alarms, 'time')}" if self.alarms else "never in ALARM"
        records = f"{self.matched:,} of {count(self.records, 'record')} match"
        return f"<Replay {self.detection.name}: {records}, {alarmed}>"

    def _repr_html_(self) -> str:
        head = ("", "raised", "lasted", "matches", "different calls", "signs", "most matches by")
        rows = []
        for one in self.worst:
            signs = "; ".join(f"{sign.points_to}: {sign.fact}" for sign in one.signs)
            who, calls = one.fields["principals"].first, one.fields["events"].size
            when = (f"ALARM {one.number}", minute(one.start), span(one.lasted))
            rows.append((*when, one.matches, calls, signs, who))
        return table(repr(self), head, rows)

    @property
    def records(self) -> int:
        """Records read and selected."""
        return self.reading.records

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be used, sorted by path."""
        return self.reading.problems

    @property
    def matched(self) -> int:
        """Records that match any filter; ``matches`` has a row for each filter that a record matches."""
        ordered = self.gathered.ordered
        return len(ordered) if len(self.detection.filters) == 1 else ordered.records

    @property
    def matches_by_filter(self) -> tuple[int, ...]:
        """The matches of each filter of the detection."""
        return tuple(map(self.gathered.ordered.of_filter, range(len(self.detection.filters))))

    @property
    def log_groups(self) -> tuple[LogGroup | None, ...]:
        """The log group of each filter, where it depends on its account, region or name; else None."""
        plan = self.reading.plan
        return tuple(one.log_group_of(plan) if one.system_fields else None for one in self.detection.filters)

    @property
    def is_left_out(self) -> bool:
        """Whether no event can count, because the criteria of every filter leave out its log group."""
        placed = zip(self.detection.filters, self.log_groups, strict=True)
        return all(group is not None and one.selects(group) is False for one, group in placed)

    @property
    def repeats(self) -> int:
        """Matches whose eventID had matched before; in the samples unless the plan says ``dedupe``."""
        return sum(self.gathered.ordered.repeats)

    @property
    def oversize(self) -> int:
        """Matches over 256 KB, which never reach CloudWatch Logs; left out of the samples."""
        return self.gathered.ordered.oversize

    @property
    def alarms(self) -> int:
        """How many times the alarm went to ALARM."""
        return sum(len(episode.times) for episode in self.episodes)

    @property
    def in_alarm(self) -> timedelta:
        """How long the alarm was in ALARM."""
        times = (time for episode in self.episodes for time in episode.times)
        return sum(((time.end or self._end) - time.start for time in times), timedelta())

    @property
    def share_in_alarm(self) -> float:
        """The share of the evaluated time for which the alarm was in ALARM."""
        evaluated = self._end - self.start if self.start else timedelta()
        return self.in_alarm / evaluated if evaluated else 0.0

    @property
    def _end(self) -> datetime:
        return self.end or datetime.max.replace(tzinfo=UTC)

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """For each transition when its actions run, and what holds them."""
        from detector.alarm.delivery import deliveries  # noqa: PLC0415 - after the scan

        found = deliveries(self.transitions, enabled=self.detection.actions.enabled)
        if not self.mutes:
            return found
        from detector.alarm.mute import held  # noqa: PLC0415 - few replays have any

        return held(found, self.mutes, self.detection.alarm.name, self.start, self.end)

    @property
    def stuck(self) -> Stuck | None:
        """Whether the alarm is in ALARM for most of the time, and what makes it so."""
        return Stuck.of(self.share_in_alarm, self.in_alarm, self.callers.top, len(self.gathered.ordered))

    @property
    def worst(self) -> tuple[Episode, ...]:
        """The episodes, those with the most different calls first, then those with the most matches.

        What repeats one call ten thousand times is mostly broken; whoever tries this and that looks for something.
        """
        return tuple(
            sorted(self.episodes, key=lambda one: (-one.fields["events"].size, -one.matches, one.number))
        )

    @property
    def verdict(self) -> Verdict:
        """The answer in a word or two; everything else is the evidence for it."""
        if self.reading.empty is not None:
            return Verdict.NO_EVIDENCE
        if not len(self.gathered.ordered):
            return Verdict.NOTHING_MATCHED
        return Verdict.ALARM if self.episodes else Verdict.NO_ALARM

    def series_in(self, columns: int) -> Series | None:
        """The series in another number of buckets at most: for a chart as wide as there is room."""
        if self.start is None or self.end is None or columns == COLUMNS:
            return self.series
        samples = Samples.of_seconds(self.gathered.sampled)
        return series(self.detection.alarm, samples, self.start, self.end, columns=columns)

    def datapoints(
        self, period: int | None = None, window: str | None = None, time_zone: str | None = None
    ) -> pl.DataFrame:
        """The datapoints of the alarm, one row a window with a value: ``start``, ``end``, ``value``, ``samples``, ``breaching``.

        As the alarm sees them, or with another ``period`` (seconds) and ``window`` (``sliding`` by a minute, or
        ``wall-clock`` with a ``time_zone``). `SettingsError` for what no alarm can have.
        """
        from detector.metrics.datapoints import datapoints  # noqa: PLC0415 - polars loads when it is needed

        return datapoints(self.samples, self.detection.alarm.laid(period, window, time_zone), self.end)

    @property
    def window(self) -> str:
        """How the alarm's windows lie: ``sliding``, or ``wall-clock`` and the time zone."""
        window = self.detection.alarm.evaluation_window
        return "sliding" if window is None else f"wall-clock {window.timezone}"
