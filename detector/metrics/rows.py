"""Matches as rows of numbers: cut by time, and counted, without a frame.

In: the times of matches, and the numbers of their evidence in a table (`detector.metrics.evidence`). Out: how often each value
stands there. Claim: what is counted natively is what the plain functions here count.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import chain, starmap
from typing import Any, NamedTuple

from msgspec import Struct

from detector.cloudtrail.record import Evidence
from detector.metrics.columns import OTHERS, Column
from detector.metrics.evidence import NUL, EvidenceTable, native, some

_PLACE = {name: place for place, name in enumerate(Evidence._fields)}


class Group(NamedTuple):
    """Rows that say the same: what, how many there are, and the place of the first of them."""

    key: tuple[Any, ...]
    size: int
    first: int


class Rows(Struct, eq=False):
    """Some matches in the order of their times (seconds since 1970), each with the number of its evidence in a table.

    Columns are named as in `detector.cloudtrail.record.Evidence`. A value that says nothing is empty, and None is one of those that
    are not kept apart.
    """

    table: EvidenceTable
    times: array[int]
    evidence: array[int]

    def __len__(self) -> int:
        return len(self.times)

    def part(self, first: int, last: int) -> Rows:
        """Those from one place to the one before another."""
        if (first, last) == (0, len(self)):
            return self
        return Rows(self.table, self.times[first:last], self.evidence[first:last])

    def at(self, places: array[int]) -> Rows:
        """Those at some places."""
        return Rows(self.table, some(self.times, places), some(self.evidence, places))

    def places(self, since: int, until: int) -> tuple[int, int]:
        """The place of the first row of a time, and the one behind its last; ``until`` is not in it."""
        first = bisect_left(self.times, since)
        return first, bisect_left(self.times, until, first)

    def groups(self, *columns: str, unit: int = 0) -> list[Group]:
        """The different values of some columns together, in the order of the first rows that have them.

        With ``unit`` (seconds), the number of such units since 1970 stands before them.
        """
        return groups(tuple(map(self._column, columns)), self.evidence, self.times, unit)

    def having(self, column: str, value: str) -> Rows:
        """Those with a value in a column."""
        return self.at(where(self._column(column), value, self.evidence))

    def said(self, column: str) -> list[str | None]:
        """What each of them has in a column."""
        return list(map(self._column(column).name, self.evidence))

    def ranked(self, column: str, most: int) -> tuple[list[tuple[str, int]], int, int]:
        """The most frequent values with their counts, ties by value; how many more there are; rows with others."""
        return ranked(self._column(column), self.evidence, most, several=column == "resources")

    def _column(self, name: str) -> Column:
        column = self.table.columns[_PLACE[name]]
        if column is None:
            raise KeyError(name)
        return column


def groups(columns: tuple[Column, ...], rows: array[int], times: array[int], unit: int) -> list[Group]:
    """The groups of rows that say the same in some columns, and with ``unit`` are in the same unit of time."""
    found = native.tally if native else plain_groups
    return list(starmap(Group, found(columns, rows, times, unit)))


def plain_groups(
    columns: tuple[Column, ...], rows: Sequence[int], times: Sequence[int], unit: int
) -> list[Group]:
    """The meaning of `groups`."""
    units = [[time // unit for time in times]] if unit else []
    said = [[column.name(row) for row in rows] for column in columns]
    keys = list(zip(*units, *said, strict=True)) or [()] * len(times)
    first = {key: place for place, key in reversed(list(enumerate(keys)))}
    return [Group(key, count, first[key]) for key, count in Counter(keys).items()]


def minutes(times: array[int]) -> list[tuple[int, int]]:
    """The minutes of some times (in seconds) since 1970, with how many are in each."""
    return [(minute, count) for (minute,), count, _ in groups((), array("I"), times, 60)]


def where(column: Column, value: str, rows: array[int]) -> array[int]:
    """The places of the rows that have a value."""
    if native:
        return array("I", native.where(column, value, rows))
    return array("I", [place for place, row in enumerate(rows) if column.name(row) == value])


def ranked(
    column: Column, rows: array[int], most: int, *, several: bool
) -> tuple[list[tuple[str, int]], int, int]:
    """The most frequent values, ties by value; how many more there are; rows that are not kept apart.

    What stands between NULs is a value, where ``several`` may.
    """
    if native:
        found: tuple[list[tuple[str, int]], int, int] = native.ranked(column, rows, most, several)
        return found
    names = [column.name(row) for row in rows]
    known = (name.split(NUL) if several else [name] for name in names if name is not OTHERS)
    counts = Counter(filter(None, chain.from_iterable(known)))
    top = sorted(counts.items(), key=lambda one: (-one[1], one[0].encode()))
    return top[:most], len(top[most:]), names.count(OTHERS)


def in_order(times: array[int], files: array[int], positions: array[int]) -> array[int]:
    """The places in the order of time, file and position; what is equal in these stays as it is."""
    if native:
        return array("I", native.order(times, files, positions))
    keys = list(zip(times, files, positions, strict=True))
    return array("I", sorted(range(len(keys)), key=keys.__getitem__))


def again(ids: list[str], places: array[int]) -> bytes:
    """For each place whether the id there (they are joined by NUL) was there before; no id never was."""
    if native:
        return bytes(native.again(ids, places))
    each, seen, found = [one for several in ids for one in several.split(NUL)], set[str](), bytearray()
    for place in places:
        found.append(each[place] in seen)
        seen.update(filter(None, [each[place]]))
    return bytes(found)
