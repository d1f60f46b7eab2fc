"""A sweep: in come an alarm, a grid and the samples of its metric, out goes a score for every setting.

The claim: every cell is what ``Alarm.history`` gives for that setting alone over its span. Windows are made
once for all settings that share them, and settings whose windows breach alike are looked at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from detector.alarm import Alarm, Samples, Windows, windows, windows_key
from detector.jobs.grid import Grid, Key, Refused, alarms, key
from detector.jobs.inalarm import in_alarm
from detector.jobs.scores import GRACE, Labels, Score, score

if TYPE_CHECKING:
    from detector.alarm.samples import SampleSource
    from detector.jobs.incidents import Incident

Span: TypeAlias = tuple[datetime, datetime]
"""The first and the last evaluation."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One setting of the sweep and what it did."""

    alarm: Alarm
    score: Score
    current: bool = False


@dataclass(frozen=True, slots=True)
class Sweep:
    """Every setting of a grid, in the order of `grid.key`, and what of the grid was left out."""

    cells: tuple[Cell, ...]
    refused: tuple[Refused, ...]
    incidents: tuple[Incident, ...]
    unproven: tuple[Incident, ...] = ()
    """Incidents without evidence: no score has them."""

    @property
    def current(self) -> Cell:
        """The present setting."""
        return next(cell for cell in self.cells if cell.current)


def sweep(
    alarm: Alarm,
    grid: Grid,
    samples: SampleSource,
    span: Span | Callable[[Alarm], Span | None],
    *,
    incidents: Sequence[Incident] = (),
    grace: int = GRACE,
    unproven: Sequence[Incident] = (),
    silent: Sequence[tuple[int, int]] = (),
) -> Sweep:
    """Every setting of ``grid`` for ``alarm`` over ``samples``: a polars frame or anything that `Samples` takes.

    ``span`` is the first and the last evaluation, or says it for each setting (an archive's ends later for
    alarms that look back further; None: nothing to evaluate). ``grace`` in seconds. ``unproven`` are
    incidents that are not scored; they only explain an ALARM. ``silent``: the gaps of the archive,
    in seconds since 1970 and in time order.
    """
    settings, refused = alarms(alarm, grid)
    data, labels = Samples.of(samples), Labels(incidents, grace, unproven, silent)
    spans = [(one, span(one) if callable(span) else span) for one in settings]
    scores = {key(one): Score(delays=(None,) * len(incidents)) for one, within in spans if within is None}
    for group in _groups([(one, within) for one, within in spans if within is not None]):
        scores.update(_scores(group, data, labels))
    present = key(alarm)
    cells = (Cell(one, scores[key(one)], key(one) == present) for one in settings)
    return Sweep(tuple(cells), tuple(refused), tuple(incidents), tuple(unproven))


def _groups(spans: Iterable[tuple[Alarm, Span]]) -> list[list[tuple[Alarm, Span]]]:
    """Settings that can share their windows: of one key, evaluated from the same minute on."""
    groups: dict[object, list[tuple[Alarm, Span]]] = {}
    for one, span in spans:
        groups.setdefault((windows_key(one), span[0]), []).append((one, span))
    return list(groups.values())


def _scores(
    group: Sequence[tuple[Alarm, Span]], data: Samples, labels: Labels
) -> Iterable[tuple[Key, Score]]:
    start, end = group[0][1][0], max(span[1] for _, span in group)
    shared = windows(data, group[0][0], start=start, end=end)
    known: dict[object, Score] = {}
    for one, span in group:
        alike = _alike(one, shared, span)
        if alike not in known:
            known[alike] = score(in_alarm(one, shared, int(span[1].timestamp())), labels)
        yield key(one), known[alike]


def _alike(alarm: Alarm, shared: Windows, span: Span) -> object:
    """What a score depends on once windows are made: two thresholds that no value lies between are alike."""
    return (
        shared.breaching(alarm),
        alarm.evaluation_periods,
        alarm.m,
        alarm.treat_missing_data,
        span[1],
    )
