"""What takes a while to import is imported while an archive is scanned, which leaves the interpreter idle at times."""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Iterator

FRAMES = "detector.metrics.samples"
"""Brings polars, a tenth of a second."""


@contextlib.contextmanager
def importing(module: str) -> Iterator[None]:
    """Import a module in another thread; who imports it afterwards waits for that, or meets its error."""

    def load() -> None:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)

    threading.Thread(target=load, daemon=True).start()
    yield
