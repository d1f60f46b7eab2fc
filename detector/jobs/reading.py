"""One pass over an archive for some detections: what was read, and the frames of what matched.

In: filters and a plan. Out: a `Reading`, the same for every detection of the pass, and for each detection its
matches and samples (columns: see `detector.metrics.samples`).
"""

from __future__ import annotations

import importlib
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from msgspec import Struct, field

from detector.archive import Located, Plan, Problem, Progress, Source
from detector.archive.clock import settled
from detector.archive.eventtime import LATEST
from detector.errors import SettingsError
from detector.metrics.filter import MetricFilter
from detector.scan.found import Found

if TYPE_CHECKING:
    import polars as pl

    from detector.alarm import Alarm
    from detector.detections import Detection
    from detector.jobs.emptiness import Emptiness

Scan: TypeAlias = Callable[[Sequence[MetricFilter], Plan, Iterable[Source], Progress | None], Found]

HOUR = 3600
SAMPLE = 2 << 20
"""Bytes as stored of a large archive that are read once more to say why nothing matched."""


class Reading(Struct, frozen=True, kw_only=True):
    """What one pass over an archive was asked to read, what it read, and what it did not."""

    plan: Plan
    located: Located
    """The sources of the plan, for whoever reads some of them again."""
    files: int
    """Files read, broken ones included."""
    records: int
    """Records read and selected; those of skipped files are not among them."""
    skipped: int
    """Of the files, those that cannot hold a match and were not decoded."""
    unselected: int
    """Records left out by account, region or time."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Files left out, by kind."""
    verified: bool = False
    """Whether the files were held against CloudTrail's digest files, which a pass does not do (`detector.jobs.trust`)."""
    hours: frozenset[int]
    """The hours (since 1970) for which there was a log; silence in any other hour proves nothing."""
    digests: frozenset[int] = frozenset()
    """The hours of digest files, which CloudTrail writes as long as the trail is on, also when nothing happens."""
    first: int | None
    last: int | None
    """Seconds since 1970: the first and the last minute for which there was a log."""
    problems: tuple[Problem, ...]
    empty: Emptiness | None = None
    """Why there was no record at all, and the pass proves nothing; None where there was one."""

    @property
    def unusable(self) -> tuple[Problem, ...]:
        """The problems that mean that something could not be used: CloudTrail really delivers files without records."""
        return tuple(problem for problem in self.problems if problem.means_unread)

    @property
    def logs(self) -> tuple[datetime, datetime] | None:
        """From the first hour with a log to the end of the last one; None without any."""
        if not self.hours:
            return None
        start, end = min(self.hours) * HOUR, (max(self.hours) + 1) * HOUR
        return datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)

    @property
    def silent_hours(self) -> int:
        """Hours in between for which there was no log at all."""
        return max(self.hours) + 1 - min(self.hours) - len(self.hours) if self.hours else 0

    def evaluated(self, alarm: Alarm, samples: pl.DataFrame) -> tuple[datetime, datetime] | None:
        """The first and the last minute at which an alarm on these samples is evaluated; None without any log.

        From the first minute with a log or a sample to the last one, and on until the last window has left the
        evaluation range; a selection by time narrows both. A file with the name that S3 gives it stands for
        the minute in that name, any other file for the minutes of its records.
        """
        ends = [samples["minute"][end] for end in (0, -1)] if len(samples) else []
        return self.evaluated_with(alarm, [int(end.timestamp()) for end in ends])

    def evaluated_with(self, alarm: Alarm, minutes: Iterable[int]) -> tuple[datetime, datetime] | None:
        """The same of the minutes of samples, in seconds since 1970."""
        minutes = [*minutes, *(time for time in (self.first, self.last) if time is not None)]
        if not minutes:
            return None
        tail = 60 + (alarm.evaluation_range + (alarm.evaluation_window is not None)) * alarm.period
        start, end = min(minutes), max(minutes) + max(tail, alarm.step)
        chosen = self.plan.selection
        if chosen.start is not None:
            start = max(start, chosen.start - chosen.start % 60)
        if chosen.end is not None:
            end = min(end, chosen.end)
        end = min(end, LATEST - 60)
        return datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end - end % 60, UTC)


class Matched(NamedTuple):
    """The matches of one detection, and the samples of the metric that its alarm watches."""

    matches: pl.DataFrame
    samples: pl.DataFrame


def _import_polars() -> None:
    importlib.import_module("polars")


def scanned(
    detections: Sequence[Detection],
    plan: Plan,
    scan: Scan,
    progress: Progress | None,
    meanwhile: Callable[[], object],
) -> tuple[Reading, Found]:
    """Scan an archive once for all detections; ``meanwhile`` is called once that has begun.

    `DetectionError` for a filter that depends on a fact about its log group that nobody says.
    """
    check_log_groups(detections, plan)
    located = plan.locate()
    plan = settled(plan, located.files)
    filters = [each for detection in detections for each in detection.filters]
    found = scan(filters, plan, located.files, _Meanwhile(progress, meanwhile))
    return _reading(plan, located, found), found


def read(
    detections: Sequence[Detection], plan: Plan, scan: Scan, progress: Progress | None
) -> tuple[Reading, list[Matched]]:
    """The same with the frames of each detection."""
    reading, found = scanned(detections, plan, scan, progress, _import_polars)
    from detector.jobs.gathered import gathered  # noqa: PLC0415 - not before the scan

    each = gathered(detections, found, reading.located.files, dedupe=reading.plan.dedupe)
    return reading, [Matched(one.matches, one.samples) for one in each]


def _reading(plan: Plan, located: Located, found: Found) -> Reading:
    problems = tuple(sorted([*located.problems, *found.problems]))
    return Reading(
        plan=plan,
        located=located,
        files=found.files,
        records=found.records,
        skipped=found.skipped,
        unselected=found.unselected,
        left_out=dict(sorted(Counter(located.left_out).items())),
        hours=frozenset(found.hours),
        digests=frozenset(located.digests),
        first=found.first,
        last=found.last,
        problems=problems,
        empty=None if found.records or found.skipped else _empty(plan, problems, found.unselected),
    )


def _empty(plan: Plan, problems: tuple[Problem, ...], unselected: int) -> Emptiness:
    from detector.jobs.emptiness import emptiness  # noqa: PLC0415 - few archives are empty

    return emptiness(plan, problems, unselected)


class _Meanwhile:
    """A progress that has the rest imported once the scan is on its way: whoever imports it afterwards waits for that.

    Polars alone takes a tenth of a second. Not before: while a process has no other thread its workers are forked.
    """

    def __init__(self, progress: Progress | None, meanwhile: Callable[[], object]) -> None:
        self.progress = progress
        self.meanwhile = meanwhile
        self.begun = False

    def __call__(self, files: int, size: int) -> None:
        if not self.begun:
            self.begun = True
            threading.Thread(target=self.meanwhile, daemon=True).start()
        if self.progress:
            self.progress(files, size)


def check_log_groups(detections: Sequence[Detection], plan: Plan) -> None:
    """`DetectionError` where a filter depends on something of the log group that neither the plan nor the detection says."""
    for detection in detections:
        for place, one in enumerate(detection.filters):
            try:
                one.log_group_of(plan)
            except SettingsError as error:
                several = f"[{place}]" if len(detection.filters) > 1 else ""
                detection.source.refuse(f"filter{several}.{error.setting}", error.reason)
