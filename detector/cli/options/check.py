"""What can be typed after ``detector check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detector.cli.parser import Parser

SUMMARY = "check patterns and detection files"
USAGE = "detector check PATTERN|FILE … [--archive PATH] [options] | --list"
ABOUT = """\
Whether filter patterns and detection files are valid, and whether they say what they seem to say:
each finding has a code (docs/lint.md), the place, what follows from it, and what to write instead.
An argument that is a file or the name of a shipped detection is checked as a detection with all its
variants, anything else is a pattern. Exit code 1 if any is not valid or has a finding that is an
error: a pattern that can never match, or that matches everything.
"""
EPILOG = """\
examples:
  detector check '{ $.errorCode = "AccessDenied*" && $.sourceIPAddress != 192.0.2.* }'
  detector check cis/cloudwatch-2 patterns/lab/unauthorized-api-calls.toml --archive samples
  detector check cis/cloudwatch-2@cis-4.0.0 --ignore D4 --format sarif
  detector check --list

A comment beside a pattern in a detection file silences codes there: # detector: ignore[D202, D5]
"""


def add(verb: Parser) -> None:
    """The arguments and options of the verb."""
    verb.add_argument("checked", nargs="*", metavar="PATTERN|FILE", help="what is to be checked")
    verb.add_argument("--list", action="store_true", help="list the shipped detections with their titles")
    verb.add_argument(
        "--archive",
        action="append",
        default=[],
        metavar="PATH",
        help="count in these log files or folders what the findings speak of; may be repeated",
    )
    verb.add_argument(
        "--format",
        choices=("text", "json", "sarif", "github"),
        default="text",
        help="text, json, sarif (2.1.0) or github (annotations of a workflow); default: text",
    )
    group = verb.add_argument_group("findings")
    for name, what in (("select", "only these findings"), ("ignore", "none of these findings")):
        group.add_argument(
            f"--{name}",
            action="append",
            default=[],
            metavar="CODES",
            help=f"{what}: codes or beginnings of codes, D202,D4; may be repeated",
        )
    group.add_argument(
        "--severity",
        choices=("note", "warning", "error", "none"),
        default="error",
        help="the least severity that makes the exit code 1 (default: error; none: findings never do)",
    )
