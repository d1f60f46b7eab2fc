"""``detector check``: whether patterns and detection files are valid, and what they say unintentionally.

In: what was typed. Out: as text, a line on stdout for each valid one and the findings below, the error with its caret
on stderr for each other; or everything as JSON, SARIF or annotations on stdout. Exit code 1 if one is not valid or has
a finding of at least ``--severity``, 2 if one cannot be read.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from detector.cli import options as shared
from detector.cli.console import Exit, UsageError, complain, unless_closed
from detector.errors import DetectionError, DetectorError, PatternError
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    import argparse

    from detector.archive import Problem
    from detector.cli.parser import Parser
    from detector.lint.places import Target
    from detector.render.findings import Checked
    from detector.render.findings_json import Refused

SUMMARY = "check patterns and detection files"
USAGE = "detector check PATTERN|FILE … [--archive PATH] [options] | --list"
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
  detector check cis/cloudwatch-2 patterns/lab/unauthorized-api-calls.toml --archive samples
  detector check cis/cloudwatch-2@cis-4.0.0 --ignore D4 --format sarif
  detector check --list

A comment beside a pattern in a detection file silences codes there: # detector: ignore[D202, D5]
"""

TESTS = ".test.toml"
_CODE = re.compile(r"D\d{0,3}")


def options(verb: Parser) -> None:
    """Its arguments and options."""
    verb.add_argument("checked", nargs="*", metavar="PATTERN|FILE", help="what is to be checked")
    verb.add_argument("--list", action="store_true", help="list the shipped detections with their titles")
    verb.add_argument(
        "--archive",
        action="append",
        default=[],
        metavar="PATH",
        help="count in these log files or folders what the findings speak of; may be repeated",
    )
    shared.output_format(
        verb,
        ("text", "json", "sarif", "github"),
        "text, json, sarif (2.1.0) or github (annotations of a workflow); default: text",
    )
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


def run(args: argparse.Namespace) -> int:
    """Check each argument, all of them; the worst exit code."""
    if args.list:
        return _list()
    if not args.checked:
        raise UsageError("expected a PATTERN or a FILE to check, or --list")
    wanted = _wanted(_codes(args.select, "--select"), _codes(args.ignore, "--ignore"))
    done = _Done()
    for asked in args.checked:
        _check(asked, done, wanted)
    problems = _count(args.archive, done, wanted)
    with unless_closed(sys.stdout):
        _write(args.format, done)
    for error in done.errors if args.format == "text" else ():
        complain(error)
    return max(done.code, _severity(args.severity, done), problems)


@dataclass(slots=True)
class _Done:
    """What was checked so far; ``lines`` are the lines about valid ones."""

    checked: list[Checked] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    records: int | None = None
    code: int = 0


Wanted = Callable[["Target", str], bool]


def _codes(typed: Sequence[str], option: str) -> tuple[str, ...]:
    codes = tuple(code.strip() for listed in typed for code in listed.split(",") if code.strip())
    for code in codes:
        if not _CODE.fullmatch(code):
            raise UsageError(f"expected {option} to be codes such as D202 or D2, found {code!r}")
    return codes


def _wanted(select: tuple[str, ...], ignore: tuple[str, ...]) -> Wanted:
    def wanted(target: Target, code: str) -> bool:
        return (not select or code.startswith(select)) and not code.startswith((*ignore, *target.ignored))

    return wanted


def _list() -> int:
    from detector.detections import load_detection, shipped

    names = shipped()
    width = max(map(len, names), default=0)
    for name in names:
        sys.stdout.write(f"{name:<{width}}  {printable(load_detection(name).title)}\n")
    return 0


def _check(asked: str, done: _Done, wanted: Wanted) -> None:
    from detector.detections.catalogue import names_detection
    from detector.lint import lint, places
    from detector.render.findings import Checked

    as_file = names_detection(asked)
    try:
        if asked.endswith(TESTS):
            done.lines.append(_rule_tests(asked))
            return
        targets = places.in_file(asked) if as_file else (places.typed(asked),)
        done.lines.append(_detection(asked) if as_file else _pattern(targets[0]))
    except DetectorError as error:
        done.errors.append(str(error))
        done.refused.append(_refused(asked, error))
        done.code = max(done.code, Exit.FAILED if as_file and not _exists(asked) else Exit.NO)
        return
    for target in targets:
        found = tuple(one for one in lint(target.pattern) if wanted(target, one.code))
        done.checked.append(Checked(target, found))


def _refused(asked: str, error: DetectorError) -> Refused:
    from detector.lint.places import Place, shown
    from detector.render.findings_json import Refused

    match error:
        case PatternError():
            return Refused("", error.reason, error.source, error.span, hint=error.hint)
        case DetectionError():
            place = Place(shown(error.path), error.line, 1) if error.line else None
            return Refused(asked, f"{error.key}: {error.reason}" if error.key else error.reason, place=place)
        case _:
            return Refused(asked, str(error))


def _rule_tests(asked: str) -> str:
    """Rule tests that lie beside detections; whether they pass is what ``detector test`` says."""
    from detector.ruletests import load

    load(asked)
    return f"valid: {printable(asked)}: rule tests\n"


def _exists(asked: str) -> bool:
    from detector.detections import shipped

    # os.path, because pathlib raises on a text that is too long to be a path
    return os.path.exists(asked) or asked.partition("@")[0].removesuffix(".toml") in shipped()  # noqa: PTH110


def _detection(asked: str) -> str:
    from detector.detections import load_detection

    first = load_detection(asked)
    others = [] if "@" in asked else [one.name for one in first.variants]
    also = f", also {', '.join(others)}" if others else ""
    return f"valid: {printable(asked, 400)}: {printable(first.title)}{printable(also, 400)}\n"


def _pattern(target: Target) -> str:
    return f"valid: {printable(str(target.pattern), 2000)}\n"


def _count(archive: Sequence[str], done: _Done, wanted: Wanted) -> int:
    """Put numbers from an archive into the findings; 2 if some of it could not be read."""
    if not archive:
        return 0
    from detector.lint import numbers
    from detector.render.findings import Checked

    pairs = [(one.target.pattern, one.findings) for one in done.checked]
    counted = numbers.count(pairs, archive)
    done.records = counted.records
    for place, (one, found) in enumerate(zip(done.checked, counted.findings, strict=True)):
        kept = tuple(finding for finding in found if wanted(one.target, finding.code))
        done.checked[place] = Checked(one.target, kept)
    return _named(counted.problems)


def _named(problems: Sequence[Problem]) -> int:
    from detector.cli import inputs

    unread = inputs.unread(problems)
    inputs.name_problems(unread)
    return Exit.FAILED if unread else 0


def _write(form: str, done: _Done) -> None:
    from detector.render import findings, findings_json
    from detector.render.kit.page import Page

    match form:
        case "json":
            sys.stdout.write(findings_json.as_json(done.checked, done.refused, done.records))
        case "sarif":
            sys.stdout.write(findings_json.as_sarif(done.checked, done.refused))
        case "github":
            for line in findings_json.as_github(done.checked, done.refused):
                sys.stdout.write(f"{line}\n")
        case _:
            sys.stdout.write("".join(done.lines))
            for line in findings.lines(done.checked, Page.of(sys.stdout)):
                sys.stdout.write(f"{line}\n")


def _severity(least: str, done: _Done) -> int:
    """1 if a finding is bad enough."""
    from detector.lint.rules import Severity

    if least == "none":
        return 0
    bound = Severity[least.upper()]
    return (
        Exit.NO if any(one.severity >= bound for done_one in done.checked for one in done_one.findings) else 0
    )
