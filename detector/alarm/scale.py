"""Times: in come datetimes, or numbers of minutes on a caller's own scale; inside are microseconds.

The claim: the way back gives what came in: aware times in UTC, naive times naive, numbers as
numbers (whole where they are whole).
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from enum import Enum

from detector.errors import SettingsError

SECOND = 1_000_000
_MINUTE = 60 * SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the naive twin of the epoch, for naive callers
_ONE = timedelta(microseconds=1)


class Scale(Enum):
    """How the caller writes times."""

    AWARE = "aware datetimes"
    NAIVE = "naive datetimes, taken as UTC"
    MINUTES = "minutes on the caller's own scale"

    @property
    def dated(self) -> bool:
        """Whether times are points of the calendar."""
        return self is not Scale.MINUTES


def scale_of(time: object) -> Scale:
    """The scale that ``time`` is written on; SettingsError if it is no time at all."""
    if isinstance(time, datetime):
        return Scale.NAIVE if time.tzinfo is None else Scale.AWARE
    if isinstance(time, bool) or not isinstance(time, int | float) or not math.isfinite(time):
        raise SettingsError(f"Expected a datetime, or a number of minutes, not {time!r}.", "start")
    return Scale.MINUTES


def to_microseconds(time: datetime | float) -> int:
    """Microseconds since 1970-01-01T00:00Z, or since minute 0 of the caller's scale."""
    if isinstance(time, datetime):
        return (time - (_NAIVE_EPOCH if time.tzinfo is None else _EPOCH)) // _ONE
    return time * _MINUTE if isinstance(time, int) else round(time * _MINUTE)


def from_microseconds(microseconds: int, scale: Scale) -> datetime | float:
    """The same point in time, as the caller writes it."""
    if scale is Scale.MINUTES:
        whole, rest = divmod(microseconds, _MINUTE)
        return microseconds / _MINUTE if rest else whole
    return (_EPOCH if scale is Scale.AWARE else _NAIVE_EPOCH) + timedelta(microseconds=microseconds)


def from_seconds(seconds: int, scale: Scale) -> datetime | float:
    """The same for whole seconds, as the caller writes it."""
    if scale is Scale.AWARE:
        return datetime.fromtimestamp(seconds, UTC)
    return from_microseconds(seconds * SECOND, scale)
