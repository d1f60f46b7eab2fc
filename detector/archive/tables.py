"""Rows of a table in, its log events out: CSV, Parquet, and the rows of query results in JSON.

A row is a log event where a column has the whole of it (`MESSAGES`); else it is a record as far as its columns tell
(`columns`). Claim: a row is an event or is `Refused` in its place; cells are bounded, and so is the number of columns.
"""

from __future__ import annotations

import csv
import io
from typing import IO, TYPE_CHECKING, Any

from detector.archive import ocsf
from detector.archive.columns import RECORD, Columns, normal, paths
from detector.archive.event import UNKNOWN, Event, logged
from detector.archive.eventtime import epoch_milliseconds
from detector.archive.problem import Broken, ProblemKind, Refused
from detector.jsontext import parse_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MAX_COLUMNS = 2_000
MAX_HEADER = 1 << 16
MAX_CELL = 16 << 20
RECORDS = ("eventjson", "cloudtrailevent")
"""Columns that hold a record as JSON: CloudTrail Lake's, and LookupEvents'."""
MESSAGE = "message"
"""The column that holds a log event as CloudWatch Logs has it: ``@message`` of Logs Insights."""
NEEDED = frozenset({"eventname", "eventtime", "eventid"})
"""Columns of which a table without messages must have one to be CloudTrail's."""
WITHOUT = "without CloudTrail's columns (eventTime, eventName, @message)"
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
HELP = "select all of them, or get the log files themselves (aws s3 sync)"
_INSIGHTS = frozenset({"@message", "@timestamp", "@ptr"})
_OWN = frozenset({"eventName", "eventTime", "eventSource", "eventID"})
_FLATTENED = frozenset(".".join(path) for path in paths().values() if len(path) > 1)
_SLICE = 2_000
_DELIMITERS = ",\t;"


class Table:
    """What the columns of one table mean; ValueError for a table that is not one of CloudTrail records.

    ``folders`` are the partitions that the path of the table is of: columns that Athena and Glue take out of it.
    """

    def __init__(self, names: Sequence[str], folders: Mapping[str, str] | None = None) -> None:
        own = set(map(normal, names))
        self.partitions = {
            name: None if value == NO_VALUE else value
            for name, value in (folders or {}).items()
            if normal(name) not in own
        }
        names = [*names, *self.partitions]
        self.ocsf = ocsf.Ocsf() if set(names) >= ocsf.NEEDED else None
        known = {normal(name): name for name in reversed(names)}
        self.document = next((known[name] for name in RECORDS if name in known), None)
        self.message = known.get(MESSAGE)
        self.timestamp = known.get("timestamp")
        self.columns = Columns(names)
        if not (self.ocsf or self.document or self.message or NEEDED & known.keys() & paths().keys()):
            raise ValueError(WITHOUT)

    def wanted(self, names: Iterable[str]) -> list[str]:
        """Which of the columns are read."""
        if self.ocsf:
            return [name for name in names if name in ocsf.COLUMNS]
        whole = [self.document] if self.document else [self.message, self.timestamp] if self.message else []
        return [name for name in names if name in (whole or self.columns.paths)]

    def event(self, row: Mapping[str, Any], place: str) -> Event | Refused:
        """The log event of one row."""
        if self.ocsf is not None:
            return _lake_event(self.ocsf, row, place)
        if self.document is not None:
            record = row.get(self.document)
            found = parse_object(record) if isinstance(record, str) else record
            if not isinstance(found, dict):
                return Refused(ProblemKind.NO_EVENT, f"{place}: {normal(self.document)} is not a JSON object")
            return Event(found, room=UNKNOWN)
        if self.message is not None:
            message = row.get(self.message)
            if isinstance(message, dict):
                return Event(message, timestamp=_milliseconds(row.get(self.timestamp or "")), room=UNKNOWN)
            return logged(message, _milliseconds(row.get(self.timestamp or "")), place)
        found, known = self.columns.record({**row, **self.partitions} if self.partitions else row)
        return Event(found, room=UNKNOWN, known=known)


def _lake_event(lake: ocsf.Ocsf, row: Mapping[str, Any], place: str) -> Event | Refused:
    try:
        read = lake.record(row)
    except ValueError:
        return Refused(ProblemKind.NO_EVENT, f"{place}: not a row as Security Lake writes it")
    if read is None:
        return Refused(ProblemKind.NO_EVENT, f"{place}: an event of Security Lake that is not of CloudTrail")
    return Event(read[0], room=UNKNOWN, known=read[1])


def csv_delimiter(head: bytes) -> str | None:
    """What separates the cells of a CSV that begins with these bytes; None for what is not a table of ours."""
    line = head.lstrip()[:MAX_HEADER].split(b"\n", 1)[0].decode("utf-8", "replace")
    return next((delimiter for delimiter in _DELIMITERS if _is_header(line, delimiter)), None)


def looks_like_csv(head: bytes) -> bool:
    """Whether bytes that are not a table of ours look like some other table: a first line of several names."""
    line = head.lstrip()[:MAX_HEADER].split(b"\n", 1)[0].decode("utf-8", "replace").strip()
    return any(delimiter in line for delimiter in _DELIMITERS) and line[:1] not in "{["


def _is_header(line: str, delimiter: str) -> bool:
    try:
        names = next(csv.reader([line], delimiter=delimiter), [])
        return len(names) <= MAX_COLUMNS and bool(Table([name.strip("\ufeff \r") for name in names]))
    except (csv.Error, ValueError):
        return False


def csv_events(body: bytes) -> Iterator[Event | Refused]:
    """The rows of a CSV that `csv_delimiter` knows; the first line names the columns, rows count from 1."""
    delimiter = csv_delimiter(body) or ","
    if csv.field_size_limit() < MAX_CELL:
        csv.field_size_limit(MAX_CELL)  # one setting of the whole process; a message is over csv's 128 KB
    lines = io.TextIOWrapper(io.BytesIO(body.strip()), "utf-8", "surrogateescape", newline="")
    rows = csv.reader(lines, delimiter=delimiter)
    names = [name.strip() for name in next(rows)]
    table = Table(names)
    number = 0
    try:
        for number, row in enumerate(rows, 1):
            if not row:
                continue
            if len(row) != len(names):
                yield Refused(
                    ProblemKind.NO_EVENT, f"row {number}: {len(row):,} cells, expected {len(names):,}"
                )
            elif any("\udc80" <= char <= "\udcff" for cell in row if not cell.isascii() for char in cell):
                yield Refused(ProblemKind.NO_EVENT, f"row {number}: not UTF-8")
            else:
                yield table.event(
                    dict(zip(names, (cell or None for cell in row), strict=True)), f"row {number}"
                )
    except csv.Error:
        yield Refused(
            ProblemKind.NO_EVENT, f"row {number + 1}: not CSV, or a cell of more than {MAX_CELL:,} bytes"
        )


def is_row(document: dict[str, Any]) -> bool:
    """Whether a JSON object is a row of a query result: its members are named as columns, not as CloudTrail does."""
    others = document.keys() - RECORD.keys()
    if not others or "Records" in others:
        return False
    if others & _INSIGHTS or any(name in _FLATTENED for name in others):
        return True
    return not document.keys() & _OWN and any(normal(name) in (*RECORDS, *NEEDED) for name in others)


def row_events(rows: Iterable[Any], name: str) -> Iterator[Event | Refused]:
    """The rows of a query result in JSON: each a mapping, or a list of cells such as ``{"field", "value"}``."""
    mappings = [_row(row) for row in rows]
    names = list(dict.fromkeys(column for row in mappings if row for column in row))
    try:
        table = Table(names)
    except ValueError:
        yield Refused(ProblemKind.NOT_CLOUDTRAIL, f"a query result {WITHOUT}: {HELP}")
        return
    for index, row in enumerate(mappings):
        place = f"{name}[{index}]"
        yield (
            Refused(ProblemKind.NO_EVENT, f"{place} is not a row") if row is None else table.event(row, place)
        )


def _row(row: Any) -> dict[str, Any] | None:
    """A row as a mapping: Logs Insights names a cell's field and value, CloudTrail Lake has an object a cell."""
    if isinstance(row, dict):
        return row
    if not isinstance(row, list) or not all(isinstance(cell, dict) for cell in row):
        return None
    found: dict[str, Any] = {}
    for cell in row:
        named = {str(cell["field"]): cell.get("value")} if "field" in cell else cell
        found.update(named)
    return found


def parquet_events(
    stream: IO[bytes] | str, folders: Mapping[str, str] | None = None
) -> Iterator[Event | Refused]:
    """The rows of a Parquet file, of which only the columns are read that a record is made of; `Broken` where it cannot be read or is not a table of CloudTrail records."""
    import polars as pl  # noqa: PLC0415 - it takes a tenth of a second to import, which few inputs need

    try:
        frame = pl.scan_parquet(stream)
        names = frame.collect_schema().names()
        table = Table(names, folders)
        frame = frame.select(table.wanted(names))
        places = range(0, frame.select(pl.len()).collect().item(), _SLICE)
        for place in places:  # all of it is sound, or none of it counts
            frame.slice(place, _SLICE).collect()
        for place in places:
            for number, row in enumerate(frame.slice(place, _SLICE).collect().to_dicts(), place + 1):
                yield table.event(row, f"row {number}")
    except ValueError:
        raise Broken(ProblemKind.NOT_CLOUDTRAIL, f"a Parquet file {WITHOUT}: {HELP}") from None
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):  # it panics at some damage
        raise Broken(
            ProblemKind.BROKEN_ARCHIVE, "a Parquet file that is cut off or damaged: download it again"
        ) from None


def _milliseconds(value: Any) -> int | None:
    """A timestamp as CloudWatch Logs exports have it: epoch milliseconds, or ``2023-07-10 12:00:00.000`` in UTC."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() else epoch_milliseconds(value)
    return value if isinstance(value, int) else None
