"""``detector compare``: what an edit changes, and whether it may; for two sets of detections what has drifted.

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
    from detector.jobs.drift import Drift

SUMMARY = "say what an edit of a pattern changes, on any event and on an archive, or what has drifted"
USAGE = "detector compare OLD NEW [PATH …] [--expect RELATION] [--max-lost N] [options]"
ABOUT = """\
How NEW relates to OLD on any event: equivalent, narrower, wider, overlapping or disjoint, proved, or
not decided and why; with the smallest event for each difference. With PATHs also which records are
gained and lost there, and for two detections which transitions of the alarm. OLD and NEW are filter
patterns, detection files or names of shipped ones. Exit code 1 if an expectation is not met.

Where OLD or NEW is a folder, Terraform, a template or what an account says, two sets of detections are
compared: added, removed, changed; neither spelling nor what AWS fills in is drift. With --expect
equivalent, exit code 2 if anything there could not be compared.
"""
EPILOG = """\
examples:
  detector compare '{ $.errorCode = "AccessDenied" }' '{ $.errorCode = "AccessDenied*" }' --expect wider
  detector compare lab/unauthorized-api-calls-as-deployed lab/unauthorized-api-calls logs
  detector compare cis/cloudwatch-2@cis-1.3.0 cis/cloudwatch-2@cis-4.0.0 --format json
  detector compare cis lab --format markdown
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
    if _are_sets(args):
        return _drift(args)
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


def _are_sets(args: argparse.Namespace) -> bool:
    """Whether sets of detections are compared; a pattern is compared with one detection."""
    from detector.detections.catalogue import names_detection
    from detector.jobs.drift import is_set

    sides = (args.old, args.new)
    return all(map(names_detection, sides)) and any(map(is_set, sides))


def _drift(args: argparse.Namespace) -> int:
    """Compare two sets, print, and hold the result against what is expected."""
    from detector.cli import inputs
    from detector.jobs.drift import drift
    from detector.render import drift_json, drift_markdown, drift_text
    from detector.render.kit.page import Page

    if args.expect and set(args.expect) != {"equivalent"}:
        raise UsageError(
            "expected --expect equivalent with sets of detections: name one alarm with #ID for another relation"
        )
    plan = inputs.plan(args, optional=True)
    with inputs.progress(args, plan) as progress:
        found = drift(
            args.old, args.new, plan, given=inputs.given(args), scan=inputs.scan(args), progress=progress
        )
    reports = {
        "text": lambda: drift_text.report(found, Page.of(sys.stdout)),
        "markdown": lambda: drift_markdown.report(found),
        "json": lambda: drift_json.as_json(found),
    }
    with unless_closed(sys.stdout):
        sys.stdout.write(reports[args.format]())
    if found.archive and inputs.failed(args, found.archive.problems, found.archive.reading.empty):
        return Exit.FAILED
    return _verdict(args, found)


def _verdict(args: argparse.Namespace, found: Drift) -> int:
    if found.empty or (args.expect and found.incomplete):
        complain("not everything could be compared, so that nothing is known about the rest")
        return Exit.FAILED
    missed = list(_missed_by(args, found))
    for reason in missed:
        complain(reason)
    return Exit.NO if missed else Exit.DONE


def _missed_by(args: argparse.Namespace, found: Drift) -> Iterator[str]:
    if args.expect and found.drifted:
        counts = ", ".join(
            f"{number:,} {standing}"
            for standing, number in found.counts.items()
            if number and standing.is_drift
        )
        yield f"expected both sides to be equivalent, but {counts}"
    archives = [one.archive for one in found.joined if one.archive is not None]
    for what, most in (("lost", args.max_lost), ("gained", args.max_gained)):
        number = sum(getattr(archive, what) for archive in archives)
        if most is not None and number > most:
            yield f"expected at most {most:,} records {what}, but {number:,} are"
