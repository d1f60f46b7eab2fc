"""``detector check --fix`` and ``--diff``: proved suggestions in the user's own files, and the difference.

In: the parsed options. Out: unified differences on stdout, what was left and why on stderr. Files are written as ``--write`` does it
(`detector.cli.writing`): only the pattern's literal changes, and the file is read again.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from detector.cli import inputs
from detector.cli.console import complain
from detector.cli.writing import difference, into_files
from detector.detections.edit import UneditableError, edit
from detector.jobs.fix import Fix, fix, loaded
from detector.lint.finding import Promise
from detector.pattern import Pattern
from detector.render.kit.printable import lines_printable, printable

if TYPE_CHECKING:
    import argparse

_SAYS = {
    Promise.SAME: "the same events",
    Promise.WIDER: "the same events and more",
    Promise.NARROWER: "fewer events",
}


def fixed(args: argparse.Namespace, select: Sequence[str], ignore: Sequence[str]) -> tuple[bool, bool]:
    """Whether anything changes, and whether all of it could be written; a typed pattern is fixed in ``args``."""
    given = inputs.given(args)
    out = sys.stdout if args.format == "text" else sys.stderr  # a program reads the report
    changed, written = False, True
    for one in fix(args.checked, select, ignore, given):
        out.writelines(f"{line}\n" for line in _done(one))
        for line in _left(one):
            complain(line)
        if not one.changes:
            continue
        changed = True
        if one.place is None or one.detection is None:
            out.write(_of_pattern(one))
            pattern = one.patterns[0]
            if not args.diff:
                args.checked = [
                    pattern.after.source if typed == pattern.before.source else typed
                    for typed in args.checked
                ]
            continue
        place, wanted = one.place, one.detection
        try:
            made = edit(loaded(args.checked, given)[place], wanted)
        except UneditableError as error:
            complain(f"{printable(one.name)}: not changed: {printable(str(error), 1_000)}")
            written = False
            continue
        out.write(lines_printable(difference(made, "")) + "\n")
        if args.fix and not args.diff:
            written = (
                into_files(
                    lambda: [*loaded(args.checked, given), *inputs.neighbours(args.checked, given)],
                    {place: wanted},
                )
                and written
            )
    return changed, written


def _done(one: Fix) -> Iterator[str]:
    name = f"{printable(one.name)}: " if one.name else ""
    for step in (step for pattern in one.patterns for step in pattern.steps):
        promise = _SAYS[step.finding.promise or Promise.SAME]
        yield f"{name}{step.finding.code}: {step.finding.title}: for {promise}, proved"


def _left(one: Fix) -> Iterator[str]:
    name = f"{printable(one.name)}: " if one.name else ""
    for finding, reason in (pair for pattern in one.patterns for pair in pattern.left):
        yield f"{name}{finding.code} is left: {printable(reason, 1_000)}"


def _of_pattern(one: Fix) -> str:
    """The difference of a typed pattern, which is in no file."""
    pattern = one.patterns[0]
    lines = difflib.unified_diff(
        _lines(pattern.before), _lines(pattern.after), fromfile="pattern", tofile="pattern", lineterm=""
    )
    return lines_printable("\n".join(lines)) + "\n"


def _lines(pattern: Pattern) -> list[str]:
    return pattern.source.splitlines()
