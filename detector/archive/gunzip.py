"""A log file in, its whole decompressed content out; the only module that knows gzip.

Claim: what is returned is complete and its checksums were right. Anything else is `Broken`: a file cut
off at any point, flipped bits, bytes after the end that are neither a further member nor zero padding,
more content than the limit, or content that cannot be a log. Nothing beyond the limit is ever held.
"""

from __future__ import annotations

import io
import os
import re
import stat
import sys
from typing import TYPE_CHECKING, Any, BinaryIO
from weakref import WeakKeyDictionary

import deflate
import stringzilla
from isal import igzip, isal_zlib

from detector.archive.problem import Broken

if TYPE_CHECKING:
    from collections.abc import Callable

    from detector.archive.locate import LogFile

DEFAULT_LIMIT = 2 << 30
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MAGIC = b"\x1f\x8b"
_MEMBER = b"\x1f\x8b\x08"
_HEAD = 4096
_QUICK = 16 << 20  # larger contents are looked at before they are decompressed whole
_STEP = 1 << 17
_READ = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_OVERHEAD = 1 << 16  # a small content may be larger when it is compressed
_RATIO = 1032  # deflate makes at most this many bytes of one
_LIKE_A_LOG = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*(?:[\[{0-9A-Za-z]|\Z)")


def read(file: LogFile, limit: int = DEFAULT_LIMIT) -> bytes:
    """The decompressed content of one file, at most ``limit`` bytes; `Broken` where it has none to trust.

    Gzip is known by its first two bytes, not by the name. Several members are one content, zero padding
    is skipped. Content whose first character starts neither JSON nor a line of text is refused before
    the rest is decompressed.
    """
    try:
        raw = _at_once(file, limit) or _stored(file.path, limit + _OVERHEAD)
        return _gunzip(raw, limit) if raw.startswith(_MAGIC) else _within(raw, limit)
    except _TooMuchError:
        raise Broken(f"holds more than the limit of {limit:,} bytes") from None
    except OSError as error:
        raise Broken(f"cannot be read: {error.strerror or error}") from None
    except MemoryError:
        raise Broken("needs more memory than there is") from None


class _TooMuchError(Exception):
    """More bytes than allowed."""


def _at_once(file: LogFile, limit: int) -> bytes | None:
    """The bytes of a small file that is as it was found, in as few calls as can be; None for any other.

    Each call to the system hands the interpreter's lock to another thread, and waits to get it back.
    """
    if not 0 < file.size <= min(_QUICK, limit):
        return None
    stream = os.open(file.path, _READ)
    try:
        raw = os.read(stream, file.size + 1)
    finally:
        os.close(stream)
    if len(raw) != file.size:
        return None
    _check_stored(raw[:_HEAD])
    return raw


def _stored(path: str, limit: int) -> bytes:
    """The bytes as they lie there, unless they are too many or cannot be a log."""
    if path == "-":
        return _standard_input(limit)
    if path in _pipes and not os.path.isfile(path):  # noqa: PTH113 - paths stay text here
        return _pipes[path]
    with open(path, "rb", buffering=0) as stream:  # noqa: PTH123 - Path.open costs as much as a small file
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode):
            return _pipe(path, stream, limit)
        _check_stored(stream.read(_HEAD))
        if found.st_size > limit:
            raise _TooMuchError
        stream.seek(0)
        return stream.readall()


_read_before: WeakKeyDictionary[Any, bytes] = WeakKeyDictionary()
_pipes: dict[str, bytes] = {}


def _pipe(path: str, stream: io.FileIO, limit: int) -> bytes:
    """What came through a named pipe; kept, because there is nothing behind it at a second look."""
    with io.BufferedReader(stream) as pipe:
        _pipes[path] = _piped(pipe, limit)
    return _pipes[path]


def _standard_input(limit: int) -> bytes:
    """What was piped in; kept, because a second look at it must find the same."""
    stream = sys.stdin.buffer
    if stream not in _read_before:
        _read_before[stream] = _piped(stream, limit)
    return _read_before[stream]


def _piped(stream: BinaryIO | io.BufferedReader, limit: int) -> bytes:
    """The content of what has no size, as a pipe."""
    head = stream.read(_HEAD)
    _check_stored(head)
    return _bounded(stream.read, limit, _STEP, head)


def _gunzip(raw: bytes, limit: int) -> bytes:
    quick = _quickly(raw, limit)
    if quick is not None:
        _check_beginning(quick[:_HEAD])
        return quick
    try:
        _check_beginning(_first(raw))
        single = _single(raw, limit)
        return _members(raw, limit) if single is None else single
    except EOFError:
        raise Broken("the gzip data is cut off, or followed by bytes that are no gzip") from None
    except (OSError, isal_zlib.IsalError) as error:  # type: ignore[misc]  # isal's stub types the class as an instance
        raise Broken(f"the gzip data is corrupt: {error}") from None


def _quickly(raw: bytes, limit: int) -> bytes | None:
    """The content by libdeflate, twice as fast, where it is safe; None for anything out of the ordinary.

    libdeflate verifies the checksum, but its binding takes the size of the content from the last four bytes
    and knows only one member: so there must be no second header, the size must be within bounds, and both
    it and the checksum at the very end must come out right.
    """
    stated = int.from_bytes(raw[-4:], "little")
    if not 0 < stated <= min(limit, _QUICK, len(raw) * _RATIO) or stringzilla.find(raw, _MEMBER, 1) >= 0:
        return None
    try:
        content = deflate.gzip_decompress(raw)
    except (deflate.DeflateError, ValueError):  # ValueError for too few bytes
        return None
    sound = len(content) == stated and isal_zlib.crc32(content) == int.from_bytes(raw[-8:-4], "little")
    return content if sound else None  # type: ignore[return-value]  # a bytearray serves as well


def _first(raw: bytes) -> bytes:
    """A little of the content, decompressed on its own; less or nothing where the headers are long."""
    return isal_zlib.decompressobj(wbits=31).decompress(raw[:_HEAD], _HEAD // 8)


def _single(raw: bytes, limit: int) -> bytes | None:
    """The content of what is one sound member and nothing else, in one allocation; None for all others."""
    member = isal_zlib.decompressobj(wbits=31)
    content = member.decompress(raw, min(_stated(raw), limit) + 1)
    return _within(content, limit) if member.eof and not member.unused_data else None


def _members(raw: bytes, limit: int) -> bytes:
    """The content of all members, zero padding skipped; it finds every fault that there can be."""
    stream = igzip.open(io.BytesIO(raw))  # type: ignore[no-untyped-call]  # isal.igzip has no types
    return _bounded(stream.read1, limit, max(_STEP, _stated(raw)) + 1)


def _stated(raw: bytes) -> int:
    """The size that the last member states, as far as it can be true."""
    return min(int.from_bytes(raw[-4:], "little"), len(raw) * _RATIO)


def _bounded(read: Callable[[int], bytes], limit: int, step: int, head: bytes = b"") -> bytes:
    chunks = [head]
    size = len(head)
    while size <= limit and (chunk := read(min(step, limit + 1 - size))):
        chunks.append(chunk)
        size += len(chunk)
    if size > limit:
        raise _TooMuchError
    return b"".join(chunks)


def _within(content: bytes, limit: int) -> bytes:
    if len(content) > limit:
        raise _TooMuchError
    return content


def _check_stored(head: bytes) -> None:
    if not head.startswith(_MAGIC):
        _check_beginning(head)


def _check_beginning(head: bytes) -> None:
    if not _LIKE_A_LOG.match(head):
        raise Broken("does not begin like a log file: expected JSON, or lines that begin with a time")
