"""What an archive says about the findings: how many records have a selector, and how many match.

In: patterns with their findings, and inputs. Out: the same findings with sentences that hold exact counts, and a note
for each selector that no record has. One pass, whatever the number of patterns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from detector.archive import DEFAULT_LIMIT, Event, Plan, Problem, walk
from detector.cloudtrail.paths import Paths
from detector.lint.finding import Finding
from detector.lint.rules import RULES
from detector.lint.trees import as_written
from detector.pattern import Pattern
from detector.pattern import compile as compile_pattern
from detector.pattern.evaluate import evaluate, select
from detector.pattern.syntax import Selector

_BY_SCHEMA = {"D201", "D203", "D204", "D205", "D206"}
"""What is said of the records in general, and does not hold of an archive that shows otherwise."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The findings of each pattern, how many records were read, and what could not be."""

    findings: tuple[tuple[Finding, ...], ...]
    records: int
    problems: tuple[Problem, ...]


def count(
    checked: Sequence[tuple[Pattern, tuple[Finding, ...]]],
    paths: Sequence[str],
    *,
    limit: int = DEFAULT_LIMIT,
) -> Counted:
    """The findings with numbers from the records under ``paths``.

    Raises `ArchiveError` for a path that does not exist.
    """
    problems: list[Problem] = []
    tallies = [_Tally(pattern, found) for pattern, found in checked]
    seen = Paths()
    records = 0
    for event in walk(Plan(paths=tuple(map(str, paths)), limit=limit, timed=False)):
        if isinstance(event, Problem):
            problems.append(event)
        elif event.record is not None:
            records += 1
            seen.add(event.record)
            for tally in tallies:
                tally.add(event)
    return Counted(tuple(tally.findings(records, seen) for tally in tallies), records, tuple(problems))


class _Tally:
    """The counts of one pattern."""

    def __init__(self, pattern: Pattern, found: tuple[Finding, ...]) -> None:
        self.pattern = pattern
        self.found = found
        self.matched = 0
        self.present = {leaf.selector: 0 for leaf in pattern.conditions}
        blamed = (leaf for one in found if one.code in _BY_SCHEMA for leaf in one.conditions)
        self.true = dict.fromkeys(blamed, 0)
        self.suggested = {one.suggestion: 0 for one in found if one.suggestion is not None}
        self.tests = {text: compile_pattern(text) for text in self.suggested}

    def add(self, event: Event) -> None:
        """Count one record."""
        record = event.record or {}
        self.matched += self.pattern.matches(record)
        for selector in self.present:
            self.present[selector] += any(True for _ in select(selector.steps, record))
        for leaf in self.true:
            self.true[leaf] += evaluate(leaf, record)
        for text, test in self.tests.items():
            self.suggested[text] += test.matches(record)

    def findings(self, records: int, seen: Paths) -> tuple[Finding, ...]:
        """The findings with their numbers, and the selectors that no record has."""
        left = [one for one in self.found if not self._is_refuted(one)]
        told = [replace(one, numbers=tuple(self._numbers(one, records))) for one in left]
        blamed = {one.selector for one in told if one.code == "D201"}
        absent = [path for path, times in self.present.items() if not times and path not in blamed]
        also = [self._absent(path, records, seen) for path in absent if records]
        return tuple(sorted([*told, *also], key=lambda one: (one.span, -one.severity, one.code)))

    def _is_refuted(self, one: Finding) -> bool:
        """Whether the archive has records of which the schema knew nothing."""
        if one.code == "D201":
            return one.selector is not None and bool(self.present.get(one.selector))
        return one.code in _BY_SCHEMA and any(self.true[leaf] for leaf in one.conditions)

    def _numbers(self, one: Finding, records: int) -> Iterator[str]:
        if one.selector in self.present:
            yield f"{self._written(one.selector)} is present in {self.present[one.selector]:,} of {records:,} records"
        yield f"the pattern matches {self.matched:,} of {records:,} records"
        if one.suggestion is not None:
            yield f"the suggested pattern matches {self.suggested[one.suggestion]:,}"

    def _written(self, path: Selector) -> str:
        """A selector in the author's words."""
        return as_written(str(path), self.pattern.source, self.pattern.conditions)

    def _absent(self, path: Selector, records: int, seen: Paths) -> Finding:
        leaf = next(leaf for leaf in self.pattern.conditions if leaf.selector == path)
        near = seen.nearest(path)
        instead = f"; the nearest that they have is {near}" if near is not None and near != path else ""
        said = f"no record of the archive has {self._written(path)}{instead}"
        numbers = (f"{self._written(path)} is present in 0 of {records:,} records",)
        return Finding(
            "D701", RULES["D701"].severity, leaf.selector.span, said, numbers=numbers, selector=path
        )
