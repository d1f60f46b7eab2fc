"""A sweep: in come an alarm, a grid and the samples of its metric, out goes a score for every setting.

The claim: every cell is what ``Alarm.history`` gives for that setting alone over its span. Windows are made
once for all settings that share them, settings whose windows breach alike are looked at once, and no window
is looked at singly: states are bits of one integer, and only where they change is anything listed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import TypeAlias

from detector.alarm import Alarm, Samples, Windows, states, verdicts, windows, windows_key
from detector.alarm.clock import SECOND
from detector.alarm.samples import SampleSource
from detector.alarm.values import MINUTE
from detector.jobs.backtest.attribution import supporting
from detector.jobs.backtest.grid import Grid, Key, Refused, alarms, key
from detector.jobs.backtest.incidents import Incident
from detector.jobs.backtest.scores import Labels, Score, score
from detector.jobs.backtest.times import InAlarm

Span: TypeAlias = tuple[datetime, datetime]
"""The first and the last evaluation."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One setting of the sweep and what it did."""

    alarm: Alarm
    score: Score
    current: bool = False

    @property
    def key(self) -> Key:
        """What makes it this setting."""
        return key(self.alarm)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Every setting of a grid, in the order of `grid.key`, and what of the grid was left out."""

    cells: tuple[Cell, ...]
    refused: tuple[Refused, ...]
    labels: Labels

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """Those that were scored."""
        return tuple(self.labels.incidents)

    @property
    def unproven(self) -> tuple[Incident, ...]:
        """Those without evidence: no score has them."""
        return tuple(self.labels.unproven)

    @property
    def early(self) -> tuple[Incident, ...]:
        """Those that begin in the burn-in: no score has them either."""
        return tuple(self.labels.early)

    @property
    def current(self) -> Cell:
        """The present setting."""
        return next(cell for cell in self.cells if cell.current)


def sweep(
    alarm: Alarm,
    grid: Grid,
    samples: SampleSource,
    span: Span | Callable[[Alarm], Span | None],
    labels: Labels | None = None,
    since: int = 0,
) -> Sweep:
    """Every setting of ``grid`` for ``alarm`` over ``samples``: a polars frame or anything that `Samples` takes.

    ``span`` is the first and the last evaluation, or says it for each setting (an archive's ends later for
    alarms that look back further; None: nothing to evaluate). ``labels`` say what happened. Scores are of what is from
    the second ``since`` on (since 1970).
    """
    labels = labels or Labels(())
    settings, refused = alarms(alarm, grid)
    data = Samples.of(samples)
    scores, groups = dict[Key, Score](), dict[tuple[object, datetime], list[tuple[Alarm, Span]]]()
    for setting in settings:
        within = span(setting) if callable(span) else span
        if within is None:
            scores[key(setting)] = score(InAlarm(), labels)
        else:  # settings can share their windows when they are evaluated from the same minute on
            groups.setdefault((windows_key(setting), within[0]), []).append((setting, within))
    for (_, start), group in groups.items():
        longest, until = (
            max(setting.evaluation_range for setting, _ in group),
            max(end for _, (_, end) in group),
        )
        shared = windows(data, group[0][0], start=start, end=until, reach=longest)
        scores |= _scores(shared, group, labels, since)
    cells = tuple(Cell(setting, scores[key(setting)], key(setting) == key(alarm)) for setting in settings)
    return Sweep(cells, tuple(refused), labels)


def _scores(
    shared: Windows, group: Iterable[tuple[Alarm, Span]], labels: Labels, since: int
) -> dict[Key, Score]:
    """The scores of settings that share windows: those that no window tells apart are looked at once."""
    scores, known = dict[Key, Score](), dict[object, Score]()
    for setting, (start, end) in group:
        # What a score depends on once windows are made: thresholds that no value lies between are alike.
        breaching, treatment = shared.breaching(setting), setting.treat_missing_data
        alike = (breaching, setting.evaluation_periods, setting.m, treatment, end)
        if alike not in known:
            until = int(end.timestamp())
            begin = min(until, max(since, int(start.timestamp())))
            known[alike] = score(in_alarm(setting, shared, until, since), labels, (begin, until))
        scores[key(setting)] = known[alike]
    return scores


def in_alarm(alarm: Alarm, windows: Windows, end: int, since: int = 0) -> InAlarm:
    """The times in ALARM from ``since`` up to ``end`` (seconds); ``windows`` may reach further, for other alarms."""
    clock = Clock.of(alarm, windows, end)
    surplus = windows.evaluations - clock.count
    bits = states(alarm, windows).alarm >> surplus
    if not bits:
        return InAlarm()
    starts, ends = _runs(bits, clock.count)
    alone = verdicts(alarm, windows, look_back=False)
    alarmed, fine, unknown = (
        windows.evaluated(verdict) >> surplus for verdict in (alone.alarm, alone.ok, alone.insufficient)
    )
    # ALARM that the newest evaluation periods alone would not give: where they decide otherwise, and the
    # entries into ALARM in which they would keep the state before, which is another one; an evaluation later,
    # keeping it would keep ALARM.
    undone = bits & (fine | unknown)
    entered = bits & ~(bits >> 1 | alarmed | undone)
    scored = (1 << clock.count - clock.before(since)) - 1
    lookback = (
        clock.length(undone & scored) + clock.rest(undone, since) + clock.length(entered & scored, alarm.step)
    )
    return InAlarm(
        clock.seconds(starts),
        clock.seconds(ends),
        lookback,
        lambda page: tuple(supporting(alarm, windows, starts[page])),
    ).since(since)


@dataclass(frozen=True, slots=True)
class Clock:
    """Which second each of the first ``count`` evaluations stands for; number ``count`` is the end.

    ``step`` are the seconds between evaluations where they are evenly spaced, else 0.
    """

    windows: Windows
    count: int
    end: int
    begin: int
    step: int

    @classmethod
    def of(cls, alarm: Alarm, windows: Windows, end: int) -> Clock:
        """The clock of the evaluations up to ``end``."""
        begin, rest = divmod(windows.begin, SECOND)
        whole = alarm.evaluation_window is None and alarm.period >= MINUTE and not (rest or begin % MINUTE)
        even = whole and isinstance(windows.ends, range)
        if even:
            count = min(windows.evaluations, max(0, (end - begin) // alarm.step + 1))
            return cls(windows, count, end, begin, alarm.step)
        numbers = range(windows.evaluations)
        return cls(windows, bisect_right(numbers, end * SECOND, key=windows.microseconds), end, begin, 0)

    def before(self, second: int) -> int:
        """How many of the evaluations are before a second."""
        if self.step:
            return min(self.count, max(0, -(-(second - self.begin) // self.step)))
        return bisect_left(range(self.count), second * SECOND, key=self.windows.microseconds)

    def rest(self, bits: int, second: int) -> int:
        """The seconds from a second on for which the last evaluation before it stands, if it is one of these bits."""
        before = self.before(second)
        if self.step or not before or not bits >> self.count - before & 1:
            return 0
        return max(0, self.seconds([before])[0] - second)

    def seconds(self, evaluations: Sequence[int]) -> Sequence[int]:
        """The second of each evaluation."""
        if self.step:
            at_step = [self.begin + self.step * evaluation for evaluation in evaluations]
            return [*at_step[:-1], self.end] if evaluations and evaluations[-1] == self.count else at_step
        at, count, end = self.windows.microseconds, self.count, self.end
        return [end if evaluation == count else at(evaluation) // SECOND for evaluation in evaluations]

    def length(self, bits: int, most: int | None = None) -> int:
        """The seconds for which the evaluations of these bits stand, each until the next one that can differ.

        ``most`` limits each run of them.
        """
        if not self.step:
            starts, ends = (self.seconds(edges) for edges in _runs(bits, self.count))
            lengths = (end - start for start, end in zip(starts, ends, strict=True))
            return sum(lengths if most is None else (min(most, length) for length in lengths))
        last = self.begin + self.step * (self.count - 1)
        return self.step * bits.bit_count() - (self.step - (self.end - last) if bits & 1 else 0)


def _runs(bits: int, count: int) -> tuple[Sequence[int], Sequence[int]]:
    """Where each run of ones begins and where it is over, the highest of ``count`` bits being number 0."""
    edges = f"{bits ^ bits >> 1:0{count}b}".split("1")
    places = list(accumulate([len(zeros) + 1 for zeros in edges[:-1]], initial=-1))[1:]
    if bits & 1:
        places.append(count)
    return places[::2], places[1::2]
