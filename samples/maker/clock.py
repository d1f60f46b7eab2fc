"""The two weeks of the samples, in seconds since 1970 (UTC)."""

from __future__ import annotations

from datetime import UTC, datetime

START = 1740960000  # Monday 2025-03-03T00:00:00Z
MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
DAYS = 14
OFFICE = 7 * HOUR  # when people open the session that they keep all day
CHORE = START + 2 * DAY + 9 * HOUR + 640  # root signs in
BREAK_IN = START + 10 * DAY + 19 * HOUR + 58 * MINUTE + 185  # the guessed password works


def iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
