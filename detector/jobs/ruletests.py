"""Rule tests of any number of detections in, one frozen `RuleTestRun` out: outcomes, coverage, what is lacking.

A file that cannot be used does not keep the others from running; its error is part of the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from detector.detections import load_detection, shipped
from detector.errors import DetectionError, DetectorError
from detector.lint.targets import shown
from detector.ruletests import Coverage, Outcome, RuleTests, coverage, load, run
from detector.ruletests.load import MAIN, SUFFIX
from detector.ruletests.run import variants


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

    @property
    def failed(self) -> int:
        """The number of outcomes that were not as expected."""
        return sum(not outcome.passed for outcome in self.outcomes)

    @property
    def passed(self) -> bool:
        """Whether every test that could be run passed, and none is lacking."""
        return not self.failed and not self.too_few


def run_rule_tests(
    asked: Sequence[str] = (), *, part: str = "", minimum: tuple[int, int] = (0, 0), outside: bool = False
) -> RuleTestRun:
    """Run the tests of what is asked for: test files, folders of them, detections (``name@variant`` for one variant).

    Without any, those of all shipped detections. ``part`` chooses the tests with this string in their title or path;
    ``minimum`` is the number of cases that must match and that must not, demanded of every detection and variant
    whichever tests are chosen. With ``outside`` a test file may name files that are not below its own folder.
    """
    outcomes, errors = list[Outcome](), list[DetectorError]()
    covered, too_few, files = dict[str, Coverage](), list[TooFew](), 0
    for tests in _asked(asked, errors, outside=outside):
        try:
            everything = run(tests)
        except DetectorError as error:
            errors.append(error)
            continue
        files += 1
        chosen = [one for one in everything if part.casefold() in f"{one.path}: {one.title}".casefold()]
        outcomes += chosen
        for variant, detection in variants(tests.detection).items():
            if tests.variant in {None, variant}:
                name = tests.detection if variant == MAIN else f"{tests.detection}@{variant}"
                covered[name] = coverage(detection, [one for one in chosen if one.variant == variant])
                whole = coverage(detection, [one for one in everything if one.variant == variant])
                if whole.matching < minimum[0] or whole.other < minimum[1]:
                    too_few.append(TooFew(name, minimum, whole.matching, whole.other))
    return RuleTestRun(tuple(outcomes), covered, tuple(too_few), tuple(errors), files)


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
        detection = Path(load_detection(name).path)
        beside = detection.with_name(detection.name.removesuffix(".toml") + SUFFIX)
        if not beside.is_file():
            raise DetectionError(name, "", f"expected tests beside the detection, in {beside}")
        _, at, variant = ("", "", "") if path.is_file() else name.partition("@")
        yield Path(shown(str(beside))), variant if at else None
