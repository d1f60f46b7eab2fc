"""The notation of a timeline: a text in, the matches of each minute out.

Two ways to write the same. Compact, one entry a minute from 00:00 on, as in Prometheus' rule tests:

    5        five matches            2x3      2 2 2 2: once, and three times more
    0        logs, but no match      2+3x2    2 5 8: from 2, adding 3 two times
    _        no log at all           _x3      three minutes without a log

In words: ``5 matches at 00:01, 1 match at 00:07``; there is no log in any other minute.
"""

from __future__ import annotations

import re

LONGEST = 31 * 24 * 60
"""Minutes of a timeline."""
_ENTRY = re.compile(
    r"(?P<gap>_)(?:x(?P<gaps>\d{1,6}))?|(?P<first>\d{1,9})(?:(?P<step>[+-]\d{1,9})?x(?P<times>\d{1,6}))?"
)
_IN_WORDS = re.compile(r"(\d{1,9})(?: match(?:es)?)? at (\S+)")
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)", re.ASCII)
EXPECTED = "matches per minute such as '5 2+3x2 _', or '5 matches at 00:01, 1 match at 00:07'"


def minutes(text: str) -> dict[int, int]:
    """Matches by minute; a minute without a log has no entry. ValueError (one sentence) for anything else."""
    return _in_words(text) if " at " in text else _compact(text)


def minute(clock: str) -> int:
    """``01:30`` in minutes; hours go on beyond 24. ValueError for anything else."""
    found = _CLOCK.fullmatch(clock)
    if not found or (at := int(found[1]) * 60 + int(found[2])) > LONGEST:
        raise ValueError(f"expected a time such as 00:05, hours and minutes from the start, found {clock!r}")
    return at


def clock(at: int) -> str:
    """A minute as a time: what `minute` reads."""
    return f"{at // 60:02}:{at % 60:02}"


def _compact(text: str) -> dict[int, int]:
    found: list[int | None] = []
    for word in text.split():
        entry = _ENTRY.fullmatch(word)
        if entry is None:
            raise ValueError(f"expected {EXPECTED}, found {word!r}")
        found += _entries(entry)
        if len(found) > LONGEST:
            raise ValueError(f"expected at most 31 days of minutes, found {word!r} to go beyond")
    if any(number is not None and number < 0 for number in found):
        raise ValueError(f"expected no fewer than 0 matches in a minute, found {text!r} to go below")
    return {at: number for at, number in enumerate(found) if number is not None}


def _entries(entry: re.Match[str]) -> list[int | None]:
    if entry["gap"]:
        return [None] * int(entry["gaps"] or 1)
    first, step = int(entry["first"]), int(entry["step"] or 0)
    return [first + step * i for i in range(int(entry["times"] or 0) + 1)]


def _in_words(text: str) -> dict[int, int]:
    found: dict[int, int] = {}
    for part in text.split(","):
        said = _IN_WORDS.fullmatch(part.strip())
        if said is None:
            raise ValueError(f"expected {EXPECTED}, found {part.strip()!r}")
        at = minute(said[2])
        if at in found:
            raise ValueError(f"expected each minute once, found {said[2]} twice")
        found[at] = int(said[1])
    return found
