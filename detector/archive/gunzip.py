"""A log file as CloudTrail delivers it in, its text out, in the fewest steps: `whole`.

Claim: what is returned is complete and its checksum was right. Whatever is out of the ordinary in any way (several
members, damage, another compression, a large file, not JSON) is None, and is left to `content`, which knows it all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import deflate
import stringzilla
from isal import isal_zlib

from detector.archive.source import QUICK

if TYPE_CHECKING:
    from detector.archive.source import Source

DEFAULT_LIMIT = 2 << 30
_GZIP = b"\x1f\x8b"
_MEMBER = b"\x1f\x8b\x08"
_RATIO = 1032  # deflate makes at most this many bytes of one
_BEGINS_JSON = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*[\[{]")


def whole(source: Source, limit: int = DEFAULT_LIMIT) -> bytes | None:
    """The JSON text of one small file, gzip'd or not, of at most ``limit`` bytes; None for anything else."""
    try:
        raw = source.at_once()
        text = _gunzip(raw, limit) if raw and raw.startswith(_GZIP) else raw
    except (OSError, MemoryError):
        return None
    return text if text and len(text) <= limit and _BEGINS_JSON.match(text) else None


def _gunzip(raw: bytes, limit: int) -> bytes | None:
    """The content by libdeflate, twice as fast as others, where it is safe.

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
