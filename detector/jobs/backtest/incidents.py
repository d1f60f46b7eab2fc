"""Labelled incidents: in comes a TOML, CSV or JSON file, out go incidents with half-open times.

The claim: strict; a file that says anything else than names, starts and ends is an error with its place.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeAlias

from detector.detections.strict import toml_table
from detector.errors import ArchiveError, SettingsError

REQUIRED = ("name", "start", "end")
OPTIONAL = ("principal", "description")
# Seconds since 1970 as a string; eight digits are a date, 20250308.
_SECONDS = re.compile(r"\d{1,7}|\d{9,11}|\d{1,11}\.\d{0,9}", re.ASCII)
# The year 5138; a larger number was meant as milliseconds.
_LATEST = 10**11


@dataclass(frozen=True, slots=True)
class Incident:
    """Something the alarm should report: from ``start`` up to but not including ``end``, seconds since 1970."""

    name: str
    start: int
    end: int
    principal: str = ""
    description: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Incident:
        """The incident of a mapping with ``name``, ``start``, ``end``; ValueError for any other mapping."""
        unknown = [key for key in row if key not in {*REQUIRED, *OPTIONAL}]
        missing = [key for key in REQUIRED if row.get(key) in {None, ""}]
        if unknown or missing:
            wrong = f"no {missing[0]}" if missing else f"the unknown key {unknown[0]!r:.60}"
            raise ValueError(f"expected the keys name, start, end and perhaps principal, found {wrong}")
        strings = {key: row.get(key) or "" for key in ("name", *OPTIONAL)}
        for key, value in strings.items():
            if not isinstance(value, str):
                raise ValueError(f"expected a string for {key}, found {value!r:.60}")  # noqa: TRY004 - one kind of error for one file
        start, end = second(row["start"], "for start"), second(row["end"], "for end")
        if end <= start:
            raise ValueError(f"expected the end of {strings['name']!r:.60} to be later than its start")
        return cls(strings["name"], start, end, strings["principal"], strings["description"])

    def span(self, grace: int) -> tuple[int, int]:
        """From its start until its end and the grace time after it, in which it explains an ALARM."""
        return self.start, self.end + grace


IncidentSource: TypeAlias = "str | Path | Iterable[Incident | Mapping[str, Any]] | None"


def incidents_of(source: IncidentSource) -> list[Incident]:
    """The incidents of a file, or of incidents and mappings, in time order; SettingsError, ArchiveError."""
    if source is None:
        return []
    if isinstance(source, str | Path):
        return load_incidents(source)
    try:
        return _distinct([row if isinstance(row, Incident) else Incident.of(row) for row in source])
    except ValueError as error:
        raise SettingsError(str(error), "incidents") from None


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
    incidents = []
    for number, row in enumerate(rows, 1):
        try:
            incidents.append(Incident.of(row if isinstance(row, dict) else {}))
        except (ValueError, RecursionError) as error:
            raise ArchiveError(str(path), f"incident {number}: {error}") from None
    try:
        return _distinct(incidents)
    except SettingsError as error:
        raise ArchiveError(str(path), error.reason) from None


def second(value: object, meaning: str = "") -> int:
    """Seconds since 1970 of a number of them, of ISO 8601 (UTC unless it says otherwise), or of a TOML time.

    ValueError for anything else; ``meaning`` is said in it.
    """
    moment = value
    if isinstance(value, str):
        # Seconds before ISO 8601: some long numbers would be both.
        if _SECONDS.fullmatch(value.strip()):
            moment = float(value)
        else:
            try:
                moment = datetime.fromisoformat(value.strip())
            except ValueError:
                moment = None
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    try:
        if isinstance(moment, datetime):
            return math.floor((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except OverflowError:
        pass
    if isinstance(moment, int | float) and not isinstance(moment, bool) and 0 <= moment < _LATEST:
        return math.floor(moment)
    wanted = " ".join(["expected a time such as 2025-03-08T03:17:00Z", *meaning.split()])
    raise ValueError(f"{wanted}, found {value!r:.60}")


def _distinct(incidents: Sequence[Incident]) -> list[Incident]:
    """In time order, each once; two that differ must have different names."""
    distinct = sorted(dict.fromkeys(incidents), key=attrgetter("start", "end", "name"))
    names = [incident.name for incident in distinct]
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(
                f"expected one incident named {name!r}, found {names.count(name)}", "incidents"
            )
    return distinct


def _listed(rows: Any) -> list[Any]:
    """A list of objects, or the list named incident (``[[incident]]`` in TOML) in an object."""
    if isinstance(rows, dict):
        (rows,) = [rows[key] for key in ("incident", "incidents") if key in rows] or [None]
    if not isinstance(rows, list):
        raise ValueError("expected a list named incident")  # noqa: TRY004 - told with the file's name
    return rows


def _csv(content: str) -> list[Any]:
    """A header line with name, start and end, however they are capitalised, then a line each."""
    rows = csv.DictReader(io.StringIO(content), strict=True, restkey="more cells than the header has")
    return [{(key or "").strip().lower(): value for key, value in row.items()} for row in rows]


_READERS = {
    ".toml": lambda content: _listed(toml_table(content)),
    ".json": lambda content: _listed(json.loads(content)),
    ".csv": _csv,
}
