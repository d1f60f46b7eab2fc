"""What stored bytes are, by how they begin, and how they are decompressed in a stream.

In: bytes, or a stream of them. Out: the sentence for what is not read (`FOREIGN`), or a stream of the content
(`STREAMS`); the member files of an archive are the business of `members`.

Claim: nothing is held but a window and a step. Zstandard needs Python 3.14 or an extra of this package; without
either, a file that needs it is named with the command that installs it.
"""

from __future__ import annotations

import bz2
import codecs
import contextlib
import functools
import importlib
import io
import re
import zlib
from typing import IO, TYPE_CHECKING, Any

from isal import igzip, isal_zlib

from detector.archive.problem import Broken, ProblemKind

if TYPE_CHECKING:
    from collections.abc import Callable

GZIP = b"\x1f\x8b"
BZIP2 = b"BZh"
ZSTANDARD = b"\x28\xb5\x2f\xfd"
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
PARQUET = b"PAR1"
TAR, TAR_AT = b"ustar", 257
MAX_WINDOW = 128 << 20
"""Bytes of memory that a Zstandard stream may ask for; ``zstd --long`` needs as much."""

_UNMARKED = re.compile(rb"[\[{]\0[^\0]\0|\0[\[{]\0[^\0]")
_S3_SYNC = "get the log files themselves (aws s3 sync)"
FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"\xfd7zXZ\x00", "is compressed with xz: decompress it first (xz -d)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: extract it first (7z x)"),
    (b"Rar!", "a RAR archive: extract it first (unrar x)"),
    (b"\x04\x22\x4d\x18", "is compressed with LZ4: decompress it first (lz4 -d)"),
    (b"\xff\x06\x00\x00sNaPpY", "is compressed with Snappy: have it written as gzip, or decompress it first"),
    (b"ORC", f"an ORC file: write the table as Parquet (UNLOAD … format = 'PARQUET'), or {_S3_SYNC}"),
    (b"Obj\x01", f"an Avro file: write the table as Parquet, or {_S3_SYNC}"),
    (b"SQLite format 3", f"an SQLite database: export the records as JSON, or {_S3_SYNC}"),
    (b"%PDF", f"a PDF document: {_S3_SYNC}"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook: save the sheet as CSV"),
    (b"<", f"an XML or HTML document, perhaps the error that S3 answered with: {_S3_SYNC}"),
)
"""How files that people have begin, and what to do with each; none is read."""


def foreign(head: bytes) -> str | None:
    """The sentence for what is known and not read; None for anything else."""
    start = head.lstrip(b" \t\r\n") if head[:1].isspace() else head
    return next((sentence for magic, sentence in FOREIGN if start.startswith(magic)), None)


def is_tar(head: bytes) -> bool:
    """Whether these first bytes, at least 512, are those of a tar archive."""
    return head.startswith(TAR, TAR_AT)


def decompressed(stream: IO[bytes], head: bytes) -> IO[bytes] | None:
    """The content of a compressed stream that begins with ``head``; None for one that is not compressed.

    Reading from it raises one of `damage` where the data is not sound. `Broken` for Zstandard without the package
    for it.
    """
    opener = next((opener for magic, opener in STREAMS.items() if head.startswith(magic)), None)
    return io.BufferedReader(opener(stream), 1 << 17) if opener else None


def _gzip(stream: IO[bytes]) -> Any:
    return igzip.open(stream)  # type: ignore[no-untyped-call]  # isal.igzip has no types


def _zstandard(stream: IO[bytes]) -> Any:
    zstd = _zstd()
    if zstd is None:
        raise Broken(
            ProblemKind.NEEDS_EXTRA,
            "is compressed with Zstandard, which needs the extra zstd: pip install 'cloudtrail-detector[zstd]' installs it",
        )
    return zstd.open(
        stream, options={zstd.DecompressionParameter.window_log_max: MAX_WINDOW.bit_length() - 1}
    )


@functools.cache
def _zstd() -> Any:
    """The standard library's module, its backport, or None."""
    for name in ("compression.zstd", "backports.zstd"):
        with contextlib.suppress(ImportError):
            return importlib.import_module(name)
    return None


def damage() -> tuple[type[Exception], ...]:
    """What reading from a damaged stream raises."""
    zstd = _zstd()
    found: tuple[Any, ...] = (OSError, EOFError, ValueError, zlib.error, isal_zlib.IsalError)
    return (*found, zstd.ZstdError) if zstd else found


class Recoded(io.RawIOBase):
    """UTF-16 or UTF-32 as UTF-8; a half character at the end, or one that is none, is ValueError."""

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._output = b""
        self._ended = False

    def readable(self) -> bool:  # noqa: D102 - as any stream
        return True

    def readinto(self, buffer: Any) -> int:
        """Recode the next bytes."""
        while not self._output and not self._ended:
            data = self._stream.read(1 << 16)
            self._ended = not data
            self._output = self._decoder.decode(data, final=not data).encode()
        size = min(len(buffer), len(self._output))
        buffer[:size] = self._output[:size]
        self._output = self._output[size:]
        return size


def wide_encoding(head: bytes) -> str | None:
    """The encoding of text in 16 or 32 bits: by its mark, else by zeros beside the brace or bracket that JSON begins with."""
    marks = {
        codecs.BOM_UTF32_LE: "utf-32",
        codecs.BOM_UTF32_BE: "utf-32",
        codecs.BOM_UTF16_LE: "utf-16",
        codecs.BOM_UTF16_BE: "utf-16",
    }
    if _UNMARKED.match(head):
        return "utf-16-be" if head.startswith(b"\0") else "utf-16-le"
    return next((encoding for mark, encoding in marks.items() if head.startswith(mark)), None)


STREAMS: dict[bytes, Callable[[IO[bytes]], Any]] = {GZIP: _gzip, BZIP2: bz2.open, ZSTANDARD: _zstandard}


def name(head: bytes) -> str:
    """What compressed data that begins like this is called."""
    return {GZIP: "gzip", BZIP2: "bzip2", ZSTANDARD: "Zstandard"}[
        next(magic for magic in STREAMS if head.startswith(magic))
    ]
