"""Worker processes of a scan: how one is started, what it is told, and what it does.

In: runs of sources, by number, until the requests end. Out: "ready" once, then for each run `KEPT`, or what was found in it
and in all that was kept before: one large `Found` costs less to send and to merge than many that say the same again. A worker
ignores Ctrl-C, which a terminal sends to all: its parent ends it.

A process that has no thread but the one that runs is forked: its copy is there in a few milliseconds, and knows the
filters, the plan and the sources. Any other one starts a fresh interpreter, which takes a tenth of a second, and sends
these first, because a fork copies the locks of threads that it does not copy.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeAlias

from detector.archive import Plan, Source
from detector.cloudtrail.record import Evidence
from detector.metrics.evidence import give_back
from detector.metrics.filter import MetricFilter
from detector.scan import fast
from detector.scan.found import Found

if TYPE_CHECKING:
    import subprocess

_PACKAGES = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120 - as sys.path has it
COMMAND = (
    *(
        sys.executable,
        "-P",
        "-c",
    ),  # -P: what lies in the folder where the user happens to be is not ours to import
    "import sys; sys.path.append(sys.argv[1]); from detector.scan import worker; worker.main()",
    _PACKAGES,
)
READY, KEPT = "ready", "kept"
MOST_KEPT = 1 << 18
"""Matching records of which a worker keeps what was found, so that it needs not much more memory than these."""
_ENDING = {signal.SIGINT, signal.SIGTERM, *([] if sys.platform == "win32" else [signal.SIGHUP])}


class Work(NamedTuple):
    """What a worker has to know before it begins."""

    filters: tuple[MetricFilter, ...]
    plan: Plan
    strict: bool
    sources: Sequence[Source]
    by_file: bool = False
    """Whether it is asked whose what is (`Found.shares`)."""

    def nothing(self) -> Found:
        """Nothing found yet."""
        return Found.empty(len(self.filters), by_file=self.by_file, columns=self.plan.columns)


def serve(work: Work, requests: BinaryIO, answers: BinaryIO) -> None:
    """Scan one run of sources after the other until the parent closes its side, or is gone.

    A request is the numbers of the first source and of the one behind the last, and whether to hand over what was found.
    """
    gc.disable()  # what a scan makes has no cycles
    send(answers, READY)
    with contextlib.suppress(EOFError, BrokenPipeError):
        scanner = fast.scanner(work.filters, work.plan, strict=work.strict)
        found = work.nothing()
        while True:
            first, end, hand_over = receive(requests)
            scanner.scan(work.sources[first:end], found)
            if hand_over or len(found.evidence) > MOST_KEPT:
                found.evidence.prune()  # what would not be kept in the end is not sent
                give_back()  # the parent needs as much meanwhile
                send_found(answers, found)
                found = work.nothing()
                give_back()
            else:
                send(answers, KEPT)


def send(stream: BinaryIO, message: Any) -> None:
    """Write one message. Columns go out as they are: no copy of all of them is made."""
    pickle.dump(message, stream, protocol=pickle.HIGHEST_PROTOCOL)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Read one message; EOFError when the other side is gone."""
    try:
        return pickle.load(stream)  # noqa: S301 - only parent and child of one program talk here
    except pickle.UnpicklingError as error:  # it ended on the way
        raise EOFError from error


def send_found(stream: BinaryIO, found: Found) -> None:
    """Send what was found, its columns one by one and then forgotten: what is sent in one message is held twice meanwhile."""
    columns, found.evidence.columns = list(found.evidence.columns), ()
    send(stream, found)
    while columns:
        send(stream, columns.pop(0))


def receive_found(stream: BinaryIO) -> Any:
    """`READY`, `KEPT`, or what was found; as `receive`."""
    found = receive(stream)
    if isinstance(found, Found):
        found.evidence.columns = tuple([receive(stream) for _ in Evidence._fields])
    return found


def cores() -> int:
    """How many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def may_fork() -> bool:
    """Whether the system says that this process has one thread, those of libraries counted."""
    return sys.platform == "linux" and len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 - names are all we need


def start() -> subprocess.Popen[bytes]:
    """A fresh interpreter, which is to be sent its `Work`; OSError where the system gives none."""
    import subprocess  # noqa: PLC0415 - most workers are forked

    with signals_blocked():  # a child inherits that
        return subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own module


def main() -> None:
    """The whole life of a fresh interpreter."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    _settle()
    with contextlib.suppress(EOFError):
        serve(receive(requests), requests, answers)


def fork(work: Work, others: Sequence[Worker]) -> Forked:
    """A copy of this process, which does nothing but `serve`; OSError where the system gives none.

    ``others`` were started before: a copy that held their pipes open too would keep them from ending.
    """
    requests, answers = os.pipe(), os.pipe()
    with signals_blocked():
        pid = os.fork()
        if not pid:
            _be_a_worker(work, requests, answers, others)
    os.close(requests[0])
    os.close(answers[1])
    return Forked(pid, os.fdopen(requests[1], "wb"), os.fdopen(answers[0], "rb"))


def _be_a_worker(
    work: Work, requests: tuple[int, int], answers: tuple[int, int], others: Sequence[Worker]
) -> None:
    """Serve, and never return into what the parent was doing."""
    code = 1
    try:
        for other in others:
            for stream in (other.stdin, other.stdout):
                os.close(pipe(stream).fileno())
        os.close(requests[1])
        os.close(answers[0])
        _settle()
        serve(work, os.fdopen(requests[0], "rb"), os.fdopen(answers[1], "wb"))
        code = 0
    except BaseException:  # noqa: BLE001 - as an interpreter ends that nobody watches
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)


def _settle() -> None:
    """Signals and standard output as a worker has them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":  # the parent has blocked them
        for number in _ENDING - {signal.SIGINT}:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    os.dup2(2, 1)  # a library that prints must not disturb the answers, or the report


@contextmanager
def signals_blocked() -> Iterator[None]:
    """No signal ends this thread meanwhile: what it starts is noted before it can be interrupted."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Forked:
    """A forked child, as far as it is used like a `subprocess.Popen`."""

    def __init__(self, pid: int, stdin: BinaryIO, stdout: BinaryIO) -> None:
        self.pid, self.stdin, self.stdout = pid, stdin, stdout
        self.returncode: int | None = None
        self._asking = threading.Lock()

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        with self._asking:
            if self.returncode is None:
                try:
                    pid, status = os.waitpid(self.pid, os.WNOHANG)
                except ChildProcessError:  # somebody else waits for all children
                    self.returncode = -1
                else:
                    self.returncode = os.waitstatus_to_exitcode(status) if pid else None
            return self.returncode

    def kill(self) -> None:
        """End it, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int | None:
        """Its exit code, once it has ended."""
        if sys.platform != "win32":
            with contextlib.suppress(ChildProcessError):
                os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        return self.poll()


Worker: TypeAlias = "subprocess.Popen[bytes] | Forked"


def pipe(stream: Any) -> BinaryIO:
    """One end of a pipe of a worker, all of which have both."""
    return stream  # type: ignore[no-any-return]  # Popen was asked for pipes
