"""What a scan found: the hits of each filter, what was read, and which minutes were seen.

Claim: `Found` is a monoid. ``Found.empty`` is its zero and ``|`` its sum, in any grouping; the order of the
files decides nothing.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Container, Sequence
from typing import NamedTuple

from msgspec import Struct, field

from detector.archive import Problem, Source
from detector.metrics.evidence import EvidenceTable
from detector.metrics.matches import Hits, Matches


class Share(NamedTuple):
    """What of a `Found` is one file's, but for its matches, which name their file."""

    file: int
    """Its number."""
    records: int
    unselected: int
    is_skipped: bool
    is_sound: bool
    """Whether there is no problem with it, but that it is empty."""
    first: int | None
    last: int | None
    hours: tuple[int, ...]
    oldest: int | None = None
    newest: int | None = None
    misses: tuple[tuple[int, Counter[int], dict[str, int]], ...] = ()
    """The places of filters, and as in `Hits` what events publish that do not match."""
    is_empty: bool = False
    """Whether it was read and has no records, which is a problem that is named."""

    @classmethod
    def of(cls, source: Source, alone: Found) -> Share:
        """That of a source which was scanned on its own."""
        is_empty = alone.problems == [Problem.no_records(source.path)] and not alone.records
        misses = [(i, hits.misses, hits.missed) for i, hits in enumerate(alone.hits)]
        return cls(
            source.number,
            alone.records,
            alone.unselected,
            bool(alone.skipped),
            is_empty or not alone.problems,
            alone.first,
            alone.last,
            tuple(sorted(alone.hours)),
            alone.oldest,
            alone.newest,
            tuple([each for each in misses if each[1] or each[2]]),
            is_empty,
        )

    @classmethod
    def delivered(cls, source: Source, records: int, *, is_skipped: bool) -> Share:
        """That of a source whose name tells its minute, with which all is well."""
        time = source.delivered or 0
        minute = time - time % 60
        return cls(source.number, records, 0, is_skipped, True, minute, minute, (time // 3600,))


class Found(Struct):
    """The result of a scan over some files; merge two with ``|``."""

    hits: list[Hits]
    evidence: EvidenceTable = field(default_factory=EvidenceTable)
    """That of all matches."""
    records: int = 0
    """Records decoded and selected."""
    files: int = 0
    skipped: int = 0
    """Files whose bytes cannot hold a match: decompressed and checked, but not decoded."""
    unanswered: int = 0
    """Files in native batches of which the native part could not tell what they hold, so that they were decoded here."""
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
    oldest: int | None = None
    newest: int | None = None
    """The first and the last time of all records, selected or not; of all only where the selection asks for times."""
    shares: list[Share] | None = None
    """What of this is whose, where somebody asks."""

    @classmethod
    def empty(cls, filters: int, *, by_file: bool = False, columns: Container[str] | None = None) -> Found:
        """Nothing found yet, for that many metric filters; ``by_file`` asks for `shares`, ``columns`` as `Plan.columns`."""
        table = EvidenceTable(columns)
        hits = [Hits(Matches(table)) for _ in range(filters)]
        return cls(hits, table, shares=[] if by_file else None)

    def nothing(self) -> Found:
        """Nothing found yet, of the same."""
        return Found.empty(len(self.hits), columns=self.evidence.kept)

    def see(self, time: int) -> None:
        """Take note that there was a log at a time."""
        minute = time - time % 60
        self.first = minute if self.first is None else min(self.first, minute)
        self.last = minute if self.last is None else max(self.last, minute)
        self.hours.add(time // 3600)

    def date(self, time: int) -> None:
        """Take note of the time of a record, selected or not."""
        self.oldest = time if self.oldest is None else min(self.oldest, time)
        self.newest = time if self.newest is None else max(self.newest, time)

    def scan(self, source: Source, scan: Callable[[Source, Found], object]) -> None:
        """Have a source scanned into this, on its own where somebody asks for shares."""
        if self.shares is None:
            scan(source, self)
            return
        alone = self.nothing()
        scan(source, alone)
        self.shares.append(Share.of(source, alone))
        self.merge(alone)

    def see_records(
        self, seconds: Sequence[int] | None, chosen: list[bool] | None, delivered: int | None
    ) -> None:
        """There was a log for the minute of its delivery, else for the times of its records that are asked for."""
        if delivered is not None:
            self.see(delivered)
        if seconds:
            self.date(min(seconds))
            self.date(max(seconds))
        if delivered is None and seconds is not None:
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
        self.unanswered += other.unanswered
        self.unselected += other.unselected
        self.unasked += other.unasked
        self.problems += other.problems
        self.hours |= other.hours
        for time in (other.first, other.last):
            if time is not None:
                self.see(time)
        for time in (other.oldest, other.newest):
            if time is not None:
                self.date(time)
        if self.shares is not None:
            self.shares += other.shares or ()

    def __or__(self, other: Found) -> Found:
        both = self.nothing()
        both.merge(self)
        both.merge(other)
        return both
