"""What can be typed after ``detector backtest``."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from detector.cli import values
from detector.cli.options import archive

if TYPE_CHECKING:
    from detector.cli.parser import Parser

FORMATS = ("text", "json", "ndjson", "csv", "parquet")
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
  detector backtest samples -d lab/unauthorized-api-calls --incidents samples/incidents.toml
  detector backtest samples -d cis/cloudwatch-6 --threshold 1..10 --period 300,900 --format csv
  detector backtest samples -d lab/unauthorized-api-calls --max-pages-per-week 30
"""


def add(verb: Parser) -> None:
    """The arguments and options of the verb."""
    archive.paths(verb)
    verb.add_argument(
        "-d",
        "--detection",
        action="append",
        required=True,
        metavar="FILE-OR-NAME",
        help="a detection file, or the name of a shipped one (detector check --list); several in one pass",
    )
    verb.add_argument(
        "--metric",
        metavar="FILE",
        help="sweep CloudWatch's metric data instead of an archive: get-metric-data or get-metric-statistics "
        "JSON, or CSV of minute and value; the values are the metric's Sum a minute",
    )
    _grid(verb)
    _incidents(verb)
    _output(verb)
    archive.selection(verb)
    archive.clock(verb)
    archive.dedupe(verb)
    archive.scanning(archive.reading(verb))


def rate(text: str) -> float:
    """Pages a week, such as 2 or 0.5."""
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"expected a number of pages such as 2 or 0.5, found {text!r}")
    return float(text)


def rows(text: str) -> int:
    """A number of rows."""
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"expected a number of rows, found {text!r}")
    return int(text)


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
        help="labelled incidents: TOML, CSV or JSON with name, start, end and perhaps principal",
    )
    group.add_argument(
        "--grace",
        type=values.duration,
        metavar="SPAN",
        help="how long after its end an incident still explains an ALARM (default: 30m)",
    )
    group.add_argument(
        "--max-pages-per-week",
        type=rate,
        metavar="N",
        help="budget: at most so many transitions into ALARM a week",
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


def _output(verb: Parser) -> None:
    group = verb.add_argument_group("output")
    group.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        help="text, or one row a setting as json, ndjson, csv or parquet (default: text); docs/backtest.md "
        "describes the fields",
    )
    group.add_argument("--output", metavar="FILE", help="write there instead of to standard output")
    group.add_argument(
        "--rows", type=rows, default=12, metavar="N", help="settings in the text's table (default: 12)"
    )
