"""Matched log events as `detector match` prints them: a line each, in the format that was asked for.

In: events one by one. Out: strings to print one after the other. The claim: a line is a record, and holds no
character that steers a terminal or a pager; in JSON they are escapes, so that it is the same value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from detector.jobs.matched import Column, MatchedEvent, columns, values
from detector.jsontext import dump_json
from detector.render.kit import csv, markdown
from detector.render.kit.json_values import iso
from detector.render.kit.page import Page
from detector.render.kit.printable import json_printable
from detector.render.match_table import LONGEST_CELL, Table, cell, usual_fields


class Format(StrEnum):
    """How matched events are printed."""

    NDJSON = "ndjson"
    """The events themselves, or objects with the fields that are asked for; one a line."""
    JSON = "json"
    """The same as one array."""
    CSV = "csv"
    TABLE = "table"
    """Columns for people."""
    MARKDOWN = "markdown"
    """The same as a Markdown table."""


class Printer:
    """Events in, strings out, one after the other; ``fields`` as in `detector.jobs.matched`."""

    def __init__(self, fields: Sequence[str] = (), *, raw: bool = False) -> None:
        self.columns: Sequence[Column] = columns(fields) if fields else ()
        self.escaped: Callable[[str], str] = str if raw else json_printable

    def begin(self) -> str:
        """What stands before all events."""
        return ""

    def event(self, matched: MatchedEvent) -> str:
        """One event, or nothing yet."""
        return f"{self.escaped(self.line(matched))}\n"

    def end(self) -> str:
        """What stands after all events."""
        return ""

    def line(self, matched: MatchedEvent) -> str:
        """The raw message where there is one, else compact JSON; a message of several lines is a JSON string.

        With fields an object of them.
        """
        message = matched.event.message
        if self.columns or message is None or any(end in message for end in "\r\n"):
            return self.json(matched)
        return message

    def json(self, matched: MatchedEvent) -> str:
        """The record, or a message that is none, as compact JSON; with fields an object of them."""
        if not self.columns:
            return dump_json(matched.text if matched.record is None else matched.record).decode()
        row = map(_value, values(matched, self.columns))
        return dump_json(dict(zip((name for name, _ in self.columns), row, strict=True))).decode()


class _Array(Printer):
    """One JSON array, an element a line."""

    opened = False

    def event(self, matched: MatchedEvent) -> str:
        before = ",\n" if self.opened else "[\n"
        self.opened = True
        return before + json_printable(self.json(matched))

    def end(self) -> str:
        return "\n]\n" if self.opened else "[]\n"


class _Csv(Printer):
    """CSV with a header."""

    def __init__(self, fields: Sequence[str] = ()) -> None:
        super().__init__()
        self.columns = columns(fields)

    def begin(self) -> str:
        return csv.line(name for name, _ in self.columns)

    def event(self, matched: MatchedEvent) -> str:
        return csv.line(values(matched, self.columns))


class _Columns(Printer):
    """A table; an event that is not a JSON object has a line of its own."""

    def __init__(self, fields: Sequence[str], page: Page) -> None:
        super().__init__(fields or usual_fields(page))
        self.has_fields = bool(fields)
        self.table = Table(page, [name for name, _ in self.columns])

    def event(self, matched: MatchedEvent) -> str:
        if matched.record is None and not self.has_fields:
            return self.end() + self.table.alone(matched.time, matched.text)
        return self._printed(self.table.add(values(matched, self.columns)))

    def end(self) -> str:
        return self._printed(self.table.finish())

    def _printed(self, lines: Iterator[str]) -> str:
        return "".join(f"{line}\n" for line in lines)


class _Markdown(Printer):
    """A Markdown table, each cell of it code."""

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__(fields or usual_fields(Page()))

    def begin(self) -> str:
        heads = [markdown.code(name) for name, _ in self.columns]
        return "".join(f"{line}\n" for line in markdown.table(heads, ()))

    def event(self, matched: MatchedEvent) -> str:
        cells = (markdown.code(cell(value), LONGEST_CELL) for value in values(matched, self.columns))
        return f"{markdown.row(cells)}\n"


def printer(form: Format, fields: Sequence[str], page: Page, *, raw: bool = False) -> Printer:
    """What prints events in a format; `SettingsError` for a field that there cannot be."""
    match form:
        case Format.NDJSON:
            return Printer(fields, raw=raw)
        case Format.JSON:
            return _Array(fields)
        case Format.CSV:
            return _Csv(fields)
        case Format.TABLE:
            return _Columns(fields, page)
        case Format.MARKDOWN:
            return _Markdown(fields)


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    return list(value) if isinstance(value, tuple) else value
