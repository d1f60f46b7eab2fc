"""What can be chosen next while an event is made, and what is left to be chosen then.

In: a task (what stands at this place? which others are there?) and what is open. Out: moves. An object has named
members and any number of others. An array has all elements up to some length, so that an element that is absent
limits the others. Where there is a wildcard, every member or element answers it beside its own conditions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from detector.relation.event import ARRAY, Assignment, Members, Other, Path
from detector.relation.goals import Goals, Pair
from detector.relation.places import Place, Tree
from detector.relation.values import ANYTHING, Allowed, Choice, Domain, ValueKind, choices, facts_of

LONGEST_ARRAY = 1_000
"""Elements of the longest array that is tried; an element beyond is not decided."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Choose what stands at a place."""

    place: Place
    path: Path
    optional: bool


@dataclass(frozen=True, slots=True)
class Others:
    """Choose the next member or element that no selector names, or none."""

    each: Place
    path: Path
    number: int
    room: int | None
    """How many more there can be; None: as many as it takes."""
    forced: bool
    """The array is longer than the elements that are named."""
    since: Pair | None = None
    """What was open before the last one; after one that changes nothing there are no more."""


@dataclass(frozen=True, slots=True)
class Close:
    """No element is left to say yes."""

    atoms: frozenset[int]


Task: TypeAlias = Visit | Others | Close


@dataclass(frozen=True, slots=True)
class Move:
    """One way on: its cost, what is assigned, what is to be done next, and what is left open."""

    cost: int
    made: Assignment | None
    tasks: tuple[Task, ...]
    pair: Pair
    sure: bool = True


class Moves:
    """The moves of one question; values that were found once are remembered."""

    def __init__(self, tree: Tree, goals: Goals, domain: Domain | None) -> None:
        self.tree = tree
        self.goals = goals
        self.domain = domain
        self.left_out = ""
        """What was not tried, in words; empty when nothing was left out."""
        self._choices: dict[tuple[Place, Pair], dict[Pair, Choice]] = {}
        self._null_places: dict[Place, Place | None] = {}
        self._required = frozenset(
            test.atom
            for test in (tree.tests if domain else ())
            if not test.collected and ValueKind.MISSING not in domain(test.selector).kinds  # type: ignore[misc]  # one line up
        )

    def first(self, pair: Pair) -> Move:
        """The event is an object."""
        return self._object(Visit(self.tree.root, (), optional=False), pair)

    def of(self, task: Task, pair: Pair) -> Iterator[Move]:
        """All ways to do a task that may still lead to a wanted outcome."""
        match task:
            case Visit():
                moves = self._visit(task, pair)
            case Others():
                moves = self._others(task, pair)
            case Close(atoms):
                moves = iter([Move(0, None, (), self.goals.given(pair, dict.fromkeys(atoms, False)))])
        return (move for move in moves if self.goals.is_open(move.pair))

    def _asks(self, place: Place, pair: Pair) -> bool:
        return not self.tree.formulas.atoms(*pair).isdisjoint(place.atoms)

    def _visit(self, task: Visit, pair: Pair) -> Iterator[Move]:
        place, price = task.place, _price(task.path)
        if not self._asks(place, pair):
            made = None if task.optional else (task.path, 0)
            yield Move(0 if task.optional else price + 1, made, (), pair)
            return
        allowed = self._allowed(place)
        if task.optional and self._required.isdisjoint(place.atoms):
            yield Move(0, None, (), self.goals.given(pair, place.absent))
        key = place, pair
        if key not in self._choices and self._required.isdisjoint(place.childless):
            self._choices[key] = choices(place, pair, self.goals, allowed)
        for left, choice in self._choices.get(key, {}).items():
            yield Move(price + choice.cost, (task.path, choice.value), (), left, choice.sure)
        if ValueKind.OBJECT in allowed.kinds and self._required.isdisjoint(
            place.without(place.indexes.values())
        ):
            yield self._object(task, pair)
        if ValueKind.ARRAY in allowed.kinds and self._required.isdisjoint(
            place.without(place.names.values())
        ):
            yield from self._arrays(task, pair)

    def _allowed(self, place: Place) -> Allowed:
        """What the domain says about a selector; elements under a wildcard can be anything."""
        selectors = {test.selector for test in place.tests if not test.collected}
        return self.domain(selectors.pop()) if self.domain and len(selectors) == 1 else ANYTHING

    def _object(self, task: Visit, pair: Pair) -> Move:
        place, path = task.place, task.path
        facts = facts_of(place.tests, {}) | place.without(place.indexes.values())
        tasks: list[Task] = [
            Visit(self.tree.merged([*children, *place.each]), (*path, name), optional=True)
            for name, children in place.names.items()
        ]
        tasks += self._rest(place.each, path, None)
        made = (path, Members(frozenset(place.names)))
        return Move(_price(path) + 2, made, tuple(tasks), self.goals.given(pair, facts))

    def _arrays(self, task: Visit, pair: Pair) -> Iterator[Move]:
        """One for each number of named elements that are there; without any, ``[]`` says no more than ``{}``."""
        place = task.place
        if place not in self._null_places:
            self._null_places[place] = place.holds_null
        null = self._null_places[place]
        each = [*place.each, *([null] if null else [])]
        if not each and not place.indexes and not place.tests:
            return
        nulls = null.atoms if null else set()
        facts = facts_of([test for test in place.tests if test.atom not in nulls], []) | place.without(
            place.names.values()
        )
        pair = self.goals.given(pair, facts)
        indexes = sorted(place.indexes)
        for present in range(len(indexes) + 1):
            if present and indexes[present - 1] >= LONGEST_ARRAY:
                self.left_out = f"an array of more than {LONGEST_ARRAY:,} elements would have to be tried"
                return
            absent = place.without(place.indexes[index] for index in indexes[present:])
            if self._required.isdisjoint(absent):
                yield self._array(task, self.goals.given(pair, absent), each, indexes, present)

    def _array(self, task: Visit, pair: Pair, each: list[Place], indexes: list[int], present: int) -> Move:
        place, path = task.place, task.path
        tasks: list[Task] = [
            Visit(self.tree.merged([*place.indexes[index], *each]), (*path, index), optional=False)
            for index in indexes[:present]
        ]
        room = indexes[present] - present if present < len(indexes) else None
        gaps = indexes[present - 1] + 1 - present if present else 0
        tasks += self._rest(each, path, room, forced=gaps > 0)
        made = (path, ARRAY)
        return Move(_price(path) + 2 + gaps, made, tuple(tasks), pair)

    def _rest(self, each: list[Place], path: Path, room: int | None, *, forced: bool = False) -> list[Task]:
        if not each:
            return []
        element = self.tree.merged(each)
        return [Others(element, path, 0, room, forced), Close(frozenset(element.atoms))]

    def _others(self, task: Others, pair: Pair) -> Iterator[Move]:
        asks = self._asks(task.each, pair)
        if not task.forced or not asks:
            yield Move(0, None, (), pair)
        if asks and task.room != 0 and task.since != pair:
            room = None if task.room is None else task.room - 1
            one = Visit(task.each, (*task.path, Other(task.number)), optional=False)
            more = Others(task.each, task.path, task.number + 1, room, forced=False, since=pair)
            yield Move(0, None, (one, more), pair)


def _price(path: Path) -> int:
    """What the key costs."""
    match path[-1:]:
        case (str(name),):
            return 4 + len(name)
        case (Other(),):
            return 6
        case _:
            return 1
