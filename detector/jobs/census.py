"""How many events of each kind an archive has, and which of them some patterns match, from one pass.

In: patterns and a plan. Out: a count for each kind, and in the tallies what matched and which selectors lead anywhere. The claim:
an event counts for a pattern if it matches by the definition of truth; events that agree in all that a pattern reads are asked
about once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from detector.archive import Event, Plan, Problem, Progress
from detector.jobs.counting import MOST, REMEMBERED, read
from detector.pattern import Pattern
from detector.pattern.evaluate import MISSING, find, holds
from detector.pattern.predicate import test_of
from detector.pattern.syntax import Condition, Name, Selector
from detector.scan.projected import Rows

SOURCE, NAME = (Selector((Name(name),)) for name in ("eventSource", "eventName"))


class EventKind(NamedTuple):
    """The service and the name of an event; empty where it has none."""

    source: str
    name: str


def census_of(
    tallies: Sequence[Sequence[Tally]], plan: Plan, problems: list[Problem], progress: Progress | None
) -> Counter[EventKind]:
    """How many events of each kind there are; the tallies count what matches, and which of a detection's filters did."""
    census: Counter[EventKind] = Counter()
    every = [tally for some in tallies for tally in some]
    patterns = [tally.pattern for tally in every]
    for item in read(patterns, plan, plan.locate().files, progress, also=(SOURCE, NAME)):
        if isinstance(item, Problem):
            problems.append(item)
        elif isinstance(item, Rows):
            kinds = list(map(EventKind, map(_text, item.column(SOURCE)), map(_text, item.column(NAME))))
            census.update(kinds)
            for tally in every:
                tally.add_rows(item, kinds)
        else:
            kind = kind_of(item.record)
            census[kind] += 1
            for tally in every:
                if not item.lost(tally.pattern):
                    tally.add(item, kind)
    return census


def kind_of(record: dict[str, Any] | None) -> EventKind:
    """The kind of an event; None for one that is not a JSON object."""
    return (
        EventKind("", "")
        if record is None
        else EventKind(*(_text(find(one, record)) for one in (SOURCE, NAME)))
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


class Odd:
    """A value that is no key of a dictionary, or one that is equal to others although it is not the same."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Tally:
    """One pattern's matches by kind of event, and which of the selectors that it reads lead anywhere."""

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        self.matched: Counter[EventKind] = Counter()
        self.selectors = tuple(dict.fromkeys(leaf.selector for leaf in pattern.conditions))
        self.present: set[Selector] = set()
        self._known: dict[tuple[Any, ...], bool] = {}
        self._tests: dict[Condition, Any] = {}

    def add(self, event: Event, kind: EventKind) -> None:
        """One event."""
        record = event.record
        if self.pattern.json is None:
            self.matched[kind] += self.pattern.matches(event.text)
        elif record is not None:
            self.matched[kind] += self.pattern.holds(record)
            self.present |= {
                one for one in self.selectors if one.wildcard is None and find(one, record) is not MISSING
            }

    def add_rows(self, rows: Rows, kinds: Sequence[EventKind]) -> None:
        """The events of a file, each with its kind."""
        columns = [rows.column(selector) for selector in self.selectors]
        for selector, column in zip(self.selectors, columns, strict=True):
            if selector not in self.present and any(one is not MISSING for one in column):
                self.present.add(selector)
        for (kind, *values), times in Counter(zip(kinds, *map(keyed, columns), strict=True)).items():
            if self._matches(tuple(values)):
                self.matched[kind] += times

    def _matches(self, values: tuple[Any, ...]) -> bool:
        if any(isinstance(one, Odd) for one in values):
            return self._asked([one.value if isinstance(one, Odd) else one for one in values])
        if values not in self._known:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[values] = self._asked(values)
        return self._known[values]

    def _asked(self, values: Iterable[Any]) -> bool:
        found = dict(zip(self.selectors, values, strict=True))

        def test(condition: Condition) -> bool:
            if condition not in self._tests:
                self._tests[condition] = test_of(condition)
            return bool(self._tests[condition](found[condition.selector]))

        assert self.pattern.json is not None  # noqa: S101 - rows are read for JSON patterns alone
        return holds(self.pattern.json, test)


def keyed(column: Sequence[Any]) -> Sequence[Any]:
    """A column whose values are keys of a dictionary, and equal only where they are the same."""
    if REMEMBERED.issuperset(map(type, column)):
        return column
    return [one if type(one) in REMEMBERED else Odd(one) for one in column]
