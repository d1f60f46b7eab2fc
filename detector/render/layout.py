"""Words and numbers in, lines of at most `WIDTH` columns out; knows nothing of what they say."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from detector.render.printable import printable

WIDTH = 100
LABEL = 10
"""Columns of the labels on the left."""


def labelled(label: str, text: str) -> list[str]:
    """A label, and a text wrapped beside it."""
    lines = textwrap.wrap(text, WIDTH - LABEL) or [""]
    return [f"{label:<{LABEL}}{lines[0]}", *(" " * LABEL + line for line in lines[1:])]


def indented(text: str, columns: int) -> list[str]:
    """A text wrapped under an indent."""
    return textwrap.wrap(text, WIDTH, initial_indent=" " * columns, subsequent_indent=" " * columns)


def rows(label: str, cells: Sequence[str]) -> list[str]:
    """A label, and cells one below the other."""
    return [f"{label if i == 0 else '':<{LABEL}}{cell}" for i, cell in enumerate(cells)]


def count(number: int, noun: str, plural: str = "") -> str:
    """``1 file``, ``1,234 files``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def time(moment: datetime) -> str:
    """``2025-03-05 13:47:00``; a report says once that all times are UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def minute(moment: datetime) -> str:
    """``2025-03-05 13:47``."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def span(length: timedelta) -> str:
    """``6 min``, ``2 h 53 min``, ``3 d 4 h``."""
    minutes = int(length.total_seconds()) // 60
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{minutes} min" if minutes else f"{int(length.total_seconds())} s"


def clean(text: str, limit: int = WIDTH - LABEL) -> str:
    """Text from outside, made safe and short."""
    return printable(text, limit)
