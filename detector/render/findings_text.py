"""Checks as text: a line for each valid thing, then each finding with its place under a caret and what to write instead.

In: what `detector.jobs.check` says. Out: lines for a terminal. Patterns and paths are made printable; of a long line the
part around the place is shown. What is refused is an error with a caret of its own, for standard error.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.jobs.check import Checked, Checks
from detector.lint import AlarmFinding
from detector.lint.cures import said as cure_text
from detector.lint.finding import Finding, Promise
from detector.lint.rules import Severity
from detector.lint.targets import Target
from detector.render.kit.page import Page
from detector.render.kit.printable import printable

_BEFORE = 30
OF_SUGGESTION = {
    Promise.SAME: "the same events",
    Promise.WIDER: "the same events and more",
    Promise.NARROWER: "fewer events",
    Promise.OTHER: "other events",
    None: "",
}


def findings_text(result: Checks, page: Page) -> str:
    """What is valid, the findings one after the other, and how many there are.

    A number is said once for each pattern, and a suggestion below the last finding that it is for.
    """
    valid = [_valid(one) for one in result.checked if one.refused is None]
    lines = [line for one in valid for line in page.hanging(one)]
    for one in result.patterns:
        told: set[str] = set()
        for place, finding in enumerate(one.findings):
            later = {other.suggestion for other in one.findings[place + 1 :]}
            lines += _finding(one.target, finding, page)
            for number in finding.numbers:
                if number not in told:
                    lines += page.hanging(f"archive: {printable(number, 400)}", 2)
            told.update(finding.numbers)
            if finding.suggestion is not None and finding.suggestion not in later:
                lines += _suggestion(finding, page)
    for checked in result.checked:
        for alarm in checked.alarm:
            lines += _alarm(checked.name, alarm, page)
    for remark in result.remarks:
        lines += page.hanging(f"{remark.subject}: {printable(str(remark), 1000)}")
    lines += summary(result)
    return "".join(f"{line}\n" for line in lines)


def _valid(one: Checked) -> str:
    if one.tests:
        return f"valid: {printable(one.name)}: rule tests"
    if not one.title:
        return f"valid: {printable(str(one.patterns[0].target.pattern), 2000)}"
    also = f", also {', '.join(one.variants)}" if one.variants else ""
    return f"valid: {printable(one.name, 400)}: {printable(one.title)}{printable(also, 400)}"


def summary(result: Checks) -> list[str]:
    """How many findings there are of each severity; nothing where there is none."""
    severities = [finding.severity for finding in result.findings]
    parts = [
        _counted(severities.count(severity), str(severity))
        for severity in sorted(set(severities), reverse=True)
    ]
    return [f"{_counted(len(severities), 'finding')}: {', '.join(parts)}"] if severities else []


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _alarm(name: str, finding: AlarmFinding, page: Page) -> Iterator[str]:
    """The finding, the settings that cure it, and what a made-up day shows of both."""
    place = finding.place
    yield from _headline(name if place is None else f"{place.path}:{place.line}", finding, page)
    if finding.cure:
        yield from page.hanging(f"instead: {printable(cure_text(finding.cure), 400)}", 2)
    if finding.day is not None:
        yield from page.hanging(f"shown by {finding.day}", 2)


def _headline(named: str, finding: Finding | AlarmFinding, page: Page) -> Iterator[str]:
    """The place, the code, the severity and the consequence."""
    where = f"{printable(named, 400)}: " if named else ""
    level = f"{finding.code} {finding.severity}"
    said = page.bad(level) if finding.severity is Severity.ERROR else page.bold(level)
    first, *lines = page.hanging(f"{where}{level}: {printable(finding.consequence, 2000)}")
    yield first.replace(f"{where}{level}", f"{where}{said}", 1)
    yield from lines


def _finding(target: Target, finding: Finding, page: Page) -> Iterator[str]:
    place = target.place(finding.span[0])
    named = target.name if place is None else f"{place.path}:{place.line}:{place.column}"
    yield from _headline(named if target.name else "", finding, page)
    yield from (f"  {line}" for line in excerpt(target.pattern.source, finding.span, page.width - 4))


def _suggestion(finding: Finding, page: Page) -> Iterator[str]:
    """The suggested pattern; several findings of a code share one."""
    written = " ".join((finding.suggestion or "").split("\n"))
    yield f"  instead, for {OF_SUGGESTION[finding.promise]}:"
    yield from page.hanging(printable(written, 2000), 4)


def excerpt(source: str, span: tuple[int, int], width: int) -> tuple[str, str]:
    """The line that holds the place, cut to a width, and the caret line under it."""
    start, end = span
    first = source.rfind("\n", 0, start) + 1
    last = source.find("\n", start)
    last = len(source) if last < 0 else last
    left = max(first, min(start - _BEFORE, last - width))
    right = min(last, left + width)
    head, tail = "…" if left > first else "", "…" if right < last else ""
    shown = printable(source[left:right], width)
    carets = "^" * max(1, min(end, right) - start)
    return f"{head}{shown}{tail}", f"{' ' * (len(head) + start - left)}{carets}"
