"""The evidence of the records of a log file that matched.

In: a log file, and the places of these records. Out: their rows in an `EvidenceTable`. Claim: they are those of
`detector.cloudtrail.record.evidence`. The records of a native batch are read natively, without Python's lock, and Python is
asked for what is odd, and once for what each parameters of a request name (`Candidates`). Of other files only the
members that are evidence are decoded, in one call for the file; where one has another type than CloudTrail gives it,
the records go to that definition one by one.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from detector.cloudtrail import record
from detector.jsontext import parse_json
from detector.metrics.evidence import NUL, EvidenceTable, native
from detector.scan.plain import FallbackError
from detector.scan.record_prefilter import Marked

if TYPE_CHECKING:
    from detector.metrics._evidence import Reader


class _Identity(msgspec.Struct, gc=False):
    arn: str | None = None
    userName: str | None = None  # noqa: N815 - CloudTrail's name, as all below
    invokedBy: str | None = None  # noqa: N815
    principalId: str | None = None  # noqa: N815
    accountId: str | None = None  # noqa: N815
    type: str | None = None


class _Resource(msgspec.Struct, gc=False):
    ARN: str | None = None
    arn: str | None = None


class _Record(msgspec.Struct, gc=False):
    userIdentity: _Identity | None = None  # noqa: N815
    eventName: str | None = None  # noqa: N815
    eventSource: str | None = None  # noqa: N815
    errorCode: str | None = None  # noqa: N815
    errorMessage: msgspec.Raw = msgspec.Raw(b"null")  # noqa: N815
    sourceIPAddress: str | None = None  # noqa: N815
    userAgent: str | None = None  # noqa: N815
    awsRegion: str | None = None  # noqa: N815
    recipientAccountId: str | None = None  # noqa: N815
    resources: list[_Resource] | None = None
    requestParameters: msgspec.Raw = msgspec.Raw(b"null")  # noqa: N815


class _LogFile(msgspec.Struct):
    Records: list[_Record]


_decode = msgspec.json.Decoder(_LogFile).decode
_NOBODY = _Identity()


def add(table: EvidenceTable, text: bytes, places: Sequence[int]) -> None:
    """Add the records at some places of a log file that is sound JSON."""
    try:
        decoded = _decode(text).Records
    except msgspec.MsgspecError:
        members: Any = parse_json(text)
        for place in places:
            table.add(record.evidence(members["Records"][place]))
        return
    records = [decoded[place] for place in places]
    identities = [one.userIdentity or _NOBODY for one in records]
    principals = [
        who.arn or who.userName or who.invokedBy or who.principalId or who.accountId or who.type or ""
        for who in identities
    ]
    table.extend(
        (
            principals,
            [who.type or "" for who in identities],
            [one.eventName or "" for one in records],
            [one.eventSource or "" for one in records],
            [one.errorCode or "" for one in records],
            [one.sourceIPAddress or "" for one in records],
            [one.userAgent or "" for one in records],
            [one.awsRegion or "" for one in records],
            [
                (who.accountId or "") if one.recipientAccountId is None else one.recipientAccountId
                for one, who in zip(records, identities, strict=True)
            ],
            [_resources(one, principal) for one, principal in zip(records, principals, strict=True)],
        )
    )


def _resources(one: _Record, principal: str) -> str:
    """Several joined by NUL."""
    if one.resources:
        names = [resource.ARN or resource.arn or "" for resource in one.resources]
        if stated := record.first(names):
            return NUL.join(stated)
    parameters, message = parse_json(bytes(one.requestParameters)), parse_json(bytes(one.errorMessage))
    return NUL.join(record.named(parameters, message, principal))


MEMBERS = (
    *(
        "eventName",
        "eventSource",
        "errorCode",
        "errorMessage",
        "sourceIPAddress",
        "userAgent",
        "awsRegion",
        "recipientAccountId",
    ),
    *("resources", "requestParameters", "eventTime", "eventID", "userIdentity"),
    *(
        f"userIdentity{NUL}{name}"
        for name in ("arn", "userName", "invokedBy", "principalId", "accountId", "type")
    ),
)
"""What `Reader` looks at of a record, as `marked` names it."""


NAMING = tuple(tuple(word.encode() for word in words) for words in record.NAMING)


def marked(names: Iterable[str]) -> Marked:
    """The members that a batch has to mark for candidates of which filters read some (``Projection.names``)."""
    read: dict[str, None] = {}
    for name in names:
        read.update(dict.fromkeys((name.partition(NUL)[0], name)))
    every = {**read, **dict.fromkeys(MEMBERS)}
    return tuple(name.encode("utf-8", "replace") for name in every), len(read)


class Candidates:
    """The records of a batch that may match, read natively once: what filters ask for, times, and evidence.

    ``text`` is a log file with these records alone, valid JSON; ``places`` and ``marks`` are as the prefilter gives them. ``answers``: for each filter and spelling of earlier batches a byte, which is 1 where it matches. Records of which the members that are
    read are spelled alike are one spelling, and filters say the same of them. A batch is read when the one before it is done with.
    """

    def __init__(
        self, reader: Reader, answers: list[bytearray], text: bytes, places: bytes, marks: bytes
    ) -> None:
        self._reader = reader
        self._text = text
        self._answers = answers
        self.projected, self._first, spellings, times = reader.read(
            text, places, marks, len(answers[0]) if answers else 0
        )
        """A log file of the new spellings: the members that are read."""
        for answer in answers:  # the reader may have forgotten all of them
            del answer[self._first :]
        self.spellings = array("I", spellings)
        """The number of that of each record."""
        self.times = array("q", times)
        """Their eventTimes in seconds since 1970; -1 for one that is not as CloudTrail writes it."""

    def hits(self, ask: Callable[[bytes], Sequence[Sequence[int]]]) -> list[array[int]]:
        """For each filter which of the records match.

        ``ask`` says for each filter which records of a log file do; it is asked about what is spelled as nothing was before.
        """
        asked = ask(self.projected)
        if len(self._answers) != len(asked):
            self._answers[:] = [bytearray() for _ in asked]
        more = max(self.spellings, default=-1) + 1 - self._first
        for answer, matching in zip(self._answers, asked, strict=True):
            answer[self._first :] = bytes(max(0, more))
            for place in matching:
                answer[self._first + place] = 1
        flagged = self._reader.flagged
        return [array("I", flagged(bytes(answer)) if 1 in answer else b"") for answer in self._answers]

    def ids(self, numbers: array[int]) -> str:
        """The eventIDs of some, joined by NUL; `FallbackError` where one is spelled with an escape."""
        found = self._reader.ids(numbers.tobytes())
        if found is None:
            raise FallbackError
        return found

    def add_to(self, table: EvidenceTable, numbers: array[int]) -> None:
        """Add the evidence of some."""
        first = len(table)
        *_, resources = table.columns
        for row, begin, end, spelled in self._reader.take(table.columns, numbers.tobytes()):
            if spelled and resources is not None:
                parameters, message, *who = spelled.split(b"\0")
                said = parse_json(message) if message else None
                named = record.named(parse_json(parameters or b"null"), said, b"".join(who).decode())
                resources.put(first + row, NUL.join(named), spelled)
            else:
                members: Any = parse_json(self._text[begin:end])
                table.put(first + row, record.evidence(members))


def reader(members: Marked) -> Callable[[bytes, bytes, bytes], Candidates] | None:
    """Reads candidates, of which these members are marked; a reader for each thread.

    None without a compiler.
    """
    if native is None:
        return None
    make = native.Reader
    own = threading.local()

    def read(text: bytes, places: bytes, marks: bytes) -> Candidates:
        mine = own.__dict__
        if not mine:
            mine["reader"] = make(*members, NAMING, record.MAX_LENGTH, record.MAX_RESOURCES)
            mine["answers"] = []
        return Candidates(mine["reader"], mine["answers"], text, places, marks)

    return read
