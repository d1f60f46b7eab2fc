"""From archive to a choice of settings: detections, paths and grids in, one pass, a `Backtest` each out.

The archive is read once, whatever is swept. The cells are those of `sweep`, so that each is equal to a
`replay` with that setting; what is made of them is in `recommendation`, `budget` and `coverage`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from detector.alarm import Alarm
from detector.alarm.values import HOUR, MINUTE
from detector.archive import Inputs, Plan, Progress, Settings
from detector.detections import Detection
from detector.detections.catalogue import detections_of
from detector.jobs.backtest.coverage import Coverage
from detector.jobs.backtest.grid import DEFAULT, KEYS, Grid
from detector.jobs.backtest.incidents import IncidentSource, incidents_of
from detector.jobs.backtest.metric_data import MetricData
from detector.jobs.backtest.recommendation import choose
from detector.jobs.backtest.result import Backtest, Terms, complaints
from detector.jobs.backtest.scores import GRACE
from detector.jobs.backtest.sweep import Span, sweep
from detector.jobs.reading import Reading, Scan, read
from detector.scan import processes

if TYPE_CHECKING:
    import polars as pl


def backtest(
    detection: Detection | str | Path,
    paths: Inputs,
    grid: Grid | Mapping[str, Any] | None = None,
    incidents: IncidentSource = None,
    *,
    grace: int = GRACE,
    scan: Scan = processes.scan,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> Backtest:
    """Every setting of a grid over log files; ``.frame`` has them as a polars frame (docs/backtest.md).

    ``grid``: a `Grid`, or a mapping such as ``{"threshold": "1,3,10..50:5", "datapoints": ["1/1", "2/3"]}``;
    None: the ``[backtest]`` table of the detection, else `grid.DEFAULT`. ``incidents``: a file (TOML, CSV,
    JSON), or incidents or mappings with ``name``, ``start``, ``end``. ``grace`` in seconds. ``paths`` may be a
    `Plan`; else the ``settings`` are those of one (``clock``, ``delay``, ``selection``, ``dedupe``, ``limit``).
    SettingsError, ArchiveError and DetectionError for what cannot be used.
    """
    [loaded] = detections_of(detection)
    table = {key: value for key, value in loaded.backtest.items() if key in KEYS}
    swept = (Grid.of(table) if table else DEFAULT) if grid is None else Grid.of(grid)
    terms = Terms(swept, tuple(incidents_of(incidents)), grace)
    return backtests([(loaded, terms)], Plan.of_alarms(paths, **settings), scan=scan, progress=progress)[0]


def backtests(
    asked: Sequence[tuple[Detection, Terms]],
    plan: Plan,
    *,
    scan: Scan = processes.scan,
    progress: Progress | None = None,
) -> list[Backtest]:
    """The same for several detections in one pass, with everything that a report says; see `replay`."""
    reading, matched = read([detection for detection, _ in asked], plan, scan, progress)
    coverage = Coverage.of(reading.hours, plan.selection.start, plan.selection.end)
    tests = []
    for (detection, terms), (_, samples) in zip(asked, matched, strict=True):
        span = partial(reading.evaluated, samples=samples)
        tests.append(_backtest(detection, terms, samples, span, coverage, reading))
    return tests


def backtest_metric(
    detection: Detection, terms: Terms, data: MetricData, start: int | None = None, end: int | None = None
) -> Backtest:
    """The same from CloudWatch's metric data, without logs; ``start`` and ``end`` (seconds since 1970) are its span.

    Without them, what is known reaches from the first to the last minute with a value.
    """
    first = data.first if start is None else start - start % MINUTE
    last = data.last + MINUTE if end is None else end

    def span(alarm: Alarm) -> Span:
        """From the first minute until the last window has left the evaluation range, unless an end was given."""
        tail = MINUTE + (alarm.evaluation_range + (alarm.evaluation_window is not None)) * alarm.period
        until = last - last % MINUTE + (max(tail, alarm.step) if end is None else 0)
        return datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(until, UTC)

    coverage = Coverage(range(first // HOUR, -(-last // HOUR)), first, last)
    return _backtest(detection, terms, data.samples, span, coverage, data)


def _backtest(
    detection: Detection,
    terms: Terms,
    samples: pl.DataFrame,
    span: Callable[[Alarm], Span | None],
    coverage: Coverage,
    source: Reading | MetricData,
) -> Backtest:
    proven = [incident for incident in terms.incidents if coverage.proves(*incident.span(terms.grace))]
    swept = sweep(
        detection.alarm,
        terms.grid,
        samples,
        span,
        incidents=proven,
        grace=terms.grace,
        unproven=[incident for incident in terms.incidents if incident not in proven],
        silent=coverage.silent,
    )
    choice = choose(swept, terms.budget, coverage)
    complained = complaints(detection, swept, choice)
    return Backtest(detection, terms, swept, coverage, choice, source, tuple(complained))
