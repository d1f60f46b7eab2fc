"""Where events come from: a `Plan` in, the log events of its sources out; what is broken is a `Problem`."""

from __future__ import annotations

from detector.archive.decode import events, oversize
from detector.archive.event import Event
from detector.archive.eventtime import event_time
from detector.archive.gunzip import DEFAULT_LIMIT, whole
from detector.archive.locate import Located, locate
from detector.archive.log_group import LogGroup
from detector.archive.plan import Clock, Inputs, Plan, Progress, Settings
from detector.archive.problem import Broken, Problem, ProblemKind
from detector.archive.selection import EVERYTHING, Selection, takes
from detector.archive.source import Source, StandardInput
from detector.archive.walk import clock_time, events_at, source_events, walk

__all__ = [
    "DEFAULT_LIMIT",
    "EVERYTHING",
    "Broken",
    "Clock",
    "Event",
    "Inputs",
    "Located",
    "LogGroup",
    "Plan",
    "Problem",
    "ProblemKind",
    "Progress",
    "Selection",
    "Settings",
    "Source",
    "StandardInput",
    "clock_time",
    "event_time",
    "events",
    "events_at",
    "locate",
    "oversize",
    "source_events",
    "takes",
    "walk",
    "whole",
]
