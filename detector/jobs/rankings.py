"""The most frequent values of what matches have: who, what, from where.

In: rows of matches. Out: a `Ranking` of each of `FIELDS`, for any of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from detector.jobs.ranking import Ranking
from detector.metrics.rows import Rows

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
    """What episodes have; that of the same matches is counted once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, int], tuple[Rows, Rows, Tally]] = {}

    def of(self, rows: Rows, first: int, last: int) -> tuple[Rows, Tally]:
        """Some of the rows, and what they have."""
        asked = id(rows), first, last
        if asked not in self._known:
            part = rows if (first, last) == (0, len(rows)) else rows[first:last]
            self._known[asked] = rows, part, tally(part)
        return self._known[asked][1:]


def tally(rows: Rows) -> Tally:
    """What some matches have; each combination of values is looked at once, however many matches have it."""
    counts: Mapping[str, Counter[str | None]] = {name: Counter() for name in FIELDS}
    calls: defaultdict[str | None, Counter[str | None]] = defaultdict(Counter)
    callers: defaultdict[str | None, Counter[str | None]] = defaultdict(Counter)
    told = [counts[name] for name in ("errors", "regions", "accounts", "identity_types")]
    for (principal, name, source, *few), count, _ in rows.groups(
        "principal", "event_name", "event_source", "error_code", "region", "account", "identity_type"
    ):
        call = None if name is None or source is None else f"{name} {source}".strip()
        counts["principals"][principal] += count
        counts["events"][call] += count
        calls[principal][call] += count
        for field, value in zip(told, few, strict=True):
            field[value] += count
    for (address, principal, agent), count, _ in rows.groups("address", "principal", "user_agent"):
        counts["addresses"][address] += count
        counts["user_agents"][agent] += count
        callers[address][principal] += count
    fields = {name: ranking(counts[name]) for name in FIELDS}
    top, more, others = rows.resources(TOP)
    fields["resources"] = Ranking(tuple(top), more, others)
    return Tally(
        fields,
        {who: ranking(calls[who]) for who, _ in fields["principals"].top},
        {address: ranking(callers[address]) for address, _ in fields["addresses"].top},
    )


def ranking(counts: Mapping[str | None, int]) -> Ranking:
    """The most frequent values of some with their counts."""
    if len(counts) == 1:  # as for most episodes
        [(value, count)] = counts.items()
        return Ranking(((value, count),) if value else (), 0, 0 if value is not None else count)
    known = sorted([(-count, value) for value, count in counts.items() if value])
    return Ranking(
        tuple([(value, -count) for count, value in known[:TOP]]),
        max(0, len(known) - TOP),
        counts.get(None, 0),
    )


def principals(rows: Rows) -> Ranking:
    """Who made some matches."""
    return ranking({who: count for (who,), count, _ in rows.groups("principal")})
