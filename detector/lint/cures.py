"""A setting that cures a finding about an alarm, proved by replaying both over a made-up day.

In: a detection, and settings to put in place of its own. Out: the detection with them (`cured`), and what the alarm does
on one day with either (`Day`). The day has ten log events a minute, and so many matches at 12:00 that the two differ; the
replay is that of `detector.alarm`.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from detector.alarm import Samples, State
from detector.alarm.statistics import datapoint
from detector.alarm.values import MINUTE
from detector.detections import Detection
from detector.metrics.reachable import ANY, watched
from detector.quantities import count, number

Cure: TypeAlias = tuple[tuple[str, Any], ...]
"""Keys of a detection file (``alarm.statistic``) and what to set them to; None: to leave them out."""

_MINUTES, _NOON, _EVENTS = 1440, 720, 10
_MATCHES = (1, 2, 5, 10, 100, 1_000, 10_000, 0)
_HOUR = 60


@dataclass(frozen=True, slots=True)
class Lived:
    """What an alarm does on the made-up day: the datapoint of the window that ends after the matches, and its states."""

    datapoint: float | None
    minutes: int
    """Minutes in ALARM."""
    pages: int
    """Transitions into ALARM."""
    last: State

    def __str__(self) -> str:
        """``datapoint 5, in ALARM for 15 minutes, INSUFFICIENT_DATA at its end``."""
        shown = "no datapoint" if self.datapoint is None else f"datapoint {number(self.datapoint)}"
        alarmed = f"in ALARM for {count(self.minutes, 'minute')}" if self.minutes else "never in ALARM"
        return f"{shown}, {alarmed}, {self.last} at its end"


@dataclass(frozen=True, slots=True)
class Day:
    """The same day with the settings as they are and with the cure."""

    matches: int
    """How many log events match at 12:00, or in each of several minutes from there on."""
    minutes: int
    before: Lived
    after: Lived

    def __str__(self) -> str:
        """Both in one sentence."""
        when = "at 12:00" if self.minutes == 1 else f"in each of {self.minutes} minutes from 12:00 on"
        log = f"{count(self.matches, 'match', 'matches')} {when}" if self.matches else "no match"
        return f"a day with {log}: {self.before}; with it: {self.after}"


def cured(detection: Detection, cure: Cure) -> Detection:
    """The detection with other settings; `SettingsError` where the service would refuse them."""
    alarm: dict[str, Any] = {}
    filters: dict[str, Any] = {}
    for key, value in cure:
        section, _, name = key.partition(".")
        (alarm if section == "alarm" else filters)[name] = value
    enabled = alarm.pop("actions_enabled", detection.actions.enabled)
    return dataclasses.replace(
        detection,
        alarm=dataclasses.replace(detection.alarm, **alarm),
        filters=tuple(dataclasses.replace(one, **filters) for one in detection.filters),
        actions=dataclasses.replace(detection.actions, enabled=enabled),
    )


def said(cure: Cure) -> str:
    """The settings as they stand in a detection file: ``alarm.statistic = "Sum", without alarm.unit``."""
    return ", ".join(
        f"without {key}" if value is None or isinstance(value, Mapping) else f"{key} = {json.dumps(value)}"
        for key, value in cure
    )


def day(before: Detection, after: Detection) -> Day | None:
    """A made-up day on which the two differ, in how long they are in ALARM if there is one; else None."""
    first = None
    for minutes, matches in itertools.product((1, _HOUR), _MATCHES):
        one, other = (_lived(each, matches, minutes) for each in (before, after))
        if one.minutes != other.minutes:
            return Day(matches, minutes, one, other)
        if first is None and one != other:
            first = Day(matches, minutes, one, other)
    return first


def _lived(detection: Detection, matches: int, times: int) -> Lived:
    alarm = detection.alarm
    samples = Samples.of([row for row in _rows(detection, matches, times) if row[2]])
    history = alarm.history(samples, start=1, end=_MINUTES)
    minutes, pages, state, since = 0, 0, State.INSUFFICIENT_DATA, 1.0
    for one in history:
        at = float(one.at)  # type: ignore[arg-type]  # minutes go in, minutes come out
        minutes += int(at - since) if state is State.ALARM else 0
        state, since = one.after, at
        pages += state is State.ALARM
    minutes += int(_MINUTES + 1 - since) if state is State.ALARM else 0
    end = (_NOON + times) * MINUTE
    window = samples.between(end - alarm.period, end)
    value = datapoint(alarm, list(zip(window.values, window.counts, strict=True)))
    return Lived(value, minutes, pages, state)


def _rows(detection: Detection, matches: int, times: int) -> Iterator[tuple[int, float, int]]:
    """The samples of the day: minute, value and how many. The first filter that the alarm sees is the one that matches."""
    alarm, left = detection.alarm, matches
    for metric_filter in detection.filters:
        options = watched(metric_filter, alarm)
        constant = metric_filter.constant
        hidden = metric_filter.dimensions and not alarm.dimensions  # matches have the fields
        if (ANY if constant is None else constant,) in options and not hidden:
            value = abs(alarm.threshold) + 1 if constant is None else constant
            yield from ((_NOON + minute, value, left) for minute in range(times))
        if metric_filter.default is not None and (metric_filter.default,) in options:
            for minute in range(_MINUTES):
                matching = left if 0 <= minute - _NOON < times else 0
                yield minute, metric_filter.default, max(0, _EVENTS - matching)
        left = 0 if options != {()} else left
