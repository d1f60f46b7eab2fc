"""``detector replay``: detections over an archive, and the report.

In: the parsed options. Out: the report on stdout; exit code 2 when something could not be read, after finishing the
rest.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from detector.cli import options as shared
from detector.cli.console import Exit, UsageError, unless_closed

if TYPE_CHECKING:
    import argparse

    from detector.cli.parser import Parser
    from detector.detections import Detection
    from detector.jobs.replay import Replays

SUMMARY = "replay detections over an archive"
USAGE = "detector replay [PATH …] --detection FILE-OR-NAME [--detection …] [options]"
ABOUT = """\
Which records would have matched, what the metric was, when the alarm would have changed state, and
why. PATH is a log file or a folder (S3 layout or any other), - is standard input.
"""
EPILOG = """\
examples:
  detector replay samples --detection lab/unauthorized-api-calls
  detector replay samples -d cis/cloudwatch-1 -d cis/cloudwatch-6 --from 2025-03-08 --to 2025-03-11
  detector replay samples -d cis/cloudwatch-2 --clock delivery --window wall-clock --format json
"""


def options(verb: Parser) -> None:
    """Its arguments and options."""
    shared.paths(verb)
    shared.detections(verb)
    shared.output_format(
        verb,
        ("text", "json", "ndjson", "csv", "parquet"),
        "text, json or ndjson (default: text), or one row a datapoint of the alarm as csv or parquet; "
        "docs/json-output.md describes them",
    )
    amount = verb.add_mutually_exclusive_group()
    amount.add_argument("--brief", action="store_true", help="text: only the summary, a line a detection")
    amount.add_argument(
        "--full",
        action="store_true",
        help="text: every detection, all episodes in time order and all transitions, not just the worst",
    )
    shared.log_group(verb)
    shared.dedupe(verb)
    group = shared.archive(verb, scans=True)
    group.add_argument(
        "--window",
        choices=("sliding", "wall-clock"),
        help="how the alarm's windows lie: sliding by a minute, or wall-clock; default: what the detection says",
    )
    group.add_argument(
        "--time-zone",
        metavar="ZONE",
        help="the time zone of --window wall-clock, such as Europe/Berlin or +05:30 (default: UTC)",
    )


def run(args: argparse.Namespace) -> int:
    """Replay and report."""
    from detector.cli import inputs
    from detector.detections.catalogue import detections_of
    from detector.jobs.counting import SAMPLE
    from detector.jobs.replay import replay

    if args.time_zone and args.window != "wall-clock":
        raise UsageError("expected --time-zone with --window wall-clock")
    if args.format == "parquet" and sys.stdout.isatty():
        raise UsageError("expected standard output into a file or a pipe for parquet")
    detections = [_windowed(one, args) for one in detections_of(args.detection)]
    plan = inputs.plan(args)
    with inputs.progress(args, plan) as progress:
        sample = None if args.strict else SAMPLE
        replays = replay(detections, plan, scan=inputs.scan(args), progress=progress, sample=sample)
    with unless_closed(sys.stdout):
        if args.format == "parquet":
            from detector.render.replay_table import as_parquet

            sys.stdout.flush()
            sys.stdout.buffer.write(as_parquet(replays))
        else:
            sys.stdout.write(_report(args, replays))
    reading = replays.reading
    failed = inputs.failed(args, reading.problems, reading.empty, named=args.format == "text")
    return Exit.FAILED if failed else Exit.DONE


def _report(args: argparse.Namespace, replays: Replays) -> str:
    from detector.render import replay_json, replay_table, replay_text
    from detector.render.kit.page import Page

    match args.format:
        case "json":
            return replay_json.as_json(replays)
        case "ndjson":
            return replay_json.as_ndjson(replays)
        case "csv":
            return replay_table.as_csv(replays)
        case _:
            kinds = replay_text.Detail
            detail = kinds.BRIEF if args.brief else kinds.FULL if args.full else kinds.USUAL
            return replay_text.report(replays, Page.of(sys.stdout), detail)


def _windowed(detection: Detection, args: argparse.Namespace) -> Detection:
    """The detection, with the window of the command line where there is one."""
    from dataclasses import replace

    from detector.errors import DetectionError, SettingsError

    try:
        return replace(detection, alarm=detection.alarm.laid(window=args.window, time_zone=args.time_zone))
    except SettingsError as error:
        raise DetectionError(detection.path, "--window", error.reason) from None
