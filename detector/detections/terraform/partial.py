"""Terraform's functions that put text together, with arguments of which parts are unknown: ``join``, ``format``.

In: arguments. Out: text with placeholders for the parts, or None where nothing can be said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from detector.detections.resources import Unknown
from detector.detections.terraform.operations import joined

_VERB = re.compile(r"%[sv]")


def _join(between: Any, *lists: Any) -> Any:
    if not isinstance(between, str) or not all(isinstance(one, list | tuple) for one in lists):
        return None
    members = [member for one in lists for member in one]
    return joined([part for member in members for part in (between, member)][1:])


def _format(spec: Any, *values: Any) -> Any:
    if not isinstance(spec, str) or ("%" in (literal := _VERB.sub("", spec)) and literal):
        return None
    texts = _VERB.split(spec)
    if len(texts) != len(values) + 1:
        return None
    return joined([part for pair in zip(texts, (*values, ""), strict=True) for part in pair])


def _formatlist(spec: Any, *values: Any) -> Any:
    lists = [value for value in values if isinstance(value, list | tuple)]
    if len({len(one) for one in lists}) != 1 or any(isinstance(value, Unknown) for value in values):
        return None
    rows = (
        [one[i] if isinstance(one, list | tuple) else one for one in values] for i in range(len(lists[0]))
    )
    found = [_format(spec, *row) for row in rows]
    return None if None in found else found


def _compact(items: Any) -> Any:
    if not isinstance(items, list | tuple) or not all(map(_is_told, items)):
        return None
    return [item for item in items if item not in (None, "")]


def _is_told(item: Any) -> bool:
    """Whether it is known of a text that it is empty, or not."""
    return not isinstance(item, Unknown) or bool(_without_placeholders(item.text))


def _without_placeholders(text: str) -> str:
    return "".join(_outside(text))


def _outside(text: str) -> Iterator[str]:
    depth = 0
    for at, char in enumerate(text):
        depth += text.startswith("${", at)
        if not depth:
            yield char
        depth -= char == "}" and depth > 0


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "join": _join,
    "format": _format,
    "formatlist": _formatlist,
    "compact": _compact,
}


def call(name: str, arguments: Sequence[Any]) -> Any:
    """The text of a function as far as it is known; None where it is not here, or does not take the arguments."""
    function = _FUNCTIONS.get(name)
    try:
        return function(*arguments) if function is not None else None
    except TypeError:
        return None
