"""Which records of a log file can hold a match at all, by one pass over its bytes.

In: the necessary literals of all filters. Out: a prefilter, which returns the texts of the records that may match, so that
only they are decoded. The contract: **it may give a record that holds nothing; it never leaves out one that holds a
match**, and it answers only for a text ``{"Records":[…]}`` that is sound from the first byte to the last. The
bounds of a record are those of the JSON, however much a nested object looks like a record. Any doubt gives None,
and the file is decoded.

The pass itself is C (`_cut`, built with the package where there is a compiler). Without it no file is cut:
the answers are the same, for more work.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from detector.pattern import claims
from detector.pattern.syntax import Expr

Pass: TypeAlias = Callable[
    [bytes | bytearray, tuple[bytes, ...], tuple[bytes, ...], tuple[bytes, ...]],
    tuple[int, bool, bytes] | None,
]

ANY_NUMBER = 1 << 30
"""Of literals: one pass looks for all of them."""

compiled: Pass | None
try:
    from detector.scan._cut import cut as compiled
except ImportError:  # built without a compiler
    compiled = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """What is known of one log file: the number of its records, and where those are that may match."""

    total: int
    places: list[int]
    """Which of the records they are, ascending, from 0."""
    begins: list[int]
    ends: list[int]

    def text(self, data: bytes) -> bytes:
        """A log file that holds these records and no others."""
        records = [data[begin:end] for begin, end in zip(self.begins, self.ends, strict=True)]
        return b'{"Records":[' + b",".join(records) + b"]}"

    def largest(self) -> int:
        """Bytes of the longest of these records."""
        return max(map(int.__sub__, self.ends, self.begins), default=0)


RecordPrefilter: TypeAlias = Callable[[bytes], Candidates | None]


def record_prefilter(exprs: Iterable[Expr]) -> RecordPrefilter | None:
    """What candidates log files for these patterns; None where nothing is known, or there is no compiled pass."""
    known = [claims.literals(expr, many=ANY_NUMBER) for expr in exprs]
    if compiled is None or None in known:
        return None
    wanted = sorted(frozenset().union(*(found for found in known if found is not None)))
    if not all(literal.startswith(b'"') or literal.endswith(b'"') for literal in wanted):
        return None
    return _RecordPrefilter(compiled, wanted)


class _RecordPrefilter:
    """The literals in the form in which the pass wants them: whole strings, beginnings, ends."""

    def __init__(self, cut: Pass, wanted: list[bytes]) -> None:
        whole = [one for one in wanted if one.startswith(b'"') and one.endswith(b'"')]
        others = [one for one in wanted if one not in whole]
        self.cut = cut
        self.wholes = tuple(one[1:-1] for one in whole)
        self.beginnings = tuple(one[1:] for one in others if one.startswith(b'"'))
        self.ends = tuple(one[:-1] for one in others if one.endswith(b'"'))

    def __call__(self, data: bytes) -> Candidates | None:
        found = self.cut(data, self.wholes, self.beginnings, self.ends)
        if found is None:
            return None
        count, is_ascii, packed = found
        if not is_ascii and not _is_utf8(data):
            return None
        numbers = array("q", packed).tolist()
        return Candidates(count, numbers[::3], numbers[1::3], numbers[2::3])


def _is_utf8(data: bytes) -> bool:
    try:
        return bool(data.decode())
    except UnicodeDecodeError:
        return False
