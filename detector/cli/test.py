"""``detector test``: rule tests of detections.

In: test files, folders, detections or nothing (all shipped ones). Out: what failed and a count on stdout; exit code
1 if a test failed or a pattern has too few of them, 2 if a file cannot be used (after running the others).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from detector.cli import values
from detector.cli.console import Exit, UsageError, complain, unless_closed
from detector.errors import DetectionError, DetectorError

if TYPE_CHECKING:
    import argparse

    from detector.cli.parser import Parser
    from detector.ruletests import Coverage, Outcome, RuleTests
    from detector.ruletests.locate import RuleFile

SUMMARY = "run the rule tests of detections"
USAGE = "detector test [FILE …] [-k TEXT] [--coverage] [--minimum N+M] [--junit FILE]"
ABOUT = """\
Whether detections match what their tests say they must and must not match, and whether their alarms
move as their timelines say. The tests of x.toml are in x.test.toml beside it (docs/rule-tests.md).
Exit code 1 if one fails.
"""
EPILOG = """\
examples:
  detector test
  detector test cis/cloudwatch-2 --coverage
  detector test patterns/lab -k "service role" --minimum 1+1
"""


def options(verb: Parser) -> None:
    """Its arguments and options."""
    verb.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="test files, folders of them, detections or names of shipped ones (name@variant for one variant); "
        "default: all that are shipped",
    )
    verb.add_argument(
        "-k", default="", metavar="TEXT", help="only tests with this text in their name or path"
    )
    verb.add_argument(
        "--coverage",
        action="store_true",
        help="say which conditions no case made true, and which none made false",
    )
    verb.add_argument(
        "--minimum",
        type=values.cases,
        metavar="N+M",
        help="demand N cases that must match and M that must not, for each pattern and variant: 1+1",
    )
    verb.add_argument("--junit", metavar="FILE", help="write the results as JUnit XML too")


def run(args: argparse.Namespace) -> int:
    """Run the tests and report; the exit code."""
    from detector.render import ruletests as report
    from detector.render.style import Style

    files, broken = _usable(args.files)
    wanted = [(tests, [one for one in outcomes if _chosen(one, args.k)]) for tests, outcomes in files]
    outcomes = [one for _, some in wanted for one in some]
    if args.k and not outcomes and not broken:
        raise UsageError(f"expected -k to be a part of a test's name, found no test with {args.k!r} in it")
    style = Style.of(sys.stdout)
    lines = list(report.failures(outcomes, style))
    # What is demanded of a file does not depend on which of its tests are run.
    few = report.too_few(_covered(files), args.minimum) if args.minimum else {}
    if args.coverage and outcomes:
        lines += [*report.coverage(_covered(wanted), style), ""]
    lines += [f"{style.bad('FAILED')} {name}: {said}" for name, said in few.items()]
    lines += [*([""] if few else []), report.summary(outcomes, len(files), style)]
    with unless_closed(sys.stdout):
        sys.stdout.write("\n".join(lines) + "\n" if files else "")
    if args.junit:
        _write_junit(args.junit, outcomes, broken, few)
    failed = few or any(not one.passed for one in outcomes)
    return Exit.FAILED if broken else Exit.NO if failed else Exit.DONE


def _usable(asked: Sequence[str]) -> tuple[list[tuple[RuleTests, list[Outcome]]], list[str]]:
    """The tests that can be run with their outcomes, and what is wrong with the others."""
    from detector import ruletests
    from detector.ruletests.run import only

    found, broken = [], []
    for file in _files(asked):
        try:
            if isinstance(file, DetectorError):
                raise file
            tests = ruletests.load(file.path)
            tests = tests if file.variant is None else only(tests, file.variant)
            found.append((tests, ruletests.run(tests)))
        except DetectorError as error:
            complain(str(error))
            broken.append(str(error))
    return found, broken


def _files(asked: Sequence[str]) -> Iterator[RuleFile | DetectionError]:
    """The files of all that was asked for; what names none is passed on, so that the others still run."""
    from detector.ruletests.locate import files_of

    seen: set[RuleFile] = set()
    for one in [[name] for name in asked] or [[]]:
        try:
            files = files_of(one)
        except DetectionError as error:
            yield error
            continue
        yield from (file for file in files if file not in seen)
        seen.update(files)


def _chosen(outcome: Outcome, part: str) -> bool:
    from detector.render import ruletests as report

    return part.casefold() in f"{outcome.path}: {report.title(outcome)}".casefold()


def _covered(wanted: Sequence[tuple[RuleTests, list[Outcome]]]) -> Mapping[tuple[str, str], Coverage]:
    """The coverage of each pattern: of a detection's own, and of its variants."""
    from detector import ruletests
    from detector.ruletests.run import texts

    found = {}
    for tests, outcomes in wanted:
        for text, pattern in texts(tests.detection).items():
            if text in {one.text for one in outcomes} or not tests.narrowed:
                about = [one for one in outcomes if one.text == text]
                found[tests.detection, text] = ruletests.coverage(pattern, about)
    return found


def _write_junit(
    path: str, outcomes: Sequence[Outcome], broken: Sequence[str], few: Mapping[str, str]
) -> None:
    from detector.render.ruletests_junit import junit

    Path(path).write_text(junit(outcomes, broken, few), encoding="utf-8")
