"""An object in S3 as a source of log events: where it is, how it is reached, its bytes.

In: a path ``s3://bucket/key``. Out: `Object`, a `Source` like any other. Claim: it is plain data without a secret in it,
so that it can be sent to a process or a machine with credentials of its own, and its bytes are those of the ETag that
the listing had: what changed or vanished since then is an OSError of one sentence. Nothing is opened before it is read.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, Any, cast

from detector.archive.access import ACCESS, Access
from detector.archive.source import QUICK, Source


class Object(Source, frozen=True):
    """An object as it was listed; ``path`` is ``s3://bucket/key``."""

    etag: str = ""
    access: Access = ACCESS

    def version(self) -> str | None:
        """The ETag that the listing had."""
        return self.etag or None

    def open(self) -> IO[bytes]:
        """The bytes as they are stored, read as they come; OSError if they cannot be."""
        from detector.archive import bucket  # noqa: PLC0415 - not before an object is read

        return cast("IO[bytes]", io.BufferedReader(_Stream(bucket.chunks(self))))

    def at_once(self) -> bytes | None:
        """The bytes of a small object; OSError if they cannot be read."""
        from detector.archive import bucket  # noqa: PLC0415 - not before an object is read

        return bucket.get(self) if 0 < self.size <= QUICK else None


class Fetched(Object, frozen=True):
    """An object that was read ahead: its bytes, or why there are none."""

    body: bytes | OSError = b""

    @property
    def stored(self) -> bytes:
        """The bytes; OSError if they could not be read."""
        if isinstance(self.body, OSError):
            raise self.body
        return self.body

    def open(self) -> IO[bytes]:
        """The bytes again."""
        return io.BytesIO(self.stored)

    def at_once(self) -> bytes | None:
        """The bytes."""
        return self.stored


class _Stream(io.RawIOBase):
    """Chunks of bytes, one after another."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes."""
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = memoryview(chunk)
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size
