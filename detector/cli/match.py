"""``detector match``: grep with a filter pattern.

In: a pattern and inputs. Out: the matching records, one a line, in the order of paths and positions. As in
a replay, a log event that is no JSON object is a problem for a JSON pattern; the time of a record is
only asked for where ``--from`` or ``--to`` is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from detector.cli import options as shared
from detector.cli.console import Exit, unless_closed

if TYPE_CHECKING:
    import argparse

    from detector.archive import Event, LogFile, Problem, Selection
    from detector.cli.parser import Parser
    from detector.pattern import Pattern

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
    from detector.archive import locate
    from detector.cli import inputs
    from detector.cli.progress import bar
    from detector.pattern import PatternKind
    from detector.pattern import compile as compile_pattern

    pattern = compile_pattern(args.pattern)
    takes_text = pattern.kind is not PatternKind.JSON
    selection = inputs.selection(args)
    located = locate(inputs.paths(args), selection)
    problems = list(located.problems)
    write = (lambda _: None) if args.count else _writer()
    matched = 0
    size = sum(file.size for file in located.files)
    with bar(lambda: (len(located.files), size), quiet=args.quiet or not args.count) as progress:
        for file in located.files:
            for event in _selected(file, selection, args.max_file_size, problems, takes_text):
                if holds(pattern, event) is not args.invert:
                    matched += 1
                    write(event)
            if progress:
                progress(1, file.size)
    if args.count:
        with unless_closed(sys.stdout):
            sys.stdout.write(f"{matched}\n")
    return _code(sorted(problems), matched, quiet=args.quiet)


def holds(pattern: Pattern, event: Event) -> bool:
    """Whether an event matches: its raw text where the container gives it."""
    from detector.pattern import PatternKind

    if pattern.kind is PatternKind.JSON:
        return event.record is not None and pattern.holds(event.record)
    return pattern.matches(event.record or {} if event.message is None else event.message)


def line(event: Event) -> str:
    """The event on one line: the raw message where there is one, else compact JSON."""
    from detector.jsontext import dump_json

    if event.message is not None and event.message.isprintable():
        return event.message
    if event.message is not None and not any(end in event.message for end in "\r\n"):
        return event.message
    return dump_json(event.message if event.record is None else event.record).decode()


def _selected(
    file: LogFile,
    selection: Selection,
    limit: int,
    problems: list[Problem],
    takes_text: bool,  # noqa: FBT001 - private
) -> Iterator[Event]:
    """The events of one file that are asked for; what cannot be used is named in ``problems``."""
    from detector.archive import Event, events, read
    from detector.archive.decode import Broken
    from detector.scan.plain import Problems

    unused = Problems(file)
    try:
        for event in events(read(file, limit), file):
            reason = _reason(event, selection, takes_text)
            if reason:
                unused.add(reason)
            elif isinstance(event, Event) and _wanted(event, file, selection):
                yield event
    except Broken as error:
        unused.add(error.reason)
    problems += unused.named()


def _reason(event: Event | Problem, selection: Selection, takes_text: bool) -> str:  # noqa: FBT001 - private
    """Why an event cannot be used, or nothing."""
    from detector.archive import Problem

    if isinstance(event, Problem):
        return event.reason
    if event.record is None and not takes_text:
        return f"log event {event.position}: no JSON object"
    asks_time = selection.start is not None or selection.end is not None
    return f"record {event.position}: no valid eventTime" if asks_time and _time(event) is None else ""


def _time(event: Event) -> int | None:
    from detector.archive.decode import event_time

    if event.record is not None:
        return event_time(event.record)
    return None if event.timestamp is None else event.timestamp // 1000


def _wanted(event: Event, file: LogFile, selection: Selection) -> bool:
    from detector.archive import takes

    time = _time(event)
    if time is not None:
        if selection.start is not None and time < selection.start:
            return False
        if selection.end is not None and time >= selection.end:
            return False
    return takes(selection, file, event.record)


def _writer() -> Callable[[Event], None]:
    """Lines to stdout as UTF-8; on a terminal without characters that would steer it."""
    from detector.render.printable import json_printable

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
