"""CloudFormation's text functions of values, of which some may be unknown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from detector.detections.resources import Unknown, because, scalar, shown

NO_VALUE = object()
"""``AWS::NoValue``: the property is not there."""
_LONGEST = 100_000


class TooLargeError(Exception):
    """A template that takes more steps than any real one."""


def substituted(text: str, bound: Mapping[str, Any]) -> Any:
    """Text with the variables of ``Fn::ForEach`` in it, ``${Name}`` or ``&{Name}``."""
    for name, value in bound.items():
        text = text.replace(f"${{{name}}}", scalar(value)).replace(
            f"&{{{name}}}", re.sub(r"[^A-Za-z0-9]", "", scalar(value))
        )
    return text


def joined(parts: list[Any]) -> Any:
    """Text made of parts, of which some may be unknown, lists or nothing at all."""
    text = "".join(
        "" if part is NO_VALUE else scalar(part) if not isinstance(part, list | dict) else shown(part)
        for part in parts
    )
    if len(text) > _LONGEST:
        raise TooLargeError
    missing = because(parts)
    return Unknown(text, missing) if missing else text


def _join(value: Any) -> Any:
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[1], list):  # noqa: PLR2004 - text and list
        return None
    pieces: list[Any] = []
    for part in value[1]:
        pieces += [value[0], part] if pieces else [part]
    return joined(pieces)


def _select(value: Any) -> Any:
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[1], list):  # noqa: PLR2004 - index and list
        return None
    at = str(value[0])
    return value[1][int(at)] if at.isdecimal() and int(at) < len(value[1]) else None


def _split(value: Any) -> Any:
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(one, str) for one in value):  # noqa: PLR2004 - two texts
        return None
    return value[1].split(value[0]) if value[0] else None


FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "Join": _join,
    "Select": _select,
    "Split": _split,
    "Length": lambda value: len(value) if isinstance(value, list) else None,
    "ToJsonString": lambda value: json.dumps(value, separators=(",", ":")),
}
"""Functions of known values; None where they are asked for something else."""

PARTIAL = {"Join", "Select", "Split"}
"""Those that can do with a value of which a part is not known."""
