r"""A regular expression as an automaton: a search anywhere in a string, as `detector.pattern.regex` does it.

In: the source of a regex. Out: an automaton (see `automata`). Without groups an expression is a few sequences of
characters and marks, so that all positions where a match may stand fit into the bits of one integer: bit ``n`` stands
for "item ``n`` is next". A state is that integer and what kind of character was read last (``^`` and ``\b`` ask that).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from detector.relation import characters
from detector.relation.characters import CharacterSet
from detector.relation.regex_syntax import WORD, Chars, Mark, Repeat, UnknownRegexError, parse

BEGIN, AFTER_WORD, AFTER_OTHER = "begin", "word", "other"
MAX_POSITIONS = 3_000
ACCEPTING, DEAD = "accepting", "dead"
"""States of all automata that no further character changes."""


class RegexSearch:
    """A search for an expression anywhere in the string."""

    def __init__(self, source: str) -> None:
        self._size = 0
        self._starts = self._ends = self._optional = self._loops = 0
        self._marks: dict[str, int] = {"^": 0, "$": 0, "b": 0}
        self._of_set: dict[CharacterSet, int] = {}
        self._of_char: dict[str, int] = {}
        self._examples: list[str] = []
        for branch in parse(source):
            self._starts |= 1 << self._size
            self._examples.append("".join(map(self._add, branch)))
            self._ends |= 1 << self._size
            self._size += 1
        self.cost = 1 + self._size // 64
        self.sets = frozenset(self._of_set) | ({WORD} if self._marks["b"] else frozenset())
        if any(characters.has(one, _surrogate()) != characters.has(one, "\ud800") for one in self.sets):
            self.sets |= {characters.SURROGATES}
        asks_before = self._marks["^"] | self._marks["b"]
        self.start = self._settle(self._starts, BEGIN if asks_before else AFTER_OTHER)

    def _add(self, node: Chars | Mark | Repeat) -> str:
        """Number the items of a node; a string that they match, marks aside."""
        repeat = node if isinstance(node, Repeat) else Repeat(node, 1, 1)
        item = repeat.node
        most = repeat.least + 1 if repeat.most is None else repeat.most
        if self._size + most > MAX_POSITIONS:
            raise UnknownRegexError(f"more than {MAX_POSITIONS:,} positions")
        required = ((1 << repeat.least) - 1) << self._size
        whole = ((1 << most) - 1) << self._size
        self._optional |= whole & ~required
        if repeat.most is None and isinstance(item, Chars):
            self._loops |= whole & ~required
        self._size += most
        if isinstance(item, Mark):
            self._marks[item.kind] |= whole
            return ""
        self._of_set[item.ranges] = self._of_set.get(item.ranges, 0) | whole
        return characters.plainest(item.ranges) * repeat.least

    def examples(self) -> Iterator[str]:
        """Strings that are likely to match."""
        return iter(self._examples)

    def step(self, state: tuple[int, str] | str, char: str) -> tuple[int, str] | str:
        """The state after one more character."""
        if not isinstance(state, tuple):
            return state
        char = as_re2_sees(char)
        standing = self._standing(state, char)
        if standing & self._ends:
            return ACCEPTING
        read = standing & self._reading(char)
        after_word = self._marks["b"] and characters.has(WORD, char)
        return self._settle(
            read << 1 | read & self._loops | self._starts, AFTER_WORD if after_word else AFTER_OTHER
        )

    def accepted(self, state: tuple[int, str] | str) -> bool:
        """Whether the string may end here."""
        return state == ACCEPTING or (
            isinstance(state, tuple) and bool(self._standing(state, None) & self._ends)
        )

    def _settle(self, positions: int, before: str) -> tuple[int, str] | str:
        """What is optional is skipped at once; marks wait for the next character, and ``^`` is over after the first."""
        positions = _skipped(positions, self._optional)
        if before != BEGIN:
            positions &= ~self._marks["^"]
        return ACCEPTING if positions & self._ends else (positions, before) if positions else DEAD

    def _standing(self, state: tuple[int, str], char: str | None) -> int:
        """Where a match may stand once the next character is known (None: the end)."""
        positions, before = state
        holds = self._optional
        if before == BEGIN:
            holds |= self._marks["^"]
        if char is None:
            holds |= self._marks["$"]
        if (before == AFTER_WORD) != (char is not None and characters.has(WORD, char)):
            holds |= self._marks["b"]
        return _skipped(positions, holds)

    def _reading(self, char: str) -> int:
        """The positions whose item takes a character."""
        if char not in self._of_char:
            taken = (positions for ranges, positions in self._of_set.items() if characters.has(ranges, char))
            self._of_char[char] = functools.reduce(int.__or__, taken, 0)
        return self._of_char[char]


def _skipped(positions: int, skippable: int) -> int:
    """The positions, and all that are reached over skippable ones: the carry of an addition runs over them."""
    return positions | (((positions & skippable) + skippable) ^ skippable)


@functools.cache
def _surrogate() -> str:
    """What a search takes a lone surrogate for, since UTF-8 has none."""
    from detector.pattern.regex import compile_regex  # noqa: PLC0415 - RE2 loads only when used

    return "?" if compile_regex(r"^\?$")("\ud800") else "\N{REPLACEMENT CHARACTER}"


def as_re2_sees(char: str) -> str:
    """The character, or what stands for a lone surrogate."""
    return _surrogate() if "\ud800" <= char <= "\udfff" else char
