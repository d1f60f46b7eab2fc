"""``detector match``: grep with a filter pattern.

In: a pattern and inputs. Out: the matching records, one a line, in the order of paths and positions. As in
a replay, a log event that is not a JSON object is a problem for a JSON pattern; the time of a record is
only asked for where ``--from`` or ``--to`` is.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from detector.cli import options as shared
from detector.cli.console import Exit, unless_closed

if TYPE_CHECKING:
    import argparse

    from detector.cli.parser import Parser
    from detector.jobs.match import Each

SUMMARY = "print the records that match a pattern"
USAGE = "detector match PATTERN [PATH …] [--count] [--invert] [options]"
ABOUT = """\
The records that match PATTERN, one a line, as grep would: exit code 0 if something matched, 1 if
nothing did, 2 if some input could not be read. PATH as for replay.
"""
EPILOG = """\
examples:
  detector match '{ $.errorCode = "*UnauthorizedOperation" }' samples --from 2025-03-08
  detector match '{ $.userIdentity.type = "Root" }' samples --count
  gunzip -c samples/AWSLogs/*/CloudTrail/*/2025/03/08/*.gz | detector match '{ $.errorCode = * }' -
"""


def options(verb: Parser) -> None:
    """Its arguments and options."""
    verb.add_argument("pattern", metavar="PATTERN", help="a CloudWatch Logs filter pattern, or a detection")
    shared.paths(verb)
    verb.add_argument("--count", action="store_true", help="print only how many records matched")
    verb.add_argument("--invert", action="store_true", help="the records that do not match")
    shared.archive(verb)


def run(args: argparse.Namespace) -> int:
    """Print what matches; 0 matched, 1 nothing, 2 something could not be read."""
    from detector.cli import inputs
    from detector.jobs.match import match

    plan = inputs.plan(args, timed=False)
    with inputs.progress(args, plan, quiet=not args.count) as progress:
        each = None if args.count else _writer()
        found = match(args.pattern, plan, each=each, invert=args.invert, progress=progress)
    if args.count:
        with unless_closed(sys.stdout):
            sys.stdout.write(f"{found.matched}\n")
    if inputs.failed(args, found.problems, found.empty):
        return Exit.FAILED
    return Exit.DONE if found.matched else Exit.NO


def _writer() -> Each:
    """Lines to stdout as UTF-8; on a terminal without characters that would steer it."""
    from detector.render.kit.printable import json_printable
    from detector.render.match_text import line

    out = sys.stdout
    if out.isatty():
        return lambda event, _: print(json_printable(line(event)))  # noqa: T201 - this is the output
    stream = getattr(out, "buffer", None)
    if stream is None:  # a stdout that takes text only
        return lambda event, _: print(line(event))  # noqa: T201 - this is the output
    # A lone surrogate is written as its JSON escape, which is what it came from.
    return lambda event, _: stream.write(line(event).encode("utf-8", "backslashreplace") + b"\n")
