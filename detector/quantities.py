"""Numbers, times and durations as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def count(number: int, noun: str, plural: str = "") -> str:
    """``1 file``, ``1,234 files``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def number(value: float) -> str:
    """``5``, ``0.25``, ``1.2e+09``."""
    if value == int(value) and abs(value) < 1e7:  # noqa: PLR2004 - longer ones get an exponent
        return f"{int(value):,}"
    return f"{value:.4g}"


def percent(share: float) -> str:
    """``71 %``, ``99.9 %``, ``0.02 %``; only all of it is 100 %."""
    return f"{100 if share == 1 else min(100 * share, 99.9):.{3 if share > 0.1 else 2}g} %"  # noqa: PLR2004 - digits


def time(moment: datetime | float) -> str:
    """``2025-03-05 13:47:00``; a report says once that all times are UTC."""
    return f"{instant(moment):%Y-%m-%d %H:%M:%S}"


def instant(moment: datetime | float) -> datetime:
    """A time on an alarm's scale in UTC; a number counts minutes since 1970."""
    return (
        moment.astimezone(UTC) if isinstance(moment, datetime) else datetime.fromtimestamp(moment * 60, UTC)
    )


def minute(moment: datetime) -> str:
    """``2025-03-05 13:47``."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def span(length: timedelta) -> str:
    """``6 min``, ``2 h 53 min``, ``3 d 4 h``."""
    minutes = int(length.total_seconds()) // 60
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{minutes} min" if minutes else f"{int(length.total_seconds())} s"


def minutes(seconds: float | None) -> str:
    """``2 h 53 min``, ``9 min``, ``2.5 min``; ``-`` for None."""
    if seconds is None:
        return "-"
    return f"{seconds / 60:g} min" if seconds < 3600 else span(timedelta(seconds=seconds))  # noqa: PLR2004 - an hour
