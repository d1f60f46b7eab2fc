"""The same records spelled and packed in every unusual way that JSON, gzip and an archive allow.

In: records as text with their times. Out: the bytes of a file, and the truth about what a reader must find in
it. The truth is told from the record before it was spelled. A damaged file contributes nothing; it is to be
named as a problem.
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from truth import answers

if TYPE_CHECKING:
    from kinds import Record

Told = list[tuple[int, tuple[str, ...]]]


@dataclass(slots=True)
class Packed:
    """One file: its content, its bytes, what stands in it, and whether it is to be named as a problem."""

    text: bytes
    data: bytes
    told: Told = field(default_factory=list)
    broken: bool = False


class Packer:
    """Makes awkward files, the same ones for the same generator."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def pack(self, lines: list[tuple[int, str]]) -> Packed:
        """One file out of ordinary records."""
        rng = self.rng
        records = [self._changed(json.loads(text)) for _, text in lines]
        told = [(time, answers(record)) for (time, _), record in zip(lines, records, strict=True)]
        text = rng.choice((self._compact, self._compact, self._pretty, self._lines))(records)
        whole = Packed(text, b"", told)
        how: Callable[[Packed], Packed] = rng.choices((_single, self._members, _padded, _plain, self._damaged, _empty), (50, 20, 8, 8, 10, 4))[0]  # fmt: skip
        return how(whole)

    def _maybe(self, share: float) -> bool:
        return self.rng.random() < share

    def _changed(self, record: Record) -> Record:
        """A record with another key order, other types in fields that are read, decoys in those that are not."""
        rng = self.rng
        if self._maybe(0.3):
            keys = list(record)
            rng.shuffle(keys)
            record = {key: record[key] for key in keys}
        if self._maybe(0.08):
            key = rng.choice(
                ("errorCode", "eventName", "userIdentity", "eventSource", "errorMessage", "sourceIPAddress")
            )
            record[key] = rng.choice(
                (None, 7, 1.5, True, [], ["AccessDenied"], {}, {"type": "Root"}, "", "AccessDenied*")
            )
        if self._maybe(0.05):
            record["errorCode"] = rng.choice(
                ("UnauthorizedOperation", "AccessDeniedException", "xAccessDenied", "accessdenied")
            )
        if self._maybe(0.05):
            record["userAgent"] = 'Größe \u2028 \U0001f600 \x7f " \\ \n'
        if self._maybe(0.2):
            record["requestParameters"] = self._decoy()
        return record

    def _decoy(self) -> Any:
        """What looks like records but is the value of a field."""
        event = {"eventName": "StopLogging", "errorCode": "AccessDenied", "eventTime": "2025-01-01T00:00:00Z"}
        text = json.dumps({"Records": [event]})
        return self.rng.choice(({"Records": [event, event]}, [[event], event], {"note": text}, {"errorCode": "AccessDenied", "depth": [[[event]]]}))  # fmt: skip

    def _compact(self, records: list[Record]) -> bytes:
        return f"{{{self._string('Records')}:[{','.join(map(self._spell, records))}]}}".encode()

    def _pretty(self, records: list[Record]) -> bytes:
        return json.dumps(
            {"Records": records}, indent=self.rng.choice((1, 2, "\t")), ensure_ascii=False
        ).encode()

    def _lines(self, records: list[Record]) -> bytes:
        """One record a line; a second line tells a file of lines from one document."""
        end = self.rng.choice(("\n", "\r\n"))
        return (end.join(map(self._spell, records)) + end).encode()

    def _spell(self, value: Any) -> str:
        """JSON with letters escaped and blanks put in at random; sometimes a key that is written twice."""
        match value:
            case dict():
                members = [
                    f"{self._string(key)}{self._blank()}:{self._blank()}{self._spell(one)}"
                    for key, one in value.items()
                ]
                if "eventName" in value and self._maybe(0.02):
                    members.insert(0, f'{self._string("eventName")}:"StopLogging"')  # the last one counts
                return "{" + ",".join(members) + "}"
            case list():
                return "[" + ",".join(map(self._spell, value)) + "]"
            case str():
                return self._string(value)
            case _:
                return json.dumps(value)

    def _string(self, text: str) -> str:
        if self._maybe(0.9):
            return json.dumps(text)
        return '"' + "".join(self._letter(letter) for letter in text) + '"'

    def _letter(self, letter: str) -> str:
        if letter > "\uffff":
            return letter
        if letter == "/" and self._maybe(0.5):
            return "\\/"
        code = self.rng.choice(("04x", "04X"))
        return f"\\u{ord(letter):{code}}" if self._maybe(0.3) else json.dumps(letter)[1:-1]

    def _blank(self) -> str:
        return self.rng.choice(("", "", "", "", " ", "\t"))

    def _members(self, whole: Packed) -> Packed:
        """Several gzip members, cut anywhere, as a writer makes them that appends."""
        cuts = sorted(self.rng.randrange(len(whole.text) + 1) for _ in range(self.rng.randrange(1, 4)))
        parts = [whole.text[start:end] for start, end in zip([0, *cuts], [*cuts, None], strict=True)]
        return Packed(whole.text, b"".join(map(_gzip, parts)), whole.told)

    def _damaged(self, whole: Packed) -> Packed:
        """Cut off, a flipped bit, a wrong checksum, or bytes after the end: nothing in it can be trusted."""
        data = _gzip(whole.text)
        middle = len(data) // 2
        flipped = data[:middle] + bytes([data[middle] ^ 4]) + data[middle + 1 :]
        ways = (
            flipped,
            data[: len(data) // 2],
            data[:-3],
            data[:-8] + bytes([data[-8] ^ 1]) + data[-7:],
            data + b"rubbish",
        )
        return Packed(whole.text, self.rng.choice(ways), broken=True)


def _gzip(text: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(text) + packer.flush()


def _single(whole: Packed) -> Packed:
    return Packed(whole.text, _gzip(whole.text), whole.told)


def _padded(whole: Packed) -> Packed:
    return Packed(whole.text, _gzip(whole.text) + bytes(512), whole.told)


def _plain(whole: Packed) -> Packed:
    """Not compressed at all, under the name of a gzip file: publishers do that."""
    return Packed(whole.text, whole.text, whole.told)


def _empty(_whole: Packed) -> Packed:
    return Packed(b"", b"", broken=True)
