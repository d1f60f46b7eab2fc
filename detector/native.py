"""The native parts, compiled with the package: the name of one in, the module or why there is none out.

Claim: a part that was built from other sources than those beside it is as good as absent, since what it is asked has
changed: everything is done in Python, with the same answers. An installed package has no sources of it.
"""

from __future__ import annotations

import importlib
import sys
import zlib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

SCAN, EVIDENCE = "detector.scan._native", "detector.metrics._evidence"


class Part(NamedTuple):
    """A native part as this process has it."""

    module: ModuleType | None
    lack: str = ""
    """Why there is none."""
    is_broken: bool = False
    """Whether one was compiled that cannot be used."""


def checksum(source: Path) -> str:
    """Of all that a part is compiled from: its own source, and ``native.h``."""
    shared = source.parent.parent / "native.h"
    return str(zlib.crc32(source.read_bytes() + shared.read_bytes()))


@cache
def part(name: str) -> Part:
    """`SCAN` or `EVIDENCE`."""
    if "t" in getattr(sys, "abiflags", ""):  # it would find a part in the checkout, and not start it
        return Part(None, "not made for a free-threaded Python")
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError:
        return Part(None, "not compiled")
    except ImportError as error:
        return Part(None, f"cannot be loaded ({error})", is_broken=True)
    source = Path(module.__file__ or "").with_name(f"{name.rpartition('.')[2]}.c")
    if source.exists() and getattr(module, "SOURCES", "") != checksum(source):
        return Part(None, "built from other sources (run `pip install -e .` again)", is_broken=True)
    return Part(module)
