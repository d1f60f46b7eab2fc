"""``detector match``: grep with a filter pattern.

In: a pattern and inputs. Out: the matching records, one a line, in the order of paths and positions. As in
a replay, a log event that is not a JSON object is a problem for a JSON pattern; the time of a record is
only asked for where ``--from`` or ``--to`` is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from detector.cli import options as shared
from detector.cli.console import Exit, unless_closed

if TYPE_CHECKING:
    import argparse

    from detector.archive import Event, Problem
    from detector.cli.parser import Parser

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
    verb.add_argument("pattern", metavar="PATTERN", help="a CloudWatch Logs filter pattern")
    shared.paths(verb)
    verb.add_argument("--count", action="store_true", help="print only how many records matched")
    verb.add_argument("--invert", action="store_true", help="the records that do not match")
    shared.selection(verb)
    shared.reading(verb)


def run(args: argparse.Namespace) -> int:
    """Print what matches; 0 matched, 1 nothing, 2 something could not be read."""
    from detector.archive import Problem, walk
    from detector.cli import inputs
    from detector.pattern import PatternKind
    from detector.pattern import compile as compile_pattern

    pattern = compile_pattern(args.pattern)
    is_json = pattern.kind is PatternKind.JSON
    plan = inputs.plan(args, timed=False)
    located = plan.locate()
    problems = list(located.problems)
    write = (lambda _: None) if args.count else _writer()
    matched = 0
    with inputs.progress(args, plan, quiet=not args.count) as progress:
        for event in walk(plan, located.files, progress, expects_json=is_json):
            if isinstance(event, Problem):
                problems.append(event)
            elif (event.record is not None or not is_json) and event.matches(pattern) is not args.invert:
                matched += 1
                write(event)
    if args.count:
        with unless_closed(sys.stdout):
            sys.stdout.write(f"{matched}\n")
    return _code(sorted(problems), matched, quiet=args.quiet)


def line(event: Event) -> str:
    """The event on one line: the raw message where there is one, else compact JSON."""
    from detector.jsontext import dump_json

    if event.message is not None and event.message.isprintable():
        return event.message
    if event.message is not None and not any(end in event.message for end in "\r\n"):
        return event.message
    return dump_json(event.message if event.record is None else event.record).decode()


def _writer() -> Callable[[Event], None]:
    """Lines to stdout as UTF-8; on a terminal without characters that would steer it."""
    from detector.render.kit.printable import json_printable

    out = sys.stdout
    if out.isatty():
        return lambda event: print(json_printable(line(event)))  # noqa: T201 - this is the output
    stream = getattr(out, "buffer", None)
    if stream is None:  # a stdout that takes text only
        return lambda event: print(line(event))  # noqa: T201 - this is the output
    # A lone surrogate is written as its JSON escape, which is what it came from.
    return lambda event: stream.write(line(event).encode("utf-8", "backslashreplace") + b"\n")


def _code(problems: Sequence[Problem], matched: int, *, quiet: bool) -> int:
    from detector.cli import inputs

    unread = inputs.unread(problems)
    if not quiet:
        inputs.name_problems(unread)
    if unread:
        return Exit.FAILED
    return Exit.DONE if matched else Exit.NO
