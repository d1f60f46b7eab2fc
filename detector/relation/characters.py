"""Sets of characters, and the classes of characters that a handful of sets can tell apart.

In: sets of code points, as half-open ranges. Out: one character for each class, the friendliest that there is:
automata need to be asked about these alone. A lone surrogate is a character here, for JSON can spell it.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TypeAlias

LAST = 0x110000
CharacterSet: TypeAlias = tuple[tuple[int, int], ...]

ANY: CharacterSet = ((0, LAST),)
SURROGATES: CharacterSet = ((0xD800, 0xE000),)
_FRIENDLY = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:+@,;=#~ !$%&'()*<>?[]^`{|}\"\\"
)
_RANK = {ord(char): i for i, char in enumerate(_FRIENDLY)}
_ORDER = [ord(char) for char in _FRIENDLY]
_UGLY = len(_FRIENDLY)


def just(chars: Iterable[str]) -> CharacterSet:
    """The set of these characters."""
    return union(((ord(char), ord(char) + 1) for char in chars), ())


def union(one: Iterable[tuple[int, int]], other: Iterable[tuple[int, int]]) -> CharacterSet:
    """The characters in either of two sets, as ranges in ascending order that do not touch."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted([*one, *other]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def inverted(ranges: CharacterSet) -> CharacterSet:
    """All other characters."""
    ends = [0, *(bound for one in union(ranges, ()) for bound in one), LAST]
    pairs = zip(ends[::2], ends[1::2], strict=True)
    return tuple((start, end) for start, end in pairs if start < end)


def has(ranges: CharacterSet, char: str) -> bool:
    """Whether a character is in a set."""
    code = ord(char)
    return any(start <= code < end for start, end in ranges)


def classes(sets: Iterable[CharacterSet]) -> list[str]:
    """One character for each class that the sets can tell apart, friendly ones first."""
    distinct = set(sets)
    bounds = sorted({0, LAST, *(bound for ranges in distinct for one in ranges for bound in one)})
    found: dict[frozenset[CharacterSet], int] = {}
    for start, end in pairwise(bounds):
        inside = frozenset(ranges for ranges in distinct if has(ranges, chr(start)))
        best = _friendliest(start, end)
        found[inside] = min(best, found.get(inside, best), key=_rank)
    return [chr(code) for code in sorted(found.values(), key=_rank)]


def plainest(ranges: CharacterSet) -> str:
    """The plainest character of a set; of an empty one, any."""
    return chr(min((_friendliest(start, end) for start, end in ranges), key=_rank, default=ord("x")))


def _friendliest(start: int, end: int) -> int:
    return next((code for code in _ORDER if start <= code < end), start)


def _rank(code: int) -> tuple[int, int]:
    return _RANK.get(code, _UGLY), code
