"""Labelled incidents: in comes a TOML, CSV or JSON file, out go incidents with half-open times.

The claim: strict; a file that says anything else than names, times, who, from where and what it was is an error
with its place.
"""

from __future__ import annotations

import csv
import io
import ipaddress
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeAlias

from detector.detections.strict import toml_table
from detector.errors import ArchiveError, PatternError, SettingsError
from detector.pattern import compile as compile_pattern

REQUIRED = ("name", "start", "end")
OPTIONAL = ("principal", "address", "pattern", "verdict", "description")
# Seconds since 1970 as a string; eight digits are a date, 20250308.
_SECONDS = re.compile(r"\d{1,7}|\d{9,11}|\d{1,11}\.\d{0,9}", re.ASCII)
# The year 5138; a larger number was meant as milliseconds.
_LATEST = 10**11


class Verdict(StrEnum):
    """What an incident was."""

    ATTACK = "attack"
    """To be found."""
    MISCONFIGURATION = "misconfiguration"
    """Something of one's own that is broken: a page for it is a false one."""
    NOISE = "noise"
    """What always is: a page for it is a false one."""
    UNDECIDED = "?"
    """Nobody has looked yet: its pages are neither right nor false."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that happened: from ``start`` up to but not including ``end``, seconds since 1970.

    ``principals``, ``addresses`` (also networks, 203.0.113.0/24) and ``pattern`` say which matches are its own; an empty
    one says nothing. What is a principal's name: `detector.jobs.backtest.attribution`.
    """

    name: str
    start: int
    end: int
    principals: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    pattern: str = ""
    verdict: Verdict = Verdict.ATTACK
    description: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Incident:
        """The incident of a mapping with ``name``, ``start``, ``end``; ValueError for any other mapping."""
        unknown = [key for key in row if key not in {*REQUIRED, *OPTIONAL}]
        missing = [key for key in REQUIRED if row.get(key) is None or row[key] == ""]
        if unknown or missing:
            wrong = f"no {missing[0]}" if missing else f"the unknown key {unknown[0]!r:.60}"
            wanted = f"name, start, end and perhaps {', '.join(OPTIONAL)}"
            raise ValueError(f"expected the keys {wanted}, found {wrong}")
        strings = {key: row.get(key) or "" for key in ("name", "pattern", "verdict", "description")}
        for key, value in strings.items():
            if not isinstance(value, str):
                raise ValueError(f"expected a string for {key}, found {value!r:.60}")  # noqa: TRY004 - one kind of error for one file
        start, end = second(row["start"], "for start"), second(row["end"], "for end")
        if end <= start:
            raise ValueError(f"expected the end of {strings['name']!r:.60} to be later than its start")
        return cls(
            strings["name"],
            start,
            end,
            _several(row, "principal"),
            tuple(map(_address, _several(row, "address"))),
            _pattern(strings["pattern"]),
            _verdict(strings["verdict"]),
            strings["description"],
        )

    @property
    def is_scoped(self) -> bool:
        """Whether it is said which matches are its own."""
        return bool(self.principals or self.addresses or self.pattern)

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


def _several(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A string, or a list of strings; nothing where it is empty."""
    value = row.get(key) or []
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str) and one for one in listed):
        raise ValueError(f"expected a string or a list of strings for {key}, found {value!r:.60}")
    return tuple(dict.fromkeys(listed))


def _address(written: str) -> str:
    """An address or a network as Python's ipaddress has it; else as it is, since services call under their names."""
    try:
        return str(ipaddress.ip_network(written, strict=False))
    except ValueError:
        if "/" in written:
            raise ValueError(
                f"expected a network such as 203.0.113.0/24 for address, found {written!r:.60}"
            ) from None
        return written


def _pattern(written: str) -> str:
    try:
        if written:
            compile_pattern(written)
    except PatternError as error:
        raise ValueError(f"expected a filter pattern for pattern: {error}") from None
    return written


def _verdict(written: str) -> Verdict:
    try:
        return Verdict(written.strip() or Verdict.ATTACK)
    except ValueError:
        raise ValueError(f"expected {', '.join(Verdict)} for verdict, found {written!r:.60}") from None


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
