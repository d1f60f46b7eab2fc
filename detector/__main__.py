"""``detector`` and ``python -m detector``: what was typed in, printed answer and exit code out."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sys
import threading
from collections.abc import Sequence
from typing import NoReturn

PATIENT = 1_000_000
"""New objects until unreachable cycles are looked for: a run makes few, and imports make many that stay."""

FRUGAL = ("_RJEM_MALLOC_CONF", "dirty_decay_ms:0,muzzy_decay_ms:0")
"""Polars' allocator gives back what it does not need, which saves a tenth of the memory of a replay."""

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program on ``argv`` (default: what was typed) and return its exit code."""
    gc.set_threshold(PATIENT)
    os.environ.setdefault(*FRUGAL)
    try:
        from detector.cli import main as cli  # noqa: PLC0415 - Ctrl-C may come while it is imported
    except KeyboardInterrupt:
        return INTERRUPTED
    return cli.main(argv)


def run() -> NoReturn:
    """`main` as a whole process."""
    code = main()
    is_watched = sys.gettrace() or sys.getprofile() or _is_monitored() or sys.flags.inspect
    if code != INTERRUPTED and (is_watched or threading.active_count() > 1):
        gc.freeze()  # else the interpreter looks for cycles in everything once more before it ends
        sys.exit(code)
    if code != INTERRUPTED:  # else threads that wait for an answer of S3 would be waited for
        atexit._run_exitfuncs()  # noqa: SLF001 - what multiprocessing does in its children, too
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)  # nothing is left to be done, and to free every object takes 5 ms


def _is_monitored() -> bool:
    """Whether a tool is registered with ``sys.monitoring``, as profilers are since Python 3.12."""
    monitoring = getattr(sys, "monitoring", None)
    return monitoring is not None and any(map(monitoring.get_tool, range(6)))


if __name__ == "__main__":
    run()
