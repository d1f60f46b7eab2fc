"""A scan that keeps what it finds, and reads no file of which the store knows all that is asked.

In: a store and a scan. Out: `Kept`, a scan with the same answers. Claim: whatever the store holds, also nothing, half of
it or rubbish, the answer is that of the scan alone; what an interrupted run has read, the next one need not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from detector.archive import Plan, Progress, Source
from detector.cache import keys
from detector.cache.segment import SpoiltError
from detector.cache.store import Store
from detector.cache.writer import Writer
from detector.metrics.filter import MetricFilter
from detector.quantities import count
from detector.scan.found import Found
from detector.scan.processes import are_small
from detector.scan.run import Each

if TYPE_CHECKING:
    from detector.cache.lookup import Known


class ScanBySource(Protocol):
    """A scan that hands on what it finds, and is told whether to decode every record."""

    def __call__(
        self,
        filters: Sequence[MetricFilter],
        plan: Plan,
        sources: Iterable[Source],
        progress: Progress | None = None,
        /,
        *,
        strict: bool | None = None,
        each: Each | None = None,
    ) -> Found:
        """As `detector.scan.processes.scan`."""


@dataclass(slots=True)
class Kept:
    """A scan over a store; ``strict`` decodes every record of what it reads, ``say`` is told what is wrong with the store."""

    store: Store
    scan: ScanBySource
    strict: bool = False
    say: Callable[[str], object] = lambda _: None
    verbose: bool = False
    """Whether it is also told how many files were not read."""
    _told: set[Path] = field(default_factory=set, repr=False)

    def __call__(
        self,
        filters: Sequence[MetricFilter],
        plan: Plan,
        sources: Iterable[Source],
        progress: Progress | None = None,
    ) -> Found:
        """What the scan would find in all of the sources."""
        sources = list(sources)
        strict = self.strict or are_small(sources)
        self._tell_of_others()
        return _Pass(self, filters, replace(plan, columns=None), sources, progress, strict=strict).run()

    def tell(self, segment: Path, reason: str) -> None:
        """Name a segment of which nothing is used, once."""
        if segment not in self._told:
            self._told.add(segment)
            self.say(
                f"{segment}: {reason}: its files are read again (detector cache {self.store.folder} --prune removes it)"
            )

    def _tell_of_others(self) -> None:
        contents = self.store.contents()
        for name, reason in contents.spoilt:
            self.tell(self.store.segments / name, reason)
        others = sorted({one.version for one in contents.foreign} - {str(one) for one in self._told})
        if others:
            self._told.update(map(Path, others))
            self.say(
                f"{self.store.folder}: what version {', '.join(others)} has kept is not used, since its answers may be "
                f"others (detector cache {self.store.folder} --prune removes it)"
            )


class _Pass:
    """One scan of some sources for some filters."""

    def __init__(
        self,
        kept: Kept,
        filters: Sequence[MetricFilter],
        plan: Plan,
        sources: Sequence[Source],
        progress: Progress | None,
        *,
        strict: bool,
    ) -> None:
        self.kept, self.filters, self.plan, self.progress, self.strict = kept, filters, plan, progress, strict
        self.sources = {source.number: source for source in sources}
        named = {number: keys.of_file(source) for number, source in self.sources.items()}
        self.files = {number: key for number, key in named.items() if key is not None}
        self.settings = keys.of_pass(filters, plan, strict=strict)
        places: defaultdict[str, list[int]] = defaultdict(list)
        for place, one in enumerate(filters):
            places[keys.of_filter(one, plan)].append(place)
        self.asked = tuple(places)
        """Different filters; several of a pass may be the same."""
        self.places = {number: tuple(there) for number, there in enumerate(places.values())}
        self.unusable: set[Path] = set()

    def run(self) -> Found:
        """Read what nothing is known of; of what is known in part, what is not; then take what is known."""
        known = self._look_up()
        masks = dict(known.masks) if known else {}
        every = (1 << len(self.asked)) - 1
        new = [source for number, source in self.sources.items() if number not in masks]
        complete = {number for number, mask in masks.items() if mask == every}
        if self.progress and complete:
            self.progress(len(complete), sum(self.sources[number].size for number in complete))
        found = self._read(new, range(len(self.asked)))
        partly: defaultdict[int, list[Source]] = defaultdict(list)
        for number, mask in masks.items():
            if mask != every:
                partly[mask].append(self.sources[number])
        for mask, some in partly.items():
            self._read(some, [place for place in range(len(self.asked)) if not mask >> place & 1])
        taken = self._take(found, masks.keys(), every) if masks else set()
        left = [source for number, source in self.sources.items() if number in masks and number not in taken]
        if left:  # a problem was met, or a segment is spoilt
            found.merge(self._read(left, range(len(self.asked))))
        if self.kept.verbose:
            known_of, of = len(complete & taken), count(len(self.sources), "file")
            self.kept.say(
                f"{self.kept.store.folder}: {known_of:,} of {of} known, {len(self.sources) - known_of:,} read"
            )
        return found

    def _read(self, sources: Sequence[Source], asked: Iterable[int]) -> Found:
        """Scan some sources for some filters, and keep what is found; for all of them the answer counts."""
        first = {self.asked[place]: self.places[place][0] for place in asked}
        is_whole = len(first) == len(self.asked)
        filters = self.filters if is_whole else [self.filters[place] for place in first.values()]
        if not sources:
            return Found.empty(len(filters))
        there = first if is_whole else {key: place for place, key in enumerate(first)}
        kept, selection = self.kept, self.plan.selection
        writer = Writer(kept.store, self.settings, there, self.files, selection, kept.say, counts=is_whole)
        try:
            return self.kept.scan(filters, self.plan, sources, self.progress, strict=self.strict, each=writer)
        finally:
            writer.flush()

    def _take(self, found: Found, numbers: Collection[int], every: int) -> set[int]:
        """Add what is known of those of some files of which all is known; returned is which these are."""
        from detector.cache.lookup import found_in  # noqa: PLC0415 - polars, which starts threads

        while (known := self._look_up()) is not None:
            taken = {number: self.sources[number] for number in numbers if known.masks.get(number) == every}
            try:
                found.merge(found_in(known, self.asked, self.places, len(self.filters), taken))
            except SpoiltError as error:
                self._leave_out(error)
            else:
                return set(taken)
        return set()

    def _look_up(self) -> Known | None:
        """What the sound segments know; None where there is none."""
        wanted = {key.key: number for number, key in self.files.items()}
        while segments := [
            one for one in self.kept.store.contents().segments if one.folder not in self.unusable
        ]:
            from detector.cache.lookup import look_up  # noqa: PLC0415 - polars, where there is anything

            try:
                return look_up(segments, self.settings, self.asked, wanted, self.plan.selection)
            except SpoiltError as error:
                self._leave_out(error)
        return None

    def _leave_out(self, error: SpoiltError) -> None:
        self.unusable.add(error.folder)
        self.kept.tell(error.folder, error.reason)
