"""``detector noise``: who makes the matches and pages of a detection, and which exclusions would end them.

In: the parsed options. Out: the report on stdout or in a file; with ``--write`` the proposed pattern in the user's own
detection file. Exit code 1 when the budget cannot be kept, 2 when something could not be read or written.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from detector.cli import options as shared
from detector.cli import values
from detector.cli.console import Exit, complain, unless_closed

if TYPE_CHECKING:
    import argparse

    from detector.cli.parser import Parser
    from detector.jobs.noise import Noise

SUMMARY = "who makes the noise of a detection, and exclusions that end it"
USAGE = "detector noise [PATH …] --detection FILE-OR-NAME [--detection …] [options]"
ABOUT = """\
Who makes the matches and the pages of a detection, and which roles, users and services can be left
out of its filter: narrower patterns, guarded and proved, each replayed on the archive. Only who
comes steadily is left out, and nothing that hides an incident of --incidents.
"""
EPILOG = """\
Exit code 1: the budget is not kept, whatever is left out; then --write writes nothing.

examples:
  detector noise logs -d cis/cloudwatch-2
  detector noise logs -d cis/cloudwatch-2 --incidents incidents.toml --max-pages-per-week 20
  detector noise logs -d cis/cloudwatch-2 --format json -o noise.json
"""


def options(verb: Parser) -> None:
    """Its arguments and options."""
    shared.paths(verb)
    shared.detections(verb)
    group = verb.add_argument_group("what must stay, and what it may cost")
    group.add_argument(
        "--incidents",
        metavar="FILE",
        help="labelled incidents, none of which may be hidden: as for detector backtest",
    )
    group.add_argument(
        "--grace",
        type=values.duration,
        metavar="SPAN",
        help="how long after its end an incident still explains a page (default: 30m)",
    )
    group.add_argument(
        "--max-pages-per-week", type=values.pages, metavar="N", help="budget: leave out as little as keeps it"
    )
    group = verb.add_argument_group("output")
    shared.output_format(
        group,
        ("text", "markdown", "json"),
        "text, markdown or json (default: text); docs/noise.md describes the keys",
    )
    shared.html(group)
    shared.write(group, "the proposed pattern, and its rule tests,")
    shared.log_group(verb)
    shared.dedupe(verb)
    shared.archive(verb, scans=True, alarms=True)


def run(args: argparse.Namespace) -> int:
    """Look into the noise, report, and write what is asked for; the exit code."""
    from detector.cli import inputs
    from detector.cli.backtest_terms import terms
    from detector.jobs.noise import noises
    from detector.jobs.noise.result import Wish

    scripts = inputs.scripts(args)
    asked = []
    for detection in inputs.detections(args):
        found = terms(args, detection)
        asked.append((detection, Wish(found.incidents, found.budget.max_pages_per_week, found.grace)))
    plan = inputs.plan(args)
    with inputs.progress(args, plan) as progress:
        result = noises(asked, plan, scan=inputs.scan(args), progress=progress)
    if scripts is not None:
        from detector.cli.output import write
        from detector.render.noise_html import document

        write(args.html, document(result, scripts).encode())
    with unless_closed(sys.stdout):
        sys.stdout.write(_report(result, args))
    reading = result[0].replay.reading
    done = not args.write or _written(args, result)
    if inputs.failed(args, reading.problems, reading.empty, named=args.format == "text") or not done:
        return Exit.FAILED
    return Exit.NO if any(one.kept is False for one in result) else Exit.DONE


def _written(args: argparse.Namespace, result: Sequence[Noise]) -> bool:
    """Put the proposals into the files; whether that was possible."""
    from detector.cli import inputs
    from detector.cli.writing import into_files, tests_beside

    done = True
    for place, one in enumerate(result):
        if one.proposal is None:
            complain(f"{one.detection.name}: nothing is proposed, so nothing is written")
        elif one.kept is False:
            complain(
                f"{one.detection.name}: nothing is written: with the proposal there would still be "
                f"{one.weekly(one.proposal.effect):.1f} pages a week, more than {one.wish.most:g} (without "
                "--max-pages-per-week it is written whatever is left)"
            )
        elif into_files(lambda: inputs.with_neighbours(args), {place: one.proposal.detection}):
            tests_beside(one.detection, one.proposal.tests)
        else:
            done = False
    return done


def _report(result: Sequence[Noise], args: argparse.Namespace) -> str:
    from detector.render import noise_json, noise_markdown, noise_text
    from detector.render.kit.page import Page

    match args.format:
        case "json":
            return noise_json.as_json(result)
        case "markdown":
            return noise_markdown.report(result)
        case _:
            return noise_text.report(result, Page.of(sys.stdout))
