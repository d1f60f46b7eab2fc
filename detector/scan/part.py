"""Records that were decoded, of one file or of several, and what is only looked at where some of them match.

In: the records as a projection gives them, and what they were decoded from. Out: times, eventIDs and evidence of the
records at some places. `Decoded` knows the text of whole records, `Read` has had them read natively.
"""

from __future__ import annotations

from abc import abstractmethod
from array import array
from collections.abc import Callable, Collection
from typing import Any, TypeAlias

from msgspec import Struct

from detector.archive.eventtime import LATEST
from detector.metrics.evidence import EvidenceTable, some
from detector.metrics.matches import NUL, Taken, joined
from detector.scan import evidence
from detector.scan.dispatch import Dispatch
from detector.scan.oversize import all_small
from detector.scan.plain import FallbackError
from detector.scan.projection import Projection
from detector.scan.times import Times

Places: TypeAlias = "array[int]"
"""Of records among those of a part: unsigned numbers of four bytes."""
Clockwork: TypeAlias = Callable[[Places], "array[int]"]
"""Places of records -> their times in seconds since 1970: numbers of eight bytes."""


class Part(Struct, frozen=True):
    """What both kinds have."""

    numbers: array[int]
    """For each record the number of its source."""
    positions: array[int]
    """For each record its position in its file."""

    def __len__(self) -> int:
        return len(self.numbers)

    @abstractmethod
    def are_small(self) -> bool:
        """Whether it is certain that no record is over 256 KB."""

    def taken(self, places: Places, times: array[int], evidence: array[int], *, ids: bool) -> Taken:
        """Some as matches, with their times and rows, and where ``ids`` are asked for with these."""
        numbers, positions = some(self.numbers, places), some(self.positions, places)
        of_them = self.ids(places) if ids else NUL * (len(places) - 1)
        return Taken(times, numbers, positions, of_them, evidence)

    @abstractmethod
    def hits(self, dispatch: Dispatch) -> list[Places]:
        """For each filter the places of the records that match, ascending."""

    @abstractmethod
    def clock(self, delay: int) -> Clockwork:
        """Their eventTimes, some seconds later; `FallbackError` unless every record has one."""

    @abstractmethod
    def ids(self, places: Places) -> str:
        """The eventIDs of some, joined by NUL."""

    @abstractmethod
    def add_to(self, table: EvidenceTable, places: Places) -> None:
        """Add the evidence of some."""


class Rows:
    """The rows of an `EvidenceTable` for what some filters match; ``first`` is the first of them.

    ``of_filters``: places, ascending; ``count``: of how many records.
    """

    def __init__(self, of_filters: Collection[Places], count: int, first: int) -> None:
        self.matched = max(of_filters, key=len)
        """The places of all of them, ascending."""
        if len(of_filters) > 1:
            self.matched = array("I", sorted(set().union(*of_filters)))
        self._first = first
        self._by_place = array("I", (0,)) * count
        if len(of_filters) > 1:
            for row, place in enumerate(self.matched, first):
                self._by_place[place] = row

    def of(self, places: Places) -> array[int]:
        """The row of each of some."""
        if len(places) == len(self.matched):
            return array("I", range(self._first, self._first + len(places)))
        return some(self._by_place, places)


class Decoded(Part, frozen=True):
    """All records of a log file."""

    records: list[Any]
    text: bytes
    projection: Projection
    small: bool = False

    def are_small(self) -> bool:
        """Whether it is known or can be seen."""
        return self.small or all_small(self.text, list(map(self.projection.member("eventID"), self.records)))

    def hits(self, dispatch: Dispatch) -> list[Places]:
        """Of each record by itself."""
        return [array("I", one) for one in dispatch.matches(self.records)]

    def clock(self, delay: int) -> Clockwork:
        """From the texts of all of them."""
        times = Times(list(map(self.projection.member("eventTime"), self.records)))
        if times.may_leave_years(delay):
            raise FallbackError
        return lambda places: array("q", times.seconds(places, delay))

    def ids(self, places: Places) -> str:
        """Whatever they are."""
        event_id = self.projection.member("eventID")
        return joined([event_id(self.records[place]) for place in places])

    def add_to(self, table: EvidenceTable, places: Places) -> None:
        """From the text once more."""
        evidence.add(table, self.text, places)


class Read(Part, frozen=True):
    """Candidates of a native batch, none of them over 256 KB unless it is said."""

    candidates: evidence.Candidates
    projection: Projection
    small: bool

    def are_small(self) -> bool:
        """As it was found."""
        return self.small

    def hits(self, dispatch: Dispatch) -> list[Places]:
        """Of each spelling of the members that are read."""
        records = self.projection.records
        return self.candidates.hits(lambda text: dispatch.matches(records(text)))

    def clock(self, delay: int) -> Clockwork:
        """From the times of all of them."""
        times = self.candidates.times
        if times and (min(times) < max(0, -delay) or max(times) + max(0, delay) >= LATEST):
            raise FallbackError
        later = array("q", [time + delay for time in times]) if delay else times
        return lambda places: some(later, places)

    def ids(self, places: Places) -> str:
        """Strings all."""
        return self.candidates.ids(places)

    def add_to(self, table: EvidenceTable, places: Places) -> None:
        """From what was read."""
        self.candidates.add_to(table, places)
