"""From what was chosen place by place to an event.

In: assignments in any order, a container before or after its parts. Out: a decoded JSON object.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Other:
    """The key of a member or an element that no selector names."""

    number: int


Key: TypeAlias = str | int | Other
Path: TypeAlias = tuple[Key, ...]
ARRAY = object()


@dataclass(frozen=True, slots=True)
class Members:
    """An object; ``named`` are the names that selectors use, which stand for themselves alone."""

    named: frozenset[str]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What stands at a place: a value, or `Members` or ARRAY, whose parts are assigned on their own."""

    path: Path
    value: Any


def built(assignments: Iterable[Assignment]) -> dict[str, Any]:
    """The event in which everything stands where it was assigned."""
    values = {assignment.path: assignment.value for assignment in assignments}
    below: dict[Path, list[Path]] = {}
    for path in values:
        if path:
            below.setdefault(path[:-1], []).append(path)
    made: dict[Path, Any] = {}
    for path in sorted(values, key=len, reverse=True):  # a loop, for selectors are deeper than Python's stack
        value = values[path]
        parts = {one[-1]: made[one] for one in below.get(path, ())}
        made[path] = (
            _object(parts, value.named)
            if isinstance(value, Members)
            else _array(parts)
            if value is ARRAY
            else value
        )
    event: dict[str, Any] = made[()]
    return event


def _object(parts: dict[Key, Any], taken: Container[str]) -> dict[str, Any]:
    named = {key: value for key, value in parts.items() if isinstance(key, str)}
    free = (name for name in _names() if name not in taken)
    return named | {next(free): value for key, value in parts.items() if isinstance(key, Other)}


def _names() -> Iterator[str]:
    yield from "xyz"
    number = 1
    while True:
        yield f"x{number}"
        number += 1


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
