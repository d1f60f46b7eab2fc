"""What can be typed after ``detector explain``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
  detector match '{ $.errorCode = "AccessDenied" }' samples | detector explain lab/unauthorized-api-calls -
"""


def add(verb: Parser) -> None:
    """The arguments and options of the verb."""
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
    verb.add_argument(
        "--format", choices=("text", "json"), default="text", help="text or json (default: text)"
    )
