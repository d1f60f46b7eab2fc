"""``detector cache``: what a store of partial results holds, whether it is sound, and the removal of what is of no use.

In: the parsed options. Out: a report on stdout; exit code 1 if something in it is spoilt.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from detector.cli import options as shared
from detector.cli.console import Exit, unless_closed

if TYPE_CHECKING:
    import argparse

    from detector.cli.parser import Parser

SUMMARY = "what --cache has kept: list, verify, prune"
USAGE = "detector cache DIR [--verify] [--prune] [options]"
ABOUT = """\
What a folder of --cache holds: of which files, for which filters. It may be removed as a whole at any
time; what is spoilt or of another version is never used. Exit code 1 if something is spoilt.
"""
EPILOG = """\
examples:
  detector replay logs -d cis/cloudwatch-2 --cache kept -o report.txt && detector cache kept
  detector match '{ $.errorCode = * }' logs -c --cache kept && detector cache kept --verify --prune
"""
FORMATS = ("text", "json")


def options(verb: Parser) -> None:
    """Its arguments and options."""
    verb.add_argument("folder", metavar="DIR", help="the folder that --cache named")
    verb.add_argument(
        "--verify", action="store_true", help="read all of it, and compare every table with its checksum"
    )
    verb.add_argument(
        "--prune",
        action="store_true",
        help="remove what is damaged, written by other versions, left behind by killed runs, or about local files that have changed or gone "
        "away, and make few large segments of many; refused while a run uses the folder",
    )
    shared.output_format(verb, FORMATS)


def run(args: argparse.Namespace) -> int:
    """Look, perhaps remove, and print."""
    from detector.jobs.stored import stored
    from detector.render.kit.page import Page
    from detector.render.stored_json import stored_json
    from detector.render.stored_text import stored_text

    found = stored(args.folder, verify=args.verify, prune=args.prune)
    with unless_closed(sys.stdout):
        sys.stdout.write(
            stored_json(found) if args.format == "json" else stored_text(found, Page.of(sys.stdout))
        )
    return Exit.NO if found.spoilt else Exit.DONE
