"""The fast scan in several processes on one machine.

In: metric filters, a plan, sources and a number of jobs. Out: the same `Found` as `fast.scan` gives, whatever the number
of jobs. Files go out in runs by bytes. A worker keeps what it finds until nothing is left to do, or it is much
(`worker.MOST_KEPT`); it is merged when it comes.

A worker that dies (killed, out of memory) is replaced. The files of its run are suspects and are scanned
again one by one; a file whose worker dies twice while it is alone is named as a `Problem`. Runs whose result it has kept
are done again, and from then on every run is handed over by itself. Ctrl-C ends all workers at once. A large archive is never read in this process, so that no file can end it.
"""

from __future__ import annotations

import contextlib
import pickle
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import pairwise
from queue import Empty, SimpleQueue

from detector.archive import Plan, Problem, ProblemKind, Progress, Source
from detector.metrics.filter import MetricFilter
from detector.scan import fast
from detector.scan.found import Found
from detector.scan.run import NOTHING, Answer, Each, Run, size_of, sources_of
from detector.scan.worker import (
    KEPT,
    READY,
    Forked,
    Work,
    Worker,
    cores,
    fork,
    may_fork,
    pipe,
    receive_found,
    send,
    signals_blocked,
    start,
)

SMALL = 24 << 20
"""Bytes on disk up to which one process is as quick as several."""
RUNS_PER_JOB = 16
MAX_RUN = 8 << 20
ENOUGH = 16 << 20
"""Bytes as stored after which a worker hands over what it has found, where somebody wants to have it on the way."""
MAX_DEATHS = 2
KILLED = "the process that read it was killed or ran out of memory, twice"
NO_WORKER = 3
"""Workers that died before they were ready, after which no further one is tried."""
ATTENTION = 0.2
"""Seconds after which a Ctrl-C is noticed: once polars is imported, it does not interrupt who waits."""


def scan(
    filters: Sequence[MetricFilter],
    plan: Plan,
    sources: Iterable[Source],
    progress: Progress | None = None,
    *,
    jobs: int | None = None,
    strict: bool | None = None,
    each: Each | None = None,
) -> Found:
    """What `fast.scan` finds. Without ``jobs`` as many processes as cores, and none but this one for small inputs.

    Small inputs are decoded whole, so that ``records`` counts all of theirs; ``strict`` says whether any are.
    ``each`` is called with some of the sources and what was found in them, by file, until all are read.
    """
    sources = list(sources)
    here = [one for one in sources if not one.size]  # standard input, and pipes with a name
    there = [one for one in sources if one.size]
    is_small = are_small(there)
    strict = is_small if strict is None else strict
    workers = min((1 if is_small else cores()) if jobs is None else jobs, len(there))
    if is_small and workers <= 1:
        found = fast.scan(filters, plan, sources, progress, strict=strict, by_file=each is not None)
        if each:
            each(sources, found)
        return found
    found = Found.empty(len(filters), columns=plan.columns)
    if here:
        found = fast.scan(filters, plan, here, progress, strict=strict)
    work = Work(tuple(filters), plan, strict, there, each is not None)
    return Pool(work, found, progress, each).run(runs(there, workers), workers)


def are_small(sources: Iterable[Source]) -> bool:
    """Whether one process is as quick as several, and decodes all of it."""
    return sum(source.size for source in sources) <= SMALL


def runs(sources: Sequence[Source], jobs: int, most: int = 0, files: int | None = None) -> list[Run]:
    """Runs of files of about the same number of bytes, several for each job; ``most`` bytes and ``files`` are the limits."""
    most = min(most or MAX_RUN, sum(source.size for source in sources) // (jobs * RUNS_PER_JOB) + 1)
    ends = [0]
    room = most
    for number, one in enumerate(sources, 1):
        room -= max(1, one.size)
        if room <= 0 or number == len(sources) or number - ends[-1] == files:
            ends.append(number)
            room = most
    return [Run(first, end) for first, end in pairwise(ends)]


class Pool:
    """The workers and what they have to do; one thread of the parent talks to each worker."""

    def __init__(self, work: Work, found: Found, progress: Progress | None, each: Each | None = None) -> None:
        self.work = work
        self.each = each
        self.found = found
        self.progress = progress
        self.todo: deque[Run] = deque()
        self.busy = 0
        self.failed_starts = 0
        self.stopped = False
        self.cautious = False
        self.change = threading.Condition()
        self.workers: list[Worker] = []
        self.forked: list[Worker] = []

    def run(self, todo: Iterable[Run], jobs: int) -> Found:
        """Scan everything that is to do, and merge it with what was found."""
        self.todo.extend(todo)
        answers: SimpleQueue[Answer | None] = SimpleQueue()
        threads = [threading.Thread(target=self._serve, args=(answers,), daemon=True) for _ in range(jobs)]
        try:
            if may_fork():
                self._fork(jobs)
            for thread in threads:
                thread.start()
            self._collect(answers, jobs)
        finally:
            self._stop()
        for thread in threads:
            thread.join()
        return self.found

    def _fork(self, jobs: int) -> None:
        """All at once, because there are threads from then on."""
        with contextlib.suppress(OSError):  # then each is tried as a fresh interpreter
            for _ in range(jobs):
                with signals_blocked():
                    self.workers.append(fork(self.work, self.workers))
        self.forked = list(self.workers)

    def _collect(self, answers: SimpleQueue[Answer | None], jobs: int) -> None:
        ended = 0
        while ended < jobs:
            try:
                answer = answers.get(timeout=ATTENTION)
            except Empty:
                continue
            if answer is None:
                ended += 1
            else:
                self._take(answer)
        for run in self.todo:  # no worker could be started
            files = self.work.sources[run.first : run.end]
            found = self.work.nothing()
            fast.scanner(self.work.filters, self.work.plan, strict=self.work.strict).scan(files, found)
            self._take(Answer(run, len(files), found, covers=(run,)))

    def _take(self, answer: Answer) -> None:
        sources = self.work.sources[answer.run.first : answer.run.end]
        if answer.kills:
            self.found.files += len(sources)
            self.found.problems += [Problem(source.path, ProblemKind.KILLED, KILLED) for source in sources]
        if answer.found is not None:
            if self.each:
                self.each(sources_of(self.work.sources, answer.covers), answer.found)
                answer.found.shares = None
            few, many = sorted((self.found, answer.found), key=lambda one: len(one.evidence))
            many.merge(few)
            self.found = many
        if self.progress and answer.files:
            size = sum(source.size for source in sources)
            self.progress(answer.files, size if answer.files > 0 else -size)

    def _serve(self, answers: SimpleQueue[Answer | None]) -> None:
        """Keep one worker busy until nothing is left; replace it when it dies."""
        worker = None
        kept: list[Run] = []
        while (run := self._next(kept)) is not None:
            try:
                worker = worker or self._start()
                if worker is None:
                    self._finished(run)
                    break
                is_enough = self.each is not None and size_of(self.work.sources, [*kept, run]) >= ENOUGH
                hand_over = self.cautious or run is NOTHING or is_enough
                send(pipe(worker.stdin), (run.first, run.end, hand_over))
                found = receive_found(pipe(worker.stdout))
            except (EOFError, OSError, pickle.UnpicklingError, MemoryError):
                if worker is not None:
                    _close(worker)
                worker = None
                self._died(run, kept, answers)
                kept = []
            else:
                kept.append(run)
                if found == KEPT:
                    answers.put(Answer(run, run.end - run.first))
                else:
                    answers.put(Answer(run, run.end - run.first, found, covers=tuple(kept)))
                    kept = []
                    self._finished()
        if worker is not None:
            _close(worker)
        answers.put(None)

    def _start(self) -> Worker | None:
        """A new worker that is ready, or None when several could not be started or died before they were."""
        while self.failed_starts < NO_WORKER:
            worker = None
            try:
                worker = self._process()
                if worker is None:
                    return None
                if not isinstance(worker, Forked):
                    send(pipe(worker.stdin), self.work)
                if receive_found(pipe(worker.stdout)) == READY:
                    return worker
            except (EOFError, OSError, pickle.UnpicklingError):
                pass
            if worker is not None:
                _close(worker)
            self.failed_starts += 1
        return None

    def _process(self) -> Worker | None:
        """A new process, unless all shall end; whoever ends them must know of each."""
        with self.change:
            if self.stopped:
                return None
            if self.forked:
                return self.forked.pop()
            self.workers.append(start())
            return self.workers[-1]

    def _next(self, kept: Sequence[Run]) -> Run | None:
        """What to do next; waits while another worker's death may still bring some back.

        Who has kept something is busy until it is handed over.
        """
        with self.change:
            while not self.todo and not kept and self.busy and not self.stopped:
                self.change.wait()
            if self.stopped or not (self.todo or kept):
                return None
            self.busy += not kept
            return self.todo.popleft() if self.todo else NOTHING

    def _finished(self, *todo: Run) -> None:
        """One worker less is busy, and has this left to do."""
        with self.change:
            self.todo.extendleft(reversed(todo))
            self.busy -= 1
            self.change.notify_all()

    def _died(self, run: Run, kept: Sequence[Run], answers: SimpleQueue[Answer | None]) -> None:
        """A worker died with this run: suspects go alone, and one that killed twice alone is blamed."""
        self.cautious = True
        for one in kept:
            answers.put(Answer(one, one.first - one.end))
        if self.stopped:
            self._finished()
        elif run.end - run.first > 1:
            self._finished(*(Run(number, number + 1) for number in range(run.first, run.end)), *kept)
        elif run is NOTHING:
            self._finished(*kept)
        elif run.deaths + 1 < MAX_DEATHS:
            self._finished(run._replace(deaths=run.deaths + 1), *kept)
        else:
            answers.put(Answer(run, run.end - run.first, kills=True))
            self._finished(*kept)

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
        for worker in self.forked:  # there was nothing to do for them
            _close(worker)


def _close(worker: Worker) -> None:
    """Close our ends of the pipes, upon which a worker ends that has not yet."""
    for stream in (worker.stdin, worker.stdout):
        with contextlib.suppress(OSError):  # what it has not read cannot be written any more
            pipe(stream).close()
    worker.wait()
