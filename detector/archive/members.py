"""The files in a ZIP or tar archive, one after another, each as a stream.

In: a stream, seekable for ZIP. Out: `Member`, in the order of the archive, each to be read before the next is asked
for. Claim: names are only looked at, no file is ever written, and what the headers of an archive cost is bounded.
"""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast

from detector.archive.problem import Broken, ProblemKind

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_HEADER = 1 << 20
"""Bytes of one member's header in a tar archive: names of a million characters are an attack."""
_ENCRYPTED = 1


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive: its name as it stands there, and its content, or why that cannot be read."""

    name: str
    stream: IO[bytes] | None
    reason: str = ""


def zip_members(stream: IO[bytes]) -> Iterator[Member]:
    """The files of a ZIP; `Broken` where its directory cannot be read."""
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, RuntimeError):
        raise Broken(
            ProblemKind.BROKEN_ARCHIVE, "a ZIP that is cut off or damaged: download it again"
        ) from None
    with archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if any(info.filename == "xl/workbook.xml" for info in infos):
            raise Broken(ProblemKind.NOT_A_LOG, "an Excel workbook: save the sheet as CSV")
        for info in infos:
            yield _zip_member(archive, info)


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    if info.flag_bits & _ENCRYPTED:
        return Member(info.filename, None, "is encrypted: extract the ZIP with its password first")
    try:
        return Member(info.filename, archive.open(info))
    except NotImplementedError:
        return Member(
            info.filename, None, "is compressed in a way that is not read here: extract the ZIP first"
        )
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError, zlib.error):
        return Member(info.filename, None, "is damaged")


def tar_members(stream: IO[bytes]) -> Iterator[Member]:
    """The regular files of a tar archive, read front to back; `Broken` where it ends in the middle."""
    bounded = _Bounded(stream)
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", bounded), mode="r|") as archive:
            while (info := _next(archive, bounded)) is not None:
                if info.isreg() and (content := archive.extractfile(info)) is not None:
                    yield Member(info.name, content)
                    while content.read(1 << 16):  # what its reader has left
                        pass
    except (tarfile.TarError, EOFError, ValueError, OverflowError):
        raise Broken(
            ProblemKind.BROKEN_ARCHIVE, "a tar archive that is cut off or damaged: download it again"
        ) from None


def _next(archive: tarfile.TarFile, bounded: _Bounded) -> tarfile.TarInfo | None:
    bounded.left = MAX_HEADER
    found = archive.next()
    archive.members = []  # type: ignore[attr-defined]  # or all headers are kept; it is documented, the stub forgot it
    bounded.left = None
    return found


class _Bounded:
    """A stream of which, while ``left`` is set, not more than that is read: tarfile takes any header as it comes."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.left: int | None = MAX_HEADER  # the first header is read when the archive is opened

    def read(self, size: int) -> Any:
        if self.left is not None:
            self.left -= size
            if self.left < 0:
                raise Broken(
                    ProblemKind.BROKEN_ARCHIVE,
                    f"a tar archive with a header of more than {MAX_HEADER:,} bytes",
                )
        return self.stream.read(size)
