"""Rule tests of any number of detections in, one frozen `RuleTestRun` out: outcomes, coverage, mutants, what is lacking.

A file that cannot be used does not keep the others from running; its error is part of the result.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from detector.detections import Detection, load_detection, shipped
from detector.detections.catalogue import named
from detector.errors import DetectionError, DetectorError
from detector.lint.targets import shown
from detector.ruletests import Coverage, Outcome, RuleTests, coverage, load, run
from detector.ruletests.load import MAIN, SUFFIX
from detector.ruletests.mutants import Event, Mutation, Tried, mutation, score
from detector.ruletests.run import variants
from detector.ruletests.written import Draft, cases_toml

LONGEST_NAME = 70


@dataclass(frozen=True, slots=True)
class TooFew:
    """A detection or variant with fewer cases than demanded."""

    name: str
    minimum: tuple[int, int]
    matching: int
    other: int


@dataclass(frozen=True, slots=True)
class RuleTestRun:
    """What came of rule tests; ``coverage`` is by detection, or ``detection@variant``, over the chosen outcomes."""

    outcomes: tuple[Outcome, ...]
    coverage: dict[str, Coverage]
    too_few: tuple[TooFew, ...]
    errors: tuple[DetectorError, ...]
    files: int
    mutants: dict[str, Mutation] = field(default_factory=dict)
    """By detection or ``detection@variant``, where mutants were asked for; over all cases, whichever were chosen."""
    pasted: dict[str, str] = field(default_factory=dict)
    """By test file: the cases that would notice every mutant that survived, ready to be put at its end."""
    least: float = 0
    """The share of the mutants that was to be noticed."""

    @property
    def failed(self) -> int:
        """The number of outcomes that were not as expected."""
        return sum(not outcome.passed for outcome in self.outcomes)

    @property
    def score(self) -> float | None:
        """The share of all mutants that the cases notice; None where none was asked for."""
        return score(self.mutants.values())

    @property
    def too_low(self) -> tuple[str, ...]:
        """The detections of whose mutants fewer are noticed than demanded."""
        return tuple(name for name, one in self.mutants.items() if (one.score or 0) < self.least)

    @property
    def passed(self) -> bool:
        """Whether every test that could be run passed, and none is lacking."""
        return not self.failed and not self.too_few and not self.too_low


def run_rule_tests(
    asked: Sequence[str] = (),
    *,
    part: str = "",
    minimum: tuple[int, int] = (0, 0),
    outside: bool = False,
    mutants: bool = False,
    least: float = 0,
) -> RuleTestRun:
    """Run the tests of what is asked for: test files, folders of them, detections (``name@variant`` for one variant).

    Without any, those of all shipped detections. ``part`` chooses the tests with this string in their title or path;
    ``minimum`` is the number of cases that must match and that must not, demanded of every detection and variant
    whichever tests are chosen. With ``outside`` a test file may name files that are not below its own folder. With
    ``mutants`` it is asked which small mistakes in the patterns the cases would notice, of which ``least`` is the share
    that is demanded of each detection and variant.
    """
    outcomes, errors = list[Outcome](), list[DetectorError]()
    covered, too_few, files = dict[str, Coverage](), list[TooFew](), 0
    mutated, pasted = dict[str, Mutation](), dict[str, str]()
    for tests in _asked(asked, errors, outside=outside):
        try:
            everything = run(tests)
        except DetectorError as error:
            errors.append(error)
            continue
        files += 1
        chosen = [one for one in everything if part.casefold() in f"{one.path}: {one.title}".casefold()]
        outcomes += chosen
        for variant, detection in _asked_variants(tests).items():
            name = _named(tests, variant)
            covered[name] = coverage(detection, [one for one in chosen if one.variant == variant])
            whole = coverage(detection, [one for one in everything if one.variant == variant])
            if whole.matching < minimum[0] or whole.other < minimum[1]:
                too_few.append(TooFew(name, minimum, whole.matching, whole.other))
        if mutants or least:
            found = _mutations(tests)
            mutated |= found
            pasted |= _pasted(tests, found)
    return RuleTestRun(tuple(outcomes), covered, tuple(too_few), tuple(errors), files, mutated, pasted, least)


def _asked_variants(tests: RuleTests) -> dict[str, Detection]:
    """What a test file is about, by the name of the variant."""
    known = variants(tests.detection)
    return {name: one for name, one in known.items() if tests.variant in {None, name}}


def _named(tests: RuleTests, variant: str) -> str:
    return tests.detection if variant == MAIN else f"{tests.detection}@{variant}"


def _mutations(tests: RuleTests) -> dict[str, Mutation]:
    return {
        _named(tests, variant): mutation(
            detection, [(case, case.matches[variant]) for case in tests.cases if variant in case.matches]
        )
        for variant, detection in _asked_variants(tests).items()
    }


def _pasted(tests: RuleTests, found: Mapping[str, Mutation]) -> dict[str, str]:
    """The cases that are lacking, each with the verdict of every variant."""
    asked = _asked_variants(tests)
    drafts: list[Draft] = []
    for one in (one for mutated in found.values() for one in mutated.lacking):
        telling = one.telling
        if telling is None or any(telling.event == other.event for other in drafts):
            continue
        matches = {
            name: _matches(detection, telling.event, telling.filter) for name, detection in asked.items()
        }
        drafts.append(Draft(_name(one), telling.event, matches, telling.filter))
    return {tests.path: cases_toml(drafts)} if drafts else {}


def _name(one: Tried) -> str:
    """What a case tells from the pattern, on one line."""
    return textwrap.shorten(f"{one.mutant.mistake}: {one.mutant.before}", LONGEST_NAME, placeholder=" …")


def _matches(detection: Detection, event: Event, name: str) -> bool:
    return any(one.pattern.matches(event) for one in detection.filters if name in {"", one.name})


def _asked(names: Sequence[str], errors: list[DetectorError], *, outside: bool) -> Iterator[RuleTests]:
    """The tests of all that was asked for, each file and variant once."""
    seen = set[tuple[Path, str | None]]()
    for name in names or shipped():
        try:
            files = [file for file in _files(name) if file not in seen]
        except DetectorError as error:
            errors.append(error)
            continue
        seen.update(files)
        for path, variant in files:
            try:
                tests = load(path, outside=outside)
            except DetectorError as error:
                errors.append(error)
            else:
                yield tests if variant is None else tests.only(variant)


def _files(name: str) -> Iterator[tuple[Path, str | None]]:
    """The test files that a name means, each with the only variant that is asked for (None: all)."""
    path = Path(name)
    if path.is_dir():
        inside = sorted(path.rglob(f"*{SUFFIX}"))
        if not inside:
            raise DetectionError(name, "", f"expected test files (*{SUFFIX}) in the folder, found none")
        yield from ((Path(shown(str(file))), None) for file in inside)
    elif name.endswith(SUFFIX):
        yield path, None
    else:
        yield from map(_beside, named(name))


def _beside(name: str) -> tuple[Path, str | None]:
    """The tests of a detection or a variant."""
    detection = Path(load_detection(name).path)
    beside = detection.with_name(detection.name.removesuffix(".toml") + SUFFIX)
    if not beside.is_file():
        raise DetectionError(name, "", f"expected tests beside the detection, in {beside}")
    _, at, variant = ("", "", "") if Path(name).is_file() else name.partition("@")
    return Path(shown(str(beside))), variant if at else None
