"""Which records two sides match, and what becomes of them: gained, lost or matched by both.

In: the matches of an old and a new one, in order. Out: `Records` of each kind. Claim: a record counts once, however many filters
match it.
"""

from __future__ import annotations

import operator
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from itertools import chain, compress
from typing import TYPE_CHECKING, NamedTuple

from detector.metrics.evidence import some

if TYPE_CHECKING:
    from detector.metrics.ordered import Ordered


STRETCH = 1 << 14
"""Records that are compared at once."""


class Change(StrEnum):
    """What becomes of a record that one of both matches."""

    LOST = "lost"
    GAINED = "gained"
    BOTH = "both"

    @classmethod
    def of(cls, *, old: bool, new: bool) -> Change | None:
        """The change of a record by who matches it; None if neither does."""
        if old:
            return cls.BOTH if new else cls.LOST
        return cls.GAINED if new else None


class Records(NamedTuple):
    """Records that a side matches, in the order of time."""

    side: Ordered
    places: array[int]
    """A match of each among those of the side."""
    keys: array[int]
    """Where each is in the archive: its file and its position, in one number."""

    @classmethod
    def of(cls, side: Ordered, filters: Collection[int] | None = None) -> Records:
        """Those that any filter matches, or one of some."""
        places = array("I", range(len(side)))
        if filters is not None:
            places = array("I", (place for place in places if side.runs[side.run_of[place]][0] in filters))
        where = zip(some(side.files, places), some(side.positions, places), strict=True)
        keys = array("Q", (file << 32 | position for file, position in where))
        are_new = map(operator.ne, keys, chain((None,), keys))  # matches of one record are neighbours
        return cls(side, places, keys).which(are_new)

    def __len__(self) -> int:
        return len(self.places)

    def which(self, are: Iterable[int]) -> Records:
        """Some of them."""
        chosen = bytes(are)
        return Records(
            self.side, array("I", compress(self.places, chosen)), array("Q", compress(self.keys, chosen))
        )

    def among(self, others: Records) -> Iterator[bool]:
        """Whether each is one of others: both are in the order of time, and a stretch of it is a small set."""
        for first in range(0, len(self), STRETCH):
            last = min(first + STRETCH, len(self)) - 1
            known = {*others.keys[others.since(self.time(first)) : others.since(self.time(last) + 1)]}
            yield from map(known.__contains__, self.keys[first : last + 1])

    def time(self, number: int) -> int:
        """That of one (seconds since 1970)."""
        return self.side.rows.times[self.places[number]]

    def since(self, time: int) -> int:
        """The number of the first one that is not before a time."""
        return bisect_left(self.places, time, key=self.side.rows.times.__getitem__)


def split(old: Records, new: Records) -> dict[Change, Records]:
    """The records that each of both matches, by what becomes of them."""
    stays = bytes(old.among(new))
    return {
        Change.GAINED: new.which(map(operator.not_, new.among(old))),
        Change.LOST: old.which(map(operator.not_, stays)),
        Change.BOTH: old.which(stays),
    }
