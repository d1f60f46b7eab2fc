"""The worker of a scan, but the names of files say what becomes of it: for the tests of `detector.scan`.

``deadly`` kills the process, ``sleepy`` makes it sleep for a minute, ``slow`` for a moment, and ``once`` kills it the first time.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from detector.scan import fast, worker

real = fast.scanner


class Perilous:
    """The scanner, before which a file is looked at."""

    def __init__(self, *plan: Any, **how: Any) -> None:
        self.scanner = real(*plan, **how)

    def scan(self, files: Iterable[Any], found: Any, *rest: Any) -> None:
        """Whatever happens."""
        files = list(files)
        for file in files:
            befall(file)
        self.scanner.scan(files, found, *rest)


def befall(file: Any) -> None:
    """What the name of a file says."""
    name = Path(file.path).name
    mark = Path(f"{file.path}.seen")
    if "sleepy" in name:
        time.sleep(60)
    if "slow" in name:
        time.sleep(0.1)
    if "deadly" in name or ("once" in name and not mark.exists()):
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def dask_setup(_: Any) -> None:
    """What ``dask worker --preload`` does; the process beside the worker that reads suspects is like it."""
    fast.scanner = Perilous  # type: ignore[assignment]  # of any arguments
    worker.COMMAND = (sys.executable, __file__)  # type: ignore[assignment]  # another length


if __name__ == "__main__":
    fast.scanner = Perilous  # type: ignore[assignment]  # of any arguments
    try:
        worker.main()
    except (EOFError, BrokenPipeError):
        sys.exit(1)
