"""A time as CloudTrail and CloudWatch Logs write it in, an epoch number out.

Claim: exactly the ISO 8601 forms named here are read, with every field checked; everything else is None.
It runs once a record, so the minute is parsed once and remembered (records come in bunches).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

LATEST = 4_102_444_800  # 2100-01-01T00:00:00Z: one record of the year 9999 would make a replay of 8,000 years
SECONDS = {f"{second:02}": second for second in range(60)}
_COMPACT = 20  # len("2023-07-10T12:00:00Z")
_FORM = re.compile(
    r"(\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):\d\d:)(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):?(\d\d))?",
    re.ASCII,
)


def event_time(record: dict[str, Any]) -> int | None:
    """The second of a record's ``eventTime``, in epoch seconds UTC, or None where it has no valid one.

    ``2023-07-10T12:00:00Z`` as CloudTrail writes it; a fraction is cut off, an offset is applied, a time
    without one is UTC, and a blank may stand for the T (public archives that went through a database
    have it). Years 1970 to 2099.
    """
    text = record.get("eventTime")
    if not isinstance(text, str):
        return None
    if len(text) == _COMPACT and text[19] == "Z":
        start = minute(text[:17])
        second = SECONDS.get(text[17:19])
        return None if start is None or second is None else start + second
    milliseconds = epoch_milliseconds(text)
    return None if milliseconds is None else milliseconds // 1000


def epoch_milliseconds(text: str) -> int | None:
    """The same forms as `event_time` takes, in epoch milliseconds."""
    found = _FORM.fullmatch(text)
    if not found:
        return None
    prefix, second, fraction, sign, hours, minutes = found.groups()
    start = minute(prefix)
    offset = _offset(sign, hours, minutes)
    if start is None or offset is None or second not in SECONDS:
        return None
    seconds = start + SECONDS[second] - offset
    return seconds * 1000 + int((fraction or "0").ljust(3, "0")[:3]) if 0 <= seconds < LATEST else None


@lru_cache(maxsize=4096)
def minute(prefix: str) -> int | None:
    """The epoch second of ``2023-07-10T12:00:``, or None where there is no such minute."""
    if not _FORM.fullmatch(prefix + "00"):
        return None
    try:
        moment = datetime.fromisoformat(f"{prefix}00+00:00").astimezone(UTC)
    except ValueError:
        return None
    seconds = round(moment.timestamp())
    return seconds if 0 <= seconds < LATEST else None


def _offset(sign: str | None, hours: str | None, minutes: str | None) -> int | None:
    if sign is None or hours is None or minutes is None:
        return 0
    if int(hours) > 23 or int(minutes) > 59:  # noqa: PLR2004 - hours and minutes of a day
        return None
    return (int(hours) * 3600 + int(minutes) * 60) * (-1 if sign == "-" else 1)
