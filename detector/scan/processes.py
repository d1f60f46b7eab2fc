"""The fast scan in several processes on one machine.

In: metric filters, a plan, sources and a number of jobs. Out: the same `Found` as `fast.scan` gives, whatever the number
of jobs. Files go out in batches by bytes; the answers are merged in the order of the files.

A worker that dies (killed, out of memory) is replaced. The files of its batch are suspects and are scanned
again one by one; a file whose worker dies twice while it is alone is named as a `Problem`. Ctrl-C ends
all workers at once. No shared state, no fork: each worker is a fresh interpreter that runs `worker`.
"""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, BinaryIO

from detector.archive import Plan, Problem, ProblemKind, Progress, Source
from detector.metrics.filter import MetricFilter
from detector.scan import fast
from detector.scan.found import Found
from detector.scan.worker import READY, SMALL, Standby, cores, receive, send, start

BATCHES_PER_JOB = 16
MAX_BATCH = 8 << 20
MAX_DEATHS = 2
MAX_THREADS = 2
"""In a single process; a third one would wait for the lock of the interpreter."""
WORTH_A_THREAD = 16 << 10
"""Bytes on disk of a file from which a second thread gains more at gunzip than it loses at that lock."""
KILLED = "the process that read it was killed or ran out of memory, twice"
NO_WORKER = 3
"""Workers that died before they were ready, after which no further one is tried."""


def scan(
    filters: Sequence[MetricFilter],
    plan: Plan,
    sources: Iterable[Source],
    progress: Progress | None = None,
    *,
    jobs: int | None = None,
    strict: bool = False,
    standby: Standby | None = None,
) -> Found:
    """What `fast.scan` finds. Without ``jobs`` as many processes as cores, and one for small inputs.

    Small inputs are decoded whole, so that ``records`` counts all of theirs; ``strict`` asks for that always.
    """
    sources = list(sources)
    here = [one for one in sources if not one.size]  # standard input, and pipes with a name
    there = [one for one in sources if one.size]
    size = sum(source.size for source in there)
    strict = strict or size <= SMALL
    wanted = (1 if size <= SMALL else cores()) if jobs is None else jobs
    if min(wanted, len(there)) <= 1:
        return fast.scan(filters, plan, sources, progress, strict=strict, threads=threads_for(there))
    found = fast.scan(filters, plan, here, progress, strict=strict)
    pool = Pool(filters, plan, strict=strict, standby=standby)
    return found | pool.run(batches(there, wanted), min(wanted, len(there)), progress)


def threads_for(sources: Sequence[Source]) -> int:
    """How many threads a single process uses."""
    worth = sum(source.size for source in sources) >= WORTH_A_THREAD * max(1, len(sources))
    return min(cores(), MAX_THREADS) if worth else 1


def batches(sources: Sequence[Source], jobs: int) -> list[list[Source]]:
    """Runs of files of about the same number of bytes, several for each job."""
    most = min(MAX_BATCH, sum(source.size for source in sources) // (jobs * BATCHES_PER_JOB) + 1)
    made: list[list[Source]] = []
    room = 0
    for one in sources:
        if room <= 0:
            made.append([])
            room = most
        made[-1].append(one)
        room -= max(1, one.size)
    return made


@dataclass(slots=True)
class Task:
    """Some files to scan, and how often a worker died while it had these alone."""

    order: tuple[int, ...]
    files: list[Source]
    deaths: int = 0


class Pool:
    """The workers and what they have to do; one thread of the parent talks to each worker."""

    def __init__(
        self, filters: Sequence[MetricFilter], plan: Plan, *, strict: bool, standby: Standby | None = None
    ) -> None:
        self.filters = tuple(filters)
        self.plan = plan
        self.strict = strict
        self.standby = standby or Standby()
        self.todo: deque[Task] = deque()
        self.busy = 0
        self.failed_starts = 0
        self.stopped = False
        self.change = threading.Condition()
        self.workers: list[subprocess.Popen[bytes]] = []

    def run(self, work: list[list[Source]], jobs: int, progress: Progress | None) -> Found:
        """Scan all batches and merge the answers in the order of the files."""
        self.todo.extend(Task((i,), files) for i, files in enumerate(work))
        answers: SimpleQueue[tuple[Task, Found | None] | None] = SimpleQueue()
        threads = [threading.Thread(target=self._serve, args=(answers,), daemon=True) for _ in range(jobs)]
        for thread in threads:
            thread.start()
        try:
            done = self._collect(answers, jobs, progress)
        finally:
            self._stop()
        for thread in threads:
            thread.join()
        found = Found.empty(len(self.filters))
        for order in sorted(done):
            found.merge(done.pop(order))
        return found

    def _collect(
        self, answers: SimpleQueue[Any], jobs: int, progress: Progress | None
    ) -> dict[tuple[int, ...], Found]:
        done: dict[tuple[int, ...], Found] = {}
        ended = 0
        while ended < jobs:
            answer = answers.get()
            if answer is None:
                ended += 1
                continue
            task, found = answer
            done[task.order] = self._killed(task) if found is None else found
            if progress:
                progress(len(task.files), sum(source.size for source in task.files))
        for task in self.todo:  # no worker could be started: scan here
            done[task.order] = fast.scan(self.filters, self.plan, task.files, progress, strict=self.strict)
        return done

    def _killed(self, task: Task) -> Found:
        found = Found.empty(len(self.filters))
        found.files = len(task.files)
        found.problems = [Problem(source.path, ProblemKind.KILLED, KILLED) for source in task.files]
        return found

    def _serve(self, answers: SimpleQueue[tuple[Task, Found | None] | None]) -> None:
        """Keep one worker busy until nothing is left; replace it when it dies."""
        worker = None
        while (task := self._next()) is not None:
            try:
                worker = worker or self._start()
                if worker is None:
                    self._give_back(task)
                    break
                send(_pipe(worker.stdin), task.files)
                found = receive(_pipe(worker.stdout))
            except (EOFError, OSError, pickle.UnpicklingError, MemoryError):
                if worker is not None:
                    _close(worker)
                worker = None
                self._died(task, answers)
            else:
                answers.put((task, found))
                self._finished()
        if worker is not None:
            _close(worker)
        answers.put(None)

    def _start(self) -> subprocess.Popen[bytes] | None:
        """A new worker that is ready, or None when several could not be started or died before they were."""
        while self.failed_starts < NO_WORKER:
            worker = None
            try:
                worker = self._process()
                if worker is None:
                    return None
                send(_pipe(worker.stdin), (self.filters, self.plan, self.strict))
                if receive(_pipe(worker.stdout)) == READY:
                    return worker
            except (EOFError, OSError):
                pass
            if worker is not None:
                _close(worker)
            self.failed_starts += 1
        return None

    def _process(self) -> subprocess.Popen[bytes] | None:
        """A new process, unless all shall end; whoever ends them must know of each."""
        with self.change:
            if self.stopped:
                return None
            worker = self.standby.take() or start()
            self.workers.append(worker)
            return worker

    def _next(self) -> Task | None:
        """The next task; waits while another worker's death may still bring some back."""
        with self.change:
            while not self.todo and self.busy and not self.stopped:
                self.change.wait()
            if self.stopped or not self.todo:
                return None
            self.busy += 1
            return self.todo.popleft()

    def _finished(self) -> None:
        with self.change:
            self.busy -= 1
            self.change.notify_all()

    def _give_back(self, task: Task) -> None:
        with self.change:
            self.todo.appendleft(task)
            self.busy -= 1
            self.change.notify_all()

    def _died(self, task: Task, answers: SimpleQueue[tuple[Task, Found | None] | None]) -> None:
        """A worker died with this task: suspects go alone, and one that killed twice alone is blamed."""
        if self.stopped:
            self._finished()
        elif len(task.files) > 1:
            alone = [Task((*task.order, i), [file]) for i, file in enumerate(task.files)]
            with self.change:
                self.todo.extendleft(reversed(alone))
            self._finished()
        elif task.deaths + 1 < MAX_DEATHS:
            self._give_back(Task(task.order, task.files, task.deaths + 1))
        else:
            answers.put((task, None))
            self._finished()

    def _stop(self) -> None:
        """End what is still running: nothing when all went well, everything on Ctrl-C."""
        with self.change:
            self.stopped = True
            self.change.notify_all()
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
        for worker in self.workers:
            worker.wait()


def _close(worker: subprocess.Popen[bytes]) -> None:
    """Close our ends of the pipes, upon which a worker ends that has not yet."""
    for stream in (worker.stdin, worker.stdout):
        with contextlib.suppress(OSError):  # what it has not read cannot be written any more
            _pipe(stream).close()
    worker.wait()


def _pipe(stream: Any) -> BinaryIO:
    return stream  # type: ignore[no-any-return]  # Popen was asked for pipes
