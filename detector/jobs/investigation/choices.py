"""What other settings of an alarm would have done, with their states over time.

In: a replay. Out: `Choices`: every setting of a small grid with its score, the states of its alarm and the line of its
metric. The claim: the scores are those of `sweep` and the states those of a replay with that setting.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from detector.alarm import Alarm, Samples, State, WallClock, Windows, windows, windows_key
from detector.alarm.history import changes
from detector.alarm.values import DAY, MINUTE
from detector.errors import SettingsError
from detector.jobs.backtest.coverage import Coverage
from detector.jobs.backtest.grid import Grid, Key
from detector.jobs.backtest.incidents import Incident
from detector.jobs.backtest.scores import Labels, Score
from detector.jobs.backtest.sweep import Cell, Clock, Span, sweep

if TYPE_CHECKING:
    import polars as pl

    from detector.jobs.episodes import Episode
    from detector.jobs.replay import Replay

PERIODS = (60, 300, 900)
DATAPOINTS = ((1, 1), (2, 3), (3, 3))
USUAL = (1.0, 2.0, 3.0, 5.0, 8.0, 10.0, 15.0, 20.0, 30.0, 50.0)
RUNS, PRESENT_RUNS = 500, 5_000
"""States of a setting, and of the present one, that are kept one by one; of more, the band is drawn in steps."""
POINTS, PRESENT_POINTS = 1_000, 5_000
"""Datapoints of a line, and of the present one, that are kept one by one; of more, the most telling of each step."""


@dataclass(frozen=True, slots=True)
class Band:
    """The states of an alarm: each with the second since 1970 from which it holds.

    ``step`` is 0 where every change is there; else it is the seconds in which the worst state stands for all.
    """

    runs: tuple[tuple[int, State], ...]
    step: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A metric over time for one period and window: ends of windows (seconds) with values, None where there is a gap."""

    period: int
    window: str
    points: tuple[tuple[int, float | None], ...]
    step: int = 0


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its alarm, what it did, pages a week with a log, and the number of its band."""

    alarm: Alarm
    score: Score
    per_week: float | None
    band: int
    present: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """All settings, the states and lines that they have, and what counts as an incident.

    ``incidents`` are the episodes of the replay: what another setting finds or misses of them.
    """

    start: int
    end: int
    settings: tuple[Setting, ...]
    bands: tuple[Band, ...]
    lines: tuple[Line, ...]
    incidents: tuple[Incident, ...]

    @property
    def present(self) -> Setting:
        """The setting of the detection."""
        return next(one for one in self.settings if one.present)


def choices(replay: Replay, share: int = 1) -> Choices | None:
    """The grid around the present setting over the samples of a replay; None where nothing is evaluated.

    Of a page with several detections each has a ``share`` of the states and datapoints that are kept one by one.
    """
    if replay.start is None or replay.end is None:
        return None
    alarm, reading = replay.detection.alarm, replay.reading
    span = partial(reading.evaluated, samples=replay.samples)
    incidents = tuple(_incident(one, replay.end) for one in replay.episodes)
    coverage = Coverage.of(reading.hours, reading.plan.selection.start, reading.plan.selection.end)
    swept = sweep(
        alarm,
        _grid(replay),
        replay.samples,
        span,
        Labels(incidents, 0, silent=coverage.silent),
    )
    within = {cell.key: span(cell.alarm) or (replay.start, replay.end) for cell in swept.cells}
    bands: dict[Band, int] = {}
    numbers = {
        cell.key: bands.setdefault(band, len(bands))
        for cell, band in _bands(swept.cells, within.__getitem__, replay.samples, share)
    }
    settings = tuple(
        Setting(cell.alarm, cell.score, coverage.per_week(cell.score.alarms), numbers[cell.key], cell.current)
        for cell in swept.cells
    )
    start, end = int(replay.start.timestamp()), int(replay.end.timestamp())
    return Choices(start, end, settings, tuple(bands), tuple(_lines(replay, settings, share)), incidents)


def _incident(episode: Episode, end: datetime) -> Incident:
    """An episode as an incident: from its first match until the alarm left ALARM."""
    first = min(episode.start, episode.first or episode.start)
    since, until = int(first.timestamp()), int((episode.end or end).timestamp())
    return Incident(f"ALARM {episode.number}", since, max(until, since + 1))


def _grid(replay: Replay) -> Grid:
    """Values around the present ones that the alarm could have; thresholds that the metric reaches."""
    alarm = replay.detection.alarm
    most = max((abs(point) for point in replay.datapoints()["value"]), default=0.0)
    usual = {value for value in USUAL if value <= most * 1.5 + 1}
    near = {alarm.threshold, alarm.threshold + 1, *([alarm.threshold - 1] if alarm.threshold > 1 else [])}
    periods = {period for period in PERIODS if period * alarm.evaluation_periods <= DAY} | {alarm.period}
    clocks: tuple[WallClock | None, ...] = (None, alarm.evaluation_window or WallClock("UTC"))
    laid = tuple(clock for clock in clocks if _can_be(alarm, clock))
    present = (alarm.m, alarm.evaluation_periods)
    return Grid(
        threshold=tuple(sorted(usual | near)),
        period=tuple(sorted(periods)),
        datapoints=tuple(dict.fromkeys((present, *DATAPOINTS))),
        window=laid,
    )


def _can_be(alarm: Alarm, clock: WallClock | None) -> bool:
    try:
        alarm.laid(
            window="sliding" if clock is None else "wall-clock",
            time_zone=None if clock is None else clock.timezone,
        )
    except SettingsError:
        return False
    return True


def _bands(
    cells: Iterable[Cell], within: Callable[[Key], Span], samples: pl.DataFrame, share: int
) -> Iterator[tuple[Cell, Band]]:
    """The states of every setting; settings that share their windows are looked at together."""
    data = Samples.of(samples)
    groups: dict[tuple[object, datetime], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((windows_key(cell.alarm), within(cell.key)[0]), []).append(cell)
    for (_, start), group in groups.items():
        until = max(within(cell.key)[1] for cell in group)
        reach = max(cell.alarm.evaluation_range for cell in group)
        shared = windows(data, group[0].alarm, start=start, end=until, reach=reach)
        known: dict[object, Band] = {}
        for cell in group:
            alarm, end = cell.alarm, int(within(cell.key)[1].timestamp())
            most = -(-(PRESENT_RUNS if cell.current else RUNS) // share)
            same = (alarm.evaluation_periods, alarm.m, alarm.treat_missing_data, end, most)
            alike = (shared.breaching(alarm), same)
            if alike not in known:
                known[alike] = _kept(_runs(alarm, shared, int(start.timestamp()), end), end, most)
            yield cell, known[alike]


def _runs(alarm: Alarm, seen: Windows, start: int, end: int) -> list[tuple[int, State]]:
    """The states of one setting from one second until another."""
    changed = changes(alarm, seen)
    seconds = Clock.of(alarm, seen, end).seconds([at for at, _ in changed])
    found = zip(seconds, (state for _, state in changed), strict=True)
    runs = [run for run in found if start <= run[0] <= end]
    # A change at the first evaluation leaves nothing of what was before it.
    before = [] if runs and runs[0][0] == start else [(start, State.INSUFFICIENT_DATA)]
    return [*before, *runs]


def _kept(runs: Sequence[tuple[int, State]], end: int, most: int) -> Band:
    """All runs where they are few; else for each step the worst state in it."""
    if len(runs) <= most:
        return Band(tuple(runs))
    start, order = runs[0][0], (State.ALARM, State.INSUFFICIENT_DATA, State.OK)
    step = -(-(end - start) // most)
    worst: list[tuple[int, State]] = []
    starts = [at for at, _ in runs]
    for at in range(start, end + 1, step):
        low, high = bisect_right(starts, at) - 1, bisect_right(starts, at + step - 1)
        state = min((one for _, one in runs[low:high]), key=order.index)
        if not worst or worst[-1][1] is not state:
            worst.append((at, state))
    return Band(tuple(worst), step)


def _lines(replay: Replay, settings: Iterable[Setting], share: int) -> Iterator[Line]:
    """A line for each period and window of the settings."""
    alarm = replay.detection.alarm
    for period, clock in dict.fromkeys((one.alarm.period, one.alarm.evaluation_window) for one in settings):
        window, zone = ("sliding", None) if clock is None else ("wall-clock", clock.timezone)
        frame = replay.datapoints(period, window, zone)
        every = period if clock else min(MINUTE, period)
        lowest = alarm.operator.alarms_below
        shown = (period, clock) == (alarm.period, alarm.evaluation_window)
        pairs = list(zip(frame["end"].dt.epoch("s"), frame["value"], strict=True))
        points, step = _few(pairs, -(-(PRESENT_POINTS if shown else POINTS) // share), lowest=lowest)
        yield Line(period, window, tuple(_with_gaps(points, max(every, step))), step)


def _few(points: list[tuple[int, float]], most: int, *, lowest: bool) -> tuple[list[tuple[int, float]], int]:
    """At most so many points: of each step the most telling one, as it stands."""
    if len(points) <= most:
        return points, 0
    step = -(-(points[-1][0] - points[0][0]) // most // MINUTE) * MINUTE or MINUTE
    telling: dict[int, tuple[int, float]] = {}
    for at, value in points:
        kept = telling.get(at // step)
        if kept is None or (value < kept[1] if lowest else value > kept[1]):
            telling[at // step] = (at, value)
    return list(telling.values()), step


def _with_gaps(points: list[tuple[int, float]], every: int) -> Iterator[tuple[int, float | None]]:
    """The points, and None between two that are not neighbours."""
    yield from points[:1]
    for (before, _), (at, value) in pairwise(points):
        if at - before > 2 * every - 1:
            yield before + every, None
        yield at, value
