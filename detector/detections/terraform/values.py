"""Terraform's values in Python: what converts to what.

Strings, numbers and booleans are Python's, a list is a list, a map or an object a dictionary; a `Set` is sorted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from detector.detections.resources import scalar

LONGEST = 1_000_000
"""Characters of a string, members of a list."""


class Failure(Exception):  # noqa: N818 - Terraform's own word is error, and ours are for users
    """What Terraform would refuse; one sentence."""


class Set(tuple[Any, ...]):
    """A set, sorted as Terraform iterates over it."""

    __slots__ = ()


def set_of(items: Iterable[Any]) -> Set:
    """The set of some members."""
    distinct: list[Any] = []
    for item in items:
        if item not in distinct:
            distinct.append(item)
    if len(distinct) > LONGEST:
        raise Failure("expected a smaller set")
    return Set(sorted(distinct, key=lambda item: (str(type(item)), str(item))))


def text(value: Any) -> str:
    """A value as a string; Terraform converts numbers and booleans only."""
    if isinstance(value, str | int | float):
        return scalar(value)
    raise Failure(f"expected a string, found {kind(value)}")


def number(value: Any) -> float:
    """A value as a number; Terraform converts strings that spell one."""
    if isinstance(value, bool) or value is None:
        raise Failure(f"expected a number, found {kind(value)}")
    if isinstance(value, int | float):
        return value
    written = text(value)
    if re.fullmatch(r"[-+]?\d{1,300}", written):
        return int(written)
    if re.fullmatch(r"[-+]?(\d{1,300}(\.\d*)?|\.\d+)([eE][-+]?\d{1,3})?", written):
        return float(written)
    raise Failure(f"expected a number, found {written[:50]!r}")


def boolean(value: Any) -> bool:
    """A value as a boolean."""
    if isinstance(value, bool):
        return value
    if value in {"true", "false"}:
        return bool(value == "true")
    raise Failure(f"expected true or false, found {kind(value)}")


def listed(value: Any) -> Sequence[Any]:
    """A list, a tuple or a set."""
    if isinstance(value, list | tuple):
        return value
    raise Failure(f"expected a list, found {kind(value)}")


def table(value: Any) -> Mapping[str, Any]:
    """A map or an object."""
    if isinstance(value, Mapping):
        return value
    raise Failure(f"expected a map, found {kind(value)}")


def kind(value: object) -> str:
    """What a value is, in Terraform's words."""
    names = {
        str: "a string",
        bool: "a bool",
        int: "a number",
        float: "a number",
        list: "a list",
        Set: "a set",
    }
    return "null" if value is None else names.get(type(value), "an object")
