"""``detector audit``: the benchmark's controls against a configuration, by what its filters and alarms do.

In: the parsed options. Out: the audit on stdout; exit code 1 where a control is below ``--level``, 2 where something could
not be read or there was no filter to look at.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from detector.cli import options as shared
from detector.cli.console import Exit, UsageError, complain, unless_closed
from detector.quantities import count

if TYPE_CHECKING:
    import argparse

    from detector.cli.parser import Parser
    from detector.jobs.audit import Audit

SUMMARY = "hold filters and alarms against the controls of the CIS benchmark"
USAGE = "detector audit CONFIG … [--benchmark VERSION] [--control NAME] [--level LEVEL] [options]"
ABOUT = """\
For each of the fifteen CIS controls about metric filters and alarms: the filter that is there for it,
whether it is equivalent to, covers, or is narrower than the prescribed one (proved, whatever its
spelling), whether it can match and its alarm can fire, whether somebody hears of that, and whether a
multi-region trail logs to its group. Beside it what Security Hub's check of the text says. CONFIG is
anything that --detection takes. Exit code 1 if a control is below --level, 2 without a filter to see.
"""
EPILOG = """\
examples:
  detector audit lab/unauthorized-api-calls-as-deployed --control CloudWatch.2 --level dead
  detector audit cis --benchmark 5.0.0 --level partial
  detector audit cis --format json > audit.json
"""
FORMATS = ("text", "json", "markdown", "ocsf", "asff")
LEVELS = ("covered", "unwired", "unsound", "partial", "dead", "none")


def options(verb: Parser) -> None:
    """Its arguments and options."""
    verb.add_argument(
        "configuration", nargs="+", metavar="CONFIG", help="detections, folders or configurations"
    )
    verb.add_argument(
        "--benchmark",
        default="security-hub",
        metavar="VERSION",
        help="the version of the CIS benchmark, 1.2.0 to 7.0.0, whose texts are prescribed, or security-hub (default)",
    )
    verb.add_argument(
        "--control",
        action="append",
        default=[],
        metavar="NAME",
        help="only this control: CloudWatch.1 to CloudWatch.14 or Organizations; may be repeated",
    )
    verb.add_argument(
        "--level",
        choices=LEVELS,
        default="covered",
        help="the least level that every control has to reach, or the exit code is 1 (default: covered; none: any)",
    )
    shared.output_format(
        verb,
        FORMATS,
        "text, json, markdown, ocsf (a Compliance Finding a line) or asff (findings for Security Hub)",
    )
    shared.configurations(verb)
    group = verb.add_argument_group("findings in ASFF")
    group.add_argument("--account", metavar="ID", help="the account that they are about")
    group.add_argument("--region", metavar="REGION", help="the region")


def run(args: argparse.Namespace) -> int:
    """Audit, print, and hold the controls against the level."""
    from detector.cli import inputs
    from detector.detections.benchmark import BENCHMARKS, CONTROLS
    from detector.jobs.audit import Level, audit

    if args.benchmark not in BENCHMARKS:
        raise UsageError(
            f"expected --benchmark to be one of {', '.join(BENCHMARKS)}, found {args.benchmark!r}"
        )
    by_name = {control.name.casefold(): control for control in CONTROLS}
    for name in args.control:
        if name.casefold() not in by_name:
            known = ", ".join(control.name for control in CONTROLS)
            raise UsageError(f"expected --control to be one of {known}, found {name!r}")
    if args.format == "asff" and not (args.account and args.region):
        raise UsageError("expected --account and --region with --format asff: every finding there has them")
    asked = {name.casefold() for name in args.control} or by_name
    wanted = [control for name, control in by_name.items() if name in asked]
    result = audit(args.configuration, args.benchmark, wanted, given=inputs.given(args))
    with unless_closed(sys.stdout):
        sys.stdout.write(_report(result, args))
    if result.empty:
        complain("no metric filter was found, so nothing is known about any control")
        return Exit.FAILED
    if not result.controls:
        complain(f"{args.benchmark} has no such control")
        return Exit.FAILED
    if result.lost:
        complain(f"{count(len(result.lost), 'filter or alarm', 'filters and alarms')} could not be looked at")
        return Exit.FAILED
    below = () if args.level == "none" else result.below(Level[args.level.upper()])
    return Exit.NO if below else Exit.DONE


def _report(result: Audit, args: argparse.Namespace) -> str:
    from detector import __version__
    from detector.render import audit_findings, audit_json, audit_markdown, audit_text
    from detector.render.kit.page import Page

    match args.format:
        case "json":
            return audit_json.audit_json(result)
        case "markdown":
            return audit_markdown.audit_markdown(result)
        case "ocsf":
            return audit_findings.audit_ocsf(result, datetime.now(UTC), __version__)
        case "asff":
            return audit_findings.audit_asff(result, datetime.now(UTC), args.account, args.region)
        case _:
            return audit_text.audit_text(result, Page.of(sys.stdout))
