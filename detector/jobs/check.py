"""Whether patterns and detections are valid, and what they say unintentionally.

In: patterns, detection files, names of shipped ones, rule tests; and the inputs of a `Plan` to count in. Out: one
frozen `Checks`. With inputs the findings hold exact counts, what the records refute is left out, and there is a note
for each selector that no record has; all of it from one pass, whatever the number of patterns.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from detector.archive import Plan, Problem
from detector.detections import Detection
from detector.detections.alarmed import Alarmed, Composite
from detector.detections.alarms import load_alarmed
from detector.detections.catalogue import named, names_detection, shipped
from detector.detections.configuration import Filter
from detector.detections.given import NOTHING, Given
from detector.detections.resources import Remark, Subject
from detector.errors import DetectionError, DetectorError, PatternError, UnreadableError, listed
from detector.jobs.configured import whole
from detector.jobs.counting import count_archive
from detector.jobs.emptiness import Emptiness, emptiness
from detector.jobs.numbered import numbered
from detector.lint import AlarmFinding, lint, lint_alarm, targets
from detector.lint.composite import lint_composite
from detector.lint.finding import Finding
from detector.lint.refusals import instead
from detector.lint.targets import Place, Target
from detector.notebook import table
from detector.pattern import Pattern
from detector.pattern import compile as compile_pattern
from detector.quantities import count
from detector.ruletests import load

TESTS = ".test.toml"
Asked: TypeAlias = Pattern | Alarmed | str | Path


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
    remarks: tuple[Remark, ...] = ()
    """What there is to say about configurations beside their detections; what is left out of them is in ``refused``."""
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
    given: Given = NOTHING,
) -> Checks:
    """Check patterns and detections with all their filters and variants, one or several.

    A ``str`` is a pattern unless it is a file or written like one or like a shipped name. ``select`` and ``ignore``
    are codes or beginnings of codes, such as D2. ``given`` is what configurations leave open. Whatever is not valid is
    in ``refused`` and never raised; only `ArchiveError` is, for a path of the archive that does not exist.
    """
    wanted = Wanted(tuple(select), tuple(ignore))
    kinds = Pattern, Detection, Composite, str, Path
    several = listed(asked, kinds, "a pattern, a detection, or the path or name of one")
    items, lone, remarks = whole(several, given)
    checked = tuple(_checked(one, wanted) for item in items for one in each(item))
    checked += tuple(_lone(one, wanted) for one in lone)
    checked += tuple(_left_out(one) for one in remarks if one.subject.loses)
    remarks = tuple(one for one in remarks if not one.subject.loses)
    result = Checks(checked, remarks=remarks)
    return result if archive is None else _counted(result, replace(archive, timed=False), wanted)


def _counted(result: Checks, plan: Plan, wanted: Wanted) -> Checks:
    """The same with the numbers of an archive; one pass counts the patterns and those suggested in their place."""
    patterns = result.patterns
    suggestions = list(dict.fromkeys(finding.suggestion for each in patterns for finding in each.findings))
    texts = [text for text in suggestions if text is not None]
    asked_for = [one.target.pattern for one in patterns] + [compile_pattern(text) for text in texts]
    counted = count_archive(asked_for, plan)
    matched = {
        text: pattern.matched for text, pattern in zip(texts, counted.patterns[len(patterns) :], strict=True)
    }
    told = iter(
        _kept(
            one.target,
            numbered(one.target.pattern, one.findings, counts, matched, counted.records),
            wanted,
        )
        for one, counts in zip(patterns, counted.patterns, strict=False)
    )
    all_checked = tuple(
        replace(one, patterns=tuple(next(told) for _ in one.patterns)) for one in result.checked
    )
    empty = None if counted.events else emptiness(plan, counted.problems)
    return Checks(all_checked, counted.records, counted.problems, result.remarks, empty)


def _lone(one: Filter, wanted: Wanted) -> Checked:
    """The pattern of a filter that no alarm is on."""
    target = targets.of_filter(one.address, one.filter.pattern, one.source)
    return Checked(f"{one.source.path}#{one.address}", one.filter.name, patterns=_linted([target], wanted))


def _left_out(remark: Remark) -> Checked:
    place = Place(targets.shown(remark.path), remark.line, 1) if remark.line else None
    reason = f"{remark.subject}: {remark.reason}"
    missing = remark.subject is not Subject.REFUSED
    return Checked(
        remark.address, refused=Refused(remark.address, reason, str(remark), place=place, missing=missing)
    )


def each(asked: Asked) -> Sequence[Asked]:
    """What is asked for, one by one: a folder or ``cis/*`` stands for several."""
    if isinstance(asked, Pattern | Detection | Composite) or (
        isinstance(asked, str) and not names_detection(asked)
    ):
        return [asked]
    try:
        return [Path(one) if isinstance(asked, Path) else one for one in named(asked)]
    except DetectionError:
        return [asked]


def _checked(asked: Asked, wanted: Wanted) -> Checked:
    name = (
        asked.name
        if isinstance(asked, Detection | Composite)
        else ""
        if isinstance(asked, Pattern)
        else str(asked)
    )
    try:
        if name.endswith(TESTS):
            load(name)
            return Checked(name, tests=True)
        if isinstance(asked, Pattern) or (isinstance(asked, str) and not names_detection(asked)):
            pattern = asked if isinstance(asked, Pattern) else compile_pattern(asked)
            return Checked(name, patterns=_linted([Target("", pattern)], wanted))
        detection = asked if isinstance(asked, Detection | Composite) else load_alarmed(asked)
        if isinstance(detection, Composite):
            found = tuple(one for one in lint_composite(detection) if wanted.takes(one, one.code))
            return Checked(name, detection.title, alarm=found)
        variants = () if "@" in name else tuple(variant.name for variant in detection.variants)
        alarm = tuple(one for one in lint_alarm(detection) if wanted.takes(one, one.code))
        return Checked(name, detection.title, variants, _linted(targets.of(detection), wanted), alarm)
    except DetectorError as error:
        return Checked(name, refused=_refused(name, error))


def _linted(found: Iterable[Target], wanted: Wanted) -> tuple[Linted, ...]:
    return tuple(_kept(target, lint(target.pattern), wanted) for target in found)


def _kept(target: Target, findings: Iterable[Finding], wanted: Wanted) -> Linted:
    return Linted(target, tuple(one for one in findings if wanted.takes(target, one.code)))


def _refused(name: str, error: DetectorError) -> Refused:
    match error:
        case PatternError():
            return Refused("", error.reason, str(error), error.source, error.span, hint=error.hint)
        case DetectionError():
            place = Place(targets.shown(error.path), error.line, 1) if error.line else None
            missing = isinstance(error, UnreadableError) or not _exists(name)
            reason = f"{error.key}: {error.reason}" if error.key else error.reason
            hint = instead(error.key, error.reason)
            message = f"{error}\n  {hint}" if hint else str(error)
            return Refused(name, reason, message, place=place, hint=hint, missing=missing)
        case _:
            return Refused(name, str(error), str(error), missing=not _exists(name))


def _exists(name: str) -> bool:
    # os.path, because pathlib raises on a text that is too long to be a path
    return os.path.exists(name) or name.partition("@")[0].removesuffix(".toml") in shipped()  # noqa: PTH110
