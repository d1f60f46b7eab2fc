"""From archive to a choice of settings: detections, paths and grids in, one pass, a `Backtest` each out.

The archive is read once, whatever is swept. The cells are those of `sweep`, so that each is equal to a
`replay` with that setting; what is made of them is in `choice`, `budget` and `coverage`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.archive import DEFAULT_LIMIT, EVERYTHING, Clock, Plan, Problem, Progress, Selection
from detector.detections import Detection, load_detection
from detector.jobs.budget import Budget
from detector.jobs.choice import Choice, choose
from detector.jobs.coverage import Coverage, coverage_of
from detector.jobs.grid import DEFAULT, KEYS, Grid
from detector.jobs.incidents import Incident, IncidentSource, incidents_of
from detector.jobs.meanwhile import FRAMES, importing
from detector.jobs.replay import Scan, evaluation_span
from detector.jobs.scores import GRACE, HOUR
from detector.jobs.sweep import Sweep, sweep
from detector.scan import workers

if TYPE_CHECKING:
    import polars as pl

    from detector.alarm import Alarm
    from detector.jobs.metric_data import MetricData
    from detector.jobs.sweep import Span


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked about one detection; ``grace`` in seconds."""

    grid: Grid = field(default_factory=Grid)
    incidents: tuple[Incident, ...] = ()
    grace: int = GRACE
    budget: Budget = field(default_factory=Budget)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one pass read: of an archive, or of a metric (then there are no records)."""

    files: int = 0
    records: int = 0
    problems: tuple[Problem, ...] = ()
    metric: MetricData | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """One detection's sweep and what follows from it."""

    detection: Detection
    terms: Terms
    sweep: Sweep
    coverage: Coverage
    choice: Choice
    reading: Reading

    @property
    def frame(self) -> pl.DataFrame:
        """One row a setting (`detector.jobs.rows`)."""
        from detector.jobs.rows import frame  # noqa: PLC0415 - polars loads only when used

        return frame(self)


def backtest(
    detection: Detection | str | Path,
    paths: str | Path | Iterable[str | Path],
    grid: Grid | Mapping[str, Any] | None = None,
    incidents: IncidentSource = None,
    *,
    grace: int = GRACE,
    **reading: Any,
) -> pl.DataFrame:
    """Every setting of a grid over log files: a polars frame, one row a setting (docs/backtest.md).

    ``grid``: a `Grid`, or a mapping such as ``{"threshold": "1,3,10..50:5", "datapoints": ["1/1", "2/3"]}``;
    None: the ``[backtest]`` table of the detection,
    else `grid.DEFAULT`. ``incidents``: a file (TOML, CSV, JSON), or incidents or
    mappings with ``name``, ``start``, ``end``. ``grace`` in seconds. ``reading``: the settings of `replay`
    (``clock``, ``delay``, ``selection``, ``dedupe``, ``limit``, ``scan``, ``progress``).
    SettingsError, ArchiveError and DetectionError for what cannot be used.
    """
    one = detection if isinstance(detection, Detection) else load_detection(detection)
    table = {key: value for key, value in one.backtest.items() if key in KEYS}
    swept = (Grid.of(table) if table else DEFAULT) if grid is None else Grid.of(grid)
    terms = Terms(swept, tuple(incidents_of(incidents)), grace)
    listed = [paths] if isinstance(paths, str | Path) else paths
    return backtests([(one, terms)], [str(path) for path in listed], **reading)[0].frame


def backtests(  # noqa: PLR0913 - the settings of a replay, all by keyword
    asked: Sequence[tuple[Detection, Terms]],
    paths: Sequence[str],
    *,
    clock: Clock | str = Clock.EVENT,
    delay: int = 0,
    selection: Selection = EVERYTHING,
    dedupe: bool = False,
    limit: int = DEFAULT_LIMIT,
    scan: Scan = workers.scan,
    progress: Progress | None = None,
) -> list[Backtest]:
    """The same for several detections in one pass, with everything that a report says; see `replay`."""
    from detector.metrics.samples import matches_frame, samples_frame  # noqa: PLC0415 - polars loads only when used

    plan = Plan(
        paths=(paths,) if isinstance(paths, str) else tuple(map(str, paths)),
        clock=Clock(clock),
        delay=delay,
        selection=selection,
        dedupe=dedupe,
        limit=limit,
    )
    located = plan.locate()
    with importing(FRAMES):
        found = scan([detection.filter for detection, _ in asked], plan, located.files, progress)
    problems = tuple(sorted([*located.problems, *found.problems]))
    reading = Reading(found.files, found.records, problems)
    coverage = coverage_of(frozenset(found.hours), selection.start, selection.end)
    tests = []
    for (detection, terms), hits in zip(asked, found.hits, strict=True):
        matches = matches_frame(hits, located.files)
        samples = samples_frame(matches, hits, detection.filter, detection.alarm, dedupe=dedupe)
        span = partial(evaluation_span, plan=plan, found=found, samples=samples)
        tests.append(_backtest(detection, terms, samples, span, coverage, reading))
    return tests


def backtest_metric(
    detection: Detection, terms: Terms, data: MetricData, start: int | None = None, end: int | None = None
) -> Backtest:
    """The same from CloudWatch's metric data, without logs; ``start`` and ``end`` (seconds since 1970) are its span.

    Without them, what is known reaches from the first to the last minute with a value.
    """
    first = data.first if start is None else start - start % 60
    last = data.last + 60 if end is None else end
    coverage = coverage_of(frozenset(range(first // HOUR, -(-last // HOUR))), first, last)
    tail = partial(_metric_span, first, last, until=end)
    return _backtest(detection, terms, data.samples, tail, coverage, Reading(metric=data))


def _backtest(
    detection: Detection, terms: Terms, samples: pl.DataFrame, span: Any, coverage: Coverage, reading: Reading
) -> Backtest:
    proven = [one for one in terms.incidents if coverage.proves(one.start, one.end + terms.grace)]
    unproven = [one for one in terms.incidents if one not in proven]
    found = sweep(
        detection.alarm,
        terms.grid,
        samples,
        span,
        incidents=proven,
        grace=terms.grace,
        unproven=unproven,
        silent=coverage.silent,
    )
    return Backtest(detection, terms, found, coverage, choose(found, terms.budget, coverage), reading)


def _metric_span(first: int, last: int, alarm: Alarm, *, until: int | None) -> Span:
    """From the first minute until the last window has left the evaluation range, unless an end was given."""
    tail = 60 + (alarm.evaluation_range + (alarm.evaluation_window is not None)) * alarm.period
    end = last - last % 60 if until is not None else last - last % 60 + max(tail, alarm.step)
    return datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(end, UTC)
