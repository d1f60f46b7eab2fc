"""Worker processes of a scan: how one is started, what it is told, and what it does.

In: pickled messages on its standard input: first the filters, a `Plan` and whether to be strict, then batches of
sources, until the input ends. Out: "ready" once, then a `Found` for each batch. A worker ignores Ctrl-C, which a
terminal sends to all: its parent ends it.

An interpreter takes a tenth of a second to start and to import the scan, so workers can be started before it is known
what they shall do (`Standby`). This module imports nothing that takes time.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate, islice
from typing import Any, BinaryIO, Self

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
    with _signals_blocked():  # a child inherits that
        return subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own module


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """No signal ends this thread meanwhile: what it starts is noted before it can be interrupted."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Standby:
    """Workers that wait; a context in whose end those end that still do."""

    def __init__(self, count: int = 0) -> None:
        self.count = count
        self.waiting: list[subprocess.Popen[bytes]] = []

    def take(self) -> subprocess.Popen[bytes] | None:
        """One that waits, which is the caller's from now on; None when there is none."""
        return self.waiting.pop() if self.waiting else None

    def __enter__(self) -> Self:
        try:
            for _ in range(self.count):
                with _signals_blocked():
                    self.waiting.append(start())
        except OSError:  # then the scan tries for itself
            pass
        except BaseException:  # a signal, after which nobody leaves this context
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.waiting:
            worker.kill()
        for worker in self.waiting:
            worker.communicate()


READY = "ready"
_LENGTH = struct.Struct("<Q")


def send(stream: BinaryIO, message: Any) -> None:
    """Write one message: its length, then its pickle."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Read one message; EOFError when the other side is gone."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)  # noqa: S301 - only parent and child of one program talk here


def main() -> None:
    """Serve until the parent closes its side."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":  # its parent has blocked them
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGHUP})
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not disturb the answers
    gc.disable()  # what a scan makes has no cycles
    from detector.scan import fast  # noqa: PLC0415 - after the signal is set

    filters, plan, strict = receive(requests)
    send(answers, READY)
    while True:
        try:
            batch = receive(requests)
        except EOFError:
            return
        send(answers, fast.scan(filters, plan, batch, strict=strict))


def run() -> None:
    """`main`, and a quiet end when the parent has gone."""
    try:
        main()
    except (EOFError, BrokenPipeError):
        sys.exit(1)
