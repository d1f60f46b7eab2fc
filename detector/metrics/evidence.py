"""Who did what to what from where, of every match: each distinct combination is in memory once.

In: the evidence of records (`detector.cloudtrail.record`). Out: `EvidenceTable`, rows that matches refer to by their
numbers. Claim: a column keeps at most `MAX_VALUES` distinct values apart, whatever records hold; which ones depends
on the values alone, not on the order in which files were read. All others become `OTHERS`, so they are still counted.
"""

from __future__ import annotations

import heapq
import zlib
from typing import Any

from detector.cloudtrail.record import Evidence

MAX_VALUES = 65_536
OTHERS: Any = None
"""Stands for a value beyond `MAX_VALUES`; not a string, because any string can stand in a record."""


class EvidenceTable:
    """Distinct evidence by number."""

    __slots__ = ("_numbers", "_prune_at", "_values", "rows")

    def __init__(self) -> None:
        self._prune_at = MAX_VALUES
        self.__setstate__([])

    def number(self, evidence: Evidence) -> int:
        """The number of a row, which is added if it is new."""
        known = self._numbers.get(evidence)
        if known is not None:
            return known
        if len(self.rows) >= self._prune_at:
            self.prune()
            self._prune_at = 2 * len(self.rows)
        shared = Evidence._make(self._values.setdefault(value, value) for value in evidence)
        self._numbers[shared] = len(self.rows)
        self.rows.append(shared)
        return len(self.rows) - 1

    def take_in(self, other: EvidenceTable) -> list[int]:
        """Add the rows of another table; the numbers that they have here, in its order."""
        return [self.number(row) for row in other.rows]

    def prune(self) -> None:
        """Keep `MAX_VALUES` values a column apart; rows keep their numbers, and some are equal afterwards.

        A value that is dropped and met again is dropped again at the end: as many with a smaller sum are there.
        """
        columns = [set(column) for column in zip(*self.rows, strict=True)]
        if all(len(column) <= MAX_VALUES for column in columns):
            return
        kept = [set(heapq.nsmallest(MAX_VALUES, column - {OTHERS}, key=_order)) for column in columns]
        self.__setstate__(
            [
                Evidence._make(
                    value if value in known else OTHERS for value, known in zip(row, kept, strict=True)
                )
                for row in self.rows
            ]
        )

    def __getstate__(self) -> list[Evidence]:
        return self.rows

    def __setstate__(self, rows: list[Evidence]) -> None:
        self.rows = rows
        self._numbers = {row: number for number, row in enumerate(rows)}
        # Equal strings become one.
        self._values: dict[Any, Any] = {value: value for row in rows for value in row}
        self._prune_at = MAX_VALUES


def _order(value: str | tuple[str, ...]) -> tuple[int, Any]:
    """An order that nobody chose: the first in it are as good a sample as any."""
    text = value if isinstance(value, str) else "\0".join(value)
    return zlib.crc32(text.encode()), value
