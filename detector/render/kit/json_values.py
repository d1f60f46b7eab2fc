"""Times, numbers and lines as the JSON outputs have them: ISO 8601 in UTC, no infinity."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from detector.quantities import instant
from detector.render.kit.printable import lines_printable

_SECONDS = len("2025-03-05T13:47:00")


def iso(moment: datetime | float | None) -> str | None:
    """``2025-03-05T13:47:00Z``, whole seconds as everything here is; a number counts minutes since 1970."""
    return None if moment is None else f"{instant(moment).isoformat()[:_SECONDS]}Z"


def finite(number: float) -> float | None:
    """The number, or null where JSON has none for it."""
    return number if math.isfinite(number) else None


def sentence(reason: object | None) -> str | None:
    """What a reason says; null where there is none."""
    return None if reason is None else str(reason)


def compact(value: Any) -> str:
    """One value without blanks, in ASCII."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def ndjson(lines: Iterable[Any]) -> str:
    """One value a line, without blanks."""
    return "".join(f"{compact(line)}\n" for line in lines)


def readable(value: Any) -> str:
    """One value indented, with characters of any script as they are, unless they would steer a terminal."""
    return lines_printable(json.dumps(value, indent=2, ensure_ascii=False)) + "\n"
