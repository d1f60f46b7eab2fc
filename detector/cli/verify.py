"""``detector verify aws``: ask CloudWatch Logs itself, and compare its answers with the package's.

In: a conformance table, or detections and an archive. Out: how far they agree, and every difference. **The only verb that
talks to AWS**: it sends patterns and messages to TestMetricFilter.
"""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

from detector.cli import options as shared
from detector.cli import values
from detector.cli.console import Exit, UsageError, complain, unless_closed

if TYPE_CHECKING:
    import argparse

    from detector.cli.parser import Parser
    from detector.pattern import Pattern

SUMMARY = "compare answers with those of CloudWatch Logs itself; the only verb that talks to AWS"
USAGE = "detector verify aws TABLE-OR-DETECTION [PATH …] [--records N] [--aws-region REGION] [options]"
ABOUT = """\
Sends patterns and messages to TestMetricFilter, with the credentials that the AWS CLI would take, and
compares the answers: for the rows of a conformance table (*.jsonl), or for a pattern or detections over
records drawn from an archive. The records are sent to AWS; nothing is read from or written to the
account. The permission logs:TestMetricFilter is enough. Exit code 0 if all answers agree, 1 if one
differs, 2 if nothing could be asked.
"""
EPILOG = """\
examples:
  detector verify aws cis/cloudwatch-2 logs --aws-region eu-west-1
  detector verify aws answers.jsonl --profile audit --format json
"""
FORMATS = ("text", "json")
SUBJECTS = ("aws",)
_MOST = 5_000


def options(verb: Parser) -> None:
    """Its arguments and options."""
    verb.add_argument(
        "subject", choices=SUBJECTS, metavar="aws", help="what is asked: aws is TestMetricFilter"
    )
    verb.add_argument(
        "asked",
        metavar="TABLE-OR-DETECTION",
        help="a conformance table (*.jsonl: pattern, message, expect), a filter pattern, or detections: a file, a name, a folder",
    )
    shared.paths(verb)
    verb.add_argument(
        "--records",
        type=values.records,
        default=50,
        metavar="N",
        help="how many records to send for each filter, half of them such as match (default: 50, one call)",
    )
    verb.add_argument(
        "--aws-region", metavar="REGION", help="the region that is asked (default: as the AWS CLI)"
    )
    verb.add_argument(
        "--profile", metavar="NAME", help="the profile of the credentials (default: as the AWS CLI)"
    )
    shared.output_format(verb, FORMATS)
    shared.configurations(verb)
    shared.archive(verb)


def run(args: argparse.Namespace) -> int:
    """Gather the cases, ask, compare, print."""
    from detector.cli import inputs
    from detector.jobs.verify import read_table, sample, verify
    from detector.render import verify_json, verify_text
    from detector.render.kit.page import Page

    if not importlib.util.find_spec("boto3"):
        raise UsageError("expected the extra aws: pip install 'cloudtrail-detector[aws]' installs it")
    is_table = args.asked.endswith(".jsonl")
    if is_table and args.paths:
        raise UsageError("expected a table or an archive, not both: a table has its messages")
    if not 1 <= args.records <= _MOST:
        raise UsageError(f"expected --records from 1 to {_MOST:,}, found {args.records:,}")
    drawn = None if is_table else sample(_patterns(args), inputs.plan(args), args.records)
    cases = drawn.cases if drawn else read_table(args.asked)
    # Last, so that what is wrong with the input is said without credentials.
    from detector.aws.service import FilterTest, client

    ask = FilterTest(client(args.aws_region, args.profile)) if cases else None
    result = verify(cases, ask or (lambda *_: ()), drawn)
    region = ask.region if ask else ""
    with unless_closed(sys.stdout):
        if args.format == "json":
            sys.stdout.write(verify_json.verify_json(result, region))
        else:
            sys.stdout.write(verify_text.verify_text(result, region, Page.of(sys.stdout)))
    if inputs.failed(args, result.problems, result.empty):
        return Exit.FAILED
    if not result.answers:
        complain("nothing was asked, so nothing is verified")
        return Exit.FAILED
    return Exit.DONE if result.holds else Exit.NO


def _patterns(args: argparse.Namespace) -> list[tuple[str, Pattern]]:
    """What to ask about: the filters of detections, or the pattern."""
    from detector.cli import inputs
    from detector.detections.catalogue import detections_of, names_detection
    from detector.pattern import compile as compile_pattern

    asked = inputs.several(args, args.asked)
    if isinstance(asked, str) and not names_detection(asked):
        return [("pattern", compile_pattern(asked))]
    found = detections_of(asked)
    return list({f"{one.name} {each.name}": each.pattern for one in found for each in one.filters}.items())
