"""Items of ``describe-alarm-history`` from files, whatever wrote them.

In: a path: the command's JSON, a list of its items, or an item a line; or a folder of such files. Out: `Item` values, and what
could not be used. The claim: a file that was named and is something else is an error of one sentence; in a folder it is left
out.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from detector.errors import ArchiveError
from detector.jsontext import parse_many
from detector.quantities import count

MOST = 256 << 20
EXPECTED = "expected the JSON of aws cloudwatch describe-alarm-history"
_SUFFIXES = (".json", ".jsonl", ".ndjson")
_REGION = re.compile(r"(?<![A-Za-z0-9])[a-z]{2}-(?:gov-|iso[a-z]?-)?[a-z]+-\d(?![A-Za-z0-9])")
_LATEST = 10**11
"""Seconds; a larger number is of milliseconds."""


class Unusable(NamedTuple):
    """Something of a file that could not be used, and why."""

    path: str
    reason: str


class Item(NamedTuple):
    """One item; ``data`` is its HistoryData as text, ``region`` that of its path."""

    at: datetime
    alarm: str
    kind: str
    summary: str
    data: str
    path: str
    region: str


def items_of(paths: Iterable[str], unusable: list[Unusable], incomplete: list[str]) -> list[Item]:
    """The items of files and folders, each once although it may be in several."""
    found: dict[tuple[object, ...], Item] = {}
    for path in paths:
        for file, inside in _files(path):
            for one in _read(file, unusable, incomplete, inside=inside):
                found.setdefault((*one[:5], one.region), one)
    return list(found.values())


def _files(path: str) -> Iterator[tuple[str, bool]]:
    """The file, or those in a folder; of these one that is something else is left out."""
    if not os.path.isdir(path):  # noqa: PTH112 - a path of any kind
        yield path, False
        return
    found = sorted(
        os.path.join(folder, name)  # noqa: PTH118 - as above
        for folder, _, names in os.walk(path)
        for name in names
        if name.endswith(_SUFFIXES)
    )
    yield from ((file, True) for file in found if os.path.isfile(file))  # noqa: PTH113 - as above
    if not found:
        raise ArchiveError(path, f"{EXPECTED} in {', '.join(_SUFFIXES)} files, found none")


def _read(path: str, unusable: list[Unusable], incomplete: list[str], *, inside: bool) -> Iterator[Item]:
    try:
        roots = parse_many(_bytes(path).removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        if inside:
            return
        raise ArchiveError(path, f"{EXPECTED}: {error}") from None
    listed = list(_listed(roots, path, incomplete))
    if not listed and not inside and not any(_get(root, "AlarmHistoryItems") == [] for root in roots):
        raise ArchiveError(path, f"{EXPECTED}, found other JSON")
    refused, reason = 0, ""
    found = _REGION.findall(path)
    for one in listed:
        try:
            yield _item(one, path, found[-1] if found else "")
        except ValueError as error:
            refused, reason = refused + 1, str(error)
    if refused:
        unusable.append(Unusable(path, f"{count(refused, 'item')} without use: {reason}"))


def _bytes(path: str) -> bytes:
    """The content of a file; ArchiveError for what is none, such as a pipe that would have no end."""
    if os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113 - as above
        raise ArchiveError(path, f"{EXPECTED}, found something that is no file")
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            data = file.read(MOST + 1)
    except OSError as error:
        raise ArchiveError(path, f"{EXPECTED}: {error.strerror or error}") from None
    except ValueError as error:  # a name that no file has
        raise ArchiveError(path, f"{EXPECTED}: {error}") from None
    if len(data) > MOST:
        raise ArchiveError(path, f"{EXPECTED}, found over {MOST >> 20} MiB")
    return data


def _listed(roots: Iterable[object], path: str, incomplete: list[str]) -> Iterator[Mapping[str, Any]]:
    """The items of the values of a file, and whether there is another page."""
    for root in roots:
        items = root if isinstance(root, list) else _get(root, "AlarmHistoryItems")
        if _get(root, "NextToken"):
            incomplete.append(f"{path} has a NextToken: there are more items")
        if items is None and _get(root, "HistoryItemType") is not None:
            items = [root]
        if isinstance(items, list):
            yield from (one for one in items if _get(one, "HistoryItemType") is not None)


def _get(value: object, key: str) -> Any:
    """A member as the API writes it, or with a small letter as the console does."""
    if not isinstance(value, dict):
        return None
    return value.get(key, value.get(key[0].lower() + key[1:]))


def _item(one: Mapping[str, Any], path: str, region: str) -> Item:
    name, data = _get(one, "AlarmName"), _get(one, "HistoryData")
    if not isinstance(name, str) or not name:
        raise ValueError(f"expected an AlarmName, found {name!r:.60}")
    at = moment(_get(one, "Timestamp"))
    text = data if isinstance(data, str) else json.dumps(data)
    summary = _get(one, "HistorySummary")
    return Item(
        at, name, str(_get(one, "HistoryItemType"))[:60], str(summary or "")[:1000], text, path, region
    )


def moment(value: object) -> datetime:
    """A time of the API: ISO 8601, or seconds (with milliseconds, if a large number) since 1970; ValueError."""
    number = value
    if isinstance(value, str) and re.fullmatch(r"\d{1,14}(?:\.\d{1,9})?", value.strip()):
        number = float(value)
    try:
        if isinstance(number, str):
            found = datetime.fromisoformat(number.strip())
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        if isinstance(number, int | float) and not isinstance(number, bool) and number >= 0:
            return datetime.fromtimestamp(number / 1000 if number >= _LATEST else number, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise ValueError(f"expected a Timestamp such as 2025-03-08T03:17:00Z, found {value!r:.60}")
