"""What is wrong with an input, in a form that can be counted, sorted and named.

Bad data is counted, never fatal and never silent: whatever cannot be used becomes a `Problem`, and the
run goes on. The words of a reason are ours; nothing that stands in a record is repeated in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from msgspec import Struct

from detector.errors import DetectorError


class ProblemKind(StrEnum):
    """What went wrong, for code to decide by; the sentence beside it is for people."""

    NO_RECORDS = "no records"
    """The file was read and is empty, which CloudTrail really delivers: all other kinds mean lost evidence."""
    UNREADABLE = "cannot be read"
    NOT_A_LOG = "not a log file"
    NOT_CLOUDTRAIL = "not CloudTrail records"
    """What the file holds was read, and none of it is a record of CloudTrail."""
    NOT_GZIP = "broken gzip"
    BROKEN_ARCHIVE = "broken archive"
    NEEDS_EXTRA = "needs an extra package"
    OVER_LIMIT = "over the limit"
    NO_MEMORY = "out of memory"
    BROKEN_JSON = "broken JSON"
    NO_EVENT = "not a log event"
    NOT_JSON = "not JSON"
    """A log event whose message is not a JSON object, where only JSON patterns are asked: it matches none of them."""
    NO_TIME = "no time"
    LOST_FIELDS = "lost fields"
    """A pattern reads a field that the export does not have: these records are not counted for it, in any way."""
    KILLED = "killed"
    MORE = "more problems"
    """Further problems of a file, of any kind, which are only counted."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that could not be used: ``path`` as it was given or found, ``reason`` one short sentence.

    Problems are compared and sorted by path and reason.
    """

    path: str
    kind: ProblemKind = field(compare=False)
    reason: str

    @classmethod
    def no_records(cls, path: str) -> Problem:
        """That of a file in which nothing is."""
        return cls(path, ProblemKind.NO_RECORDS, "no records")

    @property
    def means_unread(self) -> bool:
        """Whether something could not be read; a file without records was."""
        return self.kind is not ProblemKind.NO_RECORDS


class Refused(Struct, frozen=True):
    """What stands in the place of a log event that cannot be used: a `Problem` that knows no path yet."""

    kind: ProblemKind
    reason: str


class Broken(DetectorError):  # noqa: N818 - it is turned into a Problem and reaches no user as an error
    """A file that cannot be used as a whole; it contributes nothing."""

    def __init__(self, kind: ProblemKind, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason

    def of(self, path: str) -> Problem:
        """The problem of the file that is broken."""
        return Problem(path, self.kind, self.reason)
