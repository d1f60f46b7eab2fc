"""Who did what to what from where, of every record that matches: columns of codes, in bounded memory.

In: the evidence of records (`detector.cloudtrail.record`). Out: `EvidenceTable`, with a row of forty bytes for each
record, to which matches refer by number. Claim: a column keeps at most `MAX_VALUES` distinct values apart, whatever
records hold; which ones depends on the values alone, not on the order in which files were read. All others become
`OTHERS`, so they are still counted.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable
from typing import Any

from detector.cloudtrail.record import MAX_LENGTH, MAX_RESOURCES, Evidence, string

MAX_VALUES = 65_536
NUL = "\0"
OTHERS: Any = None
"""Stands for a value beyond `MAX_VALUES`; not a string, because any string can stand in a record."""


class Column(dict[str, int]):
    """Value -> its code; a value that is met for the first time gets the next one. Code 0 is `OTHERS`.

    ``names`` are the values by code. A value of more than ``longest`` characters is cut.
    """

    def __init__(
        self, longest: int, names: Iterable[Any] = (OTHERS,), bound: tuple[int, str] | None = None
    ) -> None:
        self.longest = longest
        self.names = list(names)
        self.bound = bound
        super().__init__((name, code) for code, name in enumerate(self.names) if name is not OTHERS)

    def __missing__(self, value: str) -> int:
        if len(value) > self.longest or not value.isascii():
            name = string(value, self.longest)
            if name != value:
                return self[name]
        if self.bound is not None and _order(value) > self.bound:
            return 0
        if len(self) >= 2 * MAX_VALUES:
            self.prune()
        self.names.append(value)
        self[value] = len(self.names) - 1
        return self[value]

    def prune(self) -> None:
        """Keep the first `MAX_VALUES` values in an order that nobody chose; codes of the others stand for `OTHERS`."""
        if len(self) > MAX_VALUES:
            ordered = sorted(self, key=_order)
            for value in ordered[MAX_VALUES:]:
                self.names[self.pop(value)] = OTHERS
            # What comes later in that order can never be among the first again.
            self.bound = _order(ordered[MAX_VALUES - 1])

    def __reduce__(self) -> tuple[type[Column], tuple[object, ...]]:
        return Column, (self.longest, self.names, self.bound)


class EvidenceTable:
    """The evidence of records by number."""

    __slots__ = ("_last", "codes", "columns")

    def __init__(self) -> None:
        *single, _ = Evidence._fields
        self.columns = [*(Column(MAX_LENGTH) for _ in single), Column(MAX_RESOURCES * (MAX_LENGTH + 1))]
        self.codes = [array("I") for _ in self.columns]
        self._last: Evidence | None = None

    def __len__(self) -> int:
        return len(self.codes[0])

    def add(self, evidence: Evidence) -> int:
        """The number of a record, which several filters may match one after the other."""
        if evidence is not self._last:
            self._last = evidence
            *single, resources = evidence
            self.extend([[value] for value in (*single, NUL.join(resources))])
        return len(self) - 1

    def extend(self, columns: Iterable[Iterable[str]]) -> None:
        """Add records, given in columns in the order of `Evidence`; several resources are joined by NUL."""
        for column, codes, values in zip(self.columns, self.codes, columns, strict=True):
            codes.extend([column[value] for value in values])

    def take_in(self, other: EvidenceTable) -> int:
        """Add the records of another table; the number that its first one has here."""
        first = len(self)
        for column, codes, theirs, their_codes in zip(
            self.columns, self.codes, other.columns, other.codes, strict=True
        ):
            new = [0 if name is OTHERS else column[name] for name in theirs.names]
            codes.extend([new[code] for code in their_codes])
        self._last = None
        return first

    def row(self, number: int) -> Evidence:
        """The evidence of one record."""
        names = [column.names[codes[number]] for column, codes in zip(self.columns, self.codes, strict=True)]
        resources = names.pop()
        listed = resources if resources is OTHERS else tuple(filter(None, resources.split(NUL)))
        return Evidence._make([*names, listed])


def _order(value: str) -> tuple[int, str]:
    return zlib.crc32(value.encode()), value
