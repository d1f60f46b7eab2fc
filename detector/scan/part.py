"""Records that were decoded, of one file or of several, and what is only looked at where some of them match.

In: the records as a projection gives them, and what they were decoded from. Out: times, eventIDs and evidence of the
records at some places. `Decoded` knows the text of whole records, `Read` has had them read natively.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from detector.archive.eventtime import LATEST
from detector.metrics.evidence import EvidenceTable
from detector.scan import evidence
from detector.scan.dispatch import Dispatch
from detector.scan.oversize import all_small
from detector.scan.plain import FallbackError
from detector.scan.projection import Projection
from detector.scan.times import Times

Clockwork: TypeAlias = Callable[[Sequence[int]], Sequence[int]]
"""Places of records -> their times in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Part:
    """What both kinds have."""

    numbers: Sequence[int]
    """For each record the number of its source."""
    positions: Sequence[int]
    """For each record its position in its file."""

    def __len__(self) -> int:
        return len(self.numbers)

    @abstractmethod
    def are_small(self) -> bool:
        """Whether it is certain that no record is over 256 KB."""

    @abstractmethod
    def hits(self, dispatch: Dispatch) -> Sequence[Sequence[int]]:
        """For each filter the places of the records that match, ascending."""

    @abstractmethod
    def clock(self, delay: int) -> Clockwork:
        """Their eventTimes, some seconds later; `FallbackError` unless every record has one."""

    @abstractmethod
    def ids(self, places: Sequence[int]) -> list[Any]:
        """The eventIDs of some."""

    @abstractmethod
    def add_to(self, table: EvidenceTable, places: Sequence[int]) -> None:
        """Add the evidence of some."""


@dataclass(frozen=True, slots=True)
class Decoded(Part):
    """All records of a log file."""

    records: list[Any]
    text: bytes
    projection: Projection
    small: bool = False

    def are_small(self) -> bool:
        """Whether it is known or can be seen."""
        return self.small or all_small(self.text, list(map(self.projection.member("eventID"), self.records)))

    def hits(self, dispatch: Dispatch) -> Sequence[Sequence[int]]:
        """Of each record by itself."""
        return dispatch.matches(self.records)

    def clock(self, delay: int) -> Clockwork:
        """From the texts of all of them."""
        times = Times(list(map(self.projection.member("eventTime"), self.records)))
        if times.may_leave_years(delay):
            raise FallbackError
        return lambda places: times.seconds(places, delay)

    def ids(self, places: Sequence[int]) -> list[Any]:
        """Whatever they are."""
        event_id = self.projection.member("eventID")
        return [event_id(self.records[place]) for place in places]

    def add_to(self, table: EvidenceTable, places: Sequence[int]) -> None:
        """From the text once more."""
        evidence.add(table, self.text, places)


@dataclass(frozen=True, slots=True)
class Read(Part):
    """Candidates of a native batch, none of them over 256 KB unless it is said."""

    candidates: evidence.Candidates
    projection: Projection
    small: bool

    def are_small(self) -> bool:
        """As it was found."""
        return self.small

    def hits(self, dispatch: Dispatch) -> Sequence[Sequence[int]]:
        """Of each spelling of the members that are read."""
        records = self.projection.records
        return self.candidates.hits(lambda text: dispatch.matches(records(text)))

    def clock(self, delay: int) -> Clockwork:
        """From the times of all of them."""
        times = self.candidates.times
        if times and (min(times) < max(0, -delay) or max(times) + max(0, delay) >= LATEST):
            raise FallbackError
        if not delay:
            return lambda places: times if len(places) == len(times) else [times[place] for place in places]
        return lambda places: [times[place] + delay for place in places]

    def ids(self, places: Sequence[int]) -> list[Any]:
        """Strings all."""
        return self.candidates.ids(places)

    def add_to(self, table: EvidenceTable, places: Sequence[int]) -> None:
        """From what was read."""
        self.candidates.add_to(table, places)
