"""What can be typed after ``detector test``."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detector.cli.parser import Parser

SUMMARY = "run the rule tests of detections"
USAGE = "detector test [FILE …] [-k TEXT] [--coverage] [--minimum N+M] [--junit FILE]"
ABOUT = """\
Whether detections match what their tests say they must and must not match, and whether their alarms
move as their timelines say. The tests of x.toml are in x.test.toml beside it (docs/rule-tests.md).
Exit code 1 if one fails.
"""
EPILOG = """\
examples:
  detector test
  detector test cis/cloudwatch-2 --coverage
  detector test patterns/lab -k "service role" --minimum 1+1
"""


def add(verb: Parser) -> None:
    """The arguments and options of the verb."""
    verb.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="test files, folders of them, detections or names of shipped ones (name@variant for one variant); "
        "default: all that are shipped",
    )
    verb.add_argument(
        "-k", default="", metavar="TEXT", help="only tests with this text in their name or path"
    )
    verb.add_argument(
        "--coverage",
        action="store_true",
        help="say which conditions no case made true, and which none made false",
    )
    verb.add_argument(
        "--minimum",
        type=minimum,
        metavar="N+M",
        help="demand N cases that must match and M that must not, for each pattern and variant: 1+1",
    )
    verb.add_argument("--junit", metavar="FILE", help="write the results as JUnit XML too")


def minimum(text: str) -> tuple[int, int]:
    """``1+1``: how many matching and other cases there must be."""
    found = re.fullmatch(r"(\d{1,6})\+(\d{1,6})", text.strip(), re.ASCII)
    if not found:
        raise argparse.ArgumentTypeError(f"expected two numbers such as 1+1, found {text!r}")
    return int(found[1]), int(found[2])
