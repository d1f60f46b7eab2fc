"""One list of files shared by a few threads of this process.

In: what to do with a file, a result for each thread, the files. Claim: every file is worked on once, by whichever
thread is free; the first error ends all threads and is raised here; no two large files are in memory at once.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from detector.archive import Progress, Source

LARGE = 2 << 20
"""Bytes on disk from which files are worked on one at a time."""
STACK = 64 << 20
"""Bytes for a helping thread: JSON may be nested a thousand levels deep, and some systems give a thread little."""

Result = TypeVar("Result")


def share(
    work: Callable[[Source, Result], None],
    results: Sequence[Result],
    sources: Iterable[Source],
    progress: Progress | None = None,
) -> None:
    """Do ``work`` for every file, in as many threads as there are results; this thread is one of them."""
    shared = _Work(work, sources, progress)
    others = [
        threading.Thread(target=shared.work_into, args=(result,), daemon=True) for result in results[1:]
    ]
    before = threading.stack_size(STACK) if others else None
    try:
        for other in others:
            other.start()
    finally:
        if before is not None:
            threading.stack_size(before)
    shared.work_into(results[0])
    try:
        for other in others:
            other.join()
    except BaseException as error:
        shared.failed.append(error)  # Ctrl-C while another thread is still at its last file
        raise
    if shared.failed:
        raise shared.failed[0]


class _Work:
    """The files that are left, and whether something has failed."""

    def __init__(
        self, work: Callable[..., None], sources: Iterable[Source], progress: Progress | None
    ) -> None:
        self.work = work
        self.sources = iter(sources)
        self.progress = progress
        self.turn = threading.Lock()
        self.large = threading.Lock()
        self.failed: list[BaseException] = []

    def work_into(self, result: object) -> None:
        """Work on one file after another until none is left or something failed anywhere."""
        try:
            while (source := self._next()) is not None:
                with self.large if source.size > LARGE else contextlib.nullcontext():
                    self.work(source, result)
                if self.progress:
                    with self.turn:
                        self.progress(1, source.size)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            self.failed.append(error)

    def _next(self) -> Source | None:
        with self.turn:
            return None if self.failed else next(self.sources, None)
