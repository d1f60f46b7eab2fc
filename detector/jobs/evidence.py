"""Who did what from where: the records behind some matches, read again from their files.

In: rows of a replay's ``matches``. Out: the same rows with the few fields that a report needs. A scan keeps
places of matches and never records, so this opens the files once more; ask for few rows. The text in records is
attacker-controlled: it is cut to a bounded length here, and escaped where it is shown.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import polars as pl

from detector.archive import DEFAULT_LIMIT, Event, Plan, Source, StandardInput, source_events

MAX_LENGTH = 256
_IDENTITY_KEYS = ("arn", "userName", "invokedBy", "principalId", "accountId", "type")


class Evidence(NamedTuple):
    """Empty strings stand for fields that are absent or no strings."""

    principal: str = ""
    event_name: str = ""
    event_source: str = ""
    error_code: str = ""
    address: str = ""
    user_agent: str = ""
    region: str = ""


def with_evidence(matches: pl.DataFrame, limit: int = DEFAULT_LIMIT) -> pl.DataFrame:
    """The rows with the columns of `Evidence` beside them, in the same order."""
    places = list(matches.select("path", "position").iter_rows())
    wanted: dict[str, set[int]] = {}
    for path, position in places:
        wanted.setdefault(path, set()).add(position)
    found = {path: _read(path, positions, limit) for path, positions in wanted.items()}
    rows = [found[path].get(position, Evidence()) for path, position in places]
    return matches.hstack(pl.DataFrame(rows, schema=dict.fromkeys(Evidence._fields, pl.String), orient="row"))


def _read(path: str, positions: set[int], limit: int) -> dict[int, Evidence]:
    events = source_events(Plan(limit=limit, timed=False), StandardInput() if path == "-" else Source(path))
    return {
        event.position: evidence(event.record or {})
        for event in events
        if isinstance(event, Event) and event.position in positions
    }


def evidence(record: dict[str, Any]) -> Evidence:
    """The evidence of one CloudTrail record."""
    return Evidence(
        principal(record.get("userIdentity")),
        text(record.get("eventName")),
        text(record.get("eventSource")),
        text(record.get("errorCode")),
        text(record.get("sourceIPAddress")),
        text(record.get("userAgent")),
        text(record.get("awsRegion")),
    )


def principal(identity: Any) -> str:
    """The most telling name in ``userIdentity``: the ARN, else the next best."""
    if isinstance(identity, dict):
        for key in _IDENTITY_KEYS:
            name = text(identity.get(key))
            if name:
                return name
    return ""


def text(value: Any) -> str:
    """A string, cut to a bounded length and without lone surrogates; anything else is empty."""
    return value[:MAX_LENGTH].encode("utf-8", "replace").decode() if isinstance(value, str) else ""
