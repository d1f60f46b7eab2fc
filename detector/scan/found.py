"""What a scan found: the hits of each filter, what was read, and which minutes were seen.

Claim: `Found` is a monoid. ``Found.empty`` is its zero and ``|`` its sum, in any grouping; the order of the
files decides nothing.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from detector.archive import Problem
from detector.metrics.evidence import EvidenceTable
from detector.metrics.matches import Hits, Matches


@dataclass(slots=True)
class Found:
    """The result of a scan over some files; merge two with ``|``."""

    hits: list[Hits]
    evidence: EvidenceTable = field(default_factory=EvidenceTable)
    """That of all matches."""
    records: int = 0
    """Records decoded and selected."""
    files: int = 0
    skipped: int = 0
    """Files whose bytes cannot hold a match: decompressed and checked, but not decoded."""
    unselected: int = 0
    """Records left out by account, region or time."""
    unasked: int = 0
    """Of the records, those that no filter matches and that not every one could be asked about: no JSON object where only
    JSON patterns are asked, or the export has lost a field. What is wrong is named too."""
    problems: list[Problem] = field(default_factory=list)
    first: int | None = None
    last: int | None = None
    """The first and the last minute for which there was a log (seconds since 1970)."""
    hours: set[int] = field(default_factory=set)
    """The hours for which there was a log (hours since 1970); silence in any other hour proves nothing."""

    @classmethod
    def empty(cls, filters: int) -> Found:
        """Nothing found yet, for that many metric filters."""
        table = EvidenceTable()
        return cls([Hits(Matches(table)) for _ in range(filters)], table)

    def see(self, time: int) -> None:
        """Take note that there was a log at a time."""
        minute = time - time % 60
        self.first = minute if self.first is None else min(self.first, minute)
        self.last = minute if self.last is None else max(self.last, minute)
        self.hours.add(time // 3600)

    def see_records(
        self, seconds: Sequence[int] | None, chosen: list[bool] | None, delivered: int | None
    ) -> None:
        """There was a log for the minute of its delivery, else for the times of its records that are asked for."""
        if delivered is not None:
            self.see(delivered)
        elif seconds is not None:
            seen: Sequence[int] = seconds
            if chosen is not None:
                seen = [second for second, taken in zip(seconds, chosen, strict=True) if taken]
            self.hours.update(second // 3600 for second in seen)
            if seen:
                self.see(min(seen))
                self.see(max(seen))

    def merge(self, other: Found) -> None:
        """Take in another result for the same filters."""
        first = self.evidence.take_in(other.evidence)
        renumbered: dict[int, array[int]] = {}  # filters that matched alike share an array
        for mine, theirs in zip(self.hits, other.hits, strict=True):
            for run in theirs.matches.runs:
                if id(run.evidence) not in renumbered:
                    renumbered[id(run.evidence)] = array("I", [first + row for row in run.evidence])
            runs = [run._replace(evidence=renumbered[id(run.evidence)]) for run in theirs.matches.runs]
            mine.merge(theirs, runs)
        self.records += other.records
        self.files += other.files
        self.skipped += other.skipped
        self.unselected += other.unselected
        self.unasked += other.unasked
        self.problems += other.problems
        self.hours |= other.hours
        for time in (other.first, other.last):
            if time is not None:
                self.see(time)

    def __or__(self, other: Found) -> Found:
        both = Found.empty(len(self.hits))
        both.merge(self)
        both.merge(other)
        return both
