"""Matched log events in columns for people: a line each, as wide as the page.

In: rows of cells. Out: lines. The first rows decide how wide the columns are, so that the others can follow one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from detector.jsontext import dump_json
from detector.render.kit.page import Page, ending, middle
from detector.render.kit.printable import printable

FIRST = 200
"""Rows that decide how wide the columns are."""
_GAP = 2
_FIELDS = ("time", "principal", "event", "error", "address", "resources")
_FROM = (0, 0, 0, 0, 72, 120)
"""How wide a page is from which a column is worth the room that it takes from the others."""
LONGEST_CELL = 400
_ARN = re.compile(r"arn:[a-z-]*:[^:\s]*:[^:\s]*:[^:\s]*:(?:assumed-role/)?(?=[^*])")


def usual_fields(page: Page) -> tuple[str, ...]:
    """The columns of a table where none are asked for: the last ones where there is room."""
    return _FIELDS[: sum(page.width >= width for width in _FROM)]


class Table:
    """Rows in, lines out; `finish` gives those that still wait for the widths."""

    def __init__(self, page: Page, heads: Sequence[str]) -> None:
        self.page = page
        self.heads = heads
        self.waiting: list[list[str]] = []
        self.widths: list[int] = []

    def add(self, row: Sequence[Any]) -> Iterator[str]:
        """The lines that can be printed now that there is one more row."""
        cells = [cell(value) for value in row]
        if self.widths:
            yield self._line(cells)
            return
        self.waiting.append(cells)
        if len(self.waiting) == FIRST:
            yield from self.finish()

    def finish(self) -> Iterator[str]:
        """The lines that are left."""
        if self.widths or not self.waiting:
            return
        columns = zip(*self.waiting, strict=True)
        lengths = [
            sorted(max(len(head), len(cell)) for cell in column)
            for head, column in zip(self.heads, columns, strict=True)
        ]
        self.widths = _fitting(lengths, self.page.width)
        yield self.page.dim(self._line(self.heads))
        yield from map(self._line, self.waiting)

    def alone(self, time: datetime | None, message: str) -> str:
        """A line for an event that has no columns."""
        start = "" if time is None else f"{cell(time)}  "
        return f"{start}{printable(message, self.page.width - len(start))}\n"

    def _line(self, cells: Sequence[str]) -> str:
        fitted = (
            f"{(ending if head in _TELL_BY_THEIR_END else middle)(cell, width):<{width}}"
            for head, cell, width in zip(self.heads, cells, self.widths, strict=True)
        )
        return (" " * _GAP).join(fitted).rstrip()


_TELL_BY_THEIR_END = {"principal", "resources", "path"}


def _fitting(lengths: Sequence[Sequence[int]], width: int) -> list[int]:
    """Widths of columns, of which the lengths of their cells are known, ascending, that fit into a width.

    A column gets what nine in ten of its cells need. Where that is too much the widest ones give way, and never the
    first, which is a time; where it is not, those that need more get the rest.
    """
    room = width - _GAP * (len(lengths) - 1)
    widths = [column[len(column) * 9 // 10] for column in lengths]
    while sum(widths) > room and max(widths[1:], default=0) > 1:
        widths[max(range(1, len(widths)), key=widths.__getitem__)] -= 1
    for place, column in enumerate(lengths):
        widths[place] += max(0, min(column[-1] - widths[place], room - sum(widths)))
    return widths


def cell(value: Any) -> str:
    """One value in short: what stands before the account of an ARN, and the account, are left out."""
    match value:
        case None:
            string = ""
        case datetime():
            string = f"{value:%Y-%m-%d %H:%M:%S}"
        case str():
            string = _ARN.sub("", value[:LONGEST_CELL])
        case tuple() | list() if all(isinstance(member, str) for member in value):
            string = _ARN.sub("", " ".join(value))
        case _:
            string = dump_json(value).decode()
    return printable(string, LONGEST_CELL)
