"""Findings with the numbers of an archive: exact counts in the place of what is said of records in general.

In: the findings about a pattern, and how often each of its conditions holds. Out: those that the records do not refute,
with their numbers, and a finding for each selector that no record has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from detector.jobs.conditions import Conditions
from detector.lint.finding import Finding
from detector.lint.rules import RULES, Severity
from detector.lint.trees import as_written
from detector.pattern import Pattern
from detector.pattern.syntax import Condition, Selector, Span

_BY_SCHEMA = {"D201", "D203", "D204", "D205", "D206"}
"""What is said of the records in general, and does not hold of an archive that shows otherwise."""


def numbered(
    pattern: Pattern,
    findings: Sequence[Finding],
    counts: Conditions,
    matched: Mapping[str, int],
    records: int,
) -> list[Finding]:
    """The findings about one pattern with their numbers, and the selectors that no record has."""
    present = {each.leaf.selector: each for each in counts.conditions if isinstance(each.leaf, Condition)}

    def written(selector: Selector) -> str:
        return as_written(str(selector), pattern.source, pattern.conditions)

    def numbers(one: Finding) -> Iterator[str]:
        if one.selector in present:
            times = present[one.selector].present
            yield f"{written(one.selector)} is present in {times:,} of {records:,} records"
        yield f"the pattern matches {counts.matched:,} of {records:,} records"
        if one.suggestion is not None:
            yield f"the suggested pattern matches {matched[one.suggestion]:,}"

    told = [
        replace(finding, numbers=tuple(numbers(finding)))
        for finding in findings
        if not _is_refuted(finding, counts)
    ]
    told += _silent(counts, told)
    blamed = {one.selector for one in told if one.code == "D201"}
    for leaf in {leaf.selector: leaf for leaf in reversed(pattern.conditions)}.values():
        count = present[leaf.selector]
        if records and not count.present and leaf.selector not in blamed:
            said = f"no record of the archive has {written(leaf.selector)}"
            if count.nearest is not None and count.nearest != str(leaf.selector):
                said += f"; the nearest that they have is {count.nearest}"
            number = f"{written(leaf.selector)} is present in 0 of {records:,} records"
            severity = RULES["D701"].severity
            told.append(
                Finding("D701", severity, leaf.selector.span, said, numbers=(number,), selector=leaf.selector)
            )
    return sorted(told, key=lambda one: (one.span, -one.severity, one.code))


def _silent(counts: Conditions, told: Sequence[Finding]) -> Iterator[Finding]:
    """That a pattern matches no record, unless it is said already that it can match none at all."""
    if counts.events and not counts.matched and not any(one.severity is Severity.ERROR for one in told):
        said = f"the pattern matches none of the archive's {counts.events:,} records. {counts.because}"
        whole = Span(0, len(counts.pattern.source))
        yield Finding("D702", RULES["D702"].severity, whole, said)


def _is_refuted(one: Finding, counts: Conditions) -> bool:
    """Whether the archive has records of which the schema knew nothing."""
    if one.code == "D201":
        about = [
            count for count in counts.conditions if getattr(count.leaf, "selector", None) == one.selector
        ]
        return any(count.present for count in about)
    leaves = set(one.conditions)
    return one.code in _BY_SCHEMA and any(
        count.satisfied for count in counts.conditions if count.leaf in leaves
    )
