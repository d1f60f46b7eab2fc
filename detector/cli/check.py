"""``detector check``: whether patterns and detection files are valid, and what they say unintentionally.

In: what was typed. Out: as text, a line on stdout for each valid one and the findings below, the error with its caret
on stderr for each other; or everything as JSON, SARIF or annotations on stdout. Exit code 1 if one is not valid or has
a finding of at least ``--severity``, 2 if one cannot be read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from detector.cli import options as shared
from detector.cli.console import Exit, UsageError, complain, unless_closed
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    import argparse

    from detector.cli.parser import Parser
    from detector.jobs.check import Checks

SUMMARY = "check patterns and detection files"
USAGE = "detector check PATTERN|FILE … [--archive PATH] [options] | --list | --rule CODES"
ABOUT = """\
Whether filter patterns and detection files are valid, and whether they say what they seem to say:
each finding has a code (docs/lint.md), the place, what follows from it, and what to write instead.
An argument that is a file or the name of a shipped detection is checked as a detection with all its
variants, anything else is a pattern. Exit code 1 if any is not valid or has a finding that is an
error: a pattern that can never match, or that matches everything.
"""
EPILOG = """\
examples:
  detector check '{ $.errorCode = "AccessDenied*" && $.sourceIPAddress != 192.0.2.* }'
  detector check cis/cloudwatch-2 lab/unauthorized-api-calls --archive logs
  detector check cis/cloudwatch-2@cis-4.0.0 --ignore D4 --format sarif
  detector check --rule D202
  detector check '{ $.a = 1 && $.a = 1 }' --fix
  detector check --list

A comment beside a pattern in a detection file silences codes there: # detector: ignore[D202, D5]
"""

_WORD = re.compile(r"[\w.-]{1,200}")
_CODE = re.compile(r"D\d{0,3}")


def options(verb: Parser) -> None:
    """Its arguments and options."""
    verb.add_argument("checked", nargs="*", metavar="PATTERN|FILE", help="what is to be checked")
    verb.add_argument("--list", action="store_true", help="list the shipped detections with their titles")
    verb.add_argument(
        "--archive",
        dest="paths",
        action="append",
        default=[],
        metavar="PATH",
        help="count in these log files or folders what the findings speak of; may be repeated",
    )
    shared.output_format(
        verb,
        ("text", "markdown", "json", "sarif", "github"),
        "text, markdown (for pull requests), json, sarif (2.1.0) or github (annotations of a workflow); default: text",
    )
    _findings(verb)
    shared.configurations(verb)
    shared.archive(verb)


def _findings(verb: Parser) -> None:
    """Which findings there are to be, and what is done about them."""
    group = verb.add_argument_group("findings")
    for name, what in (("select", "only these findings"), ("ignore", "none of these findings")):
        group.add_argument(
            f"--{name}",
            action="append",
            default=[],
            metavar="CODES",
            help=f"{what}: codes or beginnings of codes, D202,D4; may be repeated",
        )
    group.add_argument(
        "--severity",
        choices=("note", "warning", "error", "none"),
        default="error",
        help="the least severity that makes the exit code 1 (default: error; none: findings never do)",
    )
    group.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="CODES",
        help="explain a finding: what it is, why it matters, an example, how to silence it; D202 or D2",
    )
    group.add_argument(
        "--fix",
        action="store_true",
        help="apply the suggestions that are proved to do what they say, show the difference, then check",
    )
    group.add_argument("--diff", action="store_true", help="show what --fix would change, and change nothing")


def run(args: argparse.Namespace) -> int:
    """Check each argument, all of them; the worst exit code."""
    from detector.cli import inputs
    from detector.jobs.check import check
    from detector.lint.rules import Severity

    if args.list:
        return _list()
    if args.rule:
        return _explain(_codes(args.rule, "--rule"), args.format)
    if not args.checked:
        raise UsageError("expected a PATTERN or a FILE to check, --list or --rule")
    if args.fix or args.diff:
        from detector.cli.fixes import fixed

        changed, written = fixed(args, _codes(args.select, "--select"), _codes(args.ignore, "--ignore"))
        if args.diff or not written:
            return Exit.FAILED if not written else Exit.NO if changed else Exit.DONE
    result = check(
        args.checked,
        archive=inputs.plan(args, timed=False) if args.paths else None,
        select=_codes(args.select, "--select"),
        ignore=_codes(args.ignore, "--ignore"),
        given=inputs.given(args),
    )
    failed = inputs.failed(args, result.problems, result.empty)
    with unless_closed(sys.stdout):
        sys.stdout.write(_report(result, args.format))
    for refused in result.refused if args.format == "text" else ():
        complain(refused.message)
    # A folder's name, mistyped, is a valid text pattern too, and a gate would pass without having looked.
    for one in result.checked:
        if _WORD.fullmatch(one.name) and one.patterns and not one.title and not Path(one.name).exists():
            complain(f"{one.name}: there is no such file or folder; it was checked as a text pattern")
    if failed or any(refused.missing for refused in result.refused):
        return Exit.FAILED
    least = None if args.severity == "none" else Severity[args.severity.upper()]
    bad = least is not None and any(finding.severity >= least for finding in result.findings)
    return Exit.NO if bad or not result.valid else Exit.DONE


def _explain(codes: Sequence[str], form: str) -> int:
    from detector.lint import pages
    from detector.render import rule_text
    from detector.render.kit.page import Page

    found = list(dict.fromkeys(page for code in codes for page in pages.chosen(code)))
    unknown = [code for code in codes if not pages.chosen(code)]
    if unknown:
        raise UsageError(f"there is no finding {unknown[0]}; --rule D lists all of them")
    if form not in {"text", "markdown", "json"}:
        raise UsageError(f"expected --format text, markdown or json with --rule, found {form}")
    writers = {"markdown": rule_text.rules_markdown, "json": rule_text.rules_json}
    with unless_closed(sys.stdout):
        written = (
            writers[form](found) if form in writers else rule_text.rules_text(found, Page.of(sys.stdout))
        )
        sys.stdout.write(written)
    return Exit.DONE


def _codes(typed: Sequence[str], option: str) -> tuple[str, ...]:
    codes = tuple(code.strip() for listed in typed for code in listed.split(",") if code.strip())
    for code in codes:
        if not _CODE.fullmatch(code):
            raise UsageError(f"expected {option} to be codes such as D202 or D2, found {code!r}")
    return codes


def _list() -> int:
    from detector.detections import load_detection, shipped

    names = shipped()
    width = max(map(len, names), default=0)
    for name in names:
        sys.stdout.write(f"{name:<{width}}  {printable(load_detection(name).title)}\n")
    return Exit.DONE


def _report(result: Checks, form: str) -> str:
    from detector import __version__
    from detector.render import (
        findings_github,
        findings_json,
        findings_markdown,
        findings_sarif,
        findings_text,
    )
    from detector.render.kit.page import Page

    match form:
        case "json":
            return findings_json.findings_json(result)
        case "markdown":
            return findings_markdown.findings_markdown(result)
        case "sarif":
            return findings_sarif.findings_sarif(result, __version__)
        case "github":
            return findings_github.findings_github(result)
        case _:
            return findings_text.findings_text(result, Page.of(sys.stdout))
