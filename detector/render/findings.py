"""Findings as text: the sentence, the place under a caret, and what to write instead.

In: targets with their findings. Out: lines. Patterns and paths are made printable; of a long line the part around
the place is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from detector.lint.finding import Finding, Promise
from detector.lint.places import Target
from detector.lint.rules import Severity
from detector.render.printable import printable
from detector.render.style import Style

WIDTH = 96
_BEFORE = 30
_OF_SUGGESTION = {
    Promise.SAME: "the same events",
    Promise.WIDER: "the same events and more",
    Promise.NARROWER: "fewer events",
    Promise.OTHER: "other events",
    None: "",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """One target, its findings, and how to name it."""

    target: Target
    findings: tuple[Finding, ...]


def lines(checked: Sequence[Checked], style: Style) -> Iterator[str]:
    """The findings of all targets, one after the other, and how many there are.

    A number is said once for each target, and a suggestion below the last finding that it is for.
    """
    for one in checked:
        told: set[str] = set()
        for place, finding in enumerate(one.findings):
            later = {other.suggestion for other in one.findings[place + 1 :]}
            yield from _finding(one.target, finding, style)
            yield from _numbers(finding, told)
            if finding.suggestion is not None and finding.suggestion not in later:
                yield from _suggestion(finding)
    total = [finding.severity for one in checked for finding in one.findings]
    if total:
        yield summary(total)


def summary(severities: Sequence[Severity]) -> str:
    """How many findings there are of each severity."""
    parts = [_counted(severities.count(one), str(one)) for one in sorted(set(severities), reverse=True)]
    return f"{_counted(len(severities), 'finding')}: {', '.join(parts)}"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _finding(target: Target, finding: Finding, style: Style) -> Iterator[str]:
    where = f"{printable(_where(target, finding), 400)}: " if target.name else ""
    level = f"{finding.code} {finding.severity}"
    said = style.bad(level) if finding.severity is Severity.ERROR else style.bold(level)
    yield f"{where}{said}: {printable(finding.consequence, 2000)}"
    source, caret = excerpt(target.pattern.source, finding.span)
    yield f"  {source}"
    yield f"  {caret}"


def _numbers(finding: Finding, told: set[str]) -> Iterator[str]:
    """What an archive says, and was not said of another finding."""
    for number in finding.numbers:
        if number not in told:
            told.add(number)
            yield f"  archive: {printable(number, 400)}"


def _suggestion(finding: Finding) -> Iterator[str]:
    """The suggested pattern on one line; several findings of a code share one."""
    written = " ".join((finding.suggestion or "").split("\n"))
    yield f"  instead, for {_OF_SUGGESTION[finding.promise]}:"
    yield f"    {printable(written, 2000)}"


def _where(target: Target, finding: Finding) -> str:
    place = target.place(finding.span[0])
    return target.name if place is None else f"{place.path}:{place.line}:{place.column}"


def excerpt(source: str, span: tuple[int, int], width: int = WIDTH) -> tuple[str, str]:
    """The line that holds the place, cut to a width, and the caret line under it."""
    start, end = span
    first = source.rfind("\n", 0, start) + 1
    last = source.find("\n", start)
    last = len(source) if last < 0 else last
    left = max(first, min(start - _BEFORE, last - width))
    right = min(last, left + width)
    head, tail = "…" if left > first else "", "…" if right < last else ""
    shown = "".join(char if char.isprintable() else " " for char in source[left:right])
    carets = "^" * max(1, min(end, right) - start)
    return f"{head}{shown}{tail}", f"{' ' * (len(head) + start - left)}{carets}"
