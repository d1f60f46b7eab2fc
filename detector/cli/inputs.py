"""From options to what a job is given (a plan, a scan, a progress bar), and problems to stderr."""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from detector.archive import Clock, LogGroup, Plan, Problem, Progress, Selection
from detector.cli.console import UsageError, unless_closed
from detector.cli.progress import bar
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    import argparse

NAMED = 1_000


def plan(args: argparse.Namespace, *, timed: bool = True, optional: bool = False) -> Plan:
    """Which records of which inputs are asked for, by the options of any verb.

    Without a PATH it is a pipe on standard input; with ``optional`` it is nothing. See `Plan` for ``timed``.
    """
    options = vars(args)
    if args.start is not None and args.end is not None and args.start >= args.end:
        raise UsageError("expected --from to be earlier than --to, which is the first time left out")
    if options.get("delay") and args.clock == "delivery":
        raise UsageError("expected --delay with --clock event: the delivery time already has the delay in it")
    if not args.paths and not optional and (sys.stdin is None or sys.stdin.isatty()):
        raise UsageError(
            f"expected a PATH to read, or a pipe on standard input (try: detector {args.verb} --help)"
        )
    return Plan(
        paths=tuple(args.paths) if args.paths or optional else ("-",),
        selection=Selection(frozenset(args.account), frozenset(args.region), args.start, args.end),
        clock=Clock(options.get("clock", Clock.EVENT)),
        delay=options.get("delay", 0),
        dedupe=options.get("dedupe", False),
        limit=args.max_file_size,
        log_group=LogGroup(
            account=options.get("log_group_account") or "", region=options.get("log_group_region") or ""
        ),
        timed=timed,
    )


def scan(args: argparse.Namespace) -> Any:
    """The scan of a large archive, with the processes that were asked for and have been started."""
    from detector.scan import processes

    return functools.partial(processes.scan, jobs=args.jobs, strict=args.strict, standby=args.standby)


def progress(
    args: argparse.Namespace, plan: Plan, *, quiet: bool = False
) -> AbstractContextManager[Progress | None]:
    """A progress bar over the inputs of a plan, on a terminal and unless ``--quiet``."""

    def total() -> tuple[int, int]:
        sources = plan.locate().files
        return len(sources), sum(source.size for source in sources)

    return bar(total, quiet=quiet or args.quiet or not plan.paths)


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
