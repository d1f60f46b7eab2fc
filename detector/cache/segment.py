"""A segment: the partial results of some log files for some metric filters, as a folder of Parquet.

In: the contents of its files. Out: a folder that is there as a whole or not at all, and the contents again. Its name is
the checksum of ``segment.json``, which has those of the others, so a segment that was spoilt is never taken for a sound
one. What the tables hold: `detector.cache.frames`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from detector.jsontext import dump_json, parse_object

HEADER = "segment.json"
_KINDS = {
    "version": str,
    "settings": str,
    "filters": list,
    "counts": bool,
    "files": int,
    "matches": int,
    "checksums": dict,
}


class SpoiltError(Exception):
    """A segment is not what was written."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(folder, reason)
        self.folder = folder
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A segment as its header describes it."""

    folder: Path
    version: str
    """Of the package that wrote it."""
    settings: str
    """What its results depend on beside files and filters (`keys.of_pass`)."""
    filters: tuple[str, ...]
    counts: bool
    """Whether what is counted of the files is that of a pass with these settings: not so where only some of its filters
    were asked."""
    files: int
    matches: int
    checksums: Mapping[str, str]

    def content(self, name: str) -> bytes | None:
        """One of its tables, None where it is empty; `SpoiltError` if it is not what was written."""
        if name not in self.checksums:
            return None
        try:
            data = (self.folder / f"{name}.parquet").read_bytes()
        except OSError as error:
            raise SpoiltError(self.folder, f"{name}.parquet cannot be read: {error.strerror}") from None
        if _checksum(data) != self.checksums[name]:
            raise SpoiltError(self.folder, f"{name}.parquet has changed since it was written")
        return data

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return sum(path.stat().st_size for path in self.folder.iterdir())


def load(folder: Path) -> Segment:
    """The segment of a folder; `SpoiltError` if its header is not what was written."""
    try:
        data = (folder / HEADER).read_bytes()
    except OSError as error:
        raise SpoiltError(folder, f"{HEADER} cannot be read: {error.strerror}") from None
    header = parse_object(data)
    if _checksum(data) != folder.name or header is None:
        raise SpoiltError(folder, f"{HEADER} has changed since it was written")
    if any(not isinstance(header.get(name), kind) for name, kind in _KINDS.items()):
        raise SpoiltError(folder, f"{HEADER} is not as this version writes it")
    return Segment(
        folder=folder, **{name: header[name] for name in _KINDS} | {"filters": tuple(header["filters"])}
    )


def write(
    segments: Path,
    unfinished: Path,
    header: Mapping[str, object],
    contents: Mapping[str, bytes],
) -> None:
    """Make a segment: it is there once its folder has its name, and all of it is on the disk before."""
    folder = unfinished / os.urandom(8).hex()
    folder.mkdir(parents=True)
    for name, content in contents.items():
        _put(folder / f"{name}.parquet", content)
    checksums = {name: _checksum(content) for name, content in contents.items()}
    data = dump_json({**header, "checksums": checksums})
    _put(folder / HEADER, data)
    _sync(folder)
    finished = segments / _checksum(data)
    if finished.is_dir() and not _is_sound(finished):
        finished.rename(folder.with_name(f"{folder.name}-spoilt"))
    try:
        folder.rename(finished)
    except OSError:
        if not finished.is_dir():
            raise
        shutil.rmtree(folder)  # another run has made the very same one
    _sync(segments)


def _is_sound(folder: Path) -> bool:
    try:
        one = load(folder)
        for name in one.checksums:
            one.content(name)
    except SpoiltError:
        return False
    return True


def _checksum(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def _put(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """The names in a folder reach the disk, where the system can be asked for that."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
