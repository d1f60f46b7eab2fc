"""A progress bar on a terminal for runs over a second; nothing anywhere else.

In: calls of (files, bytes) as work is done. Out: a bar on stderr that leaves no trace.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 1.0
"""Seconds before the bar appears."""


@contextmanager
def bar(
    total: Callable[[], tuple[int, int]], what: str = "files", *, quiet: bool
) -> Iterator[Callable[[int, int], None] | None]:
    """A callback for a scan, or None where no bar is wanted.

    ``total`` gives (files, bytes) of the whole work and is only asked when the bar appears; ``what`` they are called.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    shown = _Bar(total, what)
    try:
        yield shown.advance
    finally:
        shown.close()


class _Bar:
    def __init__(self, total: Callable[[], tuple[int, int]], what: str) -> None:
        self._total = total
        self._what = what
        self._since = time.monotonic()
        self._files = 0
        self._bytes = 0
        self._bar: Progress | None = None

    def advance(self, files: int, size: int) -> None:
        """Take note of work done; the bar appears once there was time for it.

        A replay that finds nothing reads once more to say why: the bar begins anew with the second pass.
        """
        self._files += files
        self._bytes += size
        if self._bar is None and time.monotonic() - self._since > PATIENCE:
            self._bar = self._start()
        if self._bar is None:
            return
        task = self._bar.tasks[0]
        if self._files > task.fields["of"]:
            self._files, self._bytes = files, size
        self._bar.update(task.id, completed=self._bytes, files=self._files)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def _start(self) -> Progress:
        from rich import progress
        from rich.console import Console

        files, size = self._total()
        columns = (
            progress.TextColumn(f"{{task.fields[files]:,}} of {{task.fields[of]:,}} {self._what}"),
            progress.BarColumn(),
            progress.DownloadColumn(),
            progress.TimeRemainingColumn(),
        )
        shown = progress.Progress(*columns, console=Console(stderr=True), transient=True)
        shown.add_task("", total=size, files=self._files, of=files)
        shown.start()
        return shown
