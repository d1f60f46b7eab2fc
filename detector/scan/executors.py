"""The fast scan on any `concurrent.futures.Executor`, and on whatever can be seen as one.

In: metric filters, a plan, sources, and an executor. Out: the same `Found` as `fast.scan` gives. Batches of files go out by
bytes, a bounded number at a time, and an answer is merged when it comes.

An answer names its batch, so that one that comes twice is dropped. A batch whose worker died is asked for again in a process of
its own beside the worker, as `processes` would read it: a file that kills whoever reads it is named, and only that file. What
goes over the wire is bytes and a version, so that a worker with another version can say so.
"""

from __future__ import annotations

import functools
import os
import pickle
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple, Protocol

from msgspec import structs

from detector.archive import Plan, Problem, ProblemKind, Progress, Source
from detector.errors import ClusterError
from detector.metrics.filter import MetricFilter
from detector.release import __version__
from detector.scan import fast, partly, processes
from detector.scan.found import Found
from detector.scan.processes import Pool
from detector.scan.run import Each, Run
from detector.scan.worker import Work

IN_FLIGHT = 64
"""Batches that an executor of unknown width has at a time."""
MAX_BATCH = 64 << 20
"""Bytes as stored of a batch: half a second of work and more, against some milliseconds of an engine's own for each."""
MAX_FILES = 2_000
CANNOT_RUN = (ImportError, AttributeError, pickle.UnpicklingError)
"""What it looks like when a worker has no detector, or one that lacks a part of this."""
NO_KEY = -1
LOST = "the worker that read it was lost, again and again"


class Question(NamedTuple):
    """What is asked of every batch."""

    filters: tuple[MetricFilter, ...]
    plan: Plan
    strict: bool
    by_file: bool
    folder: str
    """Where paths are relative to, for a worker that is in another folder."""


class Submits(Protocol):
    """Whoever runs batches elsewhere, like an `Executor`."""

    def submit(self, fn: Callable[..., bytes], /, *args: Any) -> Future[bytes]:
        """Have a function called somewhere."""


class Engine(NamedTuple):
    """An executor, and how it is used."""

    executor: Submits
    width: int = IN_FLIGHT
    """Batches that it has at a time."""
    check: Callable[[], None] | None = None
    """Called after `ATTENTION` seconds in which nothing came; raises when nothing will."""


def scan(
    filters: Sequence[MetricFilter],
    plan: Plan,
    sources: Iterable[Source],
    progress: Progress | None = None,
    *,
    engine: Engine,
    strict: bool | None = None,
    each: Each | None = None,
) -> Found:
    """What `fast.scan` finds, with its batches run by an engine.

    Standard input and pipes are read here. ``strict`` and ``each`` as for `processes.scan`, but not about files whose worker died.
    """
    here: list[Source] = []
    there: list[Source] = []
    for source in sources:
        (there if source.size else here).append(source)
    strict = processes.are_small(there) if strict is None else strict
    found = fast.scan(filters, plan, here, progress, strict=strict)
    asked = Asked(engine, Question(tuple(filters), plan, strict, each is not None, os.getcwd()), there)  # noqa: PTH109 - paths are strings here
    try:
        for run, answer in asked.answers(processes.runs(there, engine.width, MAX_BATCH, MAX_FILES)):
            files = there[run.first : run.end]
            if answer is None:
                reason = f"{LOST}: {asked.failure}"
                found.files += len(files)
                found.problems += [Problem(source.path, ProblemKind.KILLED, reason) for source in files]
            else:
                if each and answer.shares is not None:
                    each(files, answer)
                found.merge(answer)
            if progress:
                progress(len(files), sum(source.size for source in files))
    finally:
        asked.cancel()
    return found


class Asked:
    """The batches that an engine has, and what came of them."""

    def __init__(self, engine: Engine, question: Question, sources: Sequence[Source]) -> None:
        self.engine = engine
        self.question = pickle.dumps(question, protocol=pickle.HIGHEST_PROTOCOL)
        self.sources = sources
        self.waiting: set[Future[bytes]] = set()
        self.open: dict[int, Run] = {}
        """The batches without an answer, by their key."""
        self.failure = ""
        """What the engine said of the last batch that failed."""

    def answers(self, todo: Iterable[Run]) -> Iterator[tuple[Run, Found | None]]:
        """What was found in each batch, once; None where whoever read it was lost whatever was done."""
        for alone in (False, True):
            # Suspects come last: nothing that kills a worker is then under way, which would take others with it.
            left = iter(tuple(self.open.values()) if alone else todo)
            self._ask(*islice(left, self.engine.width), alone=alone)
            while self.waiting:
                done, _ = wait(self.waiting, timeout=processes.ATTENTION, return_when=FIRST_COMPLETED)
                if self.engine.check and not done:
                    self.engine.check()
                for future in done:
                    self.waiting.remove(future)
                    key, found = self._answer(future)
                    if key in self.open:
                        yield self.open.pop(key), found
                    self._ask(*islice(left, 1), alone=alone)
        for run in self.open.values():
            yield run, None

    def cancel(self) -> None:
        """Nothing of it is wanted any more."""
        for future in self.waiting:
            future.cancel()

    def _ask(self, *runs: Run, alone: bool = False) -> None:
        for run in runs:
            self.open[run.first] = run
            sources = pickle.dumps(self.sources[run.first : run.end], protocol=pickle.HIGHEST_PROTOCOL)
            try:
                future = self.engine.executor.submit(
                    work, __version__, self.question, run.first, sources, alone
                )
            except (RuntimeError, CancelledError) as error:
                raise ClusterError(f"the executor takes no more work: {first_line(error)}") from error
            self.waiting.add(future)

    def _answer(self, future: Future[bytes]) -> tuple[int, Found | None]:
        """The key of a batch and what was found; no key where the worker may have died. `ClusterError` for all else."""
        try:
            return pickle.loads(future.result())  # type: ignore[no-any-return]  # noqa: S301 - who runs our workers runs anything
        except ClusterError:
            raise
        except (BrokenExecutor, CancelledError) as error:
            if self.engine.check:
                self.engine.check()
            raise ClusterError(f"the executor has ended before its work: {first_line(error)}") from error
        except CANNOT_RUN as error:
            raise ClusterError(
                f"a worker cannot run detector: expected cloudtrail-detector {__version__} there ({first_line(error)})"
            ) from error
        except Exception as error:  # noqa: BLE001 - an engine raises whatever it likes
            self.failure = first_line(error)
            return NO_KEY, None


def first_line(error: BaseException) -> str:
    """An error of somebody else's in a sentence of ours."""
    return f"{type(error).__name__}: {error}".strip().splitlines()[0].rstrip(": ")


def work(version: str, question: bytes, key: int, sources: bytes, alone: bool) -> bytes:  # noqa: FBT001 - engines pass by place
    """One batch, on a worker: its key and a `Found`, pickled; ``alone``: in a process of its own, which a file may kill."""
    if version != __version__:
        raise ClusterError(
            f"a worker has detector {__version__}: expected {version}, which is the version that asks"
        )
    filters, plan, strict, by_file, folder = _question(question)
    files: list[Source] = pickle.loads(sources)  # noqa: S301 - a worker runs what it is sent
    typed = {}
    if folder != os.getcwd():  # noqa: PTH109 - paths are strings here
        absolute = [_found_from(folder, source) for source in files]
        typed = {there.path: source.path for there, source in zip(absolute, files, strict=True)}
        files = absolute
    if alone:
        pool = Pool(Work(filters, plan, strict, files), Found.empty(len(filters), columns=plan.columns), None)
        found = pool.run([Run(0, len(files))], 1)
    else:
        found = Found.empty(len(filters), by_file=by_file, columns=plan.columns)
        _scanner(question).scan(files, found)
    found.problems = [replace(one, path=typed.get(one.path, one.path)) for one in found.problems]
    return pickle.dumps((key, found), protocol=pickle.HIGHEST_PROTOCOL)


@functools.lru_cache(maxsize=4)
def _question(question: bytes) -> Question:
    """What is asked, compiled once a worker."""
    return pickle.loads(question)  # type: ignore[no-any-return]  # noqa: S301 - a worker runs what it is sent


def _scanner(question: bytes) -> fast.Scanner | partly.Scanner:
    """What scans for it, one a thread: it learns while it does."""
    if getattr(_own, "question", None) != question:
        filters, plan, strict, *_ = _question(question)
        _own.question, _own.scanner = question, fast.scanner(filters, plan, strict=strict)
    return _own.scanner  # type: ignore[no-any-return]  # anything can be of a thread


_own = threading.local()


def _found_from(folder: str, source: Source) -> Source:
    """A local file as another folder sees it."""
    if type(source) is not Source:
        return source
    return structs.replace(source, path=os.path.join(folder, source.path))  # noqa: PTH118 - paths are strings here
