r"""A regular expression as an automaton: a search anywhere in a text, as `detector.pattern.regex` does it.

In: the source of a regex. Out: an automaton (see `words`). A state is the set of places in the expression where a
match may stand, and what kind of character was read last, for ``^`` and ``\b`` ask that.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from detector.pattern.regex import compile_regex
from detector.relation import letters
from detector.relation.regex_syntax import WORD, Chars, Mark, Node, Repeat, UnknownRegexError, parse
from detector.relation.words import DONE, State

BEGIN, AFTER_WORD, AFTER_OTHER = "begin", "word", "other"
MAX_PLACES = 3_000
Places: TypeAlias = frozenset[int]


@dataclass(slots=True)
class _Program:
    """Numbered places: a character, a mark or a fork, and where it goes on. Place 0 is the match."""

    nodes: list[Chars | Mark | None] = field(default_factory=lambda: [None])
    after: list[tuple[int, ...]] = field(default_factory=lambda: [()])

    def add(self, node: Chars | Mark | None, *after: int) -> int:
        if len(self.nodes) >= MAX_PLACES:
            raise UnknownRegexError(f"more than {MAX_PLACES:,} places")
        self.nodes.append(node)
        self.after.append(after)
        return len(self.nodes) - 1

    def sequence(self, nodes: Iterable[Node], end: int) -> int:
        for node in reversed(tuple(nodes)):
            end = self._repeat(node, end) if isinstance(node, Repeat) else self.add(node, end)
        return end

    def _repeat(self, repeat: Repeat, end: int) -> int:
        start = end
        if repeat.most is None:
            start = self.add(None, end)
            self.after[start] = (self.add(repeat.node, start), end)
        for _ in range((repeat.most or repeat.least) - repeat.least):
            start = self.add(None, self.add(repeat.node, start), end)
        for _ in range(repeat.least):
            start = self.add(repeat.node, start)
        return start


class Search:
    """A search for an expression anywhere in the text."""

    def __init__(self, source: str) -> None:
        program = _Program()
        self._start = program.add(None, *(program.sequence(branch, 0) for branch in parse(source)))
        self._nodes, self._after = program.nodes, program.after
        marks = {node.kind for node in self._nodes if isinstance(node, Mark)}
        self._asks_words = "b" in marks
        self._restarts = bool(self._walk({self._start}, lambda kind: kind != "^"))
        self.sets = frozenset(node.ranges for node in self._nodes if isinstance(node, Chars)) | (
            {WORD} if self._asks_words else set()
        )
        if any(letters.has(ranges, _surrogate()) != letters.has(ranges, "\ud800") for ranges in self.sets):
            self.sets |= {letters.SURROGATES}
        self.start: State = self._normal({self._start}, BEGIN if marks & {"^", "b"} else AFTER_OTHER)
        self._steps: dict[tuple[State, str], State] = {}

    def step(self, state: State, char: str) -> State:
        """The state after one more character."""
        key = state, char
        found = self._steps.get(key)
        if found is None:
            found = self._steps[key] = self._step(state, char)
        return found

    def accepts(self, state: State) -> bool:
        """Whether the text may end here."""
        return not isinstance(state, tuple) or 0 in self._standing(state, None)

    def settled(self, state: State) -> bool:
        """Whether no further character can change the answer."""
        return not isinstance(state, tuple) or not state[0]

    def _step(self, state: State, char: str) -> State:
        if not isinstance(state, tuple):
            return state
        char = as_re2_sees(char)
        standing = self._standing(state, char)
        if 0 in standing:
            return DONE
        targets = {
            self._after[place][0]
            for place in standing
            if isinstance(node := self._nodes[place], Chars) and letters.has(node.ranges, char)
        }
        if self._restarts:
            targets.add(self._start)
        return self._normal(targets, self._kind(char))

    def _kind(self, char: str) -> str:
        return AFTER_WORD if self._asks_words and letters.has(WORD, char) else AFTER_OTHER

    def _normal(self, places: set[int], before: str) -> State:
        """Forks are followed at once; marks wait for the next character."""
        standing = self._walk(places, lambda _: False, keep=True)
        if before != BEGIN:
            standing = {place for place in standing if self._nodes[place] != Mark("^")}
        return DONE if 0 in standing else (frozenset(standing), before)

    def _standing(self, state: tuple[Places, str], char: str | None) -> set[int]:
        """Where a match may stand once the next character is known (None: the end)."""
        places, before = state
        after_word = char is not None and letters.has(WORD, char)
        boundary = (before == AFTER_WORD) != after_word
        holds = {"^": before == BEGIN, "$": char is None, "b": boundary}
        return self._walk(places, holds.__getitem__)

    def _walk(self, places: Iterable[int], holds: Callable[[str], bool], *, keep: bool = False) -> set[int]:
        """The characters, the match, and (where asked for) the marks that can be reached without reading."""
        found, seen, open_ = set(), set(), list(places)
        while open_:
            place = open_.pop()
            if place in seen:
                continue
            seen.add(place)
            node = self._nodes[place]
            if isinstance(node, Mark) and not holds(node.kind):
                if keep:
                    found.add(place)
            elif isinstance(node, Chars) or place == 0:
                found.add(place)
            else:
                open_ += self._after[place]
        return found


@functools.cache
def _surrogate() -> str:
    """What a search takes a lone surrogate for, since UTF-8 has none."""
    return "?" if compile_regex(r"^\?$")("\ud800") else "\N{REPLACEMENT CHARACTER}"


def as_re2_sees(char: str) -> str:
    """The character, or what stands for a lone surrogate."""
    return _surrogate() if "\ud800" <= char <= "\udfff" else char
