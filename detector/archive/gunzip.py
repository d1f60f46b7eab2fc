"""A source in, its whole decompressed content out; the only module that knows gzip.

Claim: what is returned is complete and its checksums were right. Anything else is `Broken`: a file cut
off at any point, flipped bits, bytes after the end that are neither a further member nor zero padding,
more content than the limit, or content that cannot be a log. Nothing beyond the limit is ever held.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import deflate
import stringzilla
from isal import igzip, isal_zlib

from detector.archive.problem import Broken, ProblemKind
from detector.archive.source import HEAD, MAGIC, QUICK, TooMuchError, check_beginning

if TYPE_CHECKING:
    from detector.archive.source import Source

DEFAULT_LIMIT = 2 << 30
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MEMBER = b"\x1f\x8b\x08"
_STEP = 1 << 17
_RATIO = 1032  # deflate makes at most this many bytes of one


def read(source: Source, limit: int = DEFAULT_LIMIT) -> bytes:
    """The decompressed content of one source, at most ``limit`` bytes; `Broken` where it has none to trust.

    Gzip is known by its first two bytes, not by the name. Several members are one content, zero padding
    is skipped. Content whose first character starts neither JSON nor a line of text is refused before
    the rest is decompressed.
    """
    try:
        raw = source.stored(limit)
        return _gunzip(raw, limit) if raw.startswith(MAGIC) else _within(raw, limit)
    except TooMuchError:
        raise Broken(ProblemKind.OVER_LIMIT, f"holds more than the limit of {limit:,} bytes") from None
    except OSError as error:
        raise Broken(ProblemKind.UNREADABLE, f"cannot be read: {error.strerror or error}") from None
    except MemoryError:
        raise Broken(ProblemKind.NO_MEMORY, "needs more memory than there is") from None


def _gunzip(raw: bytes, limit: int) -> bytes:
    quick = _quickly(raw, limit)
    if quick is not None:
        check_beginning(quick[:HEAD])
        return quick
    try:
        # A little of the content, decompressed on its own; less or nothing where the headers are long.
        check_beginning(isal_zlib.decompressobj(wbits=31).decompress(raw[:HEAD], HEAD // 8))
        single = _single(raw, limit)
        return _members(raw, limit) if single is None else single
    except EOFError:
        raise Broken(
            ProblemKind.NOT_GZIP, "the gzip data is cut off, or followed by bytes that are not gzip"
        ) from None
    except (OSError, isal_zlib.IsalError) as error:  # type: ignore[misc]  # isal's stub types the class as an instance
        raise Broken(ProblemKind.NOT_GZIP, f"the gzip data is corrupt: {error}") from None


def _quickly(raw: bytes, limit: int) -> bytes | None:
    """The content by libdeflate, twice as fast, where it is safe; None for anything out of the ordinary.

    libdeflate verifies the checksum, but its binding takes the size of the content from the last four bytes
    and knows only one member: so there must be no second header, the size must be within bounds, and both
    it and the checksum at the very end must come out right.
    """
    stated = int.from_bytes(raw[-4:], "little")
    if not 0 < stated <= min(limit, QUICK, len(raw) * _RATIO) or stringzilla.find(raw, _MEMBER, 1) >= 0:
        return None
    try:
        content = deflate.gzip_decompress(raw)
    except (deflate.DeflateError, ValueError):  # ValueError for too few bytes
        return None
    sound = len(content) == stated and isal_zlib.crc32(content) == int.from_bytes(raw[-8:-4], "little")
    return content if sound else None  # type: ignore[return-value]  # a bytearray serves as well


def _single(raw: bytes, limit: int) -> bytes | None:
    """The content of what is one sound member and nothing else, in one allocation; None for all others."""
    member = isal_zlib.decompressobj(wbits=31)
    content = member.decompress(raw, min(_stated(raw), limit) + 1)
    return _within(content, limit) if member.eof and not member.unused_data else None


def _members(raw: bytes, limit: int) -> bytes:
    """The content of all members, zero padding skipped; it finds every fault that there can be."""
    stream = igzip.open(io.BytesIO(raw))  # type: ignore[no-untyped-call]  # isal.igzip has no types
    step = max(_STEP, _stated(raw)) + 1
    chunks: list[bytes] = []
    size = 0
    while size <= limit and (chunk := stream.read1(min(step, limit + 1 - size))):
        chunks.append(chunk)
        size += len(chunk)
    return _within(b"".join(chunks), limit)


def _stated(raw: bytes) -> int:
    """The size that the last member states, as far as it can be true."""
    return min(int.from_bytes(raw[-4:], "little"), len(raw) * _RATIO)


def _within(content: bytes, limit: int) -> bytes:
    if len(content) > limit:
        raise TooMuchError
    return content
