r"""Cells of CSV that a spreadsheet does not run, and lines of them.

In: values, which whoever made a call has written. Out: one line a row, RFC 4180 with ``\n``. The claim: no cell begins
like a formula, and none holds a control, formatting or invisible character.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from detector.jsontext import dump_json
from detector.render.kit.json_values import iso
from detector.render.kit.printable import json_printable

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20", "::")
"""What makes a spreadsheet take a cell for a formula (four are wide forms of the first four), or a CI a line for a command."""
_SEPARATORS = (",", ";", '"')
"""A spreadsheet may be set to part cells at semicolons, which would begin a new one in the middle of ours."""


def line(row: Iterable[Any]) -> str:
    """One row: strings made harmless, numbers as they are, times in ISO 8601, lists and objects as `cell` has them."""
    return ",".join(map(cell, row)) + "\n"


def cell(value: Any) -> str:
    """One cell; an apostrophe in front keeps a spreadsheet from calculating, control characters become escapes."""
    match value:
        case str():
            return _string(value)
        case None:
            return ""
        case bool() | int() | float():
            return str(value)
        case datetime():
            return str(iso(value))
        case list() | tuple() if all(isinstance(member, str) for member in value):
            return _string(" ".join(value))
        case _:
            return _string(dump_json(value).decode())


@functools.lru_cache(maxsize=4096)
def _string(string: str) -> str:
    guarded = f"'{string}" if string.startswith(_FORMULA) else string
    harmless = json_printable(guarded)
    if any(separator in harmless for separator in _SEPARATORS):
        return '"' + harmless.replace('"', '""') + '"'
    return harmless
