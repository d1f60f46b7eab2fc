"""Whether patterns and detections are valid, and what they say unintentionally.

In: patterns, detection files, names of shipped ones, rule tests; and the inputs of a `Plan` to count in. Out: one
frozen `Checks`. With inputs the findings hold exact counts, what the records refute is left out, and there is a note
for each selector that no record has; all of it from one pass, whatever the number of patterns.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from detector.archive import Plan, Problem
from detector.detections import Detection, load_detection
from detector.detections.catalogue import named, names_detection, shipped
from detector.errors import DetectionError, DetectorError, PatternError, UnreadableError
from detector.jobs.conditions import Conditions
from detector.jobs.counting import count_archive
from detector.jobs.emptiness import Emptiness, emptiness
from detector.lint import AlarmFinding, lint, lint_alarm, targets
from detector.lint.finding import Finding
from detector.lint.rules import RULES, Severity
from detector.lint.targets import Place, Target
from detector.lint.trees import as_written
from detector.notebook import table
from detector.pattern import Pattern
from detector.pattern import compile as compile_pattern
from detector.pattern.syntax import Condition, Selector, Span
from detector.quantities import count
from detector.ruletests import load

TESTS = ".test.toml"
_BY_SCHEMA = {"D201", "D203", "D204", "D205", "D206"}
"""What is said of the records in general, and does not hold of an archive that shows otherwise."""

Asked: TypeAlias = Pattern | Detection | str | Path


@dataclass(frozen=True, slots=True)
class Linted:
    """One pattern and its findings, in the order of its text."""

    target: Target
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why something is not valid: the sentence, and the pattern and the place as far as they are known.

    ``message`` is the whole error with its caret. ``missing``: there is no such file or shipped detection, or it is
    no TOML.
    """

    name: str
    reason: str
    message: str
    pattern: str | None = None
    span: tuple[int, int] | None = None
    place: Place | None = None
    hint: str = ""
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing that was asked to be checked.

    ``title`` and ``variants`` are those of a detection. Rule tests (``tests``) have no patterns of their own; whether
    they pass is what `detector.ruletests` says.
    """

    name: str
    title: str = ""
    variants: tuple[str, ...] = ()
    patterns: tuple[Linted, ...] = ()
    alarm: tuple[AlarmFinding, ...] = ()
    tests: bool = False
    refused: Refused | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Checks:
    """Everything that was checked, in the order in which it was asked for.

    ``records`` is how many records an archive had, None without one; ``problems`` is what could not be read of it.
    """

    checked: tuple[Checked, ...]
    records: int | None = None
    problems: tuple[Problem, ...] = ()
    empty: Emptiness | None = None
    """Why the archive had no record to count in; None where it had one, or where there was no archive."""

    def __repr__(self) -> str:
        refused = f", {len(self.refused):,} not valid" if self.refused else ""
        return f"<Checks: {len(self.checked):,} checked{refused}, {count(len(self.findings), 'finding')}>"

    def _repr_html_(self) -> str:
        rows = [("not valid", "error", one.name, one.reason) for one in self.refused] + [
            (finding.code, str(finding.severity), one.target.name, finding.consequence)
            for one in self.patterns
            for finding in one.findings
        ]
        rows += [
            (finding.code, str(finding.severity), one.name, finding.consequence)
            for one in self.checked
            for finding in one.alarm
        ]
        return table(repr(self), ("code", "severity", "where", "what is wrong"), rows)

    @property
    def patterns(self) -> tuple[Linted, ...]:
        """All valid patterns."""
        return tuple(pattern for one in self.checked for pattern in one.patterns)

    @property
    def refused(self) -> tuple[Refused, ...]:
        """All that is not valid."""
        return tuple(one.refused for one in self.checked if one.refused is not None)

    @property
    def findings(self) -> tuple[Finding | AlarmFinding, ...]:
        """The findings of all patterns and alarms."""
        alarms = (finding for one in self.checked for finding in one.alarm)
        return (*(finding for pattern in self.patterns for finding in pattern.findings), *alarms)

    @property
    def valid(self) -> bool:
        """Whether nothing was refused."""
        return not self.refused


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings are wanted: codes or beginnings of codes, none in ``select`` for all."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = field(default=())

    def takes(self, there: Target | AlarmFinding, code: str) -> bool:
        """Whether a finding of this code is, at a place that may have its own codes to ignore."""
        ignored = (*self.ignore, *there.ignored)
        return (not self.select or code.startswith(self.select)) and not code.startswith(ignored)


def check(
    asked: Asked | Iterable[Asked],
    *,
    archive: Plan | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> Checks:
    """Check patterns and detections with all their filters and variants, one or several.

    A ``str`` is a pattern unless it is a file or written like one or like a shipped name. ``select`` and ``ignore``
    are codes or beginnings of codes, such as D2. Whatever is not valid is in ``refused`` and never raised; only
    `ArchiveError` is, for a path of the archive that does not exist.
    """
    wanted = Wanted(tuple(select), tuple(ignore))
    listed = [asked] if isinstance(asked, Pattern | Detection | str | Path) else asked
    checked = tuple(_checked(one, wanted) for each in listed for one in _each(each))
    if archive is None:
        return Checks(checked)
    patterns = [linted for one in checked for linted in one.patterns]
    # One pass counts the patterns and those that are suggested in their place.
    suggestions = list(dict.fromkeys(finding.suggestion for each in patterns for finding in each.findings))
    texts = [text for text in suggestions if text is not None]
    asked_for = [one.target.pattern for one in patterns] + [compile_pattern(text) for text in texts]
    plan = replace(archive, timed=False)
    counted = count_archive(asked_for, plan)
    matched = {
        text: pattern.matched for text, pattern in zip(texts, counted.patterns[len(patterns) :], strict=True)
    }
    numbered = iter(
        Linted(one.target, tuple(_numbered(one, counts, matched, counted.records, wanted)))
        for one, counts in zip(patterns, counted.patterns, strict=False)
    )
    told = (replace(one, patterns=tuple(next(numbered) for _ in one.patterns)) for one in checked)
    empty = None if counted.events else emptiness(plan, counted.problems)
    return Checks(tuple(told), counted.records, counted.problems, empty)


def _each(asked: Asked) -> Sequence[Asked]:
    """What is asked for, one by one: a folder or ``cis/*`` stands for several."""
    if isinstance(asked, Pattern | Detection) or (isinstance(asked, str) and not names_detection(asked)):
        return [asked]
    try:
        return [Path(one) if isinstance(asked, Path) else one for one in named(asked)]
    except DetectionError:
        return [asked]


def _checked(asked: Asked, wanted: Wanted) -> Checked:
    name = asked.name if isinstance(asked, Detection) else "" if isinstance(asked, Pattern) else str(asked)
    try:
        if name.endswith(TESTS):
            load(name)
            return Checked(name, tests=True)
        if isinstance(asked, Pattern) or (isinstance(asked, str) and not names_detection(asked)):
            pattern = asked if isinstance(asked, Pattern) else compile_pattern(asked)
            return Checked(name, patterns=_linted([Target("", pattern)], wanted))
        detection = asked if isinstance(asked, Detection) else load_detection(asked)
        variants = () if "@" in name else tuple(variant.name for variant in detection.variants)
        alarm = tuple(one for one in lint_alarm(detection) if wanted.takes(one, one.code))
        return Checked(name, detection.title, variants, _linted(targets.of(detection), wanted), alarm)
    except DetectorError as error:
        return Checked(name, refused=_refused(name, error))


def _linted(found: Iterable[Target], wanted: Wanted) -> tuple[Linted, ...]:
    return tuple(
        Linted(target, tuple(one for one in lint(target.pattern) if wanted.takes(target, one.code)))
        for target in found
    )


def _refused(name: str, error: DetectorError) -> Refused:
    match error:
        case PatternError():
            return Refused("", error.reason, str(error), error.source, error.span, hint=error.hint)
        case DetectionError():
            place = Place(targets.shown(error.path), error.line, 1) if error.line else None
            missing = isinstance(error, UnreadableError) or not _exists(name)
            reason = f"{error.key}: {error.reason}" if error.key else error.reason
            return Refused(name, reason, str(error), place=place, missing=missing)
        case _:
            return Refused(name, str(error), str(error), missing=not _exists(name))


def _exists(name: str) -> bool:
    # os.path, because pathlib raises on a text that is too long to be a path
    return os.path.exists(name) or name.partition("@")[0].removesuffix(".toml") in shipped()  # noqa: PTH110


def _numbered(
    linted: Linted, counts: Conditions, matched: dict[str, int], records: int, wanted: Wanted
) -> Iterator[Finding]:
    """The findings about one pattern with their numbers, and the selectors that no record has."""
    pattern = linted.target.pattern
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
        for finding in linted.findings
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
    kept = (one for one in told if wanted.takes(linted.target, one.code))
    yield from sorted(kept, key=lambda one: (one.span, -one.severity, one.code))


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
