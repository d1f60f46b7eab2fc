"""Rule tests in, an outcome for each expectation out, and what of each detection they cover.

Nothing is decided here that a replay decides otherwise: a case is judged by `explain`, which asks the definition of
truth, a timeline by the history of the alarm over the samples that the metric filters would publish.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from detector.alarm import State, Transition
from detector.detections import Detection, load_detection
from detector.detections.strict import suggestion
from detector.errors import DetectionError
from detector.metrics.filter import MetricFilter
from detector.pattern import any_of
from detector.pattern.explanation import Explanation, explain, leaves
from detector.pattern.syntax import Node, conditions
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
    """One expectation and its result; ``variant`` is `MAIN` for the detection itself and for timelines."""

    path: str
    line: int
    name: str
    variant: str = MAIN
    expected: bool | None = None
    """Whether the event had to match; None for a timeline."""
    explanations: tuple[Explanation, ...] = ()
    """Why the event matches or does not; several for filters that are not all JSON patterns."""
    wrong: tuple[Wrong, ...] = ()
    transitions: tuple[Transition, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.wrong and (self.expected is None or self.explanation.matches is self.expected)

    @property
    def explanation(self) -> Explanation:
        """The one that matches, else the first one; only for cases."""
        return next(
            (explanation for explanation in self.explanations if explanation.matches), self.explanations[0]
        )

    @property
    def title(self) -> str:
        """The name of the test, and the variant that it is about."""
        return f"{self.name} [{self.variant}]" if self.variant else self.name


@dataclass(frozen=True, slots=True)
class Covered:
    """One condition, and the number of cases in which it was true and false."""

    condition: Node
    true: int
    false: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """A detection's conditions in the order in which they are written, and its matching and other cases.

    Every condition is evaluated for every case, even if others decided it.
    """

    conditions: tuple[Covered, ...]
    matching: int
    other: int

    @property
    def never_true(self) -> tuple[Node, ...]:
        """The conditions that no case made true."""
        return tuple(one.condition for one in self.conditions if not one.true)

    @property
    def never_false(self) -> tuple[Node, ...]:
        """The conditions that no case made false."""
        return tuple(one.condition for one in self.conditions if not one.false)

    @property
    def complete(self) -> bool:
        """Whether each condition was true in one case and false in another."""
        return not self.never_true and not self.never_false


def run(tests: RuleTests) -> list[Outcome]:
    """An outcome for every case and variant, then for every timeline. `DetectionError` for an unknown variant or filter."""
    known = variants(tests.detection)
    return [
        *(outcome for case in tests.cases for outcome in _of_case(tests, case, known)),
        *(_of_timeline(tests, timeline, known[MAIN]) for timeline in tests.timelines),
    ]


def variants(name: str) -> dict[str, Detection]:
    """A detection under `MAIN`, and its variants under their names."""
    detection = load_detection(name)
    return {MAIN: detection} | {
        variant.name: detection.with_variant(variant.name) for variant in detection.variants
    }


def coverage(detection: Detection, outcomes: Iterable[Outcome]) -> Coverage:
    """What the outcomes of a detection's cases cover."""
    true, false, expected = Counter[Node](), Counter[Node](), Counter[bool]()
    for outcome in outcomes:
        if outcome.expected is not None:
            expected[outcome.expected] += 1
        found = {
            leaf.clause: leaf.holds
            for explanation in outcome.explanations
            for leaf in (leaves(explanation.tree) if explanation.tree else ())
        }
        true.update(node for node, holds in found.items() if holds)
        false.update(node for node, holds in found.items() if not holds)
    asked = dict.fromkeys(
        node for metric_filter in detection.filters for node in conditions(metric_filter.pattern.expr)
    )
    covered = tuple(Covered(node, true[node], false[node]) for node in asked)
    return Coverage(covered, expected[True], expected[False])


def _of_case(tests: RuleTests, case: Case, known: Mapping[str, Detection]) -> list[Outcome]:
    for variant in case.matches:
        if variant not in known:
            names = [name for name in known if name]
            expected = suggestion(variant, names) if names else f"{tests.detection} has none"
            _refuse(tests, case, "variants", f"unknown variant {variant!r}; {expected}")
    return [
        Outcome(
            tests.path,
            case.line,
            case.name,
            variant,
            expected,
            _explained(_filters(tests, case, known[variant]), case.event),
        )
        for variant, expected in case.matches.items()
    ]


def _explained(filters: list[MetricFilter], event: dict[str, Any] | str) -> tuple[Explanation, ...]:
    """One explanation for filters that are one JSON pattern together, else one for each."""
    patterns = [metric_filter.pattern for metric_filter in filters]
    together = any_of(patterns)
    return tuple(explain(pattern, event) for pattern in ([together] if together else patterns))


def _of_timeline(tests: RuleTests, timeline: Timeline, detection: Detection) -> Outcome:
    end = _time(max(timeline.states))
    samples = _samples(tests, timeline, detection)
    transitions = tuple(detection.alarm.history(samples, start=START, end=end, state=timeline.state))
    found = {at: _state_at(at, timeline, transitions) for at in timeline.states}
    wrong = tuple(
        Wrong(at, expected, found[at]) for at, expected in timeline.states.items() if found[at] != expected
    )
    return Outcome(tests.path, timeline.line, timeline.name, wrong=wrong, transitions=transitions)


def _state_at(at: int, timeline: Timeline, transitions: tuple[Transition, ...]) -> State:
    """The state after the evaluation at that minute."""
    before = (
        transition.after
        for transition in reversed(transitions)
        if isinstance(transition.at, datetime) and transition.at <= _time(at)
    )
    return next(before, timeline.state)


def _samples(
    tests: RuleTests, timeline: Timeline, detection: Detection
) -> list[tuple[datetime, float | None, int]]:
    """What the filters publish: one of them a value for each match, and the others their default values.

    In a minute with logs and no match, each filter that has a default value publishes it once.
    """
    alarm = detection.alarm
    watched = [
        metric_filter
        for metric_filter in detection.filters  # another unit or other dimensions are another series
        if alarm.unit in {None, metric_filter.unit or "None"}
        and set(alarm.dimensions) == set(metric_filter.dimensions)
    ]
    matching = next((one for one in _filters(tests, timeline, detection) if one in watched), None)
    value = timeline.value
    if matching and value is None and (value := matching.constant) is None:
        reason = f"expected the key value: the metric's value is {matching.value}, which no match here has"
        _refuse(tests, timeline, "value", reason)
    return [
        (_time(at), value if count and one is matching else one.default, count or 1)
        for at, count in timeline.matches.items()
        for one in watched
        if (count and one is matching) or one.default is not None
    ]


def _filters(tests: RuleTests, about: Case | Timeline, detection: Detection) -> list[MetricFilter]:
    """The filters that a case or timeline is about: the named one, or all."""
    names = [metric_filter.name for metric_filter in detection.filters]
    if about.filter and about.filter not in names:
        _refuse(tests, about, "filter", f"unknown filter {about.filter!r}; {suggestion(about.filter, names)}")
    return [one for one in detection.filters if about.filter in {"", one.name}]


def _refuse(tests: RuleTests, about: Case | Timeline, key: str, reason: str) -> None:
    section = "case" if isinstance(about, Case) else "timeline"
    raise DetectionError(tests.path, f"{section}.{key}", reason, about.line)


def _time(minute: int) -> datetime:
    return START + timedelta(minutes=minute)
