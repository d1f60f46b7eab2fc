"""``detector match``: grep with a filter pattern or a detection, and from an alarm to its records.

In: the parsed options. Out: the matching records, in the order of paths and positions, as they are found. As in
a replay, a log event that is not a JSON object is a problem for a JSON pattern; the time of a record is
only asked for where ``--from`` or ``--to`` is.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from detector.cli import options as shared
from detector.cli import values
from detector.cli.console import Exit, UsageError, unless_closed

if TYPE_CHECKING:
    import argparse

    from detector.cli.parser import Parser

SUMMARY = "print the records that match a pattern or a detection, or that made an alarm"
USAGE = "detector match PATTERN-OR-DETECTION [PATH …] [--count] [--invert] [options]"
ABOUT = """\
The records that match, as grep would: exit code 0 if something matched, 1 if nothing did, 2 if some
input could not be read. On a terminal they are a table, in a file or a pipe NDJSON. PATH as for replay.
"""
EPILOG = """\
examples:
  detector match '{ $.errorCode = "*UnauthorizedOperation" }' logs --from 2025-03-08
  detector match cis/cloudwatch-2 logs --fields time,principal,event,error
  detector match lab/unauthorized-api-calls logs --episode 2 --format csv
  gunzip -c logs/*/CloudTrail/*/2025/03/08/*.gz | detector match '{ $.errorCode = * }' -
"""


def options(verb: Parser) -> None:
    """Its arguments and options."""
    verb.add_argument(
        "pattern",
        metavar="PATTERN-OR-DETECTION",
        help="a CloudWatch Logs filter pattern, or detections: a file, a name, a folder, 'cis/*'",
    )
    shared.paths(verb)
    verb.add_argument("-c", "--count", action="store_true", help="print only how many records matched")
    verb.add_argument("--invert", action="store_true", help="the records that do not match")
    verb.add_argument(
        "--format",
        choices=("ndjson", "json", "csv", "table", "markdown"),
        help="ndjson, json (an array), csv, table or markdown (default: table on a terminal, else ndjson)",
    )
    verb.add_argument(
        "--fields",
        type=values.names,
        default=[],
        metavar="A,B",
        help="columns such as time,principal,event,error,address,resources (docs/cli.md has all), and selectors "
        "such as $.requestParameters.bucketName; default: the record itself, in csv all columns",
    )
    verb.add_argument(
        "--raw",
        action="store_true",
        help="ndjson without escapes: control characters of a record reach what reads the output",
    )
    _alarm(verb)
    shared.configurations(verb)
    shared.log_group(verb)
    shared.dedupe(verb)
    shared.window(shared.archive(verb, scans=True, alarms=True))


def _alarm(verb: Parser) -> None:
    """From an alarm to its records."""
    verb.add_argument(
        "--episode",
        type=values.records,
        metavar="N",
        help="the records that made ALARM N of the report of a replay with the same options; for one detection",
    )
    verb.add_argument(
        "--between",
        nargs=2,
        type=values.instant,
        metavar=("A", "B"),
        help="the same as --from A --to B",
    )


def run(args: argparse.Namespace) -> int:
    """Print what matches; 0 matched, 1 nothing, 2 something could not be read."""
    from detector.cli import inputs
    from detector.jobs.match import match, match_episode
    from detector.render.kit.page import Page
    from detector.render.match_text import Format, printer

    _check(args)
    if args.cache and args.invert:
        raise UsageError("expected --cache without --invert: a cache holds matches only")
    asked = inputs.several(args, args.pattern)
    form = Format(args.format or ("table" if sys.stdout.isatty() else "ndjson"))
    printed = printer(form, args.fields, Page.of(sys.stdout), raw=args.raw)
    plan, out = inputs.plan(args), sys.stdout.write
    each = None if args.count else lambda event: out(printed.event(event))
    if each:
        out(printed.begin())
    with inputs.progress(args, plan, quiet=not args.count) as progress:
        if args.episode is None:
            scan = inputs.scan(args, strict=args.invert)
            found = match(asked, plan, each=each, invert=args.invert, scan=scan, progress=progress)
        else:
            detections, scan = inputs.windowed(args, asked), inputs.scan(args)
            found = match_episode(detections, args.episode, plan, scan=scan, progress=progress)
            for event in () if args.count else found:
                out(printed.event(event))
    with unless_closed(sys.stdout):
        out(printed.end() if each else f"{found.matched}\n")
    if inputs.failed(args, found.problems, found.empty):
        return Exit.FAILED
    return Exit.DONE if found.matched else Exit.NO


def _check(args: argparse.Namespace) -> None:
    """Options that contradict each other; ``--between`` becomes ``--from`` and ``--to``."""
    from detector.detections.catalogue import names_detection

    if args.between:
        if args.start is not None or args.end is not None:
            raise UsageError("expected --between or --from and --to, not both")
        args.start, args.end = args.between
    if args.raw and args.format is None:
        args.format = "ndjson"
    if args.raw and (args.format != "ndjson" or args.fields):
        raise UsageError(
            "expected --raw with --format ndjson and without --fields: it prints records as they are"
        )
    if args.episode is None:
        # Without an alarm, no archive is asked for its clock.
        args.clock = args.clock or (None if isinstance(args.delay, str) else "event")
        for option in ("window", "time_zone", "dedupe"):
            if getattr(args, option):
                raise UsageError(f"expected --{option.replace('_', '-')} with --episode: it is the replay's")
    elif args.invert:
        raise UsageError("expected --episode or --invert, not both")
    elif not names_detection(args.pattern):
        raise UsageError("expected a detection with --episode: a pattern has no alarm")
