"""Times, numbers and lines as the JSON outputs have them: ISO 8601 in UTC, no infinity."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any, TypeAlias

from detector.jsontext import dump_indented
from detector.quantities import instant
from detector.render.kit.printable import lines_printable

_SECONDS = len("2025-03-05T13:47:00")
_AT_ONCE = 256
"""Entries of a list that are written at once."""

Told: TypeAlias = tuple[Mapping[str, Any], Mapping[str, Iterable[Any]]]
"""The members of an object, and behind them its lists, whose entries are made when they are written."""


def iso(moment: datetime | float | None) -> str | None:
    """``2025-03-05T13:47:00Z``, whole seconds as everything here is; a number counts minutes since 1970."""
    return None if moment is None else _iso(moment)


@lru_cache(4096)  # most times are written several times
def _iso(moment: datetime | float) -> str:
    return f"{instant(moment).isoformat()[:_SECONDS]}Z"


def finite(number: float) -> float | None:
    """The number, or null where JSON has none for it."""
    return number if math.isfinite(number) else None


def sentence(reason: object | None) -> str | None:
    """What a reason says; null where there is none."""
    return None if reason is None else str(reason)


def compact(value: Any) -> str:
    """One value without blanks, in ASCII."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def indented(objects: Iterable[Told]) -> Iterator[str]:
    """A list of objects as `dump_indented` writes it, in pieces of some entries: no more of it is in memory."""
    behind = "\n"
    yield "["
    for members, lists in objects:
        yield behind + "  " + _deeper(dump_indented(members)[:-2], 2)
        for name, entries in lists.items():
            yield f',\n    "{name}": ['
            waiting, between = iter(entries), ""
            while some := list(islice(waiting, _AT_ONCE)):
                yield between + _deeper(dump_indented(some)[1:-2], 4)
                between = ","
            yield "\n    ]" if between else "]"
        yield "\n  }"
        behind = ",\n"
    yield "]" if behind == "\n" else "\n]"
    yield "\n"


def _deeper(lines: str, by: int) -> str:
    """JSON has no line break within a string."""
    return lines.replace("\n", "\n" + " " * by)


def ndjson(lines: Iterable[Any]) -> str:
    """One value a line, without blanks."""
    return "".join(ndjson_lines(lines))


def ndjson_lines(lines: Iterable[Any]) -> Iterator[str]:
    """The same in pieces."""
    return (f"{compact(line)}\n" for line in lines)


def readable(value: Any) -> str:
    """One value indented, with characters of any script as they are, unless they would steer a terminal."""
    return lines_printable(json.dumps(value, indent=2, ensure_ascii=False)) + "\n"
