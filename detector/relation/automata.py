"""Automata of literals and of ``*``, and whether one accepts no string that another refuses.

In: the value of a condition. Out: an automaton that reads a string from left to right and accepts it exactly
where `detector.pattern.evaluate.text_equals` is true. ``*`` is leftmost and never goes back, and such a rule is an
automaton by itself: it looks for one piece after the other.
"""

from __future__ import annotations

import functools
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

from detector.pattern.syntax import Number, Text, Value
from detector.relation import characters
from detector.relation.budget import Budget
from detector.relation.characters import CharacterSet
from detector.relation.regex import ACCEPTING, DEAD, RegexSearch

State: TypeAlias = Hashable
_AT_END = "at end"


class Automaton(Protocol):
    """Reads one character after the other; ``sets`` are the only sets of characters that it can tell apart.

    Once a state is ACCEPTING or DEAD, no further character changes the answer.
    """

    sets: frozenset[CharacterSet]
    start: Any
    cost: int
    """Steps of the budget that reading one character is worth."""

    def step(self, state: Any, char: str) -> Any:
        """The state after one more character."""

    def accepted(self, state: Any) -> object:
        """Whether the string may end here; of `Literals`, which of them it is."""

    def examples(self) -> Iterator[str]:
        """Some strings that are likely to be accepted."""


class Literals:
    """Which of some strings it is, if any. A state is a node of their prefix tree."""

    cost = 1

    def __init__(self, strings: Iterable[str]) -> None:
        self._strings = tuple(dict.fromkeys(strings))
        self._next: dict[tuple[int | str, str], int] = {}
        self._ends: dict[int | str, str] = {}
        for string in self._strings:
            node = 0
            for char in string:
                node = self._next.setdefault((node, char), len(self._next) + 1)
            self._ends[node] = string
        self.sets = frozenset(characters.just(char) for char in set().union(*self._strings))
        self.start = 0

    def step(self, state: int | str, char: str) -> int | str:
        """The state after one more character."""
        return self._next.get((state, char), DEAD)

    def accepted(self, state: int | str) -> str | None:
        """The literal that has been read."""
        return self._ends.get(state)

    def examples(self) -> Iterator[str]:
        """The literals."""
        return iter(self._strings)


class Glob:
    """A beginning, then pieces, each at its first place after the one before; the last one ends the string or not.

    A state is the piece that is looked for and how much of it the string read so far ends with.
    """

    cost = 1

    def __init__(self, first: str, pieces: Sequence[str], *, is_open: bool) -> None:
        self.first = first
        self.pieces = pieces
        self.open = is_open
        self._fallbacks = [_fallbacks(piece) for piece in pieces]
        self.sets = frozenset(characters.just(char) for char in {*first, *"".join(pieces)})
        self.start: State = (-1, 0) if self.first else self._look(0)

    def step(self, state: State, char: str) -> State:
        """The state after one more character."""
        if not isinstance(state, tuple):
            return state if state == ACCEPTING else DEAD
        number, length = state
        if number < 0:
            if self.first[length] != char:
                return DEAD
            return (-1, length + 1) if length + 1 < len(self.first) else self._look(0)
        piece, fallbacks = self.pieces[number], self._fallbacks[number]
        while length and piece[length] != char:
            length = fallbacks[length - 1]
        length += piece[length] == char
        return (number, length) if length < len(piece) else self._look(number + 1)

    def accepted(self, state: State) -> bool:
        """Whether the string may end here."""
        return state in (ACCEPTING, _AT_END)

    def examples(self) -> Iterator[str]:
        """The pieces without and with something between them."""
        yield self.first + "".join(self.pieces)
        yield "a".join((self.first, *self.pieces)) if self.pieces else self.first + "a"

    def _look(self, number: int) -> State:
        if number < len(self.pieces):
            return (number, 0)
        return ACCEPTING if self.open else _AT_END


def glob(pattern: str) -> Glob:
    """``*`` stands for any run of characters."""
    first, *rest = pattern.split("*")
    return Glob(first, [piece for piece in rest if piece], is_open=rest[-1] == "")


def contains(term: str) -> Glob:
    """Any string around a term."""
    return Glob("", [term] if term else [], is_open=True)


@functools.lru_cache(maxsize=256)
def automaton(value: Value) -> Automaton:
    """What accepts the strings that equal a value."""
    match value:
        case Text(pattern) if value.is_glob:
            return glob(pattern)
        case Text(literal) | Number(literal):
            return Literals([literal])
        case _:
            return RegexSearch(value.source)


INCLUSION_STEPS = 30_000
"""What one inclusion of two automata may cost; an inclusion of longer ones is left to the search."""


def accepts_nothing_of(one: Automaton, alphabet: str, budget: Budget) -> bool:
    """Whether it is known that no string of some characters is accepted."""
    return _is_included(one, Literals([]), alphabet, budget)


def is_included(one: Automaton, other: Automaton, budget: Budget) -> bool:
    """Whether every string that ``one`` accepts is known to be accepted by ``other``."""
    budget.spend(20)
    if any(accepts(one, string) and not accepts(other, string) for string in one.examples()):
        return False
    return _is_included(one, other, characters.classes(one.sets | other.sets), budget)


def _is_included(one: Automaton, other: Automaton, alphabet: Sequence[str], budget: Budget) -> bool:
    price = (one.cost + other.cost) * len(alphabet)
    seen, queue, left = {(one.start, other.start)}, [(one.start, other.start)], INCLUSION_STEPS
    while queue:
        mine, theirs = queue.pop()
        if one.accepted(mine) and not other.accepted(theirs):
            return False
        left -= price
        budget.spend(price)
        if left < 0:
            return False
        for char in alphabet:
            after = one.step(mine, char), other.step(theirs, char)
            if after[0] != DEAD and after[1] != ACCEPTING and after not in seen:
                seen.add(after)
                queue.append(after)
    return True


def accepts(one: Automaton, string: str) -> bool:
    """Whether an automaton accepts a string."""
    state = one.start
    for char in string:
        state = one.step(state, char)
    return one.accepted(state) not in (False, None)


def _fallbacks(piece: str) -> list[int]:
    """For each beginning of the piece, the longest proper beginning that it ends with."""
    fallbacks = [0] * len(piece)
    length = 0
    for i in range(1, len(piece)):
        while length and piece[i] != piece[length]:
            length = fallbacks[length - 1]
        length += piece[i] == piece[length]
        fallbacks[i] = length
    return fallbacks
