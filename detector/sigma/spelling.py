"""How CloudTrail spells a value that a Sigma rule may write in any case.

In: a field's path and a text, with ``*`` or without. Out: the text in the letters of the values that there are, or as
it was where none of them, or several spellings, fit.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from detector.cloudtrail.members import Path
from detector.cloudtrail.operations import owners
from detector.cloudtrail.values import CLOSED, ERROR_CODE, ERROR_CODES


def as_cloudtrail_writes(path: Path, text: str) -> str:
    """The text as the records have it."""
    if path == ("eventSource",):
        return text.lower()
    pieces = text.split("*")
    like = re.compile("(.*)".join(f"({re.escape(piece)})" for piece in pieces), re.IGNORECASE | re.DOTALL)
    spellings = set()
    for value in _known(path):
        found = like.fullmatch(value)
        if found:
            spellings.add("*".join(found.groups()[::2]))
    return spellings.pop() if len(spellings) == 1 else text


def _known(path: Path) -> Collection[str]:
    if path == ("eventName",):
        return owners()
    return ERROR_CODES if path == ERROR_CODE else CLOSED.get(path, ())
