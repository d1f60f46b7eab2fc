"""Worker processes that are started before it is known what they shall do.

An interpreter takes a tenth of a second to start and to import the scan; meanwhile the parent reads detections and
looks for files. In: how many. Out: processes that wait for a plan. Whoever starts them ends those that nobody took.
This module imports nothing that takes time.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate, islice
from typing import Self

SMALL = 24 << 20
"""Bytes on disk up to which one process is as quick as several, because starting them costs more."""
_PACKAGES = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120 - pathlib takes time to import
COMMAND = (
    *(
        sys.executable,
        "-P",
        "-c",
    ),  # -P: what lies in the folder where the user happens to be is not ours to import
    "import sys; sys.path.append(sys.argv[1]); from detector.scan import worker; worker.run()",
    _PACKAGES,
)


def cores() -> int:
    """How many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def likely(paths: Sequence[str], jobs: int | None) -> int:
    """How many workers a scan of these paths will want: a guess, which costs a moment if it is wrong."""
    if jobs is None:
        return cores() if cores() > 1 and is_large(paths) else 0
    files = sum(1 for _ in islice(_sizes_of(paths), jobs)) if jobs > 1 else 0
    return files if files > 1 else 0


def is_large(paths: Iterable[str]) -> bool:
    """Whether there is more than `SMALL` under the paths, looking no further than that takes."""
    return any(size > SMALL for size in accumulate(_sizes_of(paths)))


def _sizes_of(paths: Iterable[str]) -> Iterator[int]:
    for path in paths:
        try:
            if os.path.isfile(path):  # noqa: PTH113 - pathlib takes time to import
                yield os.path.getsize(path)  # noqa: PTH202 - the same
            for folder, _, names in os.walk(path):
                for name in names:
                    yield os.path.getsize(os.path.join(folder, name))  # noqa: PTH118, PTH202 - the same
        except (OSError, ValueError):  # whoever reads the files names what is wrong with them
            pass


def start() -> subprocess.Popen[bytes]:
    """One worker; OSError where the system gives none. Ctrl-C is not for it, also not before it can say so."""
    with _interrupts_blocked():  # a child inherits that
        return subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own module


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Standby:
    """Workers that wait; a context in whose end those end that still do."""

    def __init__(self, count: int = 0) -> None:
        self.waiting: list[subprocess.Popen[bytes]] = []
        try:
            for _ in range(count):
                self.waiting.append(start())
        except OSError:  # then the scan tries for itself
            pass

    def take(self) -> subprocess.Popen[bytes] | None:
        """One that waits, which is the caller's from now on; None when there is none."""
        return self.waiting.pop() if self.waiting else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.waiting:
            worker.kill()
        for worker in self.waiting:
            worker.communicate()
