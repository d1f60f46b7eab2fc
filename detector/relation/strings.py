"""Every string that two formulas can tell apart: one for each way in which both can go on.

In: what is asked of a string, and both formulas. Out: for each pair of formulas that a string can leave, a string. The
strings that the conditions themselves suggest are tried first. For what may still be left, all automata read the same
string side by side, the shortest first. One that has settled answers its atoms at once, and one whose atoms no longer
matter is dropped: what both patterns agree about is not looked into.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice, product
from typing import Any

from detector.relation import characters
from detector.relation.automata import Automaton, Literals
from detector.relation.formula import Facts
from detector.relation.goals import Goals, Pair
from detector.relation.intervals import between, has_double
from detector.relation.numbers import CHARACTERS, Numbers, Step
from detector.relation.regex import ACCEPTING, DEAD

_NODE_COST = 4
_MOST_JOINED = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What accepting ``wanted`` says about an atom; ``collected``: only "true" counts."""

    atom: int
    wanted: object
    equal: bool
    collected: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """An automaton, and the atoms that it answers."""

    automaton: Automaton
    answers: tuple[Answer, ...]

    def facts(self, state: Any) -> dict[int, bool]:
        """The answers for a string that ends in a state."""
        accepted = self.automaton.accepted(state)
        truths = ((answer, (accepted == answer.wanted) is answer.equal) for answer in self.answers)
        return {one.atom: holds for one, holds in truths if holds or not one.collected}


@dataclass(frozen=True, slots=True)
class Node:
    """How far all has been read: the automata that still matter with their states, and what is open."""

    states: tuple[tuple[int, Any], ...]
    number: Step | None
    pair: Pair


class StringSearch:
    """A search over strings for what is wanted of two formulas.

    Every string answers all ``atoms``: a ``collected`` one with true or not at all.
    """

    def __init__(
        self, goals: Goals, readers: Sequence[Reader], atoms: frozenset[int], collected: frozenset[int]
    ) -> None:
        self.goals = goals
        self.budget = goals.formulas.budget
        self.readers = readers
        self._read = [frozenset(answer.atom for answer in reader.answers) for reader in readers]
        self._answered = atoms - collected
        self._collected = collected

    def strings(self, pair: Pair, *, surrogates: bool = True) -> dict[Pair, str]:
        """For each open pair that a string can leave, a short string; with or without lone surrogates."""
        found: dict[Pair, str] = {}
        start = self._settled(enumerate(reader.automaton.start for reader in self.readers), None, pair)

        def is_promising(node: Node) -> bool:
            return self._may_lead_elsewhere(node.pair, found.__contains__)

        for string in self._suggested(start):
            if not is_promising(start):
                break
            found.setdefault(self._end(self._after(start, string), {}), string)
        if not all(isinstance(self.readers[i].automaton, Literals) for i, _ in start.states):
            self._read_all(start, found, is_promising, surrogates=surrogates)
        # else all literals were tried, and a string that is none of them: there is no other
        return {left: string for left, string in found.items() if self.goals.is_open(left)}

    def _read_all(
        self, start: Node, found: dict[Pair, str], is_promising: Callable[[Node], bool], *, surrogates: bool
    ) -> None:
        """Add what all automata side by side can tell apart."""
        alphabet = characters.classes(ranges for reader in self.readers for ranges in reader.automaton.sets)
        if not surrogates:
            alphabet = [char for char in alphabet if not characters.has(characters.SURROGATES, char)]
        for node, spelled in self._walk(start, alphabet, is_promising, None):
            left = self._end(node, {})
            if left not in found:
                found[left] = spelled()

    def _suggested(self, start: Node) -> Iterator[str]:
        """What the automata name, by themselves and one after the other; short ones first."""
        automata = [self.readers[i].automaton for i, _ in start.states]
        named = {string for one in automata for string in one.examples()}
        other = next(string for string in ("", "a", "b", *map(str, range(len(named)))) if string not in named)
        yield from sorted({other, *named}, key=lambda string: (len(string), string))
        longer = [string for one in automata if not isinstance(one, Literals) for string in one.examples()]
        yield from islice((one + other for one, other in product(longer, repeat=2)), _MOST_JOINED)

    def numbers(
        self, pair: Pair, numbers: Numbers, answers: Callable[[Decimal], Facts], known: Container[Pair]
    ) -> dict[Pair, tuple[str, float | None]]:
        """For each open pair that a number of one form can leave, its text and the number; None: it may not exist.

        ``answers`` compares a number with the bounds. Pairs that are ``known`` are not looked for.
        """
        found: dict[Pair, tuple[str, float | None]] = {}
        sides = [answers(number) for number in between(numbers.bounds)]
        ends: dict[Pair, frozenset[Pair]] = {}
        start = self._settled(
            enumerate(reader.automaton.start for reader in self.readers), numbers.start, pair
        )

        def is_wanted(left: Pair) -> bool:
            is_known = left in known or (left in found and found[left][1] is not None)
            return not is_known and self.goals.is_open(left)

        def may_end_wanted(left: Pair) -> bool:
            if left not in ends:
                self.budget.spend(len(sides))
                ends[left] = frozenset(self.goals.given(left, facts) for facts in sides)
            return any(map(is_wanted, ends[left]))

        def is_promising(node: Node) -> bool:
            if node.states:
                return self._may_lead_elsewhere(node.pair, lambda left: not is_wanted(left))
            return may_end_wanted(node.pair)

        for node, spelled in self._walk(start, CHARACTERS, is_promising, numbers):
            ended = self._end(node, {})
            if not node.number or not numbers.accepts(node.number) or not may_end_wanted(ended):
                continue
            self.budget.spend(len(text := spelled()) // 8)
            number = Decimal(text)
            left = self.goals.given(ended, answers(number))
            value = numbers.number(text) if is_wanted(left) else None
            if is_wanted(left) and (value is not None or has_double(numbers.bounds, number)):
                found[left] = text, value
        return found

    def _may_lead_elsewhere(self, pair: Pair, is_known: Callable[[Pair], bool]) -> bool:
        return self.goals.may_lead_elsewhere(pair, self._answered, self._collected, is_known)

    def _settled(self, states: Iterable[tuple[int, Any]], number: Step | None, pair: Pair) -> Node:
        """Automata that know their answer have said it, and those that no question needs are gone."""
        states = list(states)
        facts: dict[int, bool] = {}
        for i, state in states:
            if state in (ACCEPTING, DEAD):
                facts |= self.readers[i].facts(state)
        pair = self.goals.given(pair, facts)
        open_ = self.goals.formulas.atoms(*pair)
        left = (
            (i, state)
            for i, state in states
            if not self._read[i].isdisjoint(open_) and state not in (ACCEPTING, DEAD)
        )
        return Node(tuple(left), number, pair)

    def _end(self, node: Node, facts: Facts) -> Pair:
        """What a string leaves that ends here."""
        known = dict(facts)
        for i, state in node.states:
            known |= self.readers[i].facts(state)
        return self.goals.given(node.pair, known)

    def _after(self, node: Node, string: str) -> Node:
        for char in string:
            if not node.states:
                break
            node = self._step(node, char, node.number)
        return node

    def _step(self, node: Node, char: str, number: Step | None) -> Node:
        automata = [self.readers[i].automaton for i, _ in node.states]
        self.budget.spend(_NODE_COST + sum(one.cost for one in automata))
        read = ((i, one.step(state, char)) for (i, state), one in zip(node.states, automata, strict=True))
        return self._settled(read, number, node.pair)

    def _walk(
        self,
        start: Node,
        alphabet: Sequence[str],
        is_promising: Callable[[Node], bool],
        numbers: Numbers | None,
    ) -> Iterator[tuple[Node, Callable[[], str]]]:
        """Every node that can be reached, with what spells a shortest string to it, the shortest first.

        ``is_promising`` is asked when a node has been looked at: can a longer string make a difference?
        """
        came: dict[Node, tuple[Node, str] | None] = {start: None}
        queue = deque([(start, 0)])
        while queue:
            node, length = queue.popleft()
            if not self.goals.is_open(node.pair):
                continue
            yield node, lambda end=node: _spelled(came, end)  # type: ignore[misc]  # bound to this node
            if not is_promising(node) or (not node.states and numbers is None):
                continue
            if numbers is not None and length == numbers.longest:
                continue
            for char in alphabet:
                self.budget.spend(_NODE_COST if numbers else 0)
                number = numbers.step(node.number, char) if numbers and node.number else None
                if numbers and number is None:
                    continue
                after = self._step(node, char, number)
                if after not in came:
                    self.budget.spend(_NODE_COST)
                    came[after] = node, char
                    queue.append((after, length + 1))


def _spelled(came: dict[Node, tuple[Node, str] | None], node: Node) -> str:
    """The string that leads to a node."""
    chars: list[str] = []
    while (before := came[node]) is not None:
        node, char = before
        chars.append(char)
    return "".join(reversed(chars))
