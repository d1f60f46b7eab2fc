"""The folder of a store: its segments, who uses it, and what in it is of no use.

In: a folder. Out: its sound segments, and words for what else is there. Claim: a run that is killed at any instant
leaves the segments that were there and those that it has finished; several runs at once only add segments. Whoever
removes some has the store alone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from detector.cache.segment import Segment, SpoiltError, load, write
from detector.errors import ArchiveError
from detector.jsontext import dump_json, parse_object
from detector.release import __version__

if sys.platform != "win32":
    import fcntl

FORMAT = 1
"""Another one is not understood."""
MARK = "detector-cache.json"
SEGMENTS, UNFINISHED = "segments", "unfinished"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a store holds."""

    segments: tuple[Segment, ...]
    """Those that this version can use."""
    foreign: tuple[Segment, ...] = ()
    """Those of other versions of the package, whose answers may be others."""
    spoilt: tuple[tuple[str, str], ...] = ()
    """Folders that are not as they were written, and why not."""
    unfinished: int = 0
    """What runs that were killed have left."""


@dataclass(slots=True, weakref_slot=True)
class Store:
    """A store that is in use until it is closed, or until nobody has it any more."""

    folder: Path
    _lock: IO[bytes] | None = field(default=None, repr=False)

    @classmethod
    def open(cls, folder: Path, *, alone: bool = False, create: bool = True) -> Store:
        """Open a store, or make one in a folder that is new or empty; `ArchiveError` for any other."""
        try:
            if create:
                folder.mkdir(parents=True, exist_ok=True)
            _check(folder, create=create)
            store = cls(folder)
            store._take(alone=alone)
        except OSError as error:
            if isinstance(error, ArchiveError):
                raise
            raise ArchiveError(str(folder), f"cannot be used as a store: {error.strerror or error}") from None
        return store

    @property
    def segments(self) -> Path:
        """The folder of what is finished."""
        return self.folder / SEGMENTS

    @property
    def unfinished(self) -> Path:
        """The folder of what is being written."""
        return self.folder / UNFINISHED

    def leftovers(self) -> list[Path]:
        """What runs have begun to write, and those that were killed have left."""
        return _entries(self.unfinished)

    def contents(self) -> Contents:
        """What is there now."""
        segments: list[Segment] = []
        foreign: list[Segment] = []
        spoilt: list[tuple[str, str]] = []
        for folder in _entries(self.segments):
            try:
                one = load(folder)
            except SpoiltError as error:
                spoilt.append((folder.name, error.reason))
            else:
                (segments if one.version == __version__ else foreign).append(one)
        return Contents(tuple(segments), tuple(foreign), tuple(spoilt), len(self.leftovers()))

    def add(self, header: Mapping[str, object], contents: Mapping[str, bytes]) -> None:
        """Add a segment of tables; ``header`` as in `Segment`. OSError where it cannot be written."""
        write(self.segments, self.unfinished, {"version": __version__, **header}, contents)

    def close(self) -> None:
        """Others may have it."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _take(self, *, alone: bool) -> None:
        self._lock = (self.folder / MARK).open("rb")
        weakref.finalize(self, self._lock.close)
        if sys.platform == "win32":
            return
        how = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
        try:
            fcntl.flock(self._lock, how | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise ArchiveError(
                str(self.folder), "the store is in use: try again when no other run uses it"
            ) from None
        except OSError:  # a file system without locks
            return


@contextlib.contextmanager
def opened(folder: Path, *, alone: bool = False) -> Iterator[Store]:
    """A store that is there already."""
    store = Store.open(folder, alone=alone, create=False)
    try:
        yield store
    finally:
        store.close()


def remove(folder: Path) -> None:
    """Remove a segment: what is left of it in between is unfinished, not spoilt."""
    gone = folder.parent.parent / UNFINISHED / folder.name
    gone.parent.mkdir(exist_ok=True)
    folder.rename(gone)
    shutil.rmtree(gone)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []


def _check(folder: Path, *, create: bool) -> None:
    """That it is a store of this format, or that nothing is there and it becomes one."""
    mark = folder / MARK
    if not mark.exists():
        if not folder.is_dir():
            raise ArchiveError(str(folder), "no such folder: expected a store, which --cache makes")
        beside = f".{MARK}."  # of a run that was killed, or makes one just now
        if not create or not all(
            entry.name.startswith(beside) or entry == mark for entry in folder.iterdir()
        ):
            raise ArchiveError(
                str(folder), f"is no store: expected a new or empty folder, or one with {MARK}"
            )
        made = folder / f"{beside}{os.urandom(8).hex()}"
        made.write_bytes(dump_json({"format": FORMAT}))
        made.replace(mark)
    told = (parse_object(mark.read_bytes()) or {}).get("format")
    if told != FORMAT:
        what = f"a store of format {told}" if isinstance(told, int) else f"a {MARK} that tells no format"
        reason = f"holds {what}, and this version reads format {FORMAT}: name another folder, or remove it"
        raise ArchiveError(str(folder), reason)
    (folder / SEGMENTS).mkdir(exist_ok=True)
