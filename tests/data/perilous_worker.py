"""The worker of a scan, but the names of files say what becomes of it: for the tests of `detector.scan.processes`.

``deadly`` kills the process, ``sleepy`` makes it sleep for a minute, and ``once`` kills it the first time.
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

real = fast.scan


def perilous(filters: Any, plan: Any, files: Iterable[Any], *rest: Any, **how: Any) -> Any:
    files = list(files)
    for file in files:
        name = Path(file.path).name
        mark = Path(f"{file.path}.seen")
        if "sleepy" in name:
            time.sleep(60)
        if "deadly" in name or ("once" in name and not mark.exists()):
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return real(filters, plan, files, *rest, **how)


if __name__ == "__main__":
    fast.scan = perilous  # type: ignore[assignment]  # of any arguments
    try:
        worker.main()
    except (EOFError, BrokenPipeError):
        sys.exit(1)
