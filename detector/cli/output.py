"""A report into a file: all of it, or what was there before.

In: the path that was typed, and the bytes. Out: the file, or an OSError that names it. The claim: whatever goes wrong
(a full disk, a limit, a signal), no reader ever finds half a report, and nothing is left beside it.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from pathlib import Path

_SYSTEM = ("/dev/", "/proc/")
"""Where paths are open files of this process, devices and pipes: nothing can be put in their place."""


def write(path: str, data: bytes) -> None:
    """Write ``data`` beside the file and rename; a link keeps pointing there, and a file that was there keeps its mode.

    Into what is no regular file (a device, a named pipe, /dev/stdout) it goes directly; also into a file in a
    folder that takes no further one.
    """
    try:
        mode = _mode(path)
        if path.startswith(_SYSTEM) or not (mode is None or stat.S_ISREG(mode)):
            Path(path).write_bytes(data)
        else:
            _replace(Path(path).resolve(), data, mode)
    except OSError as error:  # of the other file, or of none: whoever typed the path knows neither
        raise OSError(error.errno, error.strerror or str(error), path) from None


def _mode(path: str) -> int | None:
    try:
        return Path(path).stat().st_mode
    except FileNotFoundError:
        return None


def _replace(target: Path, data: bytes, mode: int | None) -> None:
    if mode is not None and not os.access(target, os.W_OK):  # a rename would not ask
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    beside = target.with_name(f".detector-{secrets.token_hex(8)}.tmp")
    try:
        with beside.open("xb") as file:
            file.write(data)
        if mode is not None:
            beside.chmod(stat.S_IMODE(mode))
        beside.replace(target)
    except PermissionError:
        if mode is None or beside.exists():
            raise
        target.write_bytes(data)
    finally:
        beside.unlink(missing_ok=True)
