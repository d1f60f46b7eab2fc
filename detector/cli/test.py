"""``detector test``: rule tests of detections.

In: test files, folders, detections or nothing (all shipped ones). Out: what failed and a count on stdout; exit code
1 if a test failed or a pattern has too few of them, 2 if a file cannot be used (after running the others).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from detector.cli import options as shared
from detector.cli import output, values
from detector.cli.console import Exit, UsageError, complain, unless_closed

if TYPE_CHECKING:
    import argparse

    from detector.cli.parser import Parser

SUMMARY = "run the rule tests of detections"
USAGE = (
    "detector test [FILE …] [-k TEXT] [--coverage] [--mutants] | --propose ARCHIVE -d FILE-OR-NAME [options]"
)
ABOUT = """\
Whether detections match what their tests say they must and must not match, and whether their alarms
move as their timelines say. The tests of x.toml are in x.test.toml beside it (docs/rule-tests.md).
With --mutants also what the tests are worth: which small mistakes in a pattern they would notice, and
the cases that would notice the others. With --propose tests are not run, but proposed from an archive.
Exit code 1 if a test fails or --minimum is not reached.
"""
EPILOG = """\
examples:
  detector test
  detector test cis/cloudwatch-2 --coverage
  detector test lab/unauthorized-api-calls -k "service role" --minimum 1+1
  detector test lab --mutants --minimum 1+1,100%
  detector test --propose logs -d cis/cloudwatch-4
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
    _worth(verb)
    verb.add_argument(
        "--allow-outside",
        action="store_true",
        help="test files may name files that are not below their own folder",
    )
    shared.output_format(verb, ("text", "json", "markdown"))
    verb.add_argument("--junit", metavar="FILE", help="write the results as JUnit XML too")
    shared.detections(verb)
    shared.archive(verb)


def _worth(verb: Parser) -> None:
    """What the tests are worth, and more of them."""
    verb.add_argument(
        "--mutants",
        action="store_true",
        help="try small mistakes in each pattern (a literal widened or narrowed, a wildcard moved, a condition dropped, …): "
        "which of them the cases notice, and the cases that would notice the others",
    )
    verb.add_argument(
        "--minimum",
        type=values.minimum,
        default=(0, 0, 0.0),
        metavar="N+M,P%",
        help="demand N cases that must match and M that must not, for each pattern and variant: 1+1; that the cases notice "
        "this share of the mutants: 90%%; or both: 1+1,90%%",
    )
    verb.add_argument(
        "--propose",
        dest="paths",
        action="append",
        default=[],
        metavar="ARCHIVE",
        help="print cases for the detections of -d: an event of these log files or folders for each way of matching and each "
        "near miss, anonymous; may be repeated",
    )


def run(args: argparse.Namespace) -> int:
    """Run the tests and report; the exit code."""
    if args.paths:
        return _propose(args)
    if args.detection:
        raise UsageError("expected --propose ARCHIVE with -d; tests and detections to run stand alone")
    from detector.jobs.ruletests import run_rule_tests
    from detector.render.kit.page import Page
    from detector.render.ruletests_json import ruletests_json
    from detector.render.ruletests_junit import junit
    from detector.render.ruletests_markdown import ruletests_markdown
    from detector.render.ruletests_text import report

    *minimum, least = args.minimum
    tests = run_rule_tests(
        args.files,
        part=args.k,
        minimum=(minimum[0], minimum[1]),
        outside=args.allow_outside,
        mutants=args.mutants,
        least=least,
    )
    for error in tests.errors:
        complain(str(error))
    if args.k and not tests.outcomes and not tests.errors:
        raise UsageError(f"expected -k to be a part of a test's name, found no test with {args.k!r} in it")
    with unless_closed(sys.stdout):
        match args.format:
            case "json":
                sys.stdout.write(ruletests_json(tests))
            case "markdown":
                sys.stdout.write(ruletests_markdown(tests, with_coverage=args.coverage))
            case _:
                sys.stdout.write(report(tests, Page.of(sys.stdout), with_coverage=args.coverage))
    if args.junit:
        output.write(args.junit, junit(tests).encode())
    return Exit.FAILED if tests.errors else Exit.DONE if tests.passed else Exit.NO


def _propose(args: argparse.Namespace) -> int:
    """Print cases that an archive suggests."""
    from detector.cli import inputs
    from detector.jobs.proposals import propose
    from detector.render.kit.markdown import document, fenced
    from detector.render.proposals_toml import proposals_json, proposals_toml

    detections = inputs.detections(args)
    plan = inputs.plan(args, timed=False)
    with inputs.progress(args, plan) as progress:
        found = propose(detections, plan, progress=progress)
    if found.records or args.allow_empty:
        with unless_closed(sys.stdout):
            if args.format == "json":
                sys.stdout.write(proposals_json(found))
            elif args.format == "markdown":
                sys.stdout.write(document(fenced(proposals_toml(found).rstrip("\n"), "toml")))
            else:
                sys.stdout.write(proposals_toml(found))
    return Exit.FAILED if inputs.failed(args, found.problems, found.empty) else Exit.DONE
