"""Sources of a scan in batches: which of them the native part may read in one call.

In: sources in any order. Out: each of them scanned once, in a batch or by itself. What makes a batch odd costs the file
that is: its files then are batches of one, and nothing of it was counted.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import msgspec

from detector.archive import Clock, Plan, Progress, Source
from detector.archive.ahead import ahead
from detector.archive.remote import Fetched
from detector.metrics.evidence import some
from detector.metrics.filter import MetricFilter
from detector.scan.found import Found, Share
from detector.scan.part import Clockwork, Part
from detector.scan.plain import FallbackError
from detector.scan.record_prefilter import Batch, RecordPrefilter

BATCH_FILES, BATCH_SIZE = 24, 4 << 20
"""Files, and bytes as stored, of one native call."""
FALLBACK = (FallbackError, TypeError, RecursionError, MemoryError, msgspec.MsgspecError, UnicodeError)
"""Reasons to look at files in the plain way."""


class Batched(ABC):
    """A scan of one file, and a faster one of several; ``of_files`` finds the candidates of a batch, if it can be told."""

    def __init__(self, filters: Sequence[MetricFilter], plan: Plan, of_files: RecordPrefilter | None) -> None:
        self.filters = filters
        self.plan = plan
        self.of_files = of_files if of_files and of_files.reads_files else None

    @abstractmethod
    def scan_source(self, source: Source, found: Found) -> None:
        """Add one source."""

    @abstractmethod
    def take_batch(self, batch: Batch, found: Found) -> None:
        """Add what the candidates of a batch say: all or nothing, with one of `FALLBACK`."""

    def scan(self, sources: Iterable[Source], found: Found, progress: Progress | None = None) -> None:
        """Add to what was found what `plain.scan` finds."""
        for batch in self.batches(sources):
            self.scan_batch(batch, found)
            if progress:
                progress(len(batch), sum(source.size for source in batch))

    def batches(self, sources: Iterable[Source]) -> Iterator[list[Source]]:
        """Sources that are read in one native call, and each other source by itself."""
        batch: list[Source] = []
        size = 0
        for source in ahead(sources):
            if not self._is_native(source):
                yield [source]
                continue
            batch.append(source)
            size += source.size
            if len(batch) == BATCH_FILES or size > BATCH_SIZE:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def scan_batch(self, sources: list[Source], found: Found) -> None:
        """One source, or several that can be in one native call."""
        if self.of_files and (len(sources) > 1 or self._is_native(sources[0])):
            batch = self.of_files.of_files(sources)
            try:
                self.take_batch(batch, found)
            except FALLBACK:
                if len(sources) > 1:  # what is odd is one of them
                    for source in sources:
                        self.scan_batch([source], found)
                    return
            else:
                see_files(batch, found)
                sources = batch.unknown
            found.unanswered += len(sources)
        for source in sources:
            found.scan(source, self.scan_source)

    def clock(self, batch: Batch, part: Part) -> Clockwork:
        """The times of the candidates of a batch."""
        if self.plan.clock is Clock.EVENT:
            return part.clock(self.plan.delay)
        return partial(some, batch.delivered)

    def _is_native(self, source: Source) -> bool:
        """Whether the native part may read it: its name tells its minute, and it is a file of some size."""
        accounts = self.plan.selection.accounts
        return (
            self.of_files is not None
            and (type(source) is Source or (type(source) is Fetched and type(source.body) is bytes))
            and source.delivered is not None
            and 0 < source.size <= BATCH_SIZE
            and (not accounts or source.account in accounts)
        )


def see_files(batch: Batch, found: Found) -> None:
    """Count the files of a batch that are known, and their records."""
    times = [source.delivered or 0 for source in (*batch.walked, *batch.skipped)]
    if times:
        found.see(min(times))
        found.see(max(times))
        found.hours.update([time // 3600 for time in times])
    found.files += len(batch.walked) + len(batch.skipped)
    found.skipped += len(batch.skipped)
    found.records += batch.total
    if found.shares is not None:
        for source, total in zip(batch.walked, batch.totals, strict=True):
            found.shares.append(Share.delivered(source, total, is_skipped=False))
        found.shares += [Share.delivered(source, 0, is_skipped=True) for source in batch.skipped]
