"""From archive to alarm: detections over log files, one pass, one immutable `Replay` per detection.

In: detections and paths. Out: `Replays`, which say everything that a report of any format says: what matched, the
samples of the metric, the transitions of the alarm, its episodes with who, what and from where, the series of the
chart, why nothing matched, what was read and what could not be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Unpack, overload

from detector.alarm import Transition, transitions, windows
from detector.archive import Inputs, LogGroup, Plan, Problem, Progress, Settings
from detector.detections import Detection
from detector.detections.catalogue import detections_of
from detector.jobs.conditions import Conditions
from detector.jobs.counting import SAMPLE, count_archive
from detector.jobs.reading import Matched, Reading, Scan, read
from detector.jobs.series import COLUMNS, Series, series
from detector.jobs.stuck import Stuck
from detector.notebook import Shown, table
from detector.quantities import count, minute, percent, span
from detector.scan import processes

if TYPE_CHECKING:
    import polars as pl

    from detector.jobs.episodes import Episode, Ranking


class Verdict(StrEnum):
    """What a replay comes to."""

    NO_EVIDENCE = "no evidence"
    """No record was looked at: that nothing matched says nothing."""
    NOTHING_MATCHED = "nothing matched"
    NO_ALARM = "never in ALARM"
    ALARM = "ALARM"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Replay(Shown):
    """What one detection would have done with the archive.

    ``matches`` and ``samples`` are polars frames (columns: see `detector.metrics.samples`); ``transitions`` and
    ``episodes`` are in time order; ``callers`` are the principals of all matches. ``start`` and ``end`` are the first and last evaluation of the alarm, None
    without any log. ``series`` is None where the alarm's metric has no value. ``why`` says for each filter why
    it matched nothing, and is empty where one did, or takes the events of some log groups only.
    """

    detection: Detection
    reading: Reading
    matches: pl.DataFrame
    samples: pl.DataFrame
    start: datetime | None
    end: datetime | None
    transitions: tuple[Transition, ...]
    episodes: tuple[Episode, ...]
    callers: Ranking
    series: Series | None
    why: tuple[Conditions, ...]

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
        if len(self.detection.filters) == 1:
            return len(self.matches)
        return self.matches.select("source", "position").n_unique()

    @property
    def matches_by_filter(self) -> tuple[int, ...]:
        """The matches of each filter of the detection."""
        return tuple(len(self.matches.filter(filter=one.name)) for one in self.detection.filters)

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
        return int(self.matches["repeat"].sum())

    @property
    def oversize(self) -> int:
        """Matches over 256 KB, which never reach CloudWatch Logs; left out of the samples."""
        return int(self.matches["oversize"].sum())

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
    def stuck(self) -> Stuck | None:
        """Whether the alarm is in ALARM for most of the time, and what makes it so."""
        return Stuck.of(self.share_in_alarm, self.in_alarm, self.callers.top, len(self.matches))

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
        if not len(self.matches):
            return Verdict.NOTHING_MATCHED
        return Verdict.ALARM if self.episodes else Verdict.NO_ALARM

    def series_in(self, columns: int) -> Series | None:
        """The series in another number of buckets at most: for a chart as wide as there is room."""
        if self.start is None or self.end is None or columns == COLUMNS:
            return self.series
        return series(self.detection.alarm, self.datapoints(), self.start, self.end, columns)

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


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Replays(Shown, Sequence[Replay]):
    """The replays of one pass in the order in which the detections were named, and what the pass read."""

    detections: tuple[Replay, ...]
    reading: Reading = field(repr=False)

    @overload
    def __getitem__(self, place: int) -> Replay: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Replay, ...]: ...
    def __getitem__(self, place: int | slice) -> Replay | tuple[Replay, ...]:
        return self.detections[place]

    def __repr__(self) -> str:
        alarmed = sum(bool(one.episodes) for one in self)
        read = count(self.reading.records, "record")
        return f"<Replays: {alarmed:,} of {count(len(self), 'detection')} in ALARM, {read}>"

    def _repr_html_(self) -> str:
        head = ("detection", "title", "verdict", "times in ALARM", "of time", "matches", "most matches by")
        rows = []
        for one in self:
            figures = (one.verdict, one.alarms, percent(one.share_in_alarm), one.matched)
            rows.append((one.detection.name, one.detection.title, *figures, one.callers.first))
        return table(repr(self), head, rows)

    def __iter__(self) -> Iterator[Replay]:
        return iter(self.detections)

    def __len__(self) -> int:
        return len(self.detections)


def replay(
    detections: Detection | str | Path | Iterable[Detection | str | Path],
    paths: Inputs,
    *,
    scan: Scan = processes.scan,
    progress: Progress | None = None,
    sample: int | None = SAMPLE,
    **settings: Unpack[Settings],
) -> Replays:
    """Replay detections over log files: one pass over the archive, one `Replay` per detection.

    ``detections``: files, names of shipped ones and `Detection` alike. ``paths``: files, folders, or a `Plan`.
    ``settings``: ``clock`` (event or delivery), ``delay`` (seconds, shifts the event clock), ``selection``,
    ``dedupe``, ``limit`` (bytes of a file); see `Plan`. ``scan`` is `scan.plain.scan` or anything equal to it; the
    default uses all cores for a large archive. Where a detection matched nothing, a second pass finds out why: over
    ``sample`` bytes of a large archive, with None over all of it, with 0 not at all. Raises `ArchiveError` for a
    path that does not exist; whatever else cannot be read is in ``reading.problems``.
    """
    asked, plan = detections_of(detections), Plan.of(paths, **settings)
    reading, matched = read(asked, plan, scan, progress)
    # A filter that takes the events of some log groups only is not explained by its pattern.
    explained = [
        not len(matches) and not any(each.field_selection_criteria for each in one.filters)
        for one, (matches, _) in zip(asked, matched, strict=True)
    ]
    patterns = [
        each.pattern for one, why in zip(asked, explained, strict=True) if why for each in one.filters
    ]
    looked = patterns and sample != 0 and reading.empty is None
    whys = iter(count_archive(patterns, plan, sample=sample, progress=progress).patterns if looked else ())
    replays = []
    for detection, frames, has_why in zip(asked, matched, explained, strict=True):
        why = tuple(islice(whys, len(detection.filters))) if has_why else ()
        replays.append(_replay(detection, reading, frames, why))
    return Replays(tuple(replays), reading)


def _replay(detection: Detection, reading: Reading, matched: Matched, why: tuple[Conditions, ...]) -> Replay:
    # polars loads while the archive is scanned
    from detector.jobs.episodes import episodes, ranking  # noqa: PLC0415 - the reason above
    from detector.jobs.habits import known  # noqa: PLC0415 - the reason above
    from detector.jobs.signs import with_signs  # noqa: PLC0415 - the reason above
    from detector.metrics.datapoints import datapoints  # noqa: PLC0415 - the reason above

    alarm, (matches, samples) = detection.alarm, matched
    span = reading.evaluated(alarm, samples)
    if span is None:
        callers = ranking(matches, "principals")
        return Replay(detection, reading, matches, samples, None, None, (), (), callers, None, why)
    start, end = span
    seen = windows(samples, alarm, start=start, end=end, reach=alarm.evaluation_range)
    changes = tuple(transitions(alarm, seen))
    found = episodes(matches, changes, end, dedupe=reading.plan.dedupe)
    return Replay(
        detection=detection,
        reading=reading,
        matches=matches,
        samples=samples,
        start=start,
        end=end,
        transitions=changes,
        episodes=with_signs(found, known(found, matches, dedupe=reading.plan.dedupe)),
        callers=ranking(matches, "principals"),
        series=series(alarm, datapoints(samples, alarm, end), start, end),
        why=why,
    )
