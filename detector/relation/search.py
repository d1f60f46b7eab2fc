"""Every event that two formulas can tell apart, the cheapest first.

In: the places that are asked about and the two formulas. Out: for each outcome that is wanted and that some event has,
an event. The event is made place by place; what is left to do and what is left of both formulas is all that matters
for the rest, so that no such state is looked at twice, and a state of which no wanted outcome can come is dropped. The
claim: when the search ends by itself, an outcome that was not found has no event in the domain.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeAlias

from detector.relation.budget import ExhaustedError
from detector.relation.event import Assignment, built
from detector.relation.expansion import Moves, Task
from detector.relation.goals import Goals, Pair
from detector.relation.places import Tree
from detector.relation.regex_syntax import UnknownRegexError
from detector.relation.values import Domain
from detector.relation.verdict import Outcome

EXHAUSTED = "the bound on work was reached"
_STATE_COST = 10


@dataclass(slots=True)
class Findings:
    """What a search found: an event for each outcome, and of which outcomes it is not known whether they have one."""

    events: dict[Outcome, dict[str, Any]] = field(default_factory=dict)
    unknown: set[Outcome] = field(default_factory=set)
    why_not: str = ""
    """Why anything is unknown."""


State: TypeAlias = tuple[int, Pair, bool]
"""What is to be done (a number), what is open, and whether everything chosen so far exists for sure."""

_UNSURE = "it is not known whether a double with exactly the digits that are asked for exists"


def search(tree: Tree, pair: Pair, wanted: Iterable[Outcome], domain: Domain | None = None) -> Findings:
    """Look for an event of each wanted outcome until all are found or there is nothing left to try."""
    return _Search(tree, pair, wanted, domain).run()


class _Search:
    """A search for shortest paths, whose lengths are about the characters of the event.

    When half of the steps are spent it goes to depth first: an event of any size is better than none.
    """

    def __init__(self, tree: Tree, pair: Pair, wanted: Iterable[Outcome], domain: Domain | None) -> None:
        self.goals = Goals(tree.formulas, wanted)
        self.moves = Moves(tree, self.goals, domain)
        self.budget = tree.formulas.budget
        self.pair = pair
        self.findings = Findings()
        self._stack: list[tuple[Task, int] | None] = [None]
        self._stacked: dict[tuple[Task, int], int] = {}
        self._came: dict[State, tuple[State, Assignment | None] | None] = {}
        self._root: Assignment | None = None

    def run(self) -> Findings:
        """Look at states until there are none, or the budget is spent."""
        findings = self.findings
        try:
            self._explore()
        except ExhaustedError:
            findings.why_not = EXHAUSTED
        except UnknownRegexError as error:
            findings.why_not = not_followed(error)
        findings.why_not = findings.why_not or self.moves.left_out
        if findings.why_not:
            findings.unknown = self._still_possible()
        elif findings.unknown:
            findings.why_not = _UNSURE
        return findings

    def _still_possible(self) -> set[Outcome]:
        """The wanted outcomes that structure alone does not rule out."""
        self.budget.left = max(self.budget.left, _FOR_STRUCTURE)
        try:
            return self.goals.wanted & self.goals.possible(self.pair)
        except ExhaustedError:
            return set(self.goals.wanted)

    def _explore(self) -> None:
        if not self.goals.is_open(self.pair):
            return
        first = self.moves.first(self.pair)
        start: State = (self._pushed(first.tasks, 0), first.pair, True)
        self._root = first.made
        best = {start: 0}
        queue, order = [(0, 0, 0, 0, start)], count(1)
        self._came[start] = None
        half, is_deep = self.budget.left // 2, False
        while queue and self.goals.wanted:
            _, _, price, depth, state = heapq.heappop(queue)
            if price > best[state] or self._is_ended(state):
                continue
            if not is_deep and self.budget.left < half:
                is_deep = True
                queue = [(-down, age, cost, down, one) for _, age, cost, down, one in queue]
                heapq.heapify(queue)
            tasks, pair, sure = state
            task, rest = self._stack[tasks] or (None, 0)
            if task is None:
                continue
            for move in self.moves.of(task, pair):
                after = self._pushed(move.tasks, rest), move.pair, sure and move.sure
                total = price + move.cost
                self.budget.spend(_STATE_COST)
                if after not in best or total < best[after]:
                    best[after] = total
                    self._came[after] = state, move.made
                    key = -depth - 1 if is_deep else total
                    heapq.heappush(queue, (key, next(order), total, depth + 1, after))

    def _is_ended(self, state: State) -> bool:
        """Whether nothing new can come of a state; one that is at its end is written down."""
        tasks, pair, sure = state
        possible = self.goals.possible(pair) & self.goals.wanted
        if tasks == 0:
            for outcome in possible:
                if sure:
                    self.findings.events[outcome] = built(self._assignments(state))
                    self.findings.unknown.discard(outcome)
                    self.goals.wanted.discard(outcome)
                else:
                    self.findings.unknown.add(outcome)
            return True
        return not possible or (not sure and possible <= self.findings.unknown)

    def _assignments(self, state: State) -> list[Assignment]:
        """What was chosen on the way to a state, in that order."""
        made = [self._root] if self._root is not None else []
        later: list[Assignment] = []
        came = self._came[state]
        while came is not None:
            state, assignment = came
            later += [assignment] if assignment is not None else []
            came = self._came[state]
        return [*made, *reversed(later)]

    def _pushed(self, tasks: tuple[Task, ...], rest: int) -> int:
        """The number of a stack of tasks; equal stacks have the same."""
        for task in reversed(tasks):
            key = task, rest
            if key not in self._stacked:
                self.budget.spend(_STATE_COST)
                self._stacked[key] = len(self._stack)
                self._stack.append(key)
            rest = self._stacked[key]
        return rest


def not_followed(error: UnknownRegexError) -> str:
    """Why a question about such a regular expression is not decided."""
    return f"a regular expression holds what is not followed here: {error}"


_FOR_STRUCTURE = 50_000
"""Steps for a look at the structure when all others are spent."""
