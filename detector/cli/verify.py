"""``detector verify``: whether the package answers as CloudWatch Logs does, and whether an archive is as it was delivered.

In: the parsed options. ``aws``: a conformance table, or detections and an archive; out: how far the answers agree. **The
only one that asks AWS**: it sends patterns and messages to TestMetricFilter. ``archive``: the paths of one, and public
keys; out: what of it is verified by CloudTrail's digest files, and what was changed.
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

SUMMARY = (
    "compare answers with those of CloudWatch Logs itself (aws), or an archive with its digests (archive)"
)
USAGE = """\
detector verify archive PATH … --public-keys FILE [--signatures FILE] [options]
       detector verify aws TABLE-OR-DETECTION [PATH …] [--records N]
                           [--aws-region REGION] [options]"""
ABOUT = """\
archive: checks the digest files that CloudTrail has written beside the logs: their signatures, their
chain, the SHA-256 of every log file; offline, with public keys from a file. Exit code 0 if the archive
is as it was delivered, 1 if anything was changed, removed, added, or is in no digest, 2 if nothing
could be verified.

aws: sends patterns and messages to TestMetricFilter, with the credentials that the AWS CLI would
take, and compares the answers: for the rows of a conformance table (*.jsonl), or for a pattern or
detections over records drawn from an archive. The records are sent to AWS; nothing is read from or
written to the account. The permission logs:TestMetricFilter is enough. Exit code 0 if all answers
agree, 1 if one differs, 2 if nothing could be asked.
"""
EPILOG = """\
examples:
  detector verify archive logs --public-keys keys.json
  detector verify aws cis/cloudwatch-2 logs --aws-region eu-west-1
  detector verify aws answers.jsonl --profile audit --format json
"""
FORMATS = ("text", "json")
SUBJECTS = ("archive", "aws")
_MOST = 5_000


def options(verb: Parser) -> None:
    """Its arguments and options."""
    verb.add_argument(
        "subject",
        choices=SUBJECTS,
        metavar="archive|aws",
        help="what is verified: an archive, or the answers of this program by TestMetricFilter",
    )
    verb.add_argument(
        "asked",
        metavar="PATH-OR-DETECTION",
        help="archive: a folder or files; aws: a conformance table (*.jsonl: pattern, message, expect), a filter pattern, or detections: a file, a name, a folder",
    )
    shared.paths(verb)
    _archive_options(verb)
    _aws_options(verb)
    shared.output_format(verb, FORMATS)
    shared.configurations(verb)
    shared.archive(verb)


def _archive_options(verb: Parser) -> None:
    group = verb.add_argument_group("archive")
    group.add_argument(
        "--public-keys",
        action="append",
        default=[],
        metavar="FILE",
        help="what aws cloudtrail list-public-keys prints, for the time and the region of the archive; may be repeated",
    )
    group.add_argument(
        "--signatures",
        action="append",
        default=[],
        metavar="FILE",
        help="signatures of digest files that stand in no later digest: a JSON object of names and signatures, or of names "
        "and what aws s3api head-object prints; may be repeated",
    )


def _aws_options(verb: Parser) -> None:
    group = verb.add_argument_group("aws")
    group.add_argument(
        "--records",
        type=values.records,
        default=50,
        metavar="N",
        help="how many records to send for each filter, half of them such as match (default: 50, one call)",
    )
    group.add_argument(
        "--aws-region", metavar="REGION", help="the region that is asked (default: as the AWS CLI)"
    )
    group.add_argument(
        "--profile", metavar="NAME", help="the profile of the credentials (default: as the AWS CLI)"
    )


def run(args: argparse.Namespace) -> int:
    """Verify what is asked, and print it."""
    return _archive(args) if args.subject == "archive" else _aws(args)


def _archive(args: argparse.Namespace) -> int:
    """Read the digests, compare the log files, print."""
    from detector.cli import inputs
    from detector.jobs.trust import Keys, load_signatures, verify_archive
    from detector.render.kit.page import Page
    from detector.render.trust_json import trust_json
    from detector.render.trust_text import trust_text

    if not args.public_keys:
        raise UsageError(
            "expected --public-keys FILE: aws cloudtrail list-public-keys --start-time TIME --end-time TIME > FILE"
        )
    args.paths = [args.asked, *args.paths]
    keys, signatures = Keys.load(args.public_keys), load_signatures(args.signatures)
    plan = inputs.plan(args)
    with inputs.progress(args, plan) as progress:
        found = verify_archive(plan, keys, signatures, progress)
    with unless_closed(sys.stdout):
        sys.stdout.write(
            trust_json(found) if args.format == "json" else trust_text(found, Page.of(sys.stdout))
        )
    if inputs.failed(args, found.problems, None):
        return Exit.FAILED
    if not found.is_verifiable:
        complain("nothing could be verified: no digest file has a signature that could be checked")
        return Exit.FAILED
    return Exit.DONE if found.holds else Exit.NO


def _aws(args: argparse.Namespace) -> int:
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
