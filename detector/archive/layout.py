"""A path in, what the S3 layout of CloudTrail says about it out: `Place`. No file system is asked.

    [any prefix/]AWSLogs/[o-…/]<account>/CloudTrail/<region>/YYYY/MM/DD/
        <account>_CloudTrail_<region>_<YYYYMMDDTHHMM>Z_<16 characters>.json.gz

Claim: as much is taken as the path and the file name tell, wherever the tree was cut off; what does not
look like the layout tells nothing. Digest, Insight and aggregated-event files are known by either.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct, structs

if TYPE_CHECKING:
    from collections.abc import Iterable

NOT_A_LOG = "not a log file"
_KINDS = {"": "", "-digest": "digest", "-insight": "insight", "-aggregated": "aggregated"}
_SUFFIXES = (
    ".json.gz",
    ".json",
    ".jsonl",
    ".ndjson",
    ".gz",
    ".log",
    ".zip",
    ".tar",
    ".tgz",
    ".zst",
    ".bz2",
    ".csv",
    ".parquet",
)
_ACCOUNT = r"\d{12}"
_REGION = r"[a-z]{2,}(?:-[a-z0-9]+)+"
_DAY = r"(\d{4})/(\d\d)/(\d\d)"
_TRAIL_FOLDER = re.compile(
    rf"(?:^|/)(?:({_ACCOUNT})/)?CloudTrail(-Digest|-Insight|-Aggregated|)(?:/({_REGION})(?:/{_DAY})?)?(?=/|$)",
    re.ASCII,
)
_DAY_FOLDER = re.compile(rf"(?:^|.*/){_DAY}$", re.ASCII)
_SERVICE_FOLDER = re.compile(
    rf"(?:^|.*/)AWSLogs/(?:o-[a-z0-9]+/)?{_ACCOUNT}/(?!CloudTrail(?:-|/|$))[^/]+(?:/|$)"
)
_SOME_DAYS = re.compile(rf"(?:^|.*/)CloudTrail(?:-\w+)?/{_REGION}/(\d{{4}})(?:/(\d\d))?$", re.ASCII)
_PARTITION = r"(?:^|/)(\w+)=([^/]+)"
_PARTITION_DAY = r"(\d{4})-?(\d\d)-?(\d\d)"
_STAMP = r"(\d{8})T([01]\d|2[0-3])([0-5]\d)"
_NAME = re.compile(
    rf"({_ACCOUNT})_CloudTrail(-Digest|-Insight|-Aggregated|)_({_REGION})_((?:{_STAMP}Z_)?.*)", re.ASCII
)
_DIGEST_END = re.compile(rf".*_{_STAMP}\d\dZ\.json(?:\.gz)?", re.ASCII)


class Place(Struct, frozen=True):
    """What a path tells: ``kind`` is empty for a log file, else why it is left out; times in UTC.

    ``day`` is the day of delivery where the folders state one.
    """

    kind: str = ""
    account: str | None = None
    region: str | None = None
    day: date | None = None
    delivered: int | None = None
    trail: bool = False


NOWHERE = Place()


@lru_cache(maxsize=1024)
def place_of_folder(folder: str) -> Place:
    """What the full path of a folder tells about the files in it."""
    path = folder.replace("\\", "/")
    trails = _TRAIL_FOLDER.findall(path)
    if trails:
        account, kind, region, *day = trails[-1]
        return Place(_KINDS[kind.lower()], account or None, region or None, _date(day), trail=True)
    if _SERVICE_FOLDER.match(path):
        return Place(NOT_A_LOG)
    if keys := partitions(path):
        return _partitioned(keys)
    cut_off = _DAY_FOLDER.match(path)
    return Place(day=_date(cut_off.groups())) if cut_off else NOWHERE


def partitions(path: str) -> dict[str, str]:
    """The ``key=value`` folders of a path, as Athena, Glue and Security Lake have them; keys in lower case."""
    if "=" not in path:
        return {}
    from urllib.parse import unquote  # noqa: PLC0415 - few archives are tables

    return {key.lower(): unquote(value) for key, value in re.findall(_PARTITION, path, re.ASCII)}


def days_of_folder(folder: str) -> tuple[date, date] | None:
    """The first and the last day of what the folder of a trail's year, month or day, or a partition, is of."""
    place = place_of_folder(folder)
    if place.day and place.trail:
        return place.day, place.day
    found = _SOME_DAYS.match(folder)
    keys = partitions(folder)
    year, month = found.groups() if found else (keys.get("year"), keys.get("month"))
    first, last = _date((year or "", month or "1", "1")), _date((year or "", month or "12", "28"))
    return (first, last + timedelta(days=3)) if first and last else None


def _partitioned(keys: dict[str, str]) -> Place:
    """What the partitions of a table tell: ``eventDay=20260901``, or year, month and day; ``accountId``, ``region``."""
    account = next((keys[name] for name in ("accountid", "account_id", "account") if name in keys), "")
    whole = next((keys[name] for name in ("eventday", "event_day", "date", "dt", "day") if name in keys), "")
    parts = re.fullmatch(_PARTITION_DAY, whole, re.ASCII)
    day = _date(parts.groups() if parts else [keys.get(name, "") for name in ("year", "month", "day")])
    is_account = re.fullmatch(_ACCOUNT, account)
    return Place(account=account if is_account else None, region=keys.get("region"), day=day, trail=True)


def place_of_file(name: str, folder: Place) -> Place:
    """What a file name adds to what its folder tells; the folder is believed first.

    A day that is not known to belong to a trail's folder is believed only for a file with a trail's name.
    """
    found = _NAME.match(name)
    if not found:
        return folder if folder.trail or folder.day is None else structs.replace(folder, day=None)
    account, kind, region, rest, day, hour, minute = found.groups()
    if kind and (ended := _DIGEST_END.fullmatch(rest)):
        day, hour, minute = ended.groups()  # the end of the hour that a digest is of
    return Place(
        folder.kind or _KINDS[kind.lower()],
        folder.account or account,
        folder.region or region,
        folder.day,
        _time(day, hour, minute),
        True,
    )


def log_suffix(name: str) -> bool:
    """Whether a file in a folder looks like a log by its name; hidden files never do."""
    is_one = name.endswith(_SUFFIXES[0]) or name.lower().endswith(_SUFFIXES)
    return is_one and not name.startswith(".")


def _date(parts: Iterable[str]) -> date | None:
    try:
        year, month, day = (int(part or "0") for part in parts)
        return date(year, month, day)
    except ValueError:
        return None


def _time(day: str | None, hour: str, minute: str) -> int | None:
    midnight = _midnight(day) if day else None
    return None if midnight is None else midnight + int(hour) * 3600 + int(minute) * 60


@lru_cache(maxsize=4096)
def _midnight(day: str) -> int | None:
    """The beginning of ``20230710`` in epoch seconds; many files share a day."""
    try:
        return int(datetime(int(day[:4]), int(day[4:6]), int(day[6:]), tzinfo=UTC).timestamp())
    except ValueError:
        return None
