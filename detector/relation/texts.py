"""Every text that two formulas can tell apart: the shortest one for each way in which both can go on.

In: what is asked of a text, and both formulas. Out: for each pair of formulas that can be left, a text. All automata
read the same text side by side. One that has settled answers its atoms at once, and one whose atoms no longer matter
is dropped: what both patterns agree about is not looked into.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from detector.relation import letters
from detector.relation.bounds import between, has_double
from detector.relation.budget import Budget
from detector.relation.formula import FALSE, Facts, Formula, Formulas
from detector.relation.numbers import Numbers, Step
from detector.relation.words import Automaton, State

Pair: TypeAlias = tuple[Formula, Formula]
NOTHING: Pair = (FALSE, FALSE)
_DIGITS = "0123456789.-E"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an automaton that accepts (or not) says about an atom; ``collected``: only "true" counts."""

    atom: int
    equal: bool
    collected: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """An automaton, and the atoms that it answers."""

    automaton: Automaton
    answers: tuple[Answer, ...]

    def facts(self, *, accepted: bool) -> dict[int, bool]:
        """The answers for a text that is accepted, or not."""
        return {
            one.atom: accepted is one.equal
            for one in self.answers
            if accepted is one.equal or not one.collected
        }

    def matters(self, open_: Container[int]) -> bool:
        """Whether any of its atoms is still asked for."""
        return any(one.atom in open_ for one in self.answers)


@dataclass(frozen=True, slots=True)
class Node:
    """How far all has been read: the automata that still matter with their states, and what is open."""

    states: tuple[tuple[int, State], ...]
    number: Step
    pair: Pair


@dataclass(frozen=True, slots=True)
class Spelled:
    """A number that leaves a pair; ``value`` is None when it is not sure that a double has this text."""

    text: str
    value: float | None


class Texts:
    """A search over texts, for some readers and a table of formulas."""

    def __init__(self, formulas: Formulas, readers: Sequence[Reader], budget: Budget) -> None:
        self.formulas = formulas
        self.readers = readers
        self.budget = budget

    def strings(self, pair: Pair, *, surrogates: bool = True) -> dict[Pair, str]:
        """For each pair that a string can leave, a shortest such string; with or without lone surrogates."""
        found: dict[Pair, str] = {}
        alphabet = letters.classes(ranges for reader in self.readers for ranges in reader.automaton.sets)
        if not surrogates:
            alphabet = [char for char in alphabet if not letters.has(letters.SURROGATES, char)]
        for node, text in self._walk(self._node(pair, "start"), alphabet, lambda node: bool(node.states)):
            found.setdefault(self._ended(node, {}), text)
        return found

    def numbers(
        self, pair: Pair, numbers: Numbers, answers: Callable[[Decimal], Facts], known: Container[Pair]
    ) -> dict[Pair, Spelled]:
        """For each pair that a number of one kind can leave, such a number.

        ``answers`` compares a number with the bounds. Pairs that are ``known`` need not be found once more.
        """
        found: dict[Pair, Spelled] = {}
        sides = [answers(number) for number in between(numbers.bounds)]

        def is_open(left: Pair) -> bool:
            sure = left in found and found[left].value is not None
            return left != NOTHING and left not in known and not sure

        def goes_on(node: Node) -> bool:
            return bool(node.states) or any(is_open(self._given(node.pair, facts)) for facts in sides)

        for node, text in self._walk(self._node(pair, numbers.start), _DIGITS, goes_on, numbers):
            if numbers.accepts(node.number) and is_open(left := self._ended(node, answers(Decimal(text)))):
                value = numbers.number(text)
                if value is not None or has_double(numbers.bounds, Decimal(text)):
                    found[left] = Spelled(text, value)
        return found

    def _node(self, pair: Pair, number: Step) -> Node:
        open_ = self.formulas.atoms(*pair)
        states = [(i, one.automaton.start) for i, one in enumerate(self.readers) if one.matters(open_)]
        return self._settled(states, number, pair)

    def _settled(self, states: Sequence[tuple[int, State]], number: Step, pair: Pair) -> Node:
        """Automata that know their answer have said it, and those that nobody asks are gone."""
        facts: dict[int, bool] = {}
        for i, state in states:
            reader = self.readers[i]
            if reader.automaton.settled(state):
                facts |= reader.facts(accepted=reader.automaton.accepts(state))
        pair = self._given(pair, facts)
        open_ = self.formulas.atoms(*pair)
        left = tuple(
            (i, state)
            for i, state in states
            if not self.readers[i].automaton.settled(state) and self.readers[i].matters(open_)
        )
        return Node(left, number, pair)

    def _given(self, pair: Pair, facts: Facts) -> Pair:
        return (self.formulas.given(pair[0], facts), self.formulas.given(pair[1], facts)) if facts else pair

    def _ended(self, node: Node, facts: Facts) -> Pair:
        known = dict(facts)
        for i, state in node.states:
            reader = self.readers[i]
            known |= reader.facts(accepted=reader.automaton.accepts(state))
        return self._given(node.pair, known)

    def _walk(
        self,
        start: Node,
        alphabet: Sequence[str],
        goes_on: Callable[[Node], bool],
        numbers: Numbers | None = None,
    ) -> Iterator[tuple[Node, str]]:
        """Every node that can be reached, with a shortest text, the shortest first.

        ``goes_on`` is asked when a node has been looked at: can a longer text differ from this one?
        """
        longest = None if numbers is None else numbers.longest
        seen, queue = {start}, deque([(start, "")])
        while queue:
            node, text = queue.popleft()
            if node.pair == NOTHING:
                continue
            yield node, text
            if len(text) == longest or not goes_on(node):
                continue
            for char in alphabet:
                after = self._read(node, char, numbers)
                if after is not None and after not in seen:
                    seen.add(after)
                    queue.append((after, text + char))

    def _read(self, node: Node, char: str, numbers: Numbers | None) -> Node | None:
        self.budget.spend(1 + len(node.states))
        number = node.number
        if numbers is not None:
            number = numbers.step(number, char)
            if number is None:
                return None
        states = [(i, self.readers[i].automaton.step(state, char)) for i, state in node.states]
        return self._settled(states, number, node.pair)
