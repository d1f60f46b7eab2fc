"""Where events come from: paths in, log files and their log events out; what is broken is a `Problem`."""

from __future__ import annotations

from detector.archive.decode import (
    DEFAULT_LIMIT,
    Broken,
    Event,
    event_time,
    events,
    log_events,
    oversize,
    read,
)
from detector.archive.locate import (
    Located,
    LogFile,
    Selection,
    locate,
    record_account,
    record_region,
    takes,
)
from detector.archive.problem import Problem

__all__ = [
    "DEFAULT_LIMIT",
    "Broken",
    "Event",
    "Located",
    "LogFile",
    "Problem",
    "Selection",
    "event_time",
    "events",
    "locate",
    "log_events",
    "oversize",
    "read",
    "record_account",
    "record_region",
    "takes",
]
