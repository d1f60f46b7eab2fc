"""From archive to alarm: detections over log files, one pass, one immutable `Replay` per detection.

In: detections and paths. Out: what matched, the samples of the metric, the transitions of the alarm, and
what could not be read. Everything that a user sees of a replay is made from this.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from detector.alarm import Alarm, Transition, WallClock
from detector.archive import DEFAULT_LIMIT, Clock, Located, Plan, Problem, Progress, Selection, Source
from detector.archive.eventtime import LATEST
from detector.archive.locate import EVERYTHING
from detector.detections import Detection
from detector.detections.catalogue import detections_of
from detector.jobs.meanwhile import FRAMES, importing
from detector.metrics.filter import MetricFilter
from detector.scan import workers
from detector.scan.found import Found

if TYPE_CHECKING:
    import polars as pl

Scan: TypeAlias = Callable[[Sequence[MetricFilter], Plan, Iterable[Source], Progress | None], Found]


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """What one detection would have done with the archive.

    ``matches`` and ``samples`` are polars frames (columns: see `detector.metrics.samples`); ``transitions`` are in
    time order. ``start`` and ``end`` are the first and last evaluation of the alarm, None without any log.
    """

    detection: Detection
    matches: pl.DataFrame
    samples: pl.DataFrame
    transitions: list[Transition]
    problems: list[Problem]
    records: int
    files: int
    skipped: int
    unselected: int
    left_out: Mapping[str, int]
    repeats: int
    """Matches whose eventID had matched before; counted unless ``dedupe`` is set."""
    oversize: int
    """Matches over 256 KB, which never reach CloudWatch Logs; left out of the samples."""
    clock: Clock
    delay: int
    dedupe: bool
    hours: frozenset[int]
    """The hours (since 1970) for which there was a log; silence in any other hour proves nothing."""
    start: datetime | None
    end: datetime | None

    @property
    def matched(self) -> int:
        """Records that match any filter; ``matches`` has a row for each filter that a record matches."""
        if len(self.detection.filters) == 1:
            return len(self.matches)
        return self.matches.select("path", "position").n_unique()

    @property
    def window(self) -> str:
        """How the alarm's windows lie: ``sliding``, or ``wall-clock`` and the time zone."""
        window = self.detection.alarm.evaluation_window
        return "sliding" if window is None else f"wall-clock {window.timezone}"


def replay(  # noqa: PLR0913 - the settings of a replay, all by keyword
    detections: Detection | str | Path | Iterable[Detection | str | Path],
    paths: Sequence[str],
    *,
    clock: Clock | str = Clock.EVENT,
    delay: int = 0,
    selection: Selection = EVERYTHING,
    dedupe: bool = False,
    limit: int = DEFAULT_LIMIT,
    scan: Scan = workers.scan,
    progress: Progress | None = None,
) -> list[Replay]:
    """Replay detections over log files: one pass over the archive, one `Replay` per detection.

    A detection may also be given as a file or the name of a shipped one.
    ``delay`` (seconds) shifts the event clock. ``scan`` is `scan.plain.scan` or anything equal to it; the
    default uses all cores for a large archive. Raises `ArchiveError` for a path that does not exist;
    whatever else cannot be read is in ``problems``.
    """
    asked = detections_of(detections)
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
        found = scan([one for detection in asked for one in detection.filters], plan, located.files, progress)
    return [_replay(detection, plan, located, found) for detection in asked]


def _replay(detection: Detection, plan: Plan, located: Located, found: Found) -> Replay:
    """The next detection's; its hits are taken out of ``found``, since frames hold the same and both are much."""
    from detector.metrics.samples import matches_frame, samples_frame  # noqa: PLC0415 - polars loads only when used

    hits = [found.hits.pop(0) for _ in detection.filters]
    matches = matches_frame(detection.filters, hits, located.files)
    samples = samples_frame(matches, hits, detection.filters, detection.alarm, dedupe=plan.dedupe)
    span = evaluation_span(detection.alarm, plan, found, samples)
    transitions = [] if span is None else detection.alarm.history(samples, start=span[0], end=span[1])
    return Replay(
        detection=detection,
        matches=matches,
        samples=samples,
        transitions=transitions,
        problems=sorted([*located.problems, *found.problems]),
        records=found.records,
        files=found.files,
        skipped=found.skipped,
        unselected=found.unselected,
        left_out=dict(sorted(Counter(located.left_out).items())),
        repeats=int(matches["repeat"].sum()),
        oversize=int(matches["oversize"].sum()),
        clock=plan.clock,
        delay=plan.delay,
        dedupe=plan.dedupe,
        hours=frozenset(found.hours),
        start=None if span is None else span[0],
        end=None if span is None else span[1],
    )


def evaluation_span(
    alarm: Alarm, plan: Plan, found: Found, samples: pl.DataFrame
) -> tuple[datetime, datetime] | None:
    """The first and the last minute at which the alarm is evaluated.

    From the first minute with a log or a sample to the last one, and on until the last window has left the
    evaluation range; a selection by time narrows both. A file with the name that S3 gives it stands for
    the minute in that name, any other file for the minutes of its records.
    """
    minutes = [time for time in (found.first, found.last) if time is not None]
    if len(samples):
        minutes += [int(samples["minute"][end].timestamp()) for end in (0, -1)]
    if not minutes:
        return None
    tail = 60 + (alarm.evaluation_range + (alarm.evaluation_window is not None)) * alarm.period
    start, end = min(minutes), max(minutes) + max(tail, alarm.step)
    chosen = plan.selection
    if chosen.start is not None:
        start = max(start, chosen.start - chosen.start % 60)
    if chosen.end is not None:
        end = min(end, chosen.end)
    end = min(end, LATEST - 60)
    return datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end - end % 60, UTC)


def with_window(detection: Detection, window: WallClock | None) -> Detection:
    """The same detection with the alarm's windows laid otherwise: None for sliding ones."""
    alarm = dataclasses.replace(detection.alarm, evaluation_window=window)
    return dataclasses.replace(detection, alarm=alarm)
