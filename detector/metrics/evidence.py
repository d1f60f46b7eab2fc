"""Who did what to what from where, of every record that matches: columns of codes, in bounded memory.

In: the evidence of records (`detector.cloudtrail.record`). Out: `EvidenceTable`, with a row of forty bytes for each
record, four a column, to which matches refer by number. Claim: a column keeps at most `MAX_VALUES` distinct values apart
(`detector.metrics.columns`), and the others are still counted.
"""

from __future__ import annotations

from array import array
from collections.abc import Container, Iterable

from detector.cloudtrail.record import MAX_LENGTH, MAX_RESOURCES, Evidence, string
from detector.metrics import columns
from detector.metrics.columns import OTHERS
from detector.native import EVIDENCE, part

native = part(EVIDENCE).module

MAX_VALUES = 65_536
NUL = "\0"
LONGEST = (*(MAX_LENGTH for _ in Evidence._fields[:-1]), MAX_RESOURCES * (MAX_LENGTH + 1))
"""Characters of a value of each column; several resources are joined by NUL."""


def some(column: array[int], places: array[int]) -> array[int]:
    """The items of a column at some places."""
    if native is None:
        return array(column.typecode, [column[place] for place in places])
    return array(column.typecode, native.some(column, places))


def give_back() -> None:
    """Memory that was freed to the system, before another process needs as much."""
    if native is not None:
        native.give_back()


class EvidenceTable:
    """The evidence of records by number; ``kept`` are the fields of `Evidence` that are, one at least, and None all of them."""

    __slots__ = ("_last", "columns", "kept")

    def __init__(self, kept: Container[str] | None = None) -> None:
        make: type[columns.Column] = columns.Column if native is None else native.Column
        self.kept = kept
        self.columns = tuple(
            [make(MAX_VALUES) if kept is None or name in kept else None for name in Evidence._fields]
        )
        """In the order of `Evidence`; None for one that is not kept."""
        self._last: Evidence | None = None

    def __len__(self) -> int:
        return len(next(column for column in self.columns if column is not None))

    @property
    def told(self) -> dict[str, columns.Column]:
        """The columns that are kept, by the fields of `Evidence`."""
        return {
            name: column
            for name, column in zip(Evidence._fields, self.columns, strict=True)
            if column is not None
        }

    def add(self, evidence: Evidence) -> int:
        """The number of a record, which several filters may match one after the other."""
        if evidence is not self._last:
            self._last = evidence
            self.extend([[value] for value in values(evidence)])
        return len(self) - 1

    def extend(self, columns: Iterable[Iterable[str]]) -> None:
        """Add records, given in columns in the order of `Evidence`; several resources are joined by NUL."""
        for column, longest, column_values in zip(self.columns, LONGEST, columns, strict=True):
            if column is not None:
                column.extend([_cut(value, longest) for value in column_values])

    def put(self, row: int, evidence: Evidence) -> None:
        """Say what a record has that is here already."""
        for column, longest, value in zip(self.columns, LONGEST, values(evidence), strict=True):
            if column is not None:
                column.put(row, _cut(value, longest))

    def take_in(self, other: EvidenceTable) -> int:
        """Add the records of another table, which keeps the same columns; the number that its first one has here."""
        first = len(self)
        for column, theirs in zip(self.columns, other.columns, strict=True):
            if column is not None and theirs is not None:
                column.take_in(theirs)
        self._last = None
        return first

    def prune(self) -> None:
        """Keep at most `MAX_VALUES` distinct values of each column; what this drops would be dropped later too."""
        for column in self.told.values():
            column.prune()

    def row(self, number: int) -> Evidence:
        """The evidence of one record; `OTHERS` also for what is not kept."""
        *single, resources = (OTHERS if column is None else column.name(number) for column in self.columns)
        listed = resources if resources is OTHERS else tuple(filter(None, resources.split(NUL)))
        return Evidence._make([*single, listed])


def values(evidence: Evidence) -> tuple[str, ...]:
    """What the columns hold of a record."""
    *single, resources = evidence
    return (*single, NUL.join(resources))


def _cut(value: str, longest: int) -> str:
    return value if len(value) <= longest and value.isascii() else string(value, longest)
