"""From options to what a job is given: paths, selection, clock, scan; and what could not be read, on stderr.

Every problem makes the exit code 2 with one exception: a file without records was read, and CloudTrail really
delivers such files.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from detector.archive import Problem, Selection, locate
from detector.cli.console import UsageError, unless_closed
from detector.cli.progress import bar
from detector.render.printable import printable

if TYPE_CHECKING:
    import argparse

NAMED = 1_000


def paths(args: argparse.Namespace) -> list[str]:
    """The inputs that were named; without any, a pipe on standard input."""
    if args.paths:
        return list(args.paths)
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(
            f"expected a PATH to read, or a pipe on standard input (try: detector {args.verb} --help)"
        )
    return ["-"]


def selection(args: argparse.Namespace) -> Selection:
    """Which records were asked for."""
    if args.start is not None and args.end is not None and args.start >= args.end:
        raise UsageError("expected --from to be earlier than --to, which is the first time left out")
    return Selection(frozenset(args.account), frozenset(args.region), args.start, args.end)


def delay(args: argparse.Namespace) -> int:
    """Seconds by which the event clock is shifted."""
    if args.delay and args.clock == "delivery":
        raise UsageError("expected --delay with --clock event: the delivery time already has the delay in it")
    return int(args.delay)


def scan(args: argparse.Namespace) -> Any:
    """The scan of a large archive, with the processes that were asked for and have been started."""
    from detector.scan import workers

    return functools.partial(workers.scan, jobs=args.jobs, strict=args.strict, standby=args.standby)


def progress(
    args: argparse.Namespace, named: Sequence[str]
) -> AbstractContextManager[Callable[[int, int], None] | None]:
    """A progress bar over the named inputs, if there is a terminal to show it and somebody wants it."""

    def total() -> tuple[int, int]:
        files = locate(named, selection(args)).files
        return len(files), sum(file.size for file in files)

    return bar(total, quiet=args.quiet or not named)


def unread(problems: Sequence[Problem]) -> list[Problem]:
    """The problems that mean that something could not be read."""
    return [problem for problem in problems if problem.means_unread]


def name_problems(problems: Sequence[Problem]) -> None:
    """The first problems on stderr, one line each, and how many more there are."""
    with unless_closed(sys.stderr):
        for problem in problems[:NAMED]:
            sys.stderr.write(f"detector: {printable(problem.path, 400)}: {printable(problem.reason, 400)}\n")
        if len(problems) > NAMED:
            sys.stderr.write(f"detector: and {len(problems) - NAMED:,} more that could not be read\n")
