"""Where bytes come from: a `Source` in, its bytes as stored out. Decompression is the business of `gunzip`.

Claim: a source can be opened any number of times and gives the same bytes each time, also where the operating
system gives them only once (standard input, a named pipe): those are kept. Not more than a limit is ever read, and
nothing that does not begin like a log is read to its end.

`Source` is a local file and `StandardInput` is what was piped in; another place, such as an object in S3, is one
more subclass with its own `Source.stored`.
"""

from __future__ import annotations

import io
import os
import re
import stat
import sys
import weakref
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING
from weakref import WeakKeyDictionary

from detector.archive.problem import Broken, ProblemKind

if TYPE_CHECKING:
    from datetime import date

STANDARD_INPUT = "-"
MAGIC = b"\x1f\x8b"
HEAD = 4096
QUICK = 16 << 20
"""Bytes up to which a file is read, and decompressed, before its beginning is looked at."""
OVERHEAD = 1 << 16
"""A small content may be larger when it is compressed."""
_IN_MEMORY = 64 << 20
_STEP = 1 << 17
_READ = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_LIKE_A_LOG = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*(?:[\[{0-9A-Za-z]|\Z)")


class TooMuchError(Exception):
    """More bytes than allowed."""


@dataclass(frozen=True, slots=True)
class Source:
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

    def stored(self, limit: int) -> bytes:
        """The bytes as they are stored, at most ``limit`` and an overhead.

        `TooMuchError` if there are more, `Broken` if they cannot be a log, OSError if they cannot be read.
        """
        if 0 < self.size <= min(QUICK, limit) and (raw := self._at_once()) is not None:
            return raw
        if self.path in _pipes and not os.path.isfile(self.path):  # noqa: PTH113 - paths stay as they were typed
            return _kept(_pipes[self.path], limit)
        with open(self.path, "rb", buffering=0) as stream:  # noqa: PTH123 - Path.open costs as much as a small file
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                _pipes[self.path] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - it lives as long as we do
                with io.BufferedReader(stream) as pipe:
                    return _keep(pipe, _pipes[self.path], limit)
            check_stored(stream.read(HEAD))
            if status.st_size > limit + OVERHEAD:
                raise TooMuchError
            stream.seek(0)
            return stream.readall()

    def _at_once(self) -> bytes | None:
        """The bytes of a small file that is as it was found, in as few calls as can be; None for any other.

        Each call to the system hands the interpreter's lock to another thread, and waits to get it back.
        """
        stream = os.open(self.path, _READ)
        try:
            raw = os.read(stream, self.size + 1)
        finally:
            os.close(stream)
        if len(raw) != self.size:
            return None
        check_stored(raw[:HEAD])
        return raw


@dataclass(frozen=True, slots=True)
class StandardInput(Source):
    """What was piped in."""

    path: str = STANDARD_INPUT

    def stored(self, limit: int) -> bytes:
        """The whole of it, at every call."""
        stream = sys.stdin.buffer
        if stream in _piped_in:
            return _kept(_piped_in[stream], limit)
        kept = _piped_in[stream] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - it lives as long as the stream
        weakref.finalize(stream, kept.close)
        return _keep(stream, kept, limit)


def check_stored(head: bytes) -> None:
    """Raise `Broken` unless these first bytes are those of gzip or of a log."""
    if not head.startswith(MAGIC):
        check_beginning(head)


def check_beginning(head: bytes) -> None:
    """Raise `Broken` unless a content that begins like this can be a log."""
    if not _LIKE_A_LOG.match(head):
        raise Broken(
            ProblemKind.NOT_A_LOG,
            "does not begin like a log file: expected JSON, or lines that begin with a time",
        )


_piped_in: WeakKeyDictionary[object, SpooledTemporaryFile[bytes]] = WeakKeyDictionary()
_pipes: dict[str, SpooledTemporaryFile[bytes]] = {}


def _keep(stream: IO[bytes], kept: IO[bytes], limit: int) -> bytes:
    """What comes out of a pipe, as far as it is wanted; all of that is in ``kept`` afterwards."""
    head = stream.read(HEAD)
    kept.write(head)
    check_stored(head)
    left = limit + OVERHEAD + 1 - len(head)
    while left > 0 and (chunk := stream.read(min(_STEP, left))):
        kept.write(chunk)
        left -= len(chunk)
    return _kept(kept, limit)


def _kept(kept: IO[bytes], limit: int) -> bytes:
    kept.seek(0)
    raw = kept.read()
    check_stored(raw[:HEAD])
    if len(raw) > limit + OVERHEAD:
        raise TooMuchError
    return raw
