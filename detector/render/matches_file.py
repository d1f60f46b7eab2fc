"""The matched records of replays as a file, for a spreadsheet, a notebook or another program.

In: the frame of `detector.jobs.matched.replayed`. Out: the bytes of the file, in the format that its name asks for.
The claim: CSV has no formulas, and no format but Parquet has characters that steer a terminal.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING

from detector.errors import SettingsError
from detector.jsontext import dump_json
from detector.render.kit import csv
from detector.render.kit.json_values import iso
from detector.render.kit.printable import json_printable

if TYPE_CHECKING:
    import polars as pl


def writer(path: str) -> Callable[[pl.DataFrame], bytes]:
    """What makes a file of that name of a frame; `SettingsError` where its ending says no format."""
    ending = PurePath(path).suffix.lower()
    if ending not in _WRITERS:
        raise SettingsError(f"{path}: expected a file named .ndjson, .csv or .parquet", "matches")
    return _WRITERS[ending]


def as_ndjson(frame: pl.DataFrame) -> bytes:
    """One object a line; null stands for a value beyond those that are kept apart."""
    lines = (
        json_printable(dump_json(row | {"time": iso(row["time"])}).decode())
        for row in frame.iter_rows(named=True)
    )
    return "".join(f"{line}\n" for line in lines).encode()


def as_csv(frame: pl.DataFrame) -> bytes:
    """A header, and one line a match."""
    return "".join(map(csv.line, (frame.columns, *frame.iter_rows()))).encode()


def as_parquet(frame: pl.DataFrame) -> bytes:
    """A table with the types of the frame, compressed by Zstandard."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


_WRITERS: dict[str, Callable[[pl.DataFrame], bytes]] = {
    ".ndjson": as_ndjson,
    ".jsonl": as_ndjson,
    ".csv": as_csv,
    ".parquet": as_parquet,
}
