"""Labelled incidents: in comes a TOML, CSV or JSON file, out go incidents with half-open times.

The claim: strict; a file that says something else than names, starts and ends is an error with its place.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, TypeAlias

from detector.errors import ArchiveError, SettingsError

REQUIRED = ("name", "start", "end")
OPTIONAL = ("principal", "description")
_SECONDS = re.compile(r"\d{1,7}|\d{9,12}|\d{1,12}\.\d{0,9}", re.ASCII)
"""Seconds since 1970 as text; eight digits are a date, 20250308."""
LATEST = 10**11
"""The year 5138; what is more was meant as milliseconds."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that the alarm should have told: from ``start`` up to but not including ``end``, seconds since 1970."""

    name: str
    start: int
    end: int
    principal: str = ""
    description: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Incident:
        """An incident of a mapping with ``name``, ``start``, ``end``; times without a zone are UTC."""
        unknown = [key for key in row if key not in {*REQUIRED, *OPTIONAL}]
        missing = [key for key in REQUIRED if row.get(key) in {None, ""}]
        if unknown or missing:
            wrong = f"no {missing[0]}" if missing else f"the unknown key {unknown[0]!r}"
            raise ValueError(f"expected the keys name, start, end and perhaps principal, found {wrong}")
        texts = {key: row.get(key) or "" for key in ("name", *OPTIONAL)}
        for key, value in texts.items():
            if not isinstance(value, str):
                raise ValueError(f"expected a string for {key}, found {value!r}")  # noqa: TRY004 - one kind of error for one file
        start, end = _second(row["start"], "start"), _second(row["end"], "end")
        if end <= start:
            raise ValueError(f"expected the end of {texts['name']!r} to be later than its start")
        return cls(texts["name"], start, end, texts["principal"], texts["description"])


IncidentSource: TypeAlias = "str | Path | Iterable[Incident | Mapping[str, Any]] | None"


def incidents_of(source: IncidentSource) -> list[Incident]:
    """The incidents of a file, or of incidents and mappings; in time order. SettingsError, ArchiveError."""
    if source is None:
        return []
    if isinstance(source, str | Path):
        return load_incidents(source)
    try:
        found = [one if isinstance(one, Incident) else Incident.of(one) for one in source]
    except ValueError as error:
        raise SettingsError(str(error), "incidents") from None
    return _distinct(found)


def load_incidents(path: str | Path) -> list[Incident]:
    """The incidents of a file, in time order; its ending (.toml, .csv, .json) says what it is."""
    read = _READERS.get(Path(path).suffix.lower())
    if read is None:
        raise ArchiveError(str(path), "expected incidents in a file named .toml, .csv or .json")
    try:
        rows = read(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise ArchiveError(str(path), f"expected a file of incidents: {reason}") from None
    except (ValueError, RecursionError, csv.Error) as error:
        raise ArchiveError(str(path), f"expected a file of incidents: {error}") from None
    if not rows:
        raise ArchiveError(str(path), "expected at least one incident, found none")
    try:
        return _distinct([_read(str(path), number, row) for number, row in enumerate(rows, 1)])
    except SettingsError as error:
        raise ArchiveError(str(path), error.reason) from None


def _read(path: str, number: int, row: object) -> Incident:
    try:
        if not isinstance(row, dict):
            raise ValueError("expected name, start and end")  # noqa: TRY004, TRY301 - told with its place below
        return Incident.of(row)
    except ValueError as error:
        raise ArchiveError(path, f"incident {number}: {error}") from None


def _distinct(found: Sequence[Incident]) -> list[Incident]:
    """In time order, each once; two that differ must have different names."""
    distinct = sorted(dict.fromkeys(found), key=lambda one: (one.start, one.end, one.name))
    names = [one.name for one in distinct]
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(
                f"expected one incident named {name!r}, found {names.count(name)}", "incidents"
            )
    return distinct


def _toml(text: str) -> list[Any]:
    """``[[incident]]``, one each."""
    return _listed(tomllib.loads(text))


def _json(text: str) -> list[Any]:
    """A list of objects, or ``{"incident": [...]}``."""
    return _listed(json.loads(text))


def _listed(found: Any) -> list[Any]:
    if isinstance(found, dict):
        (found,) = [found[key] for key in ("incident", "incidents") if key in found] or [None]
    if not isinstance(found, list):
        raise ValueError("expected a list named incident")  # noqa: TRY004 - told with the file's name
    return found


def _csv(text: str) -> list[Any]:
    """A header line with name, start and end, however they are capitalised, then a line each."""
    rows = csv.DictReader(io.StringIO(text), strict=True, restkey="more cells than the header has")
    return [{(key or "").strip().lower(): value for key, value in row.items()} for row in rows]


_READERS = {".toml": _toml, ".csv": _csv, ".json": _json}


def _second(value: object, key: str) -> int:
    """A time of any of the three formats in seconds; ISO 8601, or seconds since 1970."""
    moment = value
    if isinstance(value, str):
        moment = _moment(value.strip())
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    if isinstance(moment, datetime):
        return math.floor((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    if isinstance(moment, int | float) and not isinstance(moment, bool) and 0 <= moment < LATEST:
        return math.floor(moment)
    raise ValueError(f"expected a time such as 2025-03-08T03:17:00Z for {key}, found {value!r}")


def _moment(text: str) -> datetime | float | None:
    """Seconds before ISO 8601: some long numbers would be both."""
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
