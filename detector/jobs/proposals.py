"""Rule tests that an archive suggests for detections: one for each way of matching, for each near miss, and for mutants.

In: detections and the inputs of a `Plan`. Out: one frozen `Proposals`: cases that hold today, in which nothing of the archive is
left but the words of AWS (`detector.ruletests.anonymous`). The claim: each case has the verdict that its record had, and passes
`detector test`; together they notice more mutants than the tests that there are, or there was nothing to be noticed.
"""

from __future__ import annotations

import dataclasses
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from detector.archive import Event, Plan, Problem, ProblemKind, Progress
from detector.detections import Detection
from detector.errors import DetectorError
from detector.jobs.census import Odd, keyed
from detector.jobs.counting import read
from detector.jobs.emptiness import Emptiness, emptiness
from detector.metrics.filter import MetricFilter
from detector.notebook import table
from detector.pattern import Pattern
from detector.pattern.evaluate import MISSING
from detector.pattern.explanation import Kind, Verdict, explain, judge, leaves
from detector.pattern.mutants import mutants
from detector.pattern.syntax import Node, Rule, Selector, parts, rule
from detector.quantities import count
from detector.relation.nearest import changed, fields_of
from detector.ruletests.anonymous import Anonymous
from detector.ruletests.load import MAIN, SUFFIX, Case, load
from detector.ruletests.mutants import Mutation, mutation
from detector.ruletests.written import Draft, cases_toml, distinct
from detector.scan.projected import Rows

MOST, MOST_KNOWN = 2_500, 50_000
"""Different events that are kept for one filter, of those that match and of the others; events that are known again."""
LONGEST_NAME, LONGEST_PATH = 70, 30
_ANOTHER = "another event"

Reading: TypeAlias = dict[str, Any] | str
"""What a filter reads of an event: an object with its fields alone, or a message."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """The cases for one detection; ``lost`` are those that could not be said without naming what is not ours to name."""

    detection: Detection
    drafts: tuple[Draft, ...]
    lost: int
    before: Mutation
    """With the tests that there are."""
    after: Mutation
    """With the proposed ones beside them."""

    @property
    def toml(self) -> str:
        """The cases, ready to be put into a test file."""
        return cases_toml(self.drafts)


@dataclass(frozen=True, slots=True, repr=False)
class Proposals:
    """The cases for all detections, from one pass over ``records`` events."""

    detections: tuple[Proposed, ...]
    records: int
    problems: tuple[Problem, ...] = ()
    empty: Emptiness | None = None

    def __repr__(self) -> str:
        cases = sum(len(one.drafts) for one in self.detections)
        return f"<Proposals: {count(cases, 'case')} for {count(len(self.detections), 'detection')}>"

    def _repr_html_(self) -> str:
        rows = [
            (one.detection.name, draft.name, "matches" if all(draft.matches.values()) else "does not")
            for one in self.detections
            for draft in one.drafts
        ]
        return table(repr(self), ("detection", "case", ""), rows)


def propose(detections: Sequence[Detection], plan: Plan, *, progress: Progress | None = None) -> Proposals:
    """Cases for some detections from what a plan selects; `ArchiveError` for a path that does not exist."""
    plan = dataclasses.replace(plan, timed=False)
    seen = [[_Seen(one.pattern) for one in detection.filters] for detection in detections]
    every = [one for some in seen for one in some]
    problems, records = list(plan.locate().problems), 0
    fields = [Selector(path) for one in every for path in one.paths if path]
    for item in read([one.pattern for one in every], plan, plan.locate().files, progress, fields):
        if isinstance(item, Problem):
            problems.append(item)
            continue
        records += len(item) if isinstance(item, Rows) else 1
        for one in every:
            one.add(item)
    if records:
        problems = [one for one in problems if one.kind is not ProblemKind.NOT_CLOUDTRAIL]
    anonymous = Anonymous()
    found = tuple(_proposed(one, some, anonymous) for one, some in zip(detections, seen, strict=True))
    return Proposals(found, records, tuple(problems), None if records else emptiness(plan, problems))


class _Seen:
    """The different events that one filter saw, each once: what it reads of them."""

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        self.paths = tuple(dict.fromkeys(fields_of(pattern.conditions).values()))
        self.events: dict[str, Reading] = {}
        self._known: set[tuple[Any, ...]] = set()
        self._kept = {True: 0, False: 0}

    def add(self, item: Rows | Event) -> None:
        """The events of a file, or one."""
        if isinstance(item, Event):
            if self.pattern.json is None:
                self._keep(item.text)
            elif item.record is not None and not item.lost(self.pattern):
                self._keep_values([_value(item.record, path) for path in self.paths])
            return
        columns = (keyed(item.column(Selector(path))) for path in self.paths)
        for values in set(zip(*columns, strict=True)) - self._known:
            if len(self._known) < MOST_KNOWN:
                self._known.add(values)
            self._keep_values([one.value if isinstance(one, Odd) else one for one in values])

    def _keep_values(self, values: Sequence[Any]) -> None:
        event: dict[str, Any] = {}
        for path, value in zip(self.paths, values, strict=True):
            event = event if value is MISSING else changed(event, path, value)
        self._keep(event)

    def _keep(self, event: Reading) -> None:
        matches = self.pattern.matches(event)  # of these, too, there is room when there are many others
        if self._kept[matches] < MOST and (key := repr(event)) not in self.events:
            self.events[key] = event
            self._kept[matches] += 1


def _value(record: dict[str, Any], path: tuple[Any, ...]) -> Any:
    found: Any = record
    for name in path:
        found = found.get(name.text, MISSING) if isinstance(found, dict) else MISSING
    return found


def _proposed(detection: Detection, seen: Sequence[_Seen], anonymous: Anonymous) -> Proposed:
    _, at, variant = detection.name.partition("@")
    variant = variant if at and variant in {one.name for one in detection.variants} else MAIN
    existing = _tests_of(detection, variant)
    drafts, lost, names = list[Draft](), 0, Counter[str]()
    for metric_filter, one in zip(detection.filters, seen, strict=True):
        named = metric_filter.name if len(detection.filters) > 1 else ""
        told = [case.event for case, _ in existing if case.filter in {"", metric_filter.name}]
        for name, event in _chosen(metric_filter, one, told):
            said = _said(metric_filter.pattern, event, anonymous)
            if said is None:
                lost += 1
            elif not any(said == draft.event and named == draft.filter for draft in drafts):
                verdict = metric_filter.pattern.matches(said)
                way = None if name else _way(metric_filter.pattern, said)
                title = way[0] if way else name or _ANOTHER
                title = textwrap.shorten(title, LONGEST_NAME, placeholder=" …")
                drafts.append(Draft(distinct(title, names), said, {variant: verdict}, named))
    cases = [(Case(one.name, 0, one.event, one.matches, one.filter), one.matches[variant]) for one in drafts]
    before = mutation(detection, existing)
    return Proposed(detection, tuple(drafts), lost, before, mutation(detection, [*existing, *cases]))


def _tests_of(detection: Detection, variant: str) -> list[tuple[Case, bool]]:
    """The cases that there are beside the detection; none where there are none that can be read."""
    beside = Path(f"{detection.path.removesuffix('.toml')}{SUFFIX}")
    try:
        cases = load(beside).cases if detection.path and beside.is_file() else ()
    except DetectorError:
        return []
    return [(case, case.matches[variant]) for case in cases if variant in case.matches]


def _chosen(metric_filter: MetricFilter, seen: _Seen, told: Sequence[Any]) -> Iterator[tuple[str, Reading]]:
    """One event for each way of matching and each near miss, then those that tell mutants apart, with the mistake as their name."""
    pattern, ways = metric_filter.pattern, set[Any]()
    for event in sorted(seen.events.values(), key=lambda one: len(repr(one))):
        way = _way(pattern, event)
        if way is not None and way[1] not in ways:
            ways.add(way[1])
            told = [*told, event]
            yield "", event
    if not ways and seen.events:  # nothing is near: what comes nearest
        nearest = max(seen.events.values(), key=lambda one: _true(pattern, one))
        told = [*told, nearest]
        yield _ANOTHER, nearest
    for mutant in mutants(pattern):
        if any(mutant.pattern.matches(one) is not pattern.matches(one) for one in told):
            continue
        for event in seen.events.values():
            if mutant.pattern.matches(event) is not pattern.matches(event):
                told = [*told, event]
                yield f"{mutant.mistake}: {mutant.before}", event
                break


def _true(pattern: Pattern, event: Reading) -> int:
    tree = judge(pattern, event)
    return sum(leaf.holds for leaf in leaves(tree)) if tree else 0


def _way(pattern: Pattern, event: Reading) -> tuple[str, Any] | None:
    """What an event is an example of, in words and as a key: a smallest set of conditions that match, or those of which one is lacking."""
    tree = judge(pattern, event)
    if tree is None:
        return None
    if tree.holds:
        deciding = explain(pattern, event).decisive
        return f"matches: {_facts(deciding)}", ("match", *(one.clause for one in deciding))
    true: set[Node] = {leaf.clause for leaf in leaves(tree) if leaf.holds}
    alone = [leaf for leaf in leaves(tree) if not leaf.holds and _holds(pattern.expr, true | {leaf.clause})]
    if not alone:
        return None
    kinds = (leaf.found.kind if leaf.found else None for leaf in alone)
    return f"near miss: {_facts(alone)}", (
        "miss",
        *((leaf.clause, kind) for leaf, kind in zip(alone, kinds, strict=True)),
    )


def _facts(found: Sequence[Verdict]) -> str:
    """What is there where some conditions look: ``errorCode AccessDenied, no sessionIssuer.userName``."""
    return ", ".join(dict.fromkeys(_fact(one) for one in found))


def _fact(one: Verdict) -> str:
    selector = getattr(one.clause, "selector", None)
    if selector is None or one.found is None:
        return f"{'' if one.holds else 'not '}{one.clause}"
    path = str(selector).removeprefix("$.")
    short = path if len(path) <= LONGEST_PATH else ".".join(path.split(".")[-2:])
    match one.found.kind:
        case Kind.ABSENT:
            return f"no {short}"
        case Kind.STRING | Kind.NUMBER:
            return f"{short} {one.found.values[0]}"
        case Kind.BOOLEAN:
            return f"{short} {str(one.found.values[0]).lower()}"
        case Kind.NULL:
            return f"{short} is null"
        case kind:
            return f"{short} is an {kind}"


def _holds(node: Node, true: set[Node]) -> bool:
    if (how := rule(node)) is Rule.CONDITION:
        return node in true
    return (all if how is Rule.ALL else any)(_holds(part, true) for part in parts(node))


def _said(pattern: Pattern, event: Reading, anonymous: Anonymous) -> Reading | None:
    """The event without anything of the archive's; None where that cannot be."""
    if isinstance(event, dict):
        assert pattern.json is not None  # noqa: S101 - objects are kept for JSON patterns alone
        return anonymous.event(pattern.json, event)
    return anonymous.message(pattern, event)
