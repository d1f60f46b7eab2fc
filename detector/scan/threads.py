"""One list of batches of files shared by a few threads of this process.

In: what to do with a batch, a result for each thread, the batches. Claim: every batch is worked on once, by whichever
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
    work: Callable[[list[Source], Result], None],
    results: Sequence[Result],
    batches: Iterable[list[Source]],
    progress: Progress | None = None,
) -> None:
    """Do ``work`` for every batch, in as many threads as there are results; this thread is one of them."""
    shared = _Work(work, batches, progress)
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
        self, work: Callable[..., None], batches: Iterable[list[Source]], progress: Progress | None
    ) -> None:
        self.work = work
        self.batches = iter(batches)
        self.progress = progress
        self.turn = threading.Lock()
        self.large = threading.Lock()
        self.failed: list[BaseException] = []

    def work_into(self, result: object) -> None:
        """Work on one batch after another until none is left or something failed anywhere."""
        try:
            while (batch := self._next()) is not None:
                size = sum(source.size for source in batch)
                is_large = len(batch) == 1 and size > LARGE
                with self.large if is_large else contextlib.nullcontext():
                    self.work(batch, result)
                if self.progress:
                    with self.turn:
                        self.progress(len(batch), size)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            self.failed.append(error)

    def _next(self) -> list[Source] | None:
        with self.turn:
            return None if self.failed else next(self.batches, None)
