"""The smallest change of an event that turns the verdict of a pattern.

In: a JSON pattern and an event. Out: the fields to change, and the event with them changed. The claim: the changed event has the
other verdict by the definition of truth, and no change of fewer fields has. A field is what selectors read up to their first
index or wildcard; where one reads into another (``$.a`` and ``$.a.b``) they are one field.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from detector.pattern.evaluate import MISSING, condition_holds, evaluate, select
from detector.pattern.syntax import (
    And,
    Compare,
    Condition,
    Expr,
    Index,
    Is,
    Kind,
    Name,
    NotExists,
    Number,
    Op,
    Or,
    Selector,
    Step,
    Text,
    conditions,
)
from detector.relation.prover import between

STEPS = 20_000
"""The bound on the proof for one field."""
MOST_PROOFS = 50
MOST_STATES = 10_000
MOST_ELEMENTS = 100
MOST_WAYS = 60
"""Changes of equally few fields that are compared."""

Path: TypeAlias = tuple[Name, ...]
Wanted: TypeAlias = Mapping[Condition, bool]
Event: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field: what is there, and what has to be; `MISSING` for nothing."""

    field: Selector
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class EventChange:
    """The fields to change, in the order of the pattern, and the event with them changed."""

    fields: tuple[FieldChange, ...]
    event: Event


def nearest_event(expr: Expr, event: Event) -> EventChange | None:
    """The nearest event with the other verdict; None if there is none, or none was found within the bound on work."""
    return _Search(expr, event).run()


class _Search:
    """Which conditions have to be true or false, chosen one by one; fewest changed fields first."""

    def __init__(self, expr: Expr, event: Event) -> None:
        self.expr, self.event = expr, event
        self.goal = not evaluate(expr, event)
        self.leaves = tuple(dict.fromkeys(conditions(expr)))
        self.holds = {leaf: condition_holds(leaf, event) for leaf in self.leaves}
        self.fields = fields_of(self.leaves)
        self.values: dict[tuple[Path, frozenset[tuple[Condition, bool]]], list[Any]] = {}
        self.states, self.proofs = MOST_STATES, MOST_PROOFS
        self._below: dict[int, frozenset[Path]] = {}

    def run(self) -> EventChange | None:
        found: list[EventChange] = []
        for most in range(1, len(set(self.fields.values())) + 1):
            for wanted in self._ways([(self.expr, self.goal)], {}, most):
                found += self._changed(wanted)
                if len(found) >= MOST_WAYS or self.states < 0:
                    break
            if found or self.states < 0:
                return min(found, key=_distance, default=None)
        return None

    def _ways(self, goals: list[tuple[Expr, bool]], wanted: Wanted, most: int) -> Iterator[Wanted]:
        """Every choice of conditions that reaches all goals with so many changed fields at most."""
        self.states -= 1
        if self.states < 0:
            return
        if not goals:
            yield wanted
            return
        if self._least(goals, wanted) > most:
            return
        (node, want), *others = goals
        match node:
            case And(terms) | Or(terms):
                if isinstance(node, And) is want:
                    yield from self._ways([*((term, want) for term in terms), *others], wanted, most)
                    return
                for term in sorted(terms, key=lambda one: self._truth(one) is not want):
                    yield from self._ways([(term, want), *others], wanted, most)
            case _:
                more = {**wanted, node: want}
                if wanted.get(node, want) is want and self._is_possible(more, node, most):
                    yield from self._ways(others, more, most)

    def _least(self, goals: list[tuple[Expr, bool]], wanted: Wanted) -> int:
        """Fields that have to change at least: goals that are not reached and share no field each need one."""
        used = {self.fields[one] for one, want in wanted.items() if self.holds[one] is not want}
        least = len(used)
        for node, want in goals:
            if self._truth(node) is not want and used.isdisjoint(fields := self._fields_of(node)):
                used |= fields
                least += 1
        return least

    def _fields_of(self, node: Expr) -> frozenset[Path]:
        if id(node) not in self._below:
            self._below[id(node)] = frozenset(self.fields[leaf] for leaf in conditions(node))
        return self._below[id(node)]

    def _truth(self, node: Expr) -> bool:
        match node:
            case And(terms):
                return all(map(self._truth, terms))
            case Or(terms):
                return any(map(self._truth, terms))
            case _:
                return self.holds[node]

    def _is_possible(self, wanted: Wanted, leaf: Condition, most: int) -> bool:
        changed = {self.fields[one] for one, want in wanted.items() if self.holds[one] is not want}
        if len(changed) > most:
            return False
        path = self.fields[leaf]
        return path not in changed or bool(self._values(path, wanted))

    def _values(self, path: Path, wanted: Wanted) -> list[Any]:
        """Values of a field that do what is wanted of its conditions."""
        asked = {leaf: want for leaf, want in wanted.items() if self.fields[leaf] == path}
        key = path, frozenset(asked.items())
        if key not in self.values:
            self.values[key] = list(self._proved(path, asked))
        return self.values[key]

    def _proved(self, path: Path, asked: Wanted) -> Iterator[Any]:
        """What is near is tried; if nothing of it does, the prover knows whether anything can."""
        before = value_at(self.event, path)
        near = [value for value in _near(before, path, asked, self.holds) if self._does(path, value, asked)]
        if near or self.proofs <= 0:
            yield from near
            return
        self.proofs -= 1
        true = And(tuple(leaf for leaf, want in asked.items() if want))
        false = Or(tuple(leaf for leaf, want in asked.items() if not want))
        found = between(true, false, STEPS)
        if found is not None and self._does(path, value := value_at(found, path), asked):
            yield value

    def _does(self, path: Path, value: Any, asked: Wanted) -> bool:
        event = changed(self.event, path, value)
        return isinstance(event, dict) and all(
            condition_holds(leaf, event) is want for leaf, want in asked.items()
        )

    def _changed(self, wanted: Wanted) -> list[EventChange]:
        """The nearest event for one choice, if it has the other verdict: fields can be in each other's way."""
        event, fields = self.event, list[FieldChange]()
        for path in dict.fromkeys(
            self.fields[leaf] for leaf, want in wanted.items() if self.holds[leaf] is not want
        ):
            before = value_at(self.event, path)
            after = min(self._values(path, wanted), key=lambda value: _apart(before, value))
            event = changed(event, path, after)
            fields.append(FieldChange(Selector(path), before, after))
        return [EventChange(tuple(fields), event)] if evaluate(self.expr, event) is self.goal else []


def fields_of(leaves: Iterable[Condition]) -> dict[Condition, Path]:
    """The field of each condition: the shortest path that it shares with others that read into it."""
    paths = {leaf: _names(leaf.selector) for leaf in leaves}
    shortest: list[Path] = []
    for path in sorted(set(paths.values()), key=len):
        if not any(path[: len(one)] == one for one in shortest):
            shortest.append(path)
    return {leaf: next(one for one in shortest if path[: len(one)] == one) for leaf, path in paths.items()}


def _names(selector: Selector) -> Path:
    found: list[Name] = []
    for step in selector.steps:
        if not isinstance(step, Name):
            break
        found.append(step)
    return tuple(found)


def value_at(event: Event, path: Path) -> Any:
    """What stands at a path; `MISSING` for nothing."""
    found = select(path, event)
    return found[0] if found else MISSING


def changed(event: Any, path: Path, value: Any) -> Any:
    """The event with another value at a path, or without any; what is in the way gives way."""
    if not path:
        return value
    name, rest = path[0].text, path[1:]
    members = event if isinstance(event, dict) else {}
    if value is MISSING and name not in members:
        return event
    inner = changed(members.get(name), rest, value) if rest else value
    kept = {key: member for key, member in members.items() if key != name or inner is not MISSING}
    return kept if inner is MISSING else {**kept, name: inner}


def _near(before: Any, path: Path, asked: Wanted, holds: Mapping[Condition, bool]) -> Iterator[Any]:
    """Values that are worth a try, the nearest first."""
    for leaf, want in asked.items():
        if want is not holds[leaf]:
            inside = leaf.selector.steps[len(path) :]
            found = select(inside, before)
            for value in _suggested(leaf, found[0] if found else MISSING, want=want):
                yield placed(before, inside, value)
    yield from (MISSING, "other", None, False, True, 0)


def placed(value: Any, steps: Sequence[Step], what: Any) -> Any:
    """A value with something else where the steps lead: in an array beside its elements."""
    if not steps:
        return what
    match steps[0]:
        case Name(name):
            inner = placed(value.get(name) if isinstance(value, dict) else None, steps[1:], what)
            kept = {key: one for key, one in value.items() if key != name} if isinstance(value, dict) else {}
            return kept if inner is MISSING else {**kept, name: inner}
        case Index(number) if number < MOST_ELEMENTS:
            elements = list(value) if isinstance(value, list) else []
            elements += [0] * (number + 1 - len(elements))
            elements[number] = placed(elements[number], steps[1:], what)
            return elements if elements[number] is not MISSING else elements[:number]
        case _:
            inner = placed(None, steps[1:], what)
            beside = value if isinstance(value, list) else []
            return [] if inner is MISSING else [*beside, inner]


def _suggested(leaf: Condition, before: Any, *, want: bool) -> Iterator[Any]:
    match leaf:
        case Compare(_, op, Text(value)) if op in {Op.EQ, Op.NE}:
            equal = want is (op is Op.EQ)
            yield value.replace("*", "") if equal else f"{before}x" if isinstance(before, str) else "other"
        case Compare(_, op, Number() as number):
            whole = number.value
            if isinstance(whole, int):
                yield from (whole, whole + 1, whole - 1)
        case Is(_, kind):
            yield {Kind.NULL: None, Kind.TRUE: True, Kind.FALSE: False}[kind] if want else MISSING
        case NotExists():
            yield MISSING if want else "other"
        case _:
            return


def _distance(change: EventChange) -> float:
    return sum(_apart(one.before, one.after) for one in change.fields)


def _apart(before: Any, after: Any) -> float:
    """How far two values are apart: texts by what they share, anything else wholly."""
    if isinstance(before, str) and isinstance(after, str):
        return 1 - difflib.SequenceMatcher(None, before.casefold(), after.casefold(), autojunk=False).ratio()
    return 1.0
