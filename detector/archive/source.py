"""Where bytes come from: a `Source` in, its bytes as stored out. What they are is the business of `gunzip` and `content`.

Claim: a source can be opened any number of times and gives the same bytes each time, also where the operating
system gives them only once (standard input, a named pipe): those are kept, in a file beyond a few megabytes.

`Source` is a local file and `StandardInput` is what was piped in; another place, such as an object in S3, is one
more subclass with its own `Source.open`.
"""

from __future__ import annotations

import io
import os
import stat
import sys
import weakref
from typing import IO, TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from msgspec import Struct

if TYPE_CHECKING:
    from datetime import date

STANDARD_INPUT = "-"
QUICK = 16 << 20
"""Bytes up to which a file is read at once, and decompressed at once."""
IN_MEMORY = 16 << 20
"""Bytes of a pipe that are kept in memory; what is more is kept in a temporary file."""
_STEP = 1 << 17
_READ = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class Source(Struct, frozen=True):
    """A file to read, and what its path tells: ``size`` in bytes as stored, ``delivered`` in epoch seconds.

    ``path`` is as the user would type it, and any bytes that a file name can be. ``account``, ``region`` and
    ``day`` come from the folders or the file name, ``delivered`` is the stamp of the file name. ``number`` is
    the place among all sources of a run, by which matches refer to it.
    """

    path: str
    size: int = 0
    account: str | None = None
    region: str | None = None
    delivered: int | None = None
    day: date | None = None
    number: int = 0

    @property
    def name(self) -> str:
        """The path as it can be printed and encoded: what is not UTF-8 in it becomes a question mark."""
        return self.path.encode("utf-8", "replace").decode()

    def version(self) -> str | None:
        """What changes whenever the bytes do, as far as the place tells: of a file when it was written, and which it is.

        None where nothing tells, as of a pipe; OSError if it cannot be looked at.
        """
        return version_of(self.path)

    def open(self) -> IO[bytes]:
        """The bytes as they are stored; OSError if they cannot be read."""
        if self.path in _pipes and not os.path.isfile(self.path):  # noqa: PTH113 - paths stay as they were typed
            return _again(_pipes[self.path])
        stream = open(self.path, "rb", buffering=0)  # noqa: PTH123, SIM115 - the caller closes it
        if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            return stream
        with io.BufferedReader(stream) as pipe:
            _pipes[self.path] = _keep(pipe)
        return _again(_pipes[self.path])

    def at_once(self) -> bytes | None:
        """The bytes of a small file that is as it was found, in as few calls as can be; None for any other.

        Each call to the system hands the interpreter's lock to another thread, and waits to get it back.
        """
        if not 0 < self.size <= QUICK:
            return None
        stream = os.open(self.path, _READ)
        try:
            raw = os.read(stream, self.size + 1)
        finally:
            os.close(stream)
        return raw if len(raw) == self.size else None


def version_of(path: str) -> str | None:
    """The `Source.version` of a local file."""
    status = os.stat(path)  # noqa: PTH116 - paths stay as they were typed
    is_file = stat.S_ISREG(status.st_mode)
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ino}" if is_file else None


class StandardInput(Source, frozen=True):
    """What was piped in."""

    path: str = STANDARD_INPUT

    def version(self) -> None:
        """Nothing tells."""

    def open(self) -> IO[bytes]:
        """What was piped in, from its beginning at every call."""
        stream = sys.stdin.buffer
        if stream not in _piped_in:
            kept = _piped_in[stream] = _keep(stream)
            weakref.finalize(stream, kept.close)
        return _again(_piped_in[stream])


_piped_in: WeakKeyDictionary[object, IO[bytes]] = WeakKeyDictionary()
_pipes: dict[str, IO[bytes]] = {}


def _keep(stream: IO[bytes]) -> IO[bytes]:
    """What comes out of a pipe: in memory while it is small, then in a temporary file."""
    from tempfile import SpooledTemporaryFile  # noqa: PLC0415 - pipes are rare

    kept = cast("IO[bytes]", SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - it lives as long as the pipe is known
    while chunk := stream.read(_STEP):
        kept.write(chunk)
    return kept


def _again(kept: IO[bytes]) -> IO[bytes]:
    return cast("IO[bytes]", io.BufferedReader(_Again(kept), _STEP))


class _Again(io.RawIOBase):
    """What was kept of a pipe, from its beginning: each opening has a place of its own."""

    def __init__(self, kept: IO[bytes]) -> None:
        self._kept = kept
        self._place = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Read on from this opening's place."""
        self._kept.seek(self._place)
        data = self._kept.read(len(buffer))
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)
