"""What a scan is asked for, in a form that can be sent to another process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from detector.archive import DEFAULT_LIMIT, Located, LogFile, Selection, locate
from detector.archive.locate import EVERYTHING
from detector.metrics.filter import MetricFilter


class Clock(StrEnum):
    """Which time of a record puts it into a minute.

    CloudWatch itself uses the time at which CloudTrail delivered the log event (recorded 2026-09); an archive
    in S3 does not hold that time, only the time in the name of the file, which is another delivery.
    """

    EVENT = "event"
    """``eventTime`` inside the record (plus the plan's delay)."""
    DELIVERY = "delivery"
    """The log event's own timestamp where the container has one, else the time in the S3 file name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to count in which records; times are whole seconds."""

    filters: tuple[MetricFilter, ...]
    clock: Clock = Clock.EVENT
    delay: int = 0
    """Seconds added to the event clock, to stand for the delay of a delivery."""
    selection: Selection = EVERYTHING
    dedupe: bool = False
    limit: int = DEFAULT_LIMIT
    """Bytes of one decompressed file; more is taken for a decompression bomb."""

    def locate(self, paths: Sequence[str]) -> Located:
        """The files that can hold records of the selection; day folders know nothing of the delay."""
        unshifted = self.selection.shifted(-self.delay) if self.clock is Clock.EVENT else self.selection
        return locate([str(path) for path in paths], unshifted)


Numbered: TypeAlias = tuple[int, LogFile]
"""A file and its place among all files of the replay, by which matches refer to it."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (files, bytes on disk) after each batch of work."""
