"""Where the marked members of a record begin, found in the plain way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from json import JSONDecoder

_BLANKS = re.compile(r"[ \t\n\r]*")
_value = JSONDecoder(strict=True).raw_decode
NUL = "\0"


def row(record: bytes, members: Sequence[bytes]) -> list[int] | None:
    """For each member the place of its value in the record, 0 for none; None where one comes twice, or a name is escaped that may be one."""
    text = record.decode("latin-1")  # a character is a byte
    names = [name.decode("latin-1") for name in members]
    found: dict[str, int] = {}
    for name, place, is_escaped in _members(text, 0):
        if is_escaped or name in found:
            return None
        if name not in names:
            continue
        found[name] = place
        for below, deeper, is_escaped_too in _members(text, place):
            joined = f"{name}{NUL}{below}"
            if is_escaped_too or joined in found:
                return None
            if joined in names:
                found[joined] = deeper
    return [found.get(name, 0) for name in names]


def _members(text: str, place: int) -> Iterator[tuple[str, int, bool]]:
    """Of the object that begins at a place: each name, where its value begins, and whether the name has an escape."""
    if text[place] != "{":
        return
    while True:
        place = _skip(text, place + 1)
        if text[place] == "}":
            return
        name, behind = _value(text, place)
        spelled = text[place + 1 : behind - 1]
        place = _skip(text, _skip(text, behind) + 1)
        yield spelled if "\\" in spelled else name, place, "\\" in spelled
        _, place = _value(text, place)
        place = _skip(text, place)
        if text[place] == "}":
            return


def _skip(text: str, place: int) -> int:
    blanks = _BLANKS.match(text, place)
    return blanks.end() if blanks else place
