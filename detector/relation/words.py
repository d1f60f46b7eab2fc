"""Automata of literals and of ``*``.

In: the value of a condition. Out: an automaton that reads a text from left to right and accepts it exactly
where `detector.pattern.evaluate.text_equals` is true. ``*`` is leftmost and never goes back, and such a rule is an
automaton by itself: it looks for one piece after the other.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Protocol, TypeAlias

from detector.relation import letters
from detector.relation.letters import Ranges

State: TypeAlias = Hashable
DEAD = "dead"
DONE = "done"
END = "end"


class Automaton(Protocol):
    """Reads one character after the other; ``sets`` are the only sets of characters that it can tell apart."""

    sets: frozenset[Ranges]
    start: State

    def step(self, state: State, char: str) -> State:
        """The state after one more character."""

    def accepts(self, state: State) -> bool:
        """Whether the text may end here."""

    def settled(self, state: State) -> bool:
        """Whether no further character can change the answer."""


class Word:
    """Exactly this text. A state is the number of letters read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sets = frozenset(letters.just(char) for char in text)
        self.start: State = 0

    def step(self, state: State, char: str) -> State:
        """The state after one more character."""
        if isinstance(state, int) and state < len(self.text) and self.text[state] == char:
            return state + 1
        return DEAD

    def accepts(self, state: State) -> bool:
        """Whether the text may end here."""
        return state == len(self.text)

    def settled(self, state: State) -> bool:
        """Whether no further character can change the answer."""
        return state == DEAD


class Pieces:
    """A beginning, then pieces, each at its first place after the one before; the last one ends the text or not.

    A state is the piece that is looked for and how much of it the text read so far ends with.
    """

    def __init__(self, first: str, pieces: Sequence[str], *, is_open: bool) -> None:
        self.first = first
        self.pieces = pieces
        self.open = is_open
        self.falls = [_falls(piece) for piece in pieces]
        self.sets = frozenset(letters.just(char) for char in first + "".join(pieces))
        self.start: State = (-1, 0) if self.first else self._look(0)

    def step(self, state: State, char: str) -> State:
        """The state after one more character."""
        if not isinstance(state, tuple):
            return DONE if state == DONE else DEAD
        number, place = state
        if number < 0:
            return self._prefix(place, char)
        place = self._advance(number, place, char)
        return (number, place) if place < len(self.pieces[number]) else self._look(number + 1)

    def accepts(self, state: State) -> bool:
        """Whether the text may end here."""
        return state in {DONE, END}

    def settled(self, state: State) -> bool:
        """Whether no further character can change the answer."""
        return state in {DONE, DEAD}

    def _prefix(self, place: int, char: str) -> State:
        if self.first[place] != char:
            return DEAD
        return (-1, place + 1) if place + 1 < len(self.first) else self._look(0)

    def _look(self, number: int) -> State:
        if number < len(self.pieces):
            return (number, 0)
        return DONE if self.open else END

    def _advance(self, number: int, place: int, char: str) -> int:
        piece, falls = self.pieces[number], self.falls[number]
        while place and piece[place] != char:
            place = falls[place - 1]
        return place + (piece[place] == char)


def glob(text: str) -> Pieces:
    """``*`` stands for any run of characters."""
    first, *rest = text.split("*")
    return Pieces(first, [piece for piece in rest if piece], is_open=rest[-1] == "")


def contains(term: str) -> Pieces:
    """Any text around a term."""
    return Pieces("", [term], is_open=True)


def _falls(piece: str) -> list[int]:
    """For each beginning of the piece, the longest proper beginning that it ends with."""
    falls = [0] * len(piece)
    place = 0
    for i in range(1, len(piece)):
        while place and piece[i] != piece[place]:
            place = falls[place - 1]
        place += piece[i] == piece[place]
        falls[i] = place
    return falls
