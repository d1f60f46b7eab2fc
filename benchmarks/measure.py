"""Run one command and measure all of it: wall time, CPU time and memory of every process that it starts.

In: a command. Out: a `Run`. CPU time is what the system accounts to the command and all that it waited for. Memory
is the largest sum, over the processes that live at one moment, of their proportional share (PSS), looked at
every 50 ms, and not where time is measured, since it takes some; on a system without it, the largest single process.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.05  # seconds between two looks at the memory
TOO_LONG = 1800.0
_KILO = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds, bytes, and the exit code; ``errors`` is the last of what the command wrote to stderr."""

    wall: float
    cpu: float
    peak: int
    code: int
    errors: str


COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""A shell that sets it would have each run compile all modules once more."""
CAN_PIN = hasattr(os, "sched_setaffinity")
"""Whether a process can be kept on one core here."""


@contextmanager
def pinned(cores: int) -> Iterator[None]:
    """Within it, what is started has so many cores; the harness itself has all of them before and after."""
    if not CAN_PIN:
        yield
        return
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(all_of_them)[:cores])
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_of_them)


def run(
    command: Sequence[str],
    out: Path,
    given: Path | None,
    environment: Mapping[str, str],
    cores: int = 2,
    *,
    watched: bool = True,
) -> Run:
    """Run to the end on so many cores, stdout into ``out``, stdin from ``given``; ``watched``: its memory is looked at."""
    errors = out.with_suffix(".err")
    with out.open("wb") as output, errors.open("wb") as problems, open(given or os.devnull, "rb") as stdin:  # noqa: PTH123 - it may be /dev/null
        begin = time.perf_counter()
        with pinned(cores):
            process = subprocess.Popen(
                command, stdin=stdin, stdout=output, stderr=problems, env={**os.environ, **COMPILED, **environment}, start_new_session=True
            )  # fmt: skip
        memory = Memory(process.pid, watched=watched)
        memory.start()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    memory.done.set()
    memory.join()
    said = errors.read_text(errors="replace").strip()[-300:]
    return Run(
        wall, used.ru_utime + used.ru_stime, max(memory.peak, _largest(used)), process.returncode, said
    )


def _largest(used: resource.struct_rusage) -> int:
    """The largest single process; before it starts, a child counts the memory of this one, which is left out."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used.ru_maxrss * _KILO if used.ru_maxrss > own else 0


class Memory(threading.Thread):
    """Looks at a process and its descendants until it is told to stop, and ends what takes too long."""

    def __init__(self, pid: int, *, watched: bool = True) -> None:
        super().__init__(daemon=True)
        self.watched = watched
        self.pid = pid
        self.peak = 0
        self.done = threading.Event()

    def run(self) -> None:
        """Look, wait, look again."""
        deadline = time.monotonic() + TOO_LONG
        over = False
        while not over:
            if self.watched:
                self.peak = max(self.peak, sum(map(_share, family(self.pid))))
            if time.monotonic() > deadline:
                os.killpg(self.pid, signal.SIGKILL)
                return
            over = self.done.wait(EVERY)


def family(pid: int) -> Iterator[int]:
    """A process and all its descendants, where the system has /proc."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            listed = children.read_text().split()
        except OSError:
            continue
        for child in listed:
            yield from family(int(child))


def _share(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    found = [line.split()[1] for line in text.splitlines() if line.startswith("Pss:")]
    return int(found[0]) * 1024 if found else 0
