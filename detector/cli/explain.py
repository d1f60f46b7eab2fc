"""``detector explain``: what a pattern says, and why an event matches it or not.

In: a pattern (or a detection), and an event, a file or a folder of events, or neither. Out: the explanation on
stdout; exit code 0 whatever the verdict, 2 if something could not be read.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING

from detector.cli import options as shared
from detector.cli.console import Exit, UsageError, unless_closed

if TYPE_CHECKING:
    import argparse

    from detector.archive import Event, Problem
    from detector.cli.parser import Parser
    from detector.pattern import Pattern
    from detector.pattern.explanation import Explanation

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
  detector match '{ $.errorCode = "AccessDenied" }' samples | detector explain lab/unauthorized-api-calls -
"""

TYPED = "EVENT"
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


def run(args: argparse.Namespace) -> int:
    """Explain the pattern alone, on one event, or on many."""
    from detector.cli import inputs

    pattern = asked(args.pattern)
    if args.event is None:
        sys.stdout.write(_alone(pattern, args.format))
        return Exit.DONE
    problems: list[Problem] = []
    explained = _explained(pattern, args, problems)
    with unless_closed(sys.stdout):
        sys.stdout.write(explained)
    unread = inputs.unread(problems)
    inputs.name_problems(unread)
    return Exit.FAILED if unread else Exit.DONE


def asked(text: str) -> Pattern:
    """The pattern of a detection file or a shipped detection, else the pattern that was typed."""
    from detector.detections import Detection
    from detector.detections.catalogue import pattern_or_detection

    found = pattern_or_detection(text)
    pattern = found.pattern if isinstance(found, Detection) else found
    if pattern is None:
        raise UsageError(
            f"{text} has several filters that are not all JSON patterns: explain them one by one"
        )
    return pattern


def _alone(pattern: Pattern, form: str) -> str:
    from detector.render import explanation_facts as facts
    from detector.render.explanation import in_english

    return facts.pattern_json(pattern) if form == "json" else in_english(pattern)


def _explained(pattern: Pattern, args: argparse.Namespace, problems: list[Problem]) -> str:
    from detector.cli import inputs
    from detector.pattern.explanation import explain

    message = _message(args.event, pattern)
    if message is not None:
        return _one(explain(pattern, message), args.format)
    found = _events(args.event, problems)
    first = list(islice(found, 2))
    if not first:
        return "" if inputs.unread(problems) else _nothing(args.event)
    if len(first) == 1:
        from detector.jobs.obstacles import explanation_of

        return _one(explanation_of(pattern, first[0]), args.format)
    return _many(pattern, chain(first, found), args.format)


def _message(typed: str, pattern: Pattern) -> str | None:
    """The raw log event, if that is what was typed; None for files and for JSON that a JSON pattern looks into."""
    from detector.pattern import PatternKind

    if _is_named(typed):
        return None
    if typed and not _NO_NAME.search(typed):
        raise UsageError(
            f"expected EVENT to be a log event, a file, a folder or -, found {typed!r}: there is no such file or "
            "folder, and a log event of one word needs a blank in front of it to be told from a name"
        )
    return None if pattern.kind is PatternKind.JSON and _is_readable(typed) else typed


def _is_named(typed: str) -> bool:
    return typed == "-" or os.path.exists(typed)  # noqa: PTH110 - any text may be typed


def _is_readable(typed: str) -> bool:
    """Whether a text is a JSON object, or holds some; any other text is a legal log event that is no JSON object."""
    from detector import jsontext
    from detector.archive import Event, Problem
    from detector.cli import inputs

    read = list(_typed(typed))
    if jsontext.parse_object(typed) is not None or any(isinstance(one, Event) for one in read):
        return True
    if typed.lstrip().startswith("{"):  # meant as an object: say where it breaks
        inputs.name_problems([one for one in read if isinstance(one, Problem)])
    return False


def _typed(typed: str) -> Iterator[Event | Problem]:
    from detector.archive import Source, events

    return iter(events(typed.encode("utf-8", "surrogateescape"), Source(TYPED)))


def _events(typed: str, problems: list[Problem]) -> Iterator[Event]:
    from detector.archive import Plan, Problem, walk

    found = walk(Plan(paths=(typed,), timed=False)) if _is_named(typed) else _typed(typed)
    for event in found:
        if isinstance(event, Problem):
            problems.append(event)
        else:
            yield event


def _nothing(typed: str) -> str:
    raise UsageError(f"expected a log event in {typed}, found none")


def _one(explained: Explanation, form: str) -> str:
    from detector.render import explanation as text
    from detector.render import explanation_facts as facts
    from detector.render.style import Style

    if form == "json":
        return facts.explanation_json(explained)
    return text.explanation(explained, Style.of(sys.stdout))


def _many(pattern: Pattern, found: Iterator[Event], form: str) -> str:
    from detector.jobs.obstacles import obstacles
    from detector.render import explanation_facts as facts
    from detector.render import explanation_obstacles as text
    from detector.render.style import Style

    counted = obstacles(pattern, found)
    return facts.obstacles_json(counted) if form == "json" else text.obstacles(counted, Style.of(sys.stdout))
