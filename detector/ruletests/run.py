"""Tests of a detection in, an outcome for each expectation out; nothing is decided here that replays decide otherwise.

A case is judged by `explain` (which asks the definition of truth), a timeline by the history of the alarm over the
samples that the metric filter would publish.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from detector.alarm import Alarm, State, Transition
from detector.detections import Detection, load_detection
from detector.errors import DetectionError
from detector.metrics.filter import MetricFilter
from detector.pattern import Pattern
from detector.pattern.explanation import Explanation, explain
from detector.ruletests.keys import suggestion
from detector.ruletests.load import MAIN, Case, RuleTests, Timeline

START = datetime(2024, 1, 1, tzinfo=UTC)
"""00:00 of every timeline: a Monday in UTC, the first of a month."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A state of the alarm that is not the expected one."""

    minute: int
    expected: State
    found: State


@dataclass(frozen=True, slots=True)
class Outcome:
    """One expectation and what came of it; ``text`` is the variant, `MAIN` for the pattern itself and for alarms."""

    path: str
    line: int
    name: str
    text: str = MAIN
    expected: bool | None = None
    """Whether the event had to match; None for a timeline."""
    explanation: Explanation | None = None
    wrong: tuple[Wrong, ...] = ()
    transitions: tuple[Transition, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.wrong and (self.explanation is None or self.explanation.matches is self.expected)


def run(tests: RuleTests) -> list[Outcome]:
    """An outcome for every case and variant, then for every timeline. `DetectionError` where a variant is unknown."""
    detection = load_detection(tests.detection)
    known = texts(tests.detection)
    outcomes = [outcome for case in tests.cases for outcome in _of_case(tests, case, known)]
    return [*outcomes, *(_of_timeline(tests, one, detection) for one in tests.timelines)]


def texts(detection: str) -> dict[str, Pattern]:
    """The pattern of a detection under `MAIN`, and those of its variants under their names."""
    whole = load_detection(detection)
    asked = {MAIN: whole, **{one.name: whole.with_variant(one.name) for one in whole.variants}}
    return {name: one.pattern for name, one in asked.items() if one.pattern is not None}


def _of_case(tests: RuleTests, case: Case, known: Mapping[str, Pattern]) -> list[Outcome]:
    unknown = next((name for name in case.matches if name not in known), None)
    if unknown is not None:
        names = [name for name in known if name]
        expected = suggestion(unknown, names) if names else f"{tests.detection} has none"
        raise DetectionError(
            tests.path, "case.variants", f"unknown variant {unknown!r}; {expected}", case.line
        )
    return [
        Outcome(tests.path, case.line, case.name, text, expected, explain(known[text], case.event))
        for text, expected in case.matches.items()
    ]


Row: TypeAlias = tuple[datetime, float | None, int]


def _of_timeline(tests: RuleTests, timeline: Timeline, detection: Detection) -> Outcome:
    transitions = history(tests, timeline, detection)
    found = {at: _state_at(at, timeline, transitions) for at in timeline.states}
    wrong = tuple(
        Wrong(at, expected, found[at]) for at, expected in timeline.states.items() if found[at] != expected
    )
    return Outcome(tests.path, timeline.line, timeline.name, wrong=wrong, transitions=transitions)


def _state_at(at: int, timeline: Timeline, transitions: tuple[Transition, ...]) -> State:
    """The state after the evaluation at that minute."""
    before = (
        one.after for one in reversed(transitions) if isinstance(one.at, datetime) and one.at <= _time(at)
    )
    return next(before, timeline.state)


def history(tests: RuleTests, timeline: Timeline, detection: Detection) -> tuple[Transition, ...]:
    """The transitions of the alarm from 00:00 to the last minute that is asked about."""
    samples = _samples(tests, timeline, detection)
    end = _time(max(timeline.states))
    return tuple(detection.alarm.history(samples, start=START, end=end, state=timeline.state))


def _samples(tests: RuleTests, timeline: Timeline, detection: Detection) -> list[Row]:
    """What the first filter publishes that the alarm watches: a value per match, and in a minute with logs and no
    match one default, if there is one.
    """
    published = next((one for one in detection.filters if _watched(one, detection.alarm)), None)
    if published is None:
        return []
    value = published.constant if timeline.value is None else timeline.value
    if value is None:
        expected = f"expected the key value: the metric's value is {published.value}, which no match here has"
        raise DetectionError(tests.path, "timeline.value", expected, timeline.line)
    default = published.default
    matched: list[Row] = [(_time(at), value, number) for at, number in timeline.matches.items() if number]
    silent = [at for at, number in timeline.matches.items() if not number]
    return matched + [(_time(at), default, 1) for at in silent if default is not None]


def _watched(published: MetricFilter, alarm: Alarm) -> bool:
    """Whether the alarm looks at the series of the filter: another unit or other dimensions are another series."""
    same_unit = alarm.unit is None or alarm.unit == (published.unit or "None")
    return same_unit and set(alarm.dimensions) == set(published.dimensions)


def _time(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def only(tests: RuleTests, text: str) -> RuleTests:
    """The cases about one variant (`MAIN` for the pattern itself), without the others' expectations."""
    cases = (
        dataclasses.replace(case, matches={text: case.matches[text]})
        for case in tests.cases
        if text in case.matches
    )
    timelines = tests.timelines if text == MAIN else ()
    return dataclasses.replace(tests, cases=tuple(cases), timelines=timelines, narrowed=True)
