"""Alarms that nobody looks at any more, because they are on for most of the time.

In: how long an alarm was on, and who made its matches. Out: a `Stuck`, or None. The claim: an attack of an hour in an
archive of an hour is no stuck alarm.
"""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

SHARE, TIME = 0.5, timedelta(hours=6)
"""In ALARM for more than this share of the time, and for at least so long."""


class Stuck(Struct, frozen=True):
    """Who keeps an alarm on, and what to do about it.

    ``caller`` is the principal of most matches, ``caller_share`` its share of them; None where no match says one.
    """

    caller: str | None
    caller_share: float | None
    advice: str

    @classmethod
    def of(
        cls, share: float, in_alarm: timedelta, callers: tuple[tuple[str, int], ...], matches: int
    ) -> Stuck | None:
        """``share`` of the time in ALARM, ``callers`` the principals with their matches, most first."""
        if share <= SHARE or in_alarm < TIME:
            return None
        if not callers:
            return cls(None, None, "missing data holds it there: see treat_missing_data")
        caller, number = callers[0]
        mostly = number / matches > SHARE
        advice = "many callers make it: the filter counts what is usual here"
        return cls(caller, number / matches, "fix the filter, not the threshold" if mostly else advice)
