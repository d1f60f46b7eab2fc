"""What can be chosen next, and what is left to be chosen then.

In: a task (what stands at this place? which others are there?) and what is open. Out: moves. An object has named
members and any number of others. An array has all elements up to some length, so that an element that is absent
limits the others. Where there is a wildcard, every member or element answers it beside its own conditions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from detector.relation.budget import Budget
from detector.relation.event import ARRAY, Assignment, Members, Other, Path
from detector.relation.formula import Formulas
from detector.relation.places import Place, merged
from detector.relation.texts import NOTHING, Pair
from detector.relation.values import Choice, choices, facts_of, given

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
    """The moves of one comparison; values that were found once are remembered."""

    def __init__(self, formulas: Formulas, budget: Budget) -> None:
        self.formulas = formulas
        self.budget = budget
        self.left_out = ""
        """What was not tried, in words; empty when nothing was left out."""
        self._choices: dict[tuple[Place, Pair], dict[Pair, Choice]] = {}
        self._merged: dict[tuple[Place, ...], Place] = {}

    def first(self, root: Place, pair: Pair) -> Move:
        """The event is an object."""
        return self._object(Visit(root, (), optional=False), pair)

    def of(self, task: Task, pair: Pair) -> Iterator[Move]:
        """All ways to do a task that may still lead to a match."""
        match task:
            case Visit():
                found = self._visit(task, pair)
            case Others():
                found = self._others(task, pair)
            case Close(atoms):
                found = iter([Move(0, None, (), given(self.formulas, pair, dict.fromkeys(atoms, False)))])
        return (move for move in found if move.pair != NOTHING)

    def _is_open(self, place: Place, pair: Pair) -> bool:
        return not place.atoms.isdisjoint(self.formulas.atoms(*pair))

    def _visit(self, task: Visit, pair: Pair) -> Iterator[Move]:
        price = _price(task.path)
        if not self._is_open(task.place, pair):
            yield (
                Move(0, None, (), pair)
                if task.optional
                else Move(price + 1, Assignment(task.path, 0), (), pair)
            )
            return
        if task.optional:
            yield Move(0, None, (), given(self.formulas, pair, task.place.absent))
        for left, choice in self._values(task.place, pair).items():
            yield Move(price + choice.cost, Assignment(task.path, choice.value), (), left, choice.sure)
        yield self._object(task, pair)
        yield from self._arrays(task, pair)

    def _values(self, place: Place, pair: Pair) -> dict[Pair, Choice]:
        key = place, pair
        if key not in self._choices:
            self._choices[key] = choices(place, pair, self.formulas, self.budget)
        return self._choices[key]

    def _object(self, task: Visit, pair: Pair) -> Move:
        place, path = task.place, task.path
        facts = facts_of(place.tests, {}) | place.unindexed
        tasks: list[Task] = [
            Visit(self._with(child, place.each), (*path, name), optional=True)
            for name, child in place.names.items()
        ]
        tasks += self._rest(place.each, path, None)
        made = Assignment(path, Members(frozenset(place.names)))
        return Move(_price(path) + 2, made, tuple(tasks), given(self.formulas, pair, facts))

    def _arrays(self, task: Visit, pair: Pair) -> Iterator[Move]:
        """One for each number of named elements that are there; without any, ``[]`` says no more than ``{}``."""
        place = task.place
        null = place.holds_null
        each = [*place.each, *([null] if null else [])]
        if not each and not place.indexes:
            return
        nulls = null.atoms if null else frozenset()
        facts = facts_of([test for test in place.tests if test.atom not in nulls], []) | place.nameless
        indexes = sorted(place.indexes)
        for present in range(len(indexes) + 1):
            if present and indexes[present - 1] >= LONGEST_ARRAY:
                self.left_out = f"an array of more than {LONGEST_ARRAY:,} elements would have to be tried"
                return
            yield self._array(task, given(self.formulas, pair, facts), each, indexes, present)

    def _array(self, task: Visit, pair: Pair, each: list[Place], indexes: list[int], present: int) -> Move:
        place, path = task.place, task.path
        facts = {atom: False for index in indexes[present:] for atom in place.indexes[index].absent}
        tasks: list[Task] = [
            Visit(self._with(place.indexes[index], each), (*path, index), optional=False)
            for index in indexes[:present]
        ]
        room = indexes[present] - present if present < len(indexes) else None
        gaps = indexes[present - 1] + 1 - present if present else 0
        tasks += self._rest(each, path, room, forced=gaps > 0)
        made = Assignment(path, ARRAY)
        return Move(_price(path) + 2 + gaps, made, tuple(tasks), given(self.formulas, pair, facts))

    def _rest(self, each: list[Place], path: Path, room: int | None, *, forced: bool = False) -> list[Task]:
        if not each:
            return []
        one = self._with(each[0], each[1:])
        return [Others(one, path, 0, room, forced), Close(one.atoms)]

    def _others(self, task: Others, pair: Pair) -> Iterator[Move]:
        is_open = self._is_open(task.each, pair)
        if not task.forced or not is_open:
            yield Move(0, None, (), pair)
        if is_open and task.room != 0 and task.since != pair:
            room = None if task.room is None else task.room - 1
            one = Visit(task.each, (*task.path, Other(task.number)), optional=False)
            more = Others(task.each, task.path, task.number + 1, room, forced=False, since=pair)
            yield Move(0, None, (one, more), pair)

    def _with(self, place: Place, each: list[Place]) -> Place:
        places = (place, *each)
        if places not in self._merged:
            self._merged[places] = merged(places)
        return self._merged[places]


def _price(path: Path) -> int:
    """What the key costs."""
    match path[-1:]:
        case (str(name),):
            return 4 + len(name)
        case (Other(),):
            return 6
        case _:
            return 1
