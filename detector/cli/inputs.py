"""From options to what a job is given: paths, selection, clock, scan; and what could not be read, on stderr.

Every problem makes the exit code 2 with one exception: a file without records was read, and CloudTrail really
delivers such files.
"""

from __future__ import annotations

import functools
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO, cast

from detector.archive import Problem, Selection, locate
from detector.cli.console import UsageError, unless_closed
from detector.cli.progress import bar
from detector.render.printable import printable

if TYPE_CHECKING:
    import argparse

NO_RECORDS = "no records"
NAMED = 1_000
_IN_MEMORY = 64 << 20


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
    return [problem for problem in problems if problem.reason != NO_RECORDS]


def name_problems(problems: Sequence[Problem]) -> None:
    """The first problems on stderr, one line each, and how many more there are."""
    with unless_closed(sys.stderr):
        for problem in problems[:NAMED]:
            sys.stderr.write(f"detector: {printable(problem.path, 400)}: {printable(problem.reason, 400)}\n")
        if len(problems) > NAMED:
            sys.stderr.write(f"detector: and {len(problems) - NAMED:,} more that could not be read\n")


@contextmanager
def stdin_again(named: Sequence[str]) -> Iterator[None]:
    """Where ``-`` was named, standard input begins anew each time that it is opened.

    What is read is kept for that: up to 64 MB in memory, more in a temporary file.
    """
    if "-" not in named:
        yield
        return
    typed = sys.stdin
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as kept:
        try:
            sys.stdin = cast("TextIO", _Kept(typed.buffer, kept))
            yield
        finally:
            sys.stdin = typed


class _Kept:
    """Standard input of which everything that is read is kept; all that is used of it is ``buffer``."""

    def __init__(self, pipe: BinaryIO, kept: Any) -> None:
        self._pipe = pipe
        self._kept = kept
        self._opened = False

    @property
    def buffer(self) -> Any:
        """The pipe when it is opened for the first time, later what it had in it."""
        if self._opened:
            self._kept.seek(0)
            return self._kept
        self._opened = True
        return io.BufferedReader(_Tee(self._pipe, self._kept))

    def isatty(self) -> bool:
        """It was named, so it is read, whatever it is."""
        return False


class _Tee(io.RawIOBase):
    """A pipe of which everything that is read is kept."""

    def __init__(self, pipe: BinaryIO, kept: Any) -> None:
        self._pipe = pipe
        self._kept = kept

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Read on from the pipe."""
        data = self._pipe.read(len(buffer))
        self._kept.write(data)
        buffer[: len(data)] = data
        return len(data)
