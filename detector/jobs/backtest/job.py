"""From archive to a choice of settings: detections, paths and grids in, one pass, a `Backtest` each out.

The archive is read once, whatever is swept. The cells are those of `sweep`, so that each is equal to a
`replay` with that setting; what is made of them is in `recommendation`, `budget` and `coverage`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from detector.alarm import Alarm
from detector.alarm.values import DAY, HOUR, MINUTE
from detector.archive import Inputs, Plan, Progress, Settings
from detector.detections import Detection
from detector.detections.catalogue import detections_of
from detector.jobs.backtest.asides import Beside, on_other_clock
from detector.jobs.backtest.attribution import Activity, with_pattern
from detector.jobs.backtest.complaints import complaints
from detector.jobs.backtest.coverage import BurnIn, Coverage
from detector.jobs.backtest.grid import DEFAULT, KEYS, Grid, alarms
from detector.jobs.backtest.incidents import IncidentSource, incidents_of
from detector.jobs.backtest.metric_data import MetricData
from detector.jobs.backtest.recommendation import choose
from detector.jobs.backtest.result import Backtest, Terms
from detector.jobs.backtest.scores import GRACE, Labels
from detector.jobs.backtest.sweep import Span, sweep
from detector.jobs.reading import Matched, Reading, Scan, read
from detector.scan import processes

if TYPE_CHECKING:
    import polars as pl

_PARTS, _SHORT = 4, DAY
"""Of an archive that is not so many times as long as its burn-in, or shorter than a day, nothing is left out."""


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
    complete: bool = False,
    scan: Scan = processes.scan,
    progress: Progress | None = None,
) -> list[Backtest]:
    """The same for several detections in one pass, with everything that a report says; see `replay`.

    ``complete``: the trail was on all the time, also in hours without any file.
    """
    # The pattern of an incident is one more metric filter of the pass.
    patterns = {
        one.pattern: detection for detection, terms in asked for one in terms.incidents if one.pattern
    }
    extra = [with_pattern(detection, pattern) for pattern, detection in patterns.items()]
    reading, matched = read([*(detection for detection, _ in asked), *extra], plan, scan, progress)
    hits = dict(zip(patterns, (one.matches for one in matched[len(asked) :]), strict=True))
    coverage = Coverage.of(
        reading.hours,
        plan.selection.start,
        plan.selection.end,
        digests=reading.digests,
        complete=complete,
    )
    others = on_other_clock([detection for detection, _ in asked], reading, matched[: len(asked)], scan)
    tests: list[Backtest] = []
    for (detection, terms), (matches, samples) in zip(asked, matched, strict=False):
        span = partial(reading.evaluated, samples=samples)
        activity = Activity.of(terms.incidents, matches, terms.grace, dedupe=plan.dedupe, hits=hits)
        test = _backtest(detection, terms, samples, span, coverage, reading, activity)
        other = others[len(tests)] if others else None
        beside = Beside(samples, span, test.coverage.since, Matched(matches, samples), other, plan.dedupe)
        tests.append(_with_asides(test, beside))
    return tests


def _with_asides(test: Backtest, beside: Beside) -> Backtest:
    alarms = {name: cell.alarm for name, cell in test.in_question.items()}
    return replace(test, asides=beside.asides(test.detection, alarms, test.terms.office))


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
    test = _backtest(detection, terms, data.samples, span, coverage, data)
    return _with_asides(test, Beside(data.samples, span, test.coverage.since))


def _backtest(
    detection: Detection,
    terms: Terms,
    samples: pl.DataFrame,
    span: Callable[[Alarm], Span | None],
    coverage: Coverage,
    source: Reading | MetricData,
    activity: Activity | None = None,
) -> Backtest:
    coverage = replace(coverage, burn_in=_burn_in(detection.alarm, terms.grid, span))
    attacks = terms.attacks
    proven = [incident for incident in attacks if coverage.proves(*incident.span(terms.grace))]
    early = [incident for incident in proven if incident.start < coverage.since]
    labels = Labels(
        [incident for incident in proven if incident not in early],
        terms.grace,
        unproven=[incident for incident in attacks if incident not in proven],
        early=early,
        others=[incident for incident in terms.incidents if incident not in attacks],
        silent=coverage.silent,
        activity=activity,
    )
    swept = sweep(detection.alarm, terms.grid, samples, span, labels, coverage.since)
    choice = choose(swept, terms.budget, coverage, terms.limits)
    complained = complaints(detection, swept, choice)
    return Backtest(detection, terms, swept, coverage, choice, source, tuple(complained))


def _burn_in(alarm: Alarm, grid: Grid, span: Callable[[Alarm], Span | None]) -> BurnIn | None:
    """The time in which the setting that looks back furthest still sees what is before the archive; None without a log."""
    settings, _ = alarms(alarm, grid)
    spans = [found for setting in settings if (found := span(setting)) is not None]
    if not spans:
        return None
    start, end = (int(at.timestamp()) for at in (min(one[0] for one in spans), max(one[1] for one in spans)))
    looks_back = max(
        (one.evaluation_range + (one.evaluation_window is not None)) * one.period for one in settings
    )
    return BurnIn(start, start + looks_back, left_out=max(_SHORT, _PARTS * looks_back) <= end - start)
