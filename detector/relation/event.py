"""From what was chosen place by place to an event.

In: assignments in any order, a container before or after its parts. Out: a decoded JSON object.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Other:
    """The key of a member or an element that no selector names."""

    number: int


Key: TypeAlias = str | int | Other
Path: TypeAlias = tuple[Key, ...]
Assignment: TypeAlias = tuple[Path, Any]
"""What stands at a place: a value, or `Members` or ARRAY, whose parts are assigned on their own."""
ARRAY = object()


@dataclass(frozen=True, slots=True)
class Members:
    """An object; ``named`` are the names that selectors use, which stand for themselves alone."""

    named: frozenset[str]


def built(assignments: Iterable[Assignment]) -> dict[str, Any]:
    """The event in which everything stands where it was assigned."""
    values = dict(assignments)
    parts: dict[Path, dict[Key, Any]] = {}
    for path in values:
        if path:
            parts.setdefault(path[:-1], {})[path[-1]] = None
    for path in sorted(values, key=len, reverse=True):  # a loop, for selectors are deeper than Python's stack
        value = values[path]
        if isinstance(value, Members):
            values[path] = _object(parts.get(path, {}), value.named)
        elif value is ARRAY:
            values[path] = _array(parts.get(path, {}))
        if path:
            parts[path[:-1]][path[-1]] = values[path]
    event: dict[str, Any] = values[()]
    return event


def _object(parts: dict[Key, Any], taken: Container[str]) -> dict[str, Any]:
    free = (name for name in chain("xyz", (f"x{number}" for number in count(1))) if name not in taken)
    named = {key: value for key, value in parts.items() if isinstance(key, str)}
    return named | {next(free): value for key, value in parts.items() if isinstance(key, Other)}


def _array(parts: dict[Key, Any]) -> list[Any]:
    """Elements at their index; the others in the gaps, then at the end. A gap that is left repeats the first."""
    indexed = {key: value for key, value in parts.items() if isinstance(key, int)}
    others = [value for key, value in parts.items() if isinstance(key, Other)]
    filler = others[0] if others else 0
    found: list[Any] = []
    while others or len(found) <= max(indexed, default=-1):
        place = len(found)
        found.append(indexed[place] if place in indexed else others.pop(0) if others else filler)
    return found
