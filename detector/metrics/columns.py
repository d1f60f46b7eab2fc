"""The distinct values of a column of evidence, and a code for each row, in bounded memory.

In: strings. Out: `Column`: codes by row, values by code. Claim: a column keeps at most ``most`` distinct values apart,
whatever there are; which ones depends on the values alone, not on their order. All others become `OTHERS`, so they are still
counted.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable
from typing import Any

OTHERS: Any = None
"""Stands for a value beyond those that are kept apart; not a string, because any string can stand in a record."""


class Column:
    """The meaning of the native one (`detector.metrics._evidence`), which takes its place where there was a compiler.

    Code 0 is `OTHERS`. A value that is met for the first time gets the next code, until there are twice as many as
    ``most``. Then the first ``most`` in the order of their CRC-32 are kept, and of those that come later only the ones
    before the last of these in that order.

    What it is made of again is the same for both: the values but for the first in UTF-8, one behind the other; how many bytes
    each has (int32), -1 for one that is not kept any more; the last value in that order; the codes.
    """

    def __init__(
        self,
        most: int,
        joined: bytes = b"",
        sizes: bytes = b"",
        bound: bytes | None = None,
        codes: bytes = b"",
    ) -> None:
        self._most = max(1, most)
        self._names = [OTHERS]
        place = 0
        for size in array("i", sizes):
            self._names.append(OTHERS if size < 0 else joined[place : place + size].decode())
            place += max(0, size)
        self._by_name = {name: code for code, name in enumerate(self._names) if name is not OTHERS}
        self._bound = None if bound is None else _order(bound.decode())
        self._codes = array("I", codes)

    def __len__(self) -> int:
        return len(self._codes)

    def extend(self, values: Iterable[str]) -> None:
        """A row for each value."""
        known, code_of = self._by_name.get, self._code
        self._codes.extend([known(value) or code_of(value) for value in values])

    def put(self, row: int, value: str, spelled: bytes | None = None) -> None:  # noqa: ARG002 - the native one remembers it
        """Give a row a value. ``spelled``: what the value was made of, for the reader of records."""
        self._codes[row] = self._code(value)

    def take_in(self, other: Column) -> None:
        """The rows of another column, behind ours."""
        new = [0 if name is OTHERS else self._code(name) for name in other.names()]
        self._codes.extend([new[code] for code in array("I", other.codes())])

    def prune(self) -> None:
        """Keep ``most`` values, in an order that nobody chose; codes of the others stand for `OTHERS`."""
        if len(self._by_name) > self._most:
            ordered = sorted(self._by_name, key=_order)
            for value in ordered[self._most :]:
                self._names[self._by_name.pop(value)] = OTHERS
            # What comes later in that order can never be among the first again.
            self._bound = _order(ordered[self._most - 1])

    def names(self) -> list[Any]:
        """The values by code."""
        return list(self._names)

    def codes(self) -> bytes:
        """The codes of the rows: unsigned numbers of four bytes."""
        return self._codes.tobytes()

    def name(self, row: int) -> Any:
        """The value of a row."""
        return self._names[self._codes[row]]

    def _code(self, value: str) -> int:
        code = self._by_name.get(value)
        if code is not None:
            return code
        if self._bound is not None and _order(value) > self._bound:
            return 0
        if len(self._by_name) >= 2 * self._most:
            self.prune()
            return self._code(value)  # the bound is another one now
        self._names.append(value)
        self._by_name[value] = len(self._names) - 1
        return len(self._names) - 1

    def __reduce__(self) -> tuple[type[Column], tuple[object, ...]]:
        bound = None if self._bound is None else self._bound[1].encode()
        names = [None if name is OTHERS else name.encode() for name in self._names[1:]]
        sizes = array("i", [-1 if name is None else len(name) for name in names])
        return Column, (self._most, b"".join(filter(None, names)), sizes.tobytes(), bound, self.codes())


def _order(value: str) -> tuple[int, str]:
    return zlib.crc32(value.encode()), value
