"""SIGTERM and SIGHUP end a run as Ctrl-C does: by an exception, so that whatever was begun is cleaned up.

Out: a `Terminated` in the main thread, which knows the exit code that a shell expects of the signal.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

_NAMES = ("SIGTERM", "SIGHUP")


class Terminated(KeyboardInterrupt):
    """The run was asked to end by a signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number


@contextmanager
def handled() -> Iterator[None]:
    """Within it the signals raise; those that were ignored (nohup) or have a handler stay as they are."""
    known = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    here = threading.current_thread() is threading.main_thread()
    taken = [number for number in known if here and signal.getsignal(number) is signal.SIG_DFL]

    def end(number: int, _: object) -> NoReturn:
        for each in taken:  # a second one must not interrupt the cleaning up
            signal.signal(each, signal.SIG_IGN)
        raise Terminated(number)

    for number in taken:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
