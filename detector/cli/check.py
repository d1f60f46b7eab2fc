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

from detector.cli.run import FAILED, UsageError, complain, unless_closed
from detector.detections import load_detection, shipped, variants
from detector.errors import DetectionError, DetectorError, PatternError
from detector.render.printable import printable

if TYPE_CHECKING:
    import argparse

    from detector.archive import Problem
    from detector.lint.places import Target
    from detector.render.findings import Checked
    from detector.render.findings_json import Refused

WRONG = 1
TESTS = ".test.toml"
_LIKE_A_FILE = re.compile(r"[^\s{}\[\]]*(?:\.toml|/[^\s{}\[\]]*)")
_CODE = re.compile(r"D\d{0,3}")


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
    names = shipped()
    width = max(map(len, names), default=0)
    for name in names:
        sys.stdout.write(f"{name:<{width}}  {printable(load_detection(name).title)}\n")
    return 0


def _check(asked: str, done: _Done, wanted: Wanted) -> None:
    from detector.lint import lint, places  # noqa: PLC0415 - loads when something is checked
    from detector.render.findings import Checked  # noqa: PLC0415 - the same

    as_file = is_detection(asked)
    try:
        if asked.endswith(TESTS):
            done.lines.append(_rule_tests(asked))
            return
        targets = places.in_file(asked) if as_file else (places.typed(asked),)
        done.lines.append(_detection(asked) if as_file else _pattern(targets[0]))
    except DetectorError as error:
        done.errors.append(str(error))
        done.refused.append(_refused(asked, error))
        done.code = max(done.code, FAILED if as_file and not _exists(asked) else WRONG)
        return
    for target in targets:
        found = tuple(one for one in lint(target.pattern) if wanted(target, one.code))
        done.checked.append(Checked(target, found))


def _refused(asked: str, error: DetectorError) -> Refused:
    from detector.lint.places import Place, shown  # noqa: PLC0415 - loads when something is wrong
    from detector.render.findings_json import Refused  # noqa: PLC0415 - the same

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
    from detector.ruletests import load  # noqa: PLC0415 - only for the files that a shell's * takes along

    load(asked)
    return f"valid: {printable(asked)}: rule tests\n"


def is_detection(asked: str) -> bool:
    """Whether an argument means a file or a shipped name: it is one, or is written like one."""
    return _exists(asked) or _LIKE_A_FILE.fullmatch(asked) is not None


def _exists(asked: str) -> bool:
    # os.path, because pathlib raises on a text that is too long to be a path
    return os.path.exists(asked) or asked.partition("@")[0].removesuffix(".toml") in shipped()  # noqa: PTH110


def _detection(asked: str) -> str:
    first = load_detection(asked)
    others = [] if "@" in asked else variants(asked)
    also = f", also {', '.join(others)}" if others else ""
    return f"valid: {printable(asked, 400)}: {printable(first.title)}{printable(also, 400)}\n"


def _pattern(target: Target) -> str:
    return f"valid: {printable(str(target.pattern), 2000)}\n"


def _count(archive: Sequence[str], done: _Done, wanted: Wanted) -> int:
    """Put numbers from an archive into the findings; 2 if some of it could not be read."""
    if not archive:
        return 0
    from detector.lint import numbers  # noqa: PLC0415 - only with an archive
    from detector.render.findings import Checked  # noqa: PLC0415 - the same

    pairs = [(one.target.pattern, one.findings) for one in done.checked]
    counted = numbers.count(pairs, archive)
    done.records = counted.records
    for place, (one, found) in enumerate(zip(done.checked, counted.findings, strict=True)):
        kept = tuple(finding for finding in found if wanted(one.target, finding.code))
        done.checked[place] = Checked(one.target, kept)
    return _named(counted.problems)


def _named(problems: Sequence[Problem]) -> int:
    from detector.cli import inputs  # noqa: PLC0415 - only with an archive

    unread = inputs.unread(problems)
    inputs.name_problems(unread)
    return FAILED if unread else 0


def _write(form: str, done: _Done) -> None:
    from detector.render import findings, findings_json  # noqa: PLC0415 - loads when something is checked
    from detector.render.style import Style  # noqa: PLC0415 - the same

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
            for line in findings.lines(done.checked, Style.of(sys.stdout)):
                sys.stdout.write(f"{line}\n")


def _severity(least: str, done: _Done) -> int:
    """1 if a finding is bad enough."""
    from detector.lint.rules import Severity  # noqa: PLC0415 - loads when something is checked

    if least == "none":
        return 0
    bound = Severity[least.upper()]
    return (
        WRONG if any(one.severity >= bound for done_one in done.checked for one in done_one.findings) else 0
    )
