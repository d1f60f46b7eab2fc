"""``detector explain``: what a pattern says, and why an event matches it or not.

In: a pattern (or a detection), and an event, a file or a folder of events, or neither. Out: the explanation on
stdout; exit code 0 whatever the verdict, 2 if something could not be read.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from detector.cli import options as shared
from detector.cli.console import Exit, UsageError, unless_closed

if TYPE_CHECKING:
    import argparse

    from detector.cli.parser import Parser

SUMMARY = "say what a pattern asks, and why an event matches or not"
USAGE = "detector explain PATTERN [EVENT] [--format text|json]"
ABOUT = """\
What PATTERN asks, in plain English. With EVENT, what was found at each condition, the verdict, and
the smallest set of conditions that decided it; with several events, the condition that most often
stood in the way.
"""
EPILOG = """\
examples:
  detector explain cis/cloudwatch-2@cis-4.0.0
  detector explain '{ $.errorCode != "AccessDenied" }' '{"eventName": "GetUser", "errorCode": null}'
  detector match '{ $.errorCode = "AccessDenied" }' logs | detector explain lab/unauthorized-api-calls -
"""

_NO_NAME = re.compile(r"""[\s{}\[\]"']""")
"""What is in a log event and hardly in the name of a file; a file that is there is read whatever its name."""


def options(verb: Parser) -> None:
    """Its arguments and options."""
    verb.add_argument(
        "pattern",
        metavar="PATTERN",
        help="a filter pattern, a detection file, or the name of a shipped detection",
    )
    verb.add_argument(
        "event",
        nargs="?",
        metavar="EVENT",
        help="a log event as JSON, a file or folder of them, or - for standard input; the text itself for a "
        "pattern that is not JSON",
    )
    shared.output_format(verb, ("text", "json"))
    shared.configurations(verb)
    shared.archive(verb)


def run(args: argparse.Namespace) -> int:
    """Explain the pattern alone, on one event, or on many."""
    from detector.archive.locate import instead
    from detector.cli import inputs
    from detector.jobs.explain import explain
    from detector.render.explanation_json import explanation_json
    from detector.render.explanation_text import explanation_text
    from detector.render.kit.page import Page

    # os.path, because any text may be typed
    is_named = args.event is not None and (
        args.event == "-" or args.event.startswith("s3://") or os.path.exists(args.event)  # noqa: PTH110
    )
    if args.event and not is_named and not _NO_NAME.search(args.event):
        raise UsageError(
            f"expected EVENT to be a log event, a file, a folder or -, found {args.event!r}: no such file or "
            f"folder{instead(args.event)} (a log event of one word needs a blank in front of it)"
        )
    args.paths = [args.event] if is_named else []
    plan = inputs.plan(args, timed=False) if is_named else None
    result = explain(inputs.one(args, args.pattern), None if is_named else args.event, plan=plan)
    inputs.name_problems(result.notes)
    if result.events or args.event is None or args.allow_empty:
        with unless_closed(sys.stdout):
            if args.format == "json":
                sys.stdout.write(explanation_json(result))
            else:
                sys.stdout.write(explanation_text(result, Page.of(sys.stdout)))
    return Exit.FAILED if inputs.failed(args, result.problems, result.empty) else Exit.DONE
