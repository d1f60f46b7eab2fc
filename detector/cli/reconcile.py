"""``detector reconcile``: what the replay says against what the account's alarm really did.

In: the parsed options. Out: the reconciliation on stdout; exit code 1 where a change of state does not agree, 2 where nothing
could be compared or something could not be read.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from detector.cli import options as shared
from detector.cli import values
from detector.cli.console import Exit, UsageError, complain, unless_closed
from detector.quantities import count

if TYPE_CHECKING:
    import argparse

    from detector.cli.parser import Parser
    from detector.jobs.reconcile import Reconciliation

SUMMARY = "hold a replay against what the account's alarm really did"
USAGE = "detector reconcile DETECTION --history FILE [--metric FILE] [PATH …] [options]"
ABOUT = """\
The changes of state that the replay has and those of the account's own history side by side: which
agree, differ and by how much, are only here or only there, each with its likely cause: a delay, other
settings at that time, a missing log, other datapoints, a state set by hand. What can be tried is
tried. Without PATH the alarm alone is replayed on the account's datapoints (--metric).
"""
EPILOG = """\
examples:
  detector reconcile cis/cloudwatch-1 --history history.json logs
  detector reconcile cis/cloudwatch-1 --history history.json logs --tolerance 10m --format markdown
"""


def options(verb: Parser) -> None:
    """Its arguments and options."""
    verb.add_argument(
        "detection",
        metavar="DETECTION",
        help="a detection file, the name of a shipped one, or one alarm of a configuration (#ID)",
    )
    verb.add_argument(
        "paths", nargs="*", metavar="PATH", help="log files and folders, if any; - is standard input"
    )
    _account(verb)
    shared.output_format(verb, ("text", "markdown", "json"))
    shared.configurations(verb)
    shared.log_group(verb)
    shared.dedupe(verb)
    shared.archive(verb, scans=True, alarms=True)


def _account(verb: Parser) -> None:
    """What the account says, and what is good enough."""
    verb.add_argument(
        "--history",
        action="append",
        default=[],
        metavar="FILE",
        help="the JSON of aws cloudwatch describe-alarm-history, its items one a line, or a folder of such files; may "
        "be repeated",
    )
    verb.add_argument(
        "--metric",
        metavar="FILE",
        help="the account's datapoints: get-metric-data or get-metric-statistics with Sum a minute, or CSV",
    )
    verb.add_argument(
        "--alarm",
        default="",
        metavar="NAME",
        help="the alarm in the history (default: that of the detection)",
    )
    verb.add_argument(
        "--tolerance",
        type=values.duration,
        default=0,
        metavar="SPAN",
        help="a change of state that comes so much earlier or later is no reason for exit code 1 (default: 0s)",
    )


def run(args: argparse.Namespace) -> int:
    """Reconcile, print, and say whether they agree."""
    from detector.cli import inputs
    from detector.jobs.reconcile import reconcile

    if not args.history:
        raise UsageError(
            "expected --history FILE: aws cloudwatch describe-alarm-history --alarm-name NAME > FILE"
        )
    if not args.paths and args.metric is None:
        raise UsageError("expected a PATH to replay, or --metric FILE with the account's datapoints")
    plan = inputs.plan(args, optional=True)
    detection = inputs.one(args, args.detection)
    with inputs.progress(args, plan) as progress:
        found = reconcile(
            detection,
            args.history,
            plan,
            metric=args.metric,
            alarm=args.alarm,
            scan=inputs.scan(args),
            progress=progress,
        )
    with unless_closed(sys.stdout):
        sys.stdout.write(_report(found, args.format))
    return _exit(args, found)


def _exit(args: argparse.Namespace, found: Reconciliation) -> int:
    from detector.cli import inputs

    for path, reason in found.history.unusable:
        complain(f"{path}: {reason}")
    reading = found.reading
    if reading is not None and inputs.failed(args, reading.problems, reading.empty):
        return Exit.FAILED
    if found.empty:
        complain(f"nothing was compared: {found.empty}")
    if found.empty or found.history.unusable:
        return Exit.FAILED
    if found.within(args.tolerance):
        return Exit.DONE
    complain(f"{found.disagreeing:,} of {count(len(found.entries), 'change')} of state do not agree")
    return Exit.NO


def _report(found: Reconciliation, form: str) -> str:
    from detector.render import reconciliation_json, reconciliation_markdown, reconciliation_text
    from detector.render.kit.page import Page

    if form == "json":
        return reconciliation_json.as_json(found)
    if form == "markdown":
        return reconciliation_markdown.report(found)
    return reconciliation_text.report(found, Page.of(sys.stdout))
