"""The most frequent values of what matches have: who, what, from where.

In: rows of matches. Out: a `Ranking` of each of `FIELDS`, for any of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple, TypeVar

from detector.jobs.ranking import Ranking
from detector.metrics.rows import Rows

Counted = TypeVar("Counted")

TOP = 50
"""Values of a field that are listed; the others are counted."""
FIELDS: Mapping[str, str] = {
    "principals": "principal",
    "events": "event_name",
    "errors": "error_code",
    "addresses": "address",
    "user_agents": "user_agent",
    "regions": "region",
    "accounts": "account",
    "identity_types": "identity_type",
    "resources": "resources",
}
"""What is counted, and the column that says it; an event is named with its source."""


class Tally(NamedTuple):
    """What some matches have: a ranking of each of `FIELDS`, of the events of each principal and of the principals of each address."""

    fields: Mapping[str, Ranking]
    calls: Mapping[str, Ranking]
    callers: Mapping[str, Ranking]


class Tallies:
    """What was counted of rows, so that nothing is counted again of the same ones: alarms with one pattern are common."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[Rows, Any]] = {}

    def once(self, count: Callable[..., Counted], rows: Rows, *asked: Hashable) -> Counted:
        """What ``count`` says of these rows and whatever else is asked; it is called the first time."""
        key = count, id(rows), asked
        if key not in self._known:
            self._known[key] = rows, count(rows, *asked)
        found: Counted = self._known[key][1]
        return found


def tally(rows: Rows) -> Tally:
    """What some matches have; each combination of values is looked at once, however many matches have it."""
    events: Counter[str | None] = Counter()
    calls: defaultdict[str, Counter[str | None]] = defaultdict(Counter)
    callers: defaultdict[str, Counter[str | None]] = defaultdict(Counter)
    for (principal, name, source), count, _ in rows.groups("principal", "event_name", "event_source"):
        call = None if name is None or source is None else f"{name} {source}".strip()
        events[call] += count
        calls[principal][call] += count
    for (address, principal), count, _ in rows.groups("address", "principal"):
        callers[address][principal] += count
    fields = {
        name: ranking(events) if name == "events" else ranked(rows, column) for name, column in FIELDS.items()
    }
    return Tally(
        fields,
        {who: ranking(calls[who]) for who, _ in fields["principals"].top},
        {address: ranking(callers[address]) for address, _ in fields["addresses"].top},
    )


def ranked(rows: Rows, column: str) -> Ranking:
    """The most frequent values of a column."""
    top, more, others = rows.ranked(column, TOP)
    return Ranking(tuple(top), more, others)


def ranking(counts: Mapping[str | None, int]) -> Ranking:
    """The most frequent values of some with their counts."""
    known = sorted([(-count, value) for value, count in counts.items() if value])
    top = tuple([(value, -count) for count, value in known[:TOP]])
    return Ranking(top, max(0, len(known) - TOP), counts.get(None, 0))
