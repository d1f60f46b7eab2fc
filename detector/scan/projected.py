"""The log events of an archive, of which no more is decoded than what some selectors read.

In: a plan, sources, selectors. Out: `Rows`, the columns of a log file as CloudTrail writes it, and what `archive.walk` gives
for every source about which anything is odd. Claim: the rows are the events that the walk would have given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from detector.archive import Clock, Event, Plan, Problem, Progress, Source, walk, whole
from detector.archive.ahead import ahead
from detector.archive.eventtime import LATEST
from detector.jsontext import parse_json, raw_records
from detector.pattern import Pattern
from detector.pattern.evaluate import MISSING
from detector.pattern.syntax import Name, Selector
from detector.scan.plain import FallbackError
from detector.scan.projection import UNSET, Projection, is_typed, top_level
from detector.scan.times import Times

FALLBACK = (FallbackError, TypeError, RecursionError, MemoryError, msgspec.MsgspecError, UnicodeError)
KIND = (Selector((Name("eventName"),)), Selector((Name("userIdentity"), Name("type"))))
"""What kind of call a record is of."""


class Rows:
    """The selected events of one file, at least two: their records in part."""

    def __init__(
        self, projection: Projection, records: list[Any], numbers: Sequence[int], text: bytes
    ) -> None:
        self._projection = projection
        self._records = records
        self._numbers = numbers
        self._text = text
        self._columns: dict[Selector, list[Any]] = {}

    def __len__(self) -> int:
        return len(self._records)

    def column(self, selector: Selector) -> list[Any]:
        """What a selector finds in each; `MISSING` for nothing."""
        if selector not in self._columns:
            name = top_level(selector)
            read = self._projection.read(selector) if name is None else self._projection.member(name)
            found = list(map(read, self._records))
            if name is not None and UNSET in found:
                found = [MISSING if one is UNSET else one for one in found]
            self._columns[selector] = found
        return self._columns[selector]

    def whole(self, rows: Iterable[int]) -> Iterator[dict[str, Any]]:
        """Some of the records in full."""
        wanted = {self._numbers[row] for row in rows}
        for number, member in enumerate(raw_records(self._text) or ()):
            if number in wanted:
                record: Any = parse_json(member)
                yield record


def walk_projected(
    plan: Plan,
    sources: Iterable[Source],
    selectors: Sequence[Selector],
    asked: Sequence[Pattern],
    progress: Progress | None = None,
) -> Iterator[Rows | Event | Problem]:
    """The selected events of each source; ``asked`` as for `walk`, and ``selectors`` without wildcard."""
    project = _projector(plan, selectors)
    for source in ahead(sources):
        rows = project(source)
        if rows is None:
            yield from walk(plan, [source], asked=asked)
        else:
            yield rows
        if progress:
            progress(1, source.size)


def can_project(selectors: Iterable[Selector]) -> bool:
    """Whether each selector is one of which a part of a record is enough."""
    return all(is_typed(one) and one.wildcard is None for one in selectors)


def _projector(plan: Plan, selectors: Sequence[Selector]) -> Callable[[Source], Rows | None]:
    projection = Projection([*selectors, *KIND], ["eventTime"])
    times, asked = projection.member("eventTime"), plan.selection
    needs_time = plan.timed or asked.asks_time

    def rows(source: Source) -> Rows | None:
        if asked.regions or (asked.accounts and source.account not in asked.accounts):
            return None
        text = whole(source, plan.limit)
        if text is None:
            return None
        try:
            records = projection.records(text)
            if not text.isascii():
                text.decode()
            written = list(map(times, records))
            if source.delivered is None and (UNSET in written or plan.clock is Clock.DELIVERY):
                return None  # it may be no file of CloudTrail's
            numbers: Sequence[int] = range(len(records))
            seconds: Sequence[int] = [source.delivered or 0] * len(records)
            if needs_time and plan.clock is Clock.EVENT:
                clock = Times(written)
                if clock.may_leave_years(plan.delay):
                    return None
                seconds = clock.seconds(numbers, plan.delay) if asked.asks_time else seconds
        except FALLBACK:
            return None
        if asked.asks_time:
            start, end = asked.start or 0, LATEST if asked.end is None else asked.end
            numbers = [number for number in numbers if start <= seconds[number] < end]
            records = [records[number] for number in numbers]
        return Rows(projection, records, numbers, text) if len(records) > 1 else None

    return rows
