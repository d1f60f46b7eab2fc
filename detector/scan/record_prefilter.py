"""Which records can hold a match at all, found without decoding one.

In: the necessary literals of all filters. Out: a prefilter, which returns the text of the records that may match, so
that only they are decoded; of one content that was read already, or of a batch of files, which it reads and inflates
itself without Python's lock. The contract: **it may return a record that holds nothing; it never leaves out one that
holds a match**, and it answers only for a text ``{"Records":[…]}`` that is valid JSON and UTF-8 from the first byte to
the last. The bounds of a record are those of the JSON, however much a nested object looks like a record. Any doubt is
None or `Batch.unknown`, and the file is read and decoded as a whole.

The work is done in C (`_native`, built with the package where there is a compiler; files are read there if libdeflate
was found too). Without it the answers are the same, for more work.
"""

from __future__ import annotations

import os
import threading
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from detector.archive.remote import Fetched
from detector.metrics.evidence import some
from detector.native import SCAN, part
from detector.pattern import claims
from detector.scan.file_prefilter import MAX_LITERALS, MAX_PIECES, common_pieces, escapes_hide, forms
from detector.scan.oversize import SMALL

if TYPE_CHECKING:
    from detector.archive import Source
    from detector.pattern.syntax import Expr, Node
    from detector.scan._native import Prefilter

native = part(SCAN).module

ANY_NUMBER = 1 << 30
"""Of literals: one pass looks for all of them."""
LIMIT = 16 << 20
"""Bytes of one content in a batch; larger files are read by themselves."""
ROOM = 32 << 20
"""Bytes of the candidates of a batch."""
UNLIMITED = 1 << 62
UNKNOWN, SKIPPED, WALKED = range(3)
Marked: TypeAlias = tuple[tuple[bytes, ...], int]
"""Members of which it is noted where they begin (a member of a member as both names joined by NUL, behind the first of them), and
how many of them, from the first, are all that filters read; 0 if that is not known."""
UNMARKED: Marked = (), 0


class Candidates(msgspec.Struct, frozen=True):
    """The records of one log file that may match."""

    total: int
    """How many records the file has."""
    positions: array[int]
    """Which of them these are, ascending, from 0."""
    places: bytes
    """For each its position, its beginning and its end in ``text``: three int64."""
    marks: bytes
    """For each whether its marks do not tell all, and where the marked members begin: uint32 from its beginning, 0 for none."""
    text: bytes
    """A log file that holds these and no others."""
    are_small: bool
    """Whether it is certain that none of them is over 256 KB."""


class Batch(msgspec.Struct, frozen=True):
    """The records of some log files that may match, one file after the other."""

    unknown: list[Source]
    """Files that must be read by themselves."""
    skipped: list[Source]
    """Files whose bytes cannot hold a match."""
    walked: list[Source]
    """Files whose records were looked at."""
    total: int
    """How many records the files in ``walked`` have."""
    totals: Sequence[int]
    """How many each of them has."""
    numbers: array[int]
    """For each record that may match the number of its source."""
    delivered: array[int]
    """For each of them the time in the name of its file."""
    positions: array[int]
    """For each of them its position in its file."""
    places: bytes
    """The same with its beginning and its end in ``text``: three int64."""
    marks: bytes
    """As of `Candidates`."""
    text: bytes
    """A log file that holds these records and no others; none of them is over 256 KB."""

    def some(self, kept: Sequence[int]) -> Batch:
        """Only some of the records, by their place among these."""
        columns, places = array("q", self.places), array("I", kept)
        width = len(self.marks) // max(1, len(self.numbers))
        return msgspec.structs.replace(
            self,
            numbers=some(self.numbers, places),
            delivered=some(self.delivered, places),
            positions=some(self.positions, places),
            places=array(
                "q", [one for place in kept for one in columns[3 * place : 3 * place + 3]]
            ).tobytes(),
            marks=b"".join(self.marks[width * place : width * (place + 1)] for place in kept),
        )


def record_prefilter(
    exprs: Iterable[Expr], limit: int = UNLIMITED, *, gate: bool = True, marked: Marked = UNMARKED
) -> RecordPrefilter | None:
    """A prefilter for these patterns; None where nothing is known of a match, or nothing was compiled.

    ``limit``: bytes of the content of a file, above which it is too large for anybody; ``gate``: whether a file is skipped
    that cannot hold a match; ``marked``: which members of the candidates to note.
    """
    known = [claims.literals(expr, many=ANY_NUMBER) for expr in exprs]
    if native is None or None in known:
        return None
    wanted = sorted(frozenset().union(*(literals for literals in known if literals is not None)))
    if not all(literal.startswith(b'"') or literal.endswith(b'"') for literal in wanted):
        return None
    return RecordPrefilter(native.Prefilter, wanted, limit, gate=gate, marked=marked)


class RecordPrefilter:
    """The literals in the form in which the native pass wants them: whole strings, beginnings, ends.

    Native prefilters own their buffers, so each thread has its own two: for contents, and for files.
    """

    def __init__(
        self,
        prefilter: type[Prefilter],
        wanted: Sequence[bytes],
        limit: int,
        *,
        gate: bool = True,
        marked: Marked = UNMARKED,
    ) -> None:
        whole = [literal for literal in wanted if literal.startswith(b'"') and literal.endswith(b'"')]
        others = [literal for literal in wanted if literal not in whole]
        self._literals = (
            tuple(literal[1:-1] for literal in whole),
            tuple(literal[1:] for literal in others if literal.startswith(b'"')),
            tuple(literal[:-1] for literal in others if literal.endswith(b'"')),
        )
        pieces = common_pieces(literal.removesuffix(b'"') for literal in wanted)
        if not gate or len(pieces) > MAX_PIECES or len(wanted) > MAX_LITERALS:
            self._gate: tuple[tuple[bytes, ...], tuple[bytes, ...]] = (), ()
        else:
            self._gate = tuple(pieces), tuple(form for literal in wanted for form in forms(literal))
        self._make = prefilter
        self._marked = marked
        self._limit = min(limit, LIMIT)
        self._local = threading.local()
        self.reads_files = hasattr(prefilter, "files")

    def of_content(self, data: bytes) -> Candidates | None:
        """The candidates of one content; None if it is not known which they are."""
        prefilter = self._own("contents", (), (), *self._marked, UNLIMITED, UNLIMITED, UNLIMITED)
        files, places, marks, text = prefilter.contents((data,))
        outcome, total, _ = array("q", files)
        if outcome != WALKED:
            return None
        columns = array("q", places)
        positions, begins, ends = columns[::3], columns[1::3], columns[2::3]
        largest = max(map(int.__sub__, ends, begins), default=0)
        return Candidates(total, array("I", positions), places, marks, text, largest <= SMALL)

    def of_files(self, sources: Sequence[Source]) -> Batch:
        """The candidates of some files, which are read (unless they were) and inflated here; each has a time of delivery."""
        prefilter = self._own("files", *self._gate, *self._marked, self._limit, SMALL, ROOM)
        files, places, marks, text = prefilter.files(tuple(map(_input, sources)))
        columns = array("q", files)
        outcomes, counts = columns[::3], columns[2::3]
        numbers, delivered = array("I"), array("q")
        kinds: tuple[list[Source], list[Source], list[Source]] = ([], [], [])
        for source, outcome, count in zip(sources, outcomes, counts, strict=True):
            kinds[outcome].append(source)
            if not count:
                continue
            numbers += array("I", (source.number,)) * count
            delivered += array("q", (source.delivered or 0,)) * count
        positions = array("I", array("q", places)[::3])
        totals = [total for outcome, total in zip(outcomes, columns[1::3], strict=True) if outcome == WALKED]
        return Batch(*kinds, sum(totals), totals, numbers, delivered, positions, places, marks, text)

    def _own(self, name: str, *settings: object) -> Prefilter:
        mine = self._local.__dict__
        if name not in mine:
            mine[name] = self._make(*self._literals, *settings)  # type: ignore[arg-type]  # three tuples
        return mine[name]  # type: ignore[no-any-return]  # a thread's own dictionary holds anything


def _input(source: Source) -> bytes | memoryview:
    """A path, or what is stored there where that was read."""
    return memoryview(source.stored) if isinstance(source, Fetched) else os.fsencode(source.path)


def text_prefilter(nodes: Iterable[Node]) -> TextPrefilter | None:
    """The same for patterns of any kind: those that look at the text of a record find something anywhere in it."""
    known = [claims.text_literals(node) for node in nodes]
    if native is None or None in known:
        return None
    return TextPrefilter(
        native.Prefilter, sorted(frozenset().union(*(found for found in known if found is not None)))
    )


class TextPrefilter:
    """Cuts a content natively into its records, and looks for the literals in all of it at once."""

    def __init__(self, prefilter: type[Prefilter], wanted: Sequence[bytes]) -> None:
        self._wanted = wanted
        self._characters = {char for literal in wanted for char in literal.decode()}
        self._records = every_record(prefilter)

    def of_content(self, data: bytes) -> Candidates | None:
        """The candidates of one content; None if it is not known which they are."""
        every = self._records.of_content(data)
        kept = self.among(every.text, every.places) if every and len(every.positions) == every.total else None
        if every is None or kept is None or escapes_hide(self._characters, data):
            return None
        places = memoryview(every.places).cast("q")
        begins, ends = places[1::3], places[2::3]
        text = b",".join(every.text[begins[number] : ends[number]] for number in kept)
        return Candidates(
            every.total,
            some(every.positions, array("I", kept)),
            b"",
            b"",
            b'{"Records":[%b]}' % text,
            every.are_small,
        )

    def among(self, text: bytes, places: bytes) -> list[int] | None:
        """Which of some records of a text may match; None if it is not known."""
        if escapes_hide(self._characters, text):
            return None
        columns = memoryview(places).cast("q")
        begins, ends = columns[1::3], columns[2::3]
        found = set()
        for literal in self._wanted:
            place = text.find(literal)
            while place >= 0:
                number = bisect_right(begins, place) - 1
                found.add(number)
                place = text.find(literal, ends[number])
        return sorted(found)


def every_record(
    prefilter: type[Prefilter], limit: int = UNLIMITED, marked: Marked = UNMARKED
) -> RecordPrefilter:
    """One for which all records are candidates, because every record of CloudTrail has this key."""
    return RecordPrefilter(prefilter, [b'"eventTime"'], limit, gate=False, marked=marked)
