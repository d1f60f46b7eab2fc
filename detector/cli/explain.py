"""``detector explain``: what a pattern says, and why an event matches it or not.

In: a pattern (or a detection), and an event, a file or a folder of events, or neither; or several detections and events. Out:
the explanation on stdout; exit code 0 whatever the verdict, 2 if something could not be read.
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
USAGE = "detector explain PATTERN [EVENT] | -d FILE-OR-NAME … EVENT … [--format text|json]"
ABOUT = """\
What PATTERN asks, in plain English. With EVENT, what was found at each condition, the verdict, and
the smallest set of conditions that decided it, and the nearest event and pattern with the other verdict;
with several events, the condition that most often stood in the way. With -d every argument is an
event: which of the detections match it, and why not the others.
"""
EPILOG = """\
examples:
  detector explain cis/cloudwatch-2@cis-4.0.0
  detector explain '{ $.errorCode != "AccessDenied" }' '{"eventName": "GetUser", "errorCode": null}'
  detector explain -d cis -d lab '{"eventName": "ConsoleLogin", "userIdentity": {"type": "Root"}}'
  detector match '{ $.errorCode = "AccessDenied" }' logs | detector explain lab/unauthorized-api-calls -
"""

_NO_NAME = re.compile(r"""[\s{}\[\]"']""")
"""What is in a log event and hardly in the name of a file; a file that is there is read whatever its name."""


def options(verb: Parser) -> None:
    """Its arguments and options."""
    verb.add_argument(
        "pattern",
        nargs="?",
        metavar="PATTERN",
        help="a filter pattern, a detection file, or the name of a shipped detection",
    )
    verb.add_argument(
        "event",
        nargs="*",
        metavar="EVENT",
        help="a log event as JSON, a file or folder of them, or - for standard input; the text itself for a "
        "pattern that is not JSON; one, or with -d several",
    )
    shared.output_format(verb, ("text", "json"))
    shared.detections(verb)
    shared.archive(verb)


def run(args: argparse.Namespace) -> int:
    """Explain the pattern alone, on one event, or on many; or events by several detections."""
    from detector.cli import inputs
    from detector.jobs.explain import explain
    from detector.render.explanation_json import explanation_json
    from detector.render.explanation_text import explanation_text
    from detector.render.kit.page import Page

    if args.detection:
        return _by_detections(args)
    if args.pattern is None:
        raise UsageError("expected a PATTERN, or -d with detections and an EVENT")
    if len(args.event) > 1:
        raise UsageError(
            f"unexpected argument {args.event[1]!r}: expected one EVENT; with -d every argument is an event"
        )
    event = next(iter(args.event), None)
    is_named = event is not None and _is_named(event)
    args.paths = [event] if is_named else []
    plan = inputs.plan(args, timed=False) if is_named else None
    result = explain(inputs.one(args, args.pattern), None if is_named else event, plan=plan)
    inputs.name_problems(result.notes)
    if result.events or event is None or args.allow_empty:
        with unless_closed(sys.stdout):
            if args.format == "json":
                sys.stdout.write(explanation_json(result))
            else:
                sys.stdout.write(explanation_text(result, Page.of(sys.stdout)))
    return Exit.FAILED if inputs.failed(args, result.problems, result.empty) else Exit.DONE


def _is_named(event: str) -> bool:
    """Whether an EVENT is the name of a file, a folder or standard input; any other text is the event itself."""
    from detector.archive.locate import instead

    # os.path, because any text may be typed
    if event == "-" or event.startswith("s3://") or os.path.exists(event):  # noqa: PTH110
        return True
    if event and not _NO_NAME.search(event):
        raise UsageError(
            f"expected EVENT to be a log event, a file, a folder or -, found {event!r}: no such file or "
            f"folder{instead(event)} (a log event of one word needs a blank in front of it)"
        )
    return False


def _by_detections(args: argparse.Namespace) -> int:
    """Which detections match each event, and why not the others."""
    from detector.cli import inputs
    from detector.jobs.sightings import explain_events
    from detector.render.kit.page import Page
    from detector.render.sightings_json import sightings_json
    from detector.render.sightings_text import sightings_text

    asked = [args.pattern, *args.event] if args.pattern is not None else []
    if not asked:
        raise UsageError("expected an EVENT: with -d every argument is one")
    args.paths = [one for one in asked if _is_named(one)]
    plan = inputs.plan(args, timed=False) if args.paths else None
    texts = [one for one in asked if one not in args.paths]
    result = explain_events(inputs.detections(args), texts, plan=plan)
    inputs.name_problems(result.notes)
    if result.events or args.allow_empty:
        with unless_closed(sys.stdout):
            if args.format == "json":
                sys.stdout.write(sightings_json(result))
            else:
                sys.stdout.write(sightings_text(result, Page.of(sys.stdout)))
    return Exit.FAILED if inputs.failed(args, result.problems, result.empty) else Exit.DONE
