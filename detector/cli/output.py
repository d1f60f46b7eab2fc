"""A report into a file: all of it, or what was there before.

In: the path that was typed, and what is written. Out: the file, or an OSError that names it. The claim: whatever goes
wrong (a full disk, a limit, a signal), no reader ever finds half a report, and nothing is left beside it.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import BinaryIO

from detector.errors import ArchiveError

_SYSTEM = ("/dev/", "/proc/")
"""Where paths are open files of this process, devices and pipes: nothing can be put in their place."""
_BESIDE = ".detector-"


def write(path: str, data: bytes) -> None:
    """Write ``data`` as `writing` does."""
    with writing(path) as file:
        file.write(data)


@contextmanager
def redirected(path: str | None) -> Iterator[None]:
    """Within it, what is printed goes to a file as `writing` does, if there is a path."""
    if path is None:
        yield
        return
    with writing(path) as file:
        stdout = io.TextIOWrapper(file, "utf-8", "backslashreplace", newline="\n")
        with redirect_stdout(stdout):
            yield
        stdout.detach()  # flushes; whoever has opened the file closes it


@contextmanager
def writing(path: str) -> Iterator[BinaryIO]:
    """A file that takes the name of the one that was typed at the end of the block, unless that raises.

    A link keeps pointing there, and a file that was there keeps its mode. What is no regular file (a device, a named
    pipe, /dev/stdout) is written directly; also a file in a folder that takes no further one.
    """
    try:
        file, beside, mode = _opened(path)
        try:
            with file:
                yield file
            if beside is not None:
                if mode is not None:
                    beside.chmod(stat.S_IMODE(mode))
                beside.replace(Path(path).resolve())
        finally:
            if beside is not None:
                beside.unlink(missing_ok=True)
    except ArchiveError:  # names what could not be read itself
        raise
    except OSError as error:
        if error.filename is None or _BESIDE in str(error.filename):  # whoever typed the path knows neither
            raise OSError(error.errno, error.strerror or str(error), path) from None
        raise


def _opened(path: str) -> tuple[BinaryIO, Path | None, int | None]:
    """An open file, its path where it has to be renamed, and the mode of the file that was there."""
    try:
        mode = Path(path).stat().st_mode
    except FileNotFoundError:
        mode = None
    if path.startswith(_SYSTEM) or not (mode is None or stat.S_ISREG(mode)):
        return Path(path).open("wb"), None, mode
    target = Path(path).resolve()
    if mode is not None and not os.access(target, os.W_OK):  # a rename would not ask
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    beside = target.with_name(f"{_BESIDE}{os.urandom(8).hex()}.tmp")
    try:
        return beside.open("xb"), beside, mode
    except PermissionError:
        if mode is None:
            raise
        return target.open("wb"), None, mode
