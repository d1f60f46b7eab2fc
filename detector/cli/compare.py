"""``detector compare``: what an edit changes, and whether it may.

In: the parsed options. Out: the comparison on stdout; exit code 1 where an expectation is not met, 2 where
something could not be read.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from detector.archive import Selection, locate
from detector.cli import inputs
from detector.cli.progress import bar
from detector.cli.run import FAILED, UsageError, complain, unless_closed
from detector.jobs.compare import Comparison, compare, side
from detector.render import comparison, comparison_facts
from detector.render.style import Style
from detector.scan import workers

if TYPE_CHECKING:
    import argparse

NOT_MET = 1


def run(args: argparse.Namespace) -> int:
    """Compare, print, and hold the result against what is expected."""
    if not args.paths and (args.max_lost is not None or args.max_gained is not None):
        raise UsageError("expected a PATH: --max-lost and --max-gained count records of an archive")
    found = _compared(args)
    write = comparison_facts.as_json(found) if args.format == "json" else _text(found)
    with unless_closed(sys.stdout):
        sys.stdout.write(write)
    return _code(args, found)


def _compared(args: argparse.Namespace) -> Comparison:
    old, new = side(args.old), side(args.new)
    selection = inputs.selection(args)
    with (
        inputs.stdin_again(args.paths),
        bar(lambda: _total(args, selection), quiet=args.quiet or not args.paths) as progress,
    ):
        return compare(
            old,
            new,
            args.paths,
            selection=selection,
            limit=args.max_file_size,
            scan=functools.partial(workers.scan, jobs=args.jobs, strict=args.strict, standby=args.standby),
            progress=progress,
        )


def _total(args: argparse.Namespace, selection: Selection) -> tuple[int, int]:
    located = locate(args.paths, selection)
    return len(located.files), sum(file.size for file in located.files)


def _text(found: Comparison) -> str:
    return comparison.report(found, Style.of(sys.stdout))


def _code(args: argparse.Namespace, found: Comparison) -> int:
    unread = inputs.unread(found.archive.problems) if found.archive else []
    if not args.quiet:
        inputs.name_problems(unread)
    if unread:
        return FAILED
    missed = list(_missed(args, found))
    for reason in missed:
        complain(reason)
    return NOT_MET if missed else 0


def _missed(args: argparse.Namespace, found: Comparison) -> Iterator[str]:
    """What was expected and is not so, a sentence each."""
    if args.expect and found.relation not in args.expect:
        is_now = f"is {found.relation}" if found.proved else "is not decided"
        yield f"expected the new pattern to be {' or '.join(args.expect)}, but it {is_now}"
    for what, most in (("lost", args.max_lost), ("gained", args.max_gained)):
        if found.archive is not None and most is not None:
            number = getattr(found.archive, what)
            if number > most:
                yield f"expected at most {most:,} records {what}, but {number:,} are"
