"""``detector replay``: detections over an archive, and the report.

In: the parsed options. Out: the report on stdout; exit code 2 when something could not be read, after finishing the
rest.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from detector.cli import emit
from detector.cli import options as shared
from detector.cli.console import Exit, UsageError, unless_closed
from detector.errors import DetectorError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from detector.alarm.mute import MuteRule
    from detector.cli.parser import Parser
    from detector.jobs.replay import Replays

SUMMARY = "replay detections over an archive"
USAGE = "detector replay [PATH …] --detection FILE-OR-NAME [--detection …] [options]"
ABOUT = """\
Which records would have matched, what the metric was, when the alarm would have changed state, and
why. PATH is a log file or a folder (S3 layout or any other), - is standard input.
"""
EPILOG = """\
examples:
  detector replay logs --detection lab/unauthorized-api-calls
  detector replay logs -d cis/cloudwatch-1 -d cis/cloudwatch-6 --last 30d -o report.txt
  gunzip -c logs/*/CloudTrail/*/*/*/*/*.gz | detector replay -d cis/cloudwatch-2 --format json
"""


def options(verb: Parser) -> None:
    """Its arguments and options."""
    shared.paths(verb)
    shared.detections(verb)
    shared.output_format(
        verb,
        ("text", "markdown", "json", "ndjson", "csv", "parquet"),
        "text, markdown (for tickets), json or ndjson (default: text), or one row a datapoint of the alarm as csv or parquet; "
        "docs/json-output.md describes them",
    )
    amount = verb.add_mutually_exclusive_group()
    amount.add_argument("--brief", action="store_true", help="text: only the summary, a line a detection")
    amount.add_argument(
        "--full",
        action="store_true",
        help="text: every detection, all episodes in time order and all transitions, not just the worst",
    )
    verb.add_argument(
        "--matches",
        metavar="FILE",
        help="also write the matched records there: .csv, .ndjson or .parquet; who did what from where, and their place",
    )
    verb.add_argument(
        "--mute",
        action="append",
        default=[],
        metavar="FILE",
        help="alarm mute rules, a TOML file of [[mute]] (docs/composite-alarms.md): what they hold back is said; may be "
        "repeated",
    )
    verb.add_argument(
        "--draft-incidents",
        metavar="FILE",
        help="also write each episode there as an incident to be labelled, for backtest --incidents: .toml",
    )
    shared.html(verb)
    emit.options(verb)
    shared.log_group(verb)
    shared.dedupe(verb)
    shared.window(shared.archive(verb, scans=True, alarms=True))


def run(args: argparse.Namespace) -> int:
    """Replay and report."""
    from detector.cli import inputs
    from detector.cli.output import write
    from detector.jobs.reading import SAMPLE
    from detector.jobs.replay import replay

    write_matches = _writer(args)
    scripts = inputs.scripts(args)
    alarmed = inputs.windowed(args, inputs.alarms(args))
    mutes = _mutes(args.mute)
    plan = inputs.plan(args)
    emission = emit.asked(args, alarmed, plan)
    with inputs.progress(args, plan) as progress:
        sample = None if args.strict else SAMPLE
        replays = replay(alarmed, plan, mutes=mutes, scan=inputs.scan(args), progress=progress, sample=sample)
    if write_matches:
        from detector.jobs.matched import replayed

        write(args.matches, write_matches(replayed(replays)))
    if args.draft_incidents:
        from detector.render.incidents_toml import drafts

        write(args.draft_incidents, drafts(replays).encode("utf-8", "replace"))
    if scripts is not None:
        from detector.jobs.investigation import investigate
        from detector.render.replay_html import document

        page = document(investigate(replays, scan=inputs.scan(args)), scripts)
        write(args.html, page.encode())
    code, is_printed = Exit.DONE, emission is None or not emission.replaces_report
    with unless_closed(sys.stdout):
        if is_printed:
            _print(args, replays)
    if emission:
        with unless_closed(sys.stdout):
            code = emission.of_replays(replays)
    reading, named = replays.reading, is_printed and args.format == "text"
    failed = inputs.failed(args, reading.problems, reading.empty, named=named)
    return Exit.FAILED if failed else code


def _mutes(paths: Sequence[str]) -> tuple[MuteRule, ...]:
    if not paths:
        return ()
    from detector.detections.mutes import load_mutes

    return tuple(rule for path in paths for rule in load_mutes(path))


def _holds_more(path: Path) -> bool:
    """Whether a file is there that is not a draft as it was written: verdicts are the work of hours."""
    from detector.jobs.backtest.incidents import Verdict, load_incidents

    if not path.exists():
        return False
    try:
        return any(one.verdict is not Verdict.UNDECIDED for one in load_incidents(path))
    except (DetectorError, OSError):
        return True


def _writer(args: argparse.Namespace) -> Callable[..., bytes] | None:
    """What makes the file of --matches; UsageError for options that make no sense."""
    if args.format == "parquet" and sys.stdout.isatty():
        raise UsageError("expected standard output into a file or a pipe for parquet")
    if args.draft_incidents and not args.draft_incidents.endswith(".toml"):
        raise UsageError("expected --draft-incidents with a file named .toml")
    if args.draft_incidents and _holds_more(Path(args.draft_incidents)):
        raise UsageError(
            f"expected a new file for --draft-incidents: {args.draft_incidents} holds more than drafts, which would be lost"
        )
    if not args.matches:
        return None
    from detector.render import matches_file

    return matches_file.writer(args.matches)


def _print(args: argparse.Namespace, replays: Replays) -> None:
    if args.format == "parquet":
        from detector.render.replay_table import as_parquet

        sys.stdout.flush()
        sys.stdout.buffer.write(as_parquet(replays))
    elif args.format in {"json", "ndjson"}:
        from detector.render import replay_json

        write = replay_json.as_json if args.format == "json" else replay_json.as_ndjson
        sys.stdout.writelines(write(replays))
    else:
        sys.stdout.write(_report(args, replays))


def _report(args: argparse.Namespace, replays: Replays) -> str:
    from detector.render import replay_text
    from detector.render.kit.page import Page

    match args.format:
        case "markdown":
            from detector.render import replay_markdown

            return replay_markdown.report(replays)
        case "csv":
            from detector.render import replay_table

            return replay_table.as_csv(replays)
        case _:
            kinds = replay_text.Detail
            detail = kinds.BRIEF if args.brief else kinds.FULL if args.full else kinds.USUAL
            return replay_text.report(replays, Page.of(sys.stdout), detail)
