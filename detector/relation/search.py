"""Every event that two patterns can tell apart, the cheapest first.

In: the places of both patterns and their formulas. Out: for each outcome (old matches or not, new matches or not)
that some event has, the cheapest event. The event is made place by place; what is left to do and what is left of both
formulas is all that matters for the rest, so that no such state is looked at twice. The claim: when the search ends
by itself, an outcome that was not found has no event.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeAlias

from detector.relation.budget import Budget, ExhaustedError
from detector.relation.event import Assignment, built
from detector.relation.formula import FALSE, TRUE, Formula, Formulas
from detector.relation.moves import Move, Moves, Task
from detector.relation.places import Place
from detector.relation.relation import WANTED, Matching
from detector.relation.texts import Pair


@dataclass(slots=True)
class Outcome:
    """What a search found: an event for each outcome, and whether it saw everything."""

    events: dict[Matching, dict[str, Any]] = field(default_factory=dict)
    unsure: set[Matching] = field(default_factory=set)
    """Outcomes for which only a number was found of which it is not known whether it exists."""
    why_not: str = ""
    """Why the search is incomplete; empty when it saw everything."""


State: TypeAlias = tuple[int, Pair, bool]
"""What is to be done (a number), what is open, and whether everything chosen so far exists for sure."""


def search(root: Place, pair: Pair, formulas: Formulas, budget: Budget) -> Outcome:
    """Look for an event of each outcome until all are found or there is nothing left to try."""
    whole = _Search(formulas, Moves(formulas, budget), budget)
    try:
        whole.run(root, pair)
    except ExhaustedError:
        whole.outcome.why_not = "the bound on work was reached"
    whole.outcome.why_not = whole.outcome.why_not or whole.moves.left_out
    return whole.outcome


class _Search:
    """A shortest-path search; costs are about the characters of the event."""

    def __init__(self, formulas: Formulas, moves: Moves, budget: Budget) -> None:
        self.formulas = formulas
        self.moves = moves
        self.budget = budget
        self.outcome = Outcome()
        self._stack: list[tuple[Task, int] | None] = [None]
        self._stacked: dict[tuple[Task, int], int] = {}
        self._came: dict[State, tuple[State, Assignment | None] | None] = {}

    def run(self, root: Place, pair: Pair) -> None:
        """Look at states, the cheapest first."""
        first = self.moves.first(root, pair)
        start: State = (self._pushed(first.tasks, 0), first.pair, True)
        self._root = first.made
        best, order = {start: 0}, count()
        queue = [(0, next(order), start)]
        self._came[start] = None
        while queue and self.outcome.events.keys() != WANTED:
            price, _, state = heapq.heappop(queue)
            if price > best[state] or self._known(state):
                continue
            self.budget.spend()
            for move, after in self._after(state):
                total = price + move.cost
                if after not in best or total < best[after]:
                    best[after] = total
                    self._came[after] = state, move.made
                    heapq.heappush(queue, (total, next(order), after))

    def _known(self, state: State) -> bool:
        """Whether nothing new can come of a state; one that is at its end is written down."""
        tasks, pair, sure = state
        possible = {one for one in WANTED if _may(pair[0], one[0]) and _may(pair[1], one[1])}
        if possible <= self.outcome.events.keys():
            return True
        if tasks == 0:
            for matching in possible:
                self._found(matching, state, sure=sure)
            return True
        return not sure and possible <= self.outcome.unsure | self.outcome.events.keys()

    def _found(self, matching: Matching, state: State, *, sure: bool) -> None:
        if sure:
            self.outcome.events[matching] = built(self._assignments(state))
            self.outcome.unsure.discard(matching)
        else:
            self.outcome.unsure.add(matching)

    def _assignments(self, state: State) -> Iterator[Assignment]:
        if self._root is not None:
            yield self._root
        made = []
        came = self._came[state]
        while came is not None:
            state, assignment = came
            made += [assignment] if assignment is not None else []
            came = self._came[state]
        yield from reversed(made)

    def _after(self, state: State) -> Iterator[tuple[Move, State]]:
        tasks, pair, sure = state
        top = self._stack[tasks]
        if top is None:
            return
        task, rest = top
        for move in self.moves.of(task, pair):
            self.budget.spend()
            yield move, (self._pushed(move.tasks, rest), move.pair, sure and move.sure)

    def _pushed(self, tasks: tuple[Task, ...], rest: int) -> int:
        """The number of a stack of tasks; equal stacks have the same."""
        for task in reversed(tasks):
            key = task, rest
            if key not in self._stacked:
                self._stacked[key] = len(self._stack)
                self._stack.append(key)
            rest = self._stacked[key]
        return rest


def _may(formula: Formula, outcome: bool) -> bool:  # noqa: FBT001 - the outcome is one
    return formula not in {TRUE, FALSE} or (formula == TRUE) is outcome
