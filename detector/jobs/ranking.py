"""The most frequent values of a field, as a result has them.

It stands apart from what counts them (`detector.jobs.rankings`), which imports polars: results are known before a scan begins.
"""

from __future__ import annotations

from msgspec import Struct


class Ranking(Struct, frozen=True):
    """The most frequent values of a field with their counts, ties by value; ``more`` other values are left out.

    ``others`` matches have values that were not kept apart, because there are too many in the whole archive
    (`detector.metrics.evidence`).
    """

    top: tuple[tuple[str, int], ...] = ()
    more: int = 0
    others: int = 0

    @property
    def first(self) -> str:
        """The most frequent value; empty without any."""
        return self.top[0][0] if self.top else ""

    @property
    def size(self) -> int:
        """How many different values there are."""
        return len(self.top) + self.more
