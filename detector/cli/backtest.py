"""``detector backtest``: an alarm's settings over an archive, and which to choose.

In: the parsed options. Out: the report, or one row a setting, on stdout or in a file; exit code 1 when the
present setting of a detection breaks its budget, 2 when something could not be read.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from detector.cli import options as shared
from detector.cli import values
from detector.cli.console import Exit, UsageError, complain, unless_closed

if TYPE_CHECKING:
    import argparse

    from detector.cli.parser import Parser
    from detector.detections import Detection
    from detector.jobs.backtest import Backtest, Terms

SUMMARY = "try an alarm's settings on an archive, and choose some"
USAGE = "detector backtest [PATH …] --detection FILE-OR-NAME [--detection …] [options]"
ABOUT = """\
What an alarm would have done with other settings: every combination of a grid in one pass, scored
by its pages and, with --incidents, by what it finds. The present setting is always among them. A
[backtest] table in the detection file holds the same options; without any, a usual grid is tried.
"""
EPILOG = """\
A LIST is 1,3,5 or a range with a step, 10..50:5, or both. Exit code 1: the present setting breaks
the budget.

examples:
  detector backtest logs -d lab/unauthorized-api-calls --incidents incidents.toml
  detector backtest logs -d cis/cloudwatch-6 --threshold 1..10 --period 300,900 --format csv
  detector backtest logs -d lab/unauthorized-api-calls --max-pages-per-week 30
"""


def options(verb: Parser) -> None:
    """Its arguments and options."""
    shared.paths(verb)
    shared.detections(verb)
    verb.add_argument(
        "--metric",
        metavar="FILE",
        help="sweep CloudWatch's metric data instead of an archive: get-metric-data or get-metric-statistics "
        "JSON, or CSV of minute and value; the values are the metric's Sum a minute",
    )
    _grid(verb)
    _incidents(verb)
    verb.add_argument(
        "--office-hours",
        metavar="HOURS",
        help="count pages outside of these, from Monday to Friday: 09:00-17:00 (UTC), '09:00-17:00 Europe/Berlin'",
    )
    group = verb.add_argument_group("output")
    shared.output_format(
        group,
        ("text", "markdown", "json", "ndjson", "csv", "parquet"),
        "text, markdown (for pull requests), or one row a setting as json, ndjson, csv or parquet (default: text); docs/backtest.md "
        "describes the fields",
    )
    group.add_argument(
        "--rows", type=values.rows, default=12, metavar="N", help="settings in the text's table (default: 12)"
    )
    shared.html(group)
    shared.write(group, "the recommended setting")
    shared.log_group(verb)
    shared.dedupe(verb)
    archive = shared.archive(verb, scans=True, alarms=True)
    archive.add_argument(
        "--assume-complete",
        action="store_true",
        help="the trail was on all the time, and the archive has all of its files: an hour without one was quiet",
    )


def _grid(verb: Parser) -> None:
    group = verb.add_argument_group("the grid")
    for option, metavar, text in (
        ("--threshold", "LIST", "thresholds, such as 1,3,5,10..50:5"),
        ("--period", "LIST", "periods in seconds, such as 60,300,900"),
        ("--datapoints", "LIST", "datapoints to alarm of evaluation periods, such as 1/1,2/3,3/3"),
        ("--treat-missing-data", "LIST", "missing, notBreaching, breaching, ignore"),
        ("--statistic", "LIST", "Sum, SampleCount, Average, Minimum, Maximum, or percentiles such as p90"),
        ("--window", "LIST", "sliding, wall-clock"),
        ("--time-zone", "ZONE", "the time zone of wall-clock, such as Europe/Berlin (default: UTC)"),
    ):
        group.add_argument(option, metavar=metavar, help=text)


def _incidents(verb: Parser) -> None:
    group = verb.add_argument_group("what it should find, and what it may cost")
    group.add_argument(
        "--incidents",
        metavar="FILE",
        help="labelled incidents: TOML, CSV or JSON with name, start, end, and perhaps principal, address, pattern and verdict",
    )
    group.add_argument(
        "--grace",
        type=values.duration,
        metavar="SPAN",
        help="how long after its end an incident still explains an ALARM (default: 30m)",
    )
    group.add_argument(
        "--max-pages-per-week",
        type=values.pages,
        metavar="N",
        help="budget: at most so many transitions into ALARM a week",
    )
    group.add_argument(
        "--max-time-in-alarm",
        type=values.share,
        metavar="SHARE",
        help="budget: in ALARM for at most so much of the time outside of incidents, such as 5%% (nothing over it, or else over 10%%, is recommended)",
    )
    group.add_argument(
        "--must-detect",
        action="append",
        metavar="FILE|NAME",
        help="budget: all incidents of a file, or the one of that name, are detected; may be repeated",
    )
    group.add_argument(
        "--max-delay",
        type=values.duration,
        metavar="SPAN",
        help="budget: so soon after its start, for the incidents of --must-detect, else for all",
    )


def run(args: argparse.Namespace) -> int:
    """Sweep and report; the exit code."""
    from detector.cli import inputs
    from detector.cli.backtest_terms import terms
    from detector.jobs.backtest.metric_data import MetricData

    _check(args)
    scripts = inputs.scripts(args)
    asked = [(detection, terms(args, detection)) for detection in inputs.detections(args)]
    if args.metric and len(asked) > 1:
        raise UsageError("expected --metric FILE with a single detection: it is the metric of one")
    tests = [_metric(args, *asked[0])] if args.metric else _archive(args, asked)
    if scripts is not None:
        from detector.cli.output import write
        from detector.render.backtest_html import document

        write(args.html, document(tests, scripts).encode())
    with unless_closed(sys.stdout):
        _write(args, tests)
    judged = [] if tests[0].empty else tests  # without a record no budget is kept or broken
    with unless_closed(sys.stderr):
        _complain(args, judged)
    source = tests[0].source
    problems = [] if isinstance(source, MetricData) else source.problems
    failed = inputs.failed(args, problems, tests[0].empty, named=args.format == "text")
    if (args.write and not _written(args, tests)) or failed:
        return Exit.FAILED
    return Exit.NO if any(test.complaints for test in judged) else Exit.DONE


def _check(args: argparse.Namespace) -> None:
    if args.metric and "archive" in args.configured:
        args.paths = []
    if args.metric and (args.paths or len(args.detection) > 1):
        more = "a PATH" if args.paths else "several --detection"
        raise UsageError(f"expected --metric FILE or {more}, not both: it is the metric of one detection")
    if args.format == "parquet" and sys.stdout.isatty():
        raise UsageError("expected --output FILE, or standard output into a file, for parquet")


def _archive(args: argparse.Namespace, asked: Sequence[tuple[Detection, Terms]]) -> list[Backtest]:
    from detector.cli import inputs
    from detector.jobs.backtest import backtests

    plan = inputs.plan(args)
    with inputs.progress(args, plan) as progress:
        return backtests(
            asked, plan, complete=args.assume_complete, scan=inputs.scan(args), progress=progress
        )


def _metric(args: argparse.Namespace, detection: Detection, asked: Terms) -> Backtest:
    from detector.cli import inputs
    from detector.jobs.backtest import backtest_metric
    from detector.jobs.backtest.metric_data import load_metric

    selection = inputs.plan(args, optional=True).selection
    return backtest_metric(detection, asked, load_metric(args.metric), selection.start, selection.end)


def _write(args: argparse.Namespace, tests: Sequence[Backtest]) -> None:
    from detector.render import backtest_json, backtest_markdown, backtest_text
    from detector.render.kit.page import Page

    if args.format == "text":
        written = backtest_text.report(tests, Page.of(sys.stdout), args.rows).encode()
    elif args.format == "markdown":
        written = backtest_markdown.report(tests, args.rows).encode()
    else:
        written = backtest_json.FORMATS[args.format](tests)
    sys.stdout.flush()
    sys.stdout.buffer.write(written)
    sys.stdout.buffer.flush()


def _written(args: argparse.Namespace, tests: Sequence[Backtest]) -> bool:
    """Put the recommended settings into the files; whether that was possible."""
    from dataclasses import replace

    from detector.cli import inputs
    from detector.cli.writing import into_files

    wanted = {}
    for place, test in enumerate(tests):
        if test.choice.recommended is None:
            complain(f"{test.detection.name}: nothing is recommended, so nothing is written")
        else:
            wanted[place] = replace(test.detection, alarm=test.choice.recommended.alarm)
    return into_files(lambda: inputs.with_neighbours(args), wanted)


def _complain(args: argparse.Namespace, tests: Sequence[Backtest]) -> None:
    """On stderr: what breaks a budget, what makes the figures say less than they seem to, and problems.

    For machines also what a report has in its text: the refused combinations, and what could not be read.
    """
    from detector.render.kit.printable import printable

    for test in tests:
        for lines in test.complaints:
            complain("\n".join(printable(line, 4_000) for line in lines))
        warnings = [f"warning: {one}" for one in (*test.left_open, *test.doubts)]
        if args.format != "text":
            warnings += [f"left out, since CloudWatch would refuse it: {one}" for one in test.sweep.refused]
        for warning in () if args.quiet else warnings:
            complain(f"{test.detection.name}: {warning}")
