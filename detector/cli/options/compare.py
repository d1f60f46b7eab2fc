"""What can be typed after ``detector compare``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from detector.cli.options import archive

if TYPE_CHECKING:
    from detector.cli.parser import Parser

SUMMARY = "say what an edit of a pattern changes, on any event and on an archive"
USAGE = "detector compare OLD NEW [PATH …] [--expect RELATION] [--max-lost N] [options]"
ABOUT = """\
How NEW relates to OLD on any event: equivalent, narrower, wider, overlapping or disjoint, proved, or
not decided and why; with the smallest event for each difference. With PATHs also which records are
gained and lost there, and for two detections which transitions of the alarm. OLD and NEW are filter
patterns, detection files or names of shipped ones. Exit code 1 if an expectation is not met.
"""
EPILOG = """\
examples:
  detector compare '{ $.errorCode = "AccessDenied" }' '{ $.errorCode = "AccessDenied*" }' --expect wider
  detector compare lab/unauthorized-api-calls-as-deployed lab/unauthorized-api-calls samples
  detector compare cis/cloudwatch-2@cis-1.3.0 cis/cloudwatch-2@cis-4.0.0 --format json
"""
RELATIONS = ("equivalent", "narrower", "wider", "overlapping", "disjoint")


def add(verb: Parser) -> None:
    """The arguments and options of the verb."""
    verb.add_argument("old", metavar="OLD", help="the pattern or detection as it is")
    verb.add_argument("new", metavar="NEW", help="the pattern or detection as it shall be")
    verb.add_argument(
        "paths", nargs="*", metavar="PATH", help="log files and folders, if any; - is standard input"
    )
    verb.add_argument(
        "--format", choices=("text", "json"), default="text", help="text or json (default: text)"
    )
    _gate(verb)
    archive.selection(verb)
    archive.scanning(archive.reading(verb))


def _gate(verb: Parser) -> None:
    group = verb.add_argument_group("expectations (exit code 1 where one is not met)")
    group.add_argument(
        "--expect",
        action="append",
        choices=RELATIONS,
        metavar="RELATION",
        help="the relation that has to be proved: equivalent, narrower, wider, overlapping or disjoint; "
        "repeated: one of them",
    )
    for what in ("lost", "gained"):
        group.add_argument(
            f"--max-{what}",
            type=_count,
            metavar="N",
            help=f"at most so many records of the archive may be {what}",
        )


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"expected a number of records such as 0, found {text!r}")
    return int(text[:18])
