"""``detector coverage``: which events of an archive detections look at, and which detections had nothing to look at.

In: the parsed options. Out: the report on stdout. Exit code 0 whatever is covered, 2 when something could not be read or
the archive has no record.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from detector.cli import options as shared
from detector.cli.console import Exit, unless_closed

if TYPE_CHECKING:
    import argparse

    from detector.cli.parser import Parser
    from detector.jobs.coverage import Coverage

SUMMARY = "which events detections look at, and which detections could see nothing"
USAGE = "detector coverage [PATH …] --detection FILE-OR-NAME [--detection …] [options]"
ABOUT = """\
Which detections matched which events of an archive, which event names of it no detection asks for,
and which detections could not have seen anything there, because their event source, their event
names or a field that they need is absent: silence of those proves nothing.
"""
EPILOG = """\
examples:
  detector coverage logs -d cis
  detector coverage logs -d cis -d lab --last 7d --format markdown
"""


def options(verb: Parser) -> None:
    """Its arguments and options."""
    shared.paths(verb)
    shared.detections(verb)
    shared.output_format(verb, ("text", "json", "markdown"))
    shared.archive(verb)


def run(args: argparse.Namespace) -> int:
    """Count, report; the exit code."""
    from detector.cli import inputs
    from detector.jobs.coverage import coverage

    detections = inputs.detections(args)
    plan = inputs.plan(args, timed=False)
    with inputs.progress(args, plan) as progress:
        found = coverage(detections, plan, progress=progress)
    if found.records or args.allow_empty:
        with unless_closed(sys.stdout):
            sys.stdout.write(_report(found, args.format))
    return Exit.FAILED if inputs.failed(args, found.problems, found.empty) else Exit.DONE


def _report(found: Coverage, form: str) -> str:
    from detector.render import coverage_json, coverage_markdown, coverage_text
    from detector.render.kit.page import Page

    match form:
        case "json":
            return coverage_json.coverage_json(found)
        case "markdown":
            return coverage_markdown.coverage_markdown(found)
        case _:
            return coverage_text.coverage_text(found, Page.of(sys.stdout))
