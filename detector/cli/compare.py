"""``detector compare``: what an edit changes, and whether it may.

In: the parsed options. Out: the comparison on stdout; exit code 1 where an expectation is not met, 2 where
something could not be read.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from detector.cli import options as shared
from detector.cli import values
from detector.cli.console import Exit, UsageError, complain, unless_closed

if TYPE_CHECKING:
    import argparse

    from detector.cli.parser import Parser
    from detector.jobs.compare import Comparison

SUMMARY = "say what an edit of a pattern changes, on any event and on an archive"
USAGE = "detector compare OLD NEW [PATH …] [--expect RELATION] [--max-lost N] [options]"
ABOUT = """\
How NEW relates to OLD on any event: equivalent, narrower, wider, overlapping or disjoint, proved, or
not decided and why; with the smallest event for each difference. With PATHs also which records are
gained and lost there, and for two detections which transitions of the alarm. OLD and NEW are filter
patterns, detection files or names of shipped ones. Exit code 1 if an expectation is not met.
"""
EPILOG = """\
examples:
  detector compare '{ $.errorCode = "AccessDenied" }' '{ $.errorCode = "AccessDenied*" }' --expect wider
  detector compare lab/unauthorized-api-calls-as-deployed lab/unauthorized-api-calls logs
  detector compare cis/cloudwatch-2@cis-1.3.0 cis/cloudwatch-2@cis-4.0.0 --format json
"""
RELATIONS = ("equivalent", "narrower", "wider", "overlapping", "disjoint")


def options(verb: Parser) -> None:
    """Its arguments and options."""
    verb.add_argument("old", metavar="OLD", help="the pattern or detection as it is")
    verb.add_argument("new", metavar="NEW", help="the pattern or detection as it shall be")
    verb.add_argument(
        "paths", nargs="*", metavar="PATH", help="log files and folders, if any; - is standard input"
    )
    shared.output_format(verb, ("text", "markdown", "json"))
    group = verb.add_argument_group("expectations (exit code 1 where one is not met)")
    group.add_argument(
        "--expect",
        action="append",
        choices=RELATIONS,
        metavar="RELATION",
        help="the relation that has to be proved: equivalent, narrower, wider, overlapping or disjoint; "
        "repeated: one of them",
    )
    for what in ("lost", "gained"):
        group.add_argument(
            f"--max-{what}",
            type=values.records,
            metavar="N",
            help=f"at most so many records of the archive may be {what}",
        )
    shared.configurations(verb)
    shared.log_group(verb)
    shared.archive(verb, scans=True)


def run(args: argparse.Namespace) -> int:
    """Compare, print, and hold the result against what is expected."""
    from detector.cli import inputs
    from detector.jobs.compare import compare
    from detector.render import comparison_json, comparison_markdown, comparison_text
    from detector.render.kit.page import Page

    if not args.paths and (args.max_lost is not None or args.max_gained is not None):
        raise UsageError("expected a PATH: --max-lost and --max-gained count records of an archive")
    plan = inputs.plan(args, optional=True)
    with inputs.progress(args, plan) as progress:
        old, new = (inputs.one(args, side) for side in (args.old, args.new))
        found = compare(old, new, plan, scan=inputs.scan(args), progress=progress)
    reports = {
        "text": lambda: comparison_text.report(found, Page.of(sys.stdout)),
        "markdown": lambda: comparison_markdown.report(found),
        "json": lambda: comparison_json.as_json(found),
    }
    with unless_closed(sys.stdout):
        sys.stdout.write(reports[args.format]())
    if found.archive and inputs.failed(args, found.archive.problems, found.archive.reading.empty):
        return Exit.FAILED
    missed = list(_missed(args, found))
    for reason in missed:
        complain(reason)
    return Exit.NO if missed else Exit.DONE


def _missed(args: argparse.Namespace, found: Comparison) -> Iterator[str]:
    """What was expected and is not so, a sentence each."""
    if args.expect and found.relation not in args.expect:
        is_now = f"is {found.relation}" if found.proved else "is not decided"
        yield f"expected the new pattern to be {' or '.join(args.expect)}, but it {is_now}"
    for what, most in (("lost", args.max_lost), ("gained", args.max_gained)):
        if found.archive is not None and most is not None:
            number = getattr(found.archive, what)
            if number > most:
                yield f"expected at most {most:,} records {what}, but {number:,} are"
