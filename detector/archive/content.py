"""One source in, the texts in it out, whatever they are packed in; and their log events.

The layers are taken off one by one: compressions (`compression`), the members of ZIP and tar archives (`members`),
wide encodings. What is left is JSON, lines or CSV (`decode`), or Parquet (`tables`). Plain JSON in one piece, gzip'd or
not, is what CloudTrail delivers: `gunzip.whole` gives that at once, and all else takes the way through here.

Claim: a text that is broken or cut off anywhere contributes nothing. Of one over `WHOLE` bytes only a batch is in
memory: it is read to its end before the first batch is given, and then once more.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tarfile
import zipfile
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING, Any

from msgspec import structs

from detector.archive import compression
from detector.archive.batches import batches
from detector.archive.decode import items, layout
from detector.archive.event import Event
from detector.archive.layout import log_suffix, partitions, place_of_file, place_of_folder
from detector.archive.members import Member, tar_members, zip_members
from detector.archive.problem import Broken, Problem, ProblemKind, Refused

if TYPE_CHECKING:
    from detector.archive.source import Source

WHOLE = 8 << 20
"""Bytes of text that are decoded at once; objects take several times the memory of the text."""
MAX_LAYERS = 5
"""Compressions and archives within each other: a log file in a tar.gz in a ZIP has four."""
_HEAD = 4096
_STEP = 1 << 17
_NAME = 200


@dataclass(frozen=True, slots=True)
class Part:
    """A document of its own: bytes for `decode.items`, or the rows of a Parquet file.

    ``source`` knows of the member of an archive what its name tells. ``text`` numbers the texts of a source, ``first``
    is how many members, lines or rows of the text come before this part.
    """

    source: Source
    text: int
    data: bytes = b""
    first: int = 0
    rows: Iterator[Event | Refused] | None = None

    def items(self) -> Iterable[Event | Refused]:
        """The log events of this part."""
        return items(self.data, self.first) if self.rows is None else self.rows


def log_events(source: Source, limit: int) -> Iterator[Event | Problem]:
    """Every log event of one source, and a `Problem` for everything that is not one.

    A text without any of either is the `Problem` "no records".
    """
    position = 0
    counts: dict[int, int] = {}
    for part in parts(source, limit):
        if isinstance(part, Problem):
            yield part
            continue
        counts.setdefault(part.text, 0)
        try:
            for item in part.items():
                counts[part.text] += 1
                if isinstance(item, Event):
                    item.position, item.source, item.room = position, part.source, item.room or len(part.data)
                    yield item
                else:
                    yield Problem(source.path, item.kind, item.reason)
                position += 1
        except Broken as broken:  # of the rows of a Parquet file
            counts[part.text] += 1
            yield broken.of(source.path)
    for count in counts.values():
        if not count:
            yield Problem.no_records(source.path)


def parts(source: Source, limit: int, *, at_once: bool = False) -> Iterator[Part | Problem]:
    """The texts of one source in parts that fit into memory, and what is wrong with the others.

    ``at_once`` is for whoever takes all or nothing, and so need not wait until a large text was read to its end: what
    is wrong with it may come after some of its parts.
    """
    yield from _Reading(source, limit, at_once=at_once).run()


@dataclass(slots=True)
class _Reading:
    """One pass over a source; one that only checks gives nothing but ``verdicts``."""

    source: Source
    limit: int
    only_checks: bool = False
    at_once: bool = False
    verdicts: dict[int, tuple[ProblemKind, str] | None] = field(default_factory=dict)
    """Of large texts, by number: what is wrong with each."""
    texts: int = 0

    def run(self) -> Iterator[Part | Problem]:
        """All layers of the source."""
        try:
            with self.source.open() as stream:
                stored = _Limited(stream, [self.limit + _STEP], self.limit)
                yield from self._layer(stored, self.source, 0)
        except Broken as broken:
            yield broken.of(self.source.path)
        except OSError as error:
            yield Problem(
                self.source.path, ProblemKind.UNREADABLE, f"cannot be read: {error.strerror or error}"
            )
        except MemoryError:
            yield Problem(self.source.path, ProblemKind.NO_MEMORY, "needs more memory than there is")

    def _layer(self, raw: _Limited, source: Source, depth: int) -> Iterator[Part | Problem]:
        """What is in a stream, by how it begins."""
        stream: io.BufferedReader[Any] = io.BufferedReader(raw, _STEP)
        head = stream.peek(_HEAD)[:_HEAD]
        if depth > MAX_LAYERS:
            raise Broken(
                ProblemKind.NOT_A_LOG, f"is packed more than {MAX_LAYERS} times over: extract it first"
            )
        if head.startswith((compression.ZIP, compression.EMPTY_ZIP)):
            with self._on_disk(stream, depth) as path, open(path, "rb") as file:  # noqa: PTH123 - a path as it was typed
                yield from self._archive(zip_members(file), source, depth, "ZIP")
        elif compression.is_tar(head):
            yield from self._archive(tar_members(stream), source, depth, "tar archive")
        elif head.startswith(compression.PARQUET):
            self.texts += 1
            with self._on_disk(stream, depth) as path:
                if not self.only_checks:
                    from detector.archive.tables import parquet_events  # noqa: PLC0415 - few archives are tables

                    yield Part(source, self.texts - 1, rows=parquet_events(path, partitions(source.path)))
        elif inner := compression.decompressed(stream, head):
            yield from self._layer(
                _Limited(inner, [self.limit], self.limit, compression.name(head)), source, depth + 1
            )
        elif encoding := compression.wide_encoding(head):
            recoded = compression.Recoded(stream, encoding)
            yield from self._layer(
                _Limited(recoded, [self.limit], self.limit, encoding.upper()), source, depth + 1
            )
        elif sentence := compression.foreign(head):
            raise Broken(ProblemKind.NOT_A_LOG, sentence)
        else:
            yield from self._text(stream, source)

    @contextlib.contextmanager
    def _on_disk(self, stream: IO[bytes], depth: int) -> Iterator[str]:
        """The path of a file with the content of a stream, for what cannot be read front to back."""
        if depth == 0 and os.path.isfile(self.source.path):  # noqa: PTH113 - a path as it was typed
            yield self.source.path
            return
        with NamedTemporaryFile(prefix="detector-") as copy:
            shutil.copyfileobj(stream, copy, _STEP)
            copy.flush()
            yield copy.name

    def _archive(
        self, found: Iterator[Member], source: Source, depth: int, what: str
    ) -> Iterator[Part | Problem]:
        """The log files of an archive; its other members are no more looked at than such files in a folder."""
        logs = others = 0
        budget = [self.limit]
        for member in found:
            folder, _, name = member.name.replace("\\", "/").rpartition("/")
            place = place_of_file(name, place_of_folder(folder))
            if place.kind or not log_suffix(name) or "__MACOSX" in folder:
                others += 1
                continue
            logs += 1
            inner = structs.replace(
                source,
                account=place.account or source.account,
                region=place.region or source.region,
                delivered=place.delivered or source.delivered,
            )
            try:
                if member.stream is None:
                    raise Broken(ProblemKind.BROKEN_ARCHIVE, member.reason)  # noqa: TRY301 - as for what is found later
                stream = _Limited(member.stream, budget, self.limit, what)
                for part in self._layer(stream, inner, depth + 1):
                    yield part if isinstance(part, Part) else _within(member, part)
            except Broken as broken:
                yield _within(member, broken.of(self.source.path))
                if broken.kind is ProblemKind.OVER_LIMIT and budget[0] < 0:
                    return
        if not logs:
            left_out = f": none of its {others:,} files is named like one" if others else ", it is empty"
            raise Broken(ProblemKind.NOT_A_LOG, f"a {what} with no log file{left_out}")

    def _text(self, stream: io.BufferedReader[Any], source: Source) -> Iterator[Part | Problem]:
        number = self.texts
        self.texts += 1
        layout(stream.peek())  # `Broken` before anything is read of what cannot be a log
        start = _up_to(stream, WHOLE + 1)
        if len(start) > self.limit:  # of the bytes as stored a little more is allowed, for headers
            raise _over(self.limit)
        if len(start) <= WHOLE:
            if not self.only_checks:
                yield Part(source, number, bytes(start))
        elif self.only_checks:
            self.verdicts[number] = None
            try:
                deque(batches(stream, start), maxlen=0)
            except Broken as broken:
                self.verdicts[number] = broken.kind, broken.reason
        else:
            if not self.at_once:
                self._check()
            if verdict := self.verdicts.get(number):
                raise Broken(*verdict)
            for batch in batches(stream, start):
                yield Part(source, number, batch.data, batch.first)

    def _check(self) -> None:
        """Read the source to its end once, before the first batch of a large text is given."""
        if not self.verdicts:
            check = _Reading(self.source, self.limit, only_checks=True, verdicts=self.verdicts)
            deque(check.run(), maxlen=0)


def _within(member: Member, problem: Problem) -> Problem:
    """The same problem, with the name of the member of an archive that has it."""
    name = "".join(char if char.isprintable() else "?" for char in member.name[:_NAME])
    return replace(problem, reason=f"{name}: {problem.reason}")


def _up_to(stream: IO[bytes], size: int) -> bytearray:
    """The beginning of a stream, in small steps: `read` would have memory for all of it in every layer."""
    found = bytearray()
    while len(found) < size and (chunk := stream.read(_STEP)):
        found += chunk
    return found


def _over(limit: int) -> Broken:
    return Broken(ProblemKind.OVER_LIMIT, f"holds more than the limit of {limit:,} bytes")


class _Limited(io.RawIOBase):
    """A stream of which not more is read than a budget allows, and whose damage is `Broken`."""

    def __init__(self, stream: IO[bytes] | Any, budget: list[int], limit: int, what: str = "") -> None:
        self._stream, self._budget, self._limit, self._what = stream, budget, limit, what
        self._damage: tuple[Any, ...] = (*compression.damage(), zipfile.BadZipFile, tarfile.TarError)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer, unless the stream ends."""
        filled = 0
        try:
            while filled < len(buffer) and (data := self._stream.read(min(len(buffer) - filled, _STEP))):
                buffer[filled : filled + len(data)] = data
                filled += len(data)
        except EOFError:
            raise Broken(
                ProblemKind.NOT_GZIP,
                f"the {self._what} data is cut off, or followed by bytes that are not {self._what}",
            ) from None
        except self._damage as error:  # the classes are known when the packages are
            if not self._what:
                raise
            raise Broken(ProblemKind.NOT_GZIP, f"the {self._what} data is corrupt: {error}") from None
        self._budget[0] -= filled
        if self._budget[0] < 0:
            raise _over(self._limit)
        return filled
