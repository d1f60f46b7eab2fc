"""The records of the worst episodes, with the conditions that made them match.

In: a replay. Out: for each of these episodes some records as indented lines, of which those are marked that a condition
of the pattern asked about. The claim: a record is there for every kind of call (who, what, how it ended) before a second
one of the same kind; only the files that hold them are read again.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from detector.archive import Event, events_at
from detector.jobs.placed import placed
from detector.metrics.filter import MetricFilter
from detector.pattern.explanation import Verdict, explain
from detector.pattern.syntax import Compare, Index, Is, Name, NotExists, Step

if TYPE_CHECKING:
    from detector.jobs.replay import Replay

EPISODES = 15
"""The worst episodes of a detection, of which records are shown."""
EACH = 8
"""Records of one episode."""
_KINDS_DOWN = (False, False, True, False, False, False)
"""Whoever makes the most different calls comes first."""
LINES, LENGTH = 120, 400
"""Lines of a record, and characters of a line, that are shown."""


@dataclass(frozen=True, slots=True)
class Text:
    """One line of a record; ``asked`` where a condition that decided the match reads what is there."""

    text: str
    depth: int
    asked: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One record: when, where it is, its lines, the conditions that held and decided, and how many lines are left out."""

    time: datetime
    path: str
    position: int
    title: str
    lines: tuple[Text, ...]
    because: tuple[str, ...]
    more: int


def records(replay: Replay, episodes: int = EPISODES) -> Mapping[int, Sequence[Shown]]:
    """By the number of the episode, in time order."""
    chosen = replay.worst[:episodes]
    if not chosen:
        return {}
    rows = placed([one.times for one in chosen], replay.matches, dedupe=replay.reading.plan.dedupe)
    kind = ("principal", "event_name", "error_code")
    again = pl.int_range(pl.len()).over("episode", *kind)
    kinds = pl.col("event_name").n_unique().over("episode", "principal")
    picked = (
        rows.with_columns(again=again, kinds=kinds)
        .sort("episode", "again", "kinds", "time", "source", "position", descending=_KINDS_DOWN)
        .group_by("episode", maintain_order=True)
        .head(EACH)
        .select("episode", "source", "position")
    )
    places: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for episode, source, position in picked.rows():
        places[source][position] = chosen[episode].number
    sources = {source.number: source for source in replay.reading.located.files}
    found: defaultdict[int, list[Shown]] = defaultdict(list)
    for number, asked in sorted(places.items()):
        for event in events_at(replay.reading.plan, sources[number], set(asked)) if number in sources else ():
            found[asked[event.position]].append(_shown(event, replay.detection.filters))
    return {number: sorted(shown, key=lambda one: one.time) for number, shown in found.items()}


def _shown(event: Event, filters: Iterable[MetricFilter]) -> Shown:
    leaves: list[Verdict] = []
    for one in filters:
        if event.matches(one.pattern):
            asked = event.record if event.record is not None else event.text
            leaves += explain(one.pattern, asked).decisive
    steps = [
        leaf.clause.selector.steps for leaf in leaves if isinstance(leaf.clause, Compare | Is | NotExists)
    ]
    record = event.record
    lines = [Text(event.text, 0, asked=True)] if record is None else list(_lines(record, steps))
    cut = tuple(Text(line.text[:LENGTH], line.depth, line.asked) for line in lines[:LINES])
    told = record or {}
    names = [told.get(name) for name in ("eventName", "errorCode")]
    return Shown(
        datetime.fromtimestamp(event.time or 0, UTC),
        event.source.name,
        event.position,
        " ".join(name for name in names if isinstance(name, str)),
        cut,
        tuple(dict.fromkeys(str(leaf.clause) for leaf in leaves)),
        len(lines) - len(cut),
    )


def _lines(
    value: Any, asked: Sequence[tuple[Step, ...]], depth: int = 0, name: str = "", end: str = ""
) -> Iterator[Text]:
    """A value as indented JSON; ``asked`` are the steps from here to what a condition reads."""
    is_asked = any(not steps for steps in asked)
    if not isinstance(value, dict | list) or not value:
        yield Text(f"{name}{json.dumps(value, ensure_ascii=False)}{end}", depth, is_asked)
        return
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value))
    yield Text(f"{name}{'{' if isinstance(value, dict) else '['}", depth, is_asked)
    for key, member in pairs:
        label = f"{json.dumps(key, ensure_ascii=False)}: " if isinstance(key, str) else ""
        inner = [steps[1:] for steps in asked if steps and _leads(steps[0], key)]
        yield from _lines(member, inner, depth + 1, label, "," if key != pairs[-1][0] else "")
    yield Text(f"{'}' if isinstance(value, dict) else ']'}{end}", depth, asked=False)


def _leads(step: Step, key: str | int) -> bool:
    """Whether a step of a selector leads to this member."""
    match step:
        case Name(text):
            return text == key
        case Index(number):
            return number == key
        case _:
            return True
