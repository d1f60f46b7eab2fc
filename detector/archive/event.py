"""One log event, from whatever export it was read: `Event`.

Claim: an event never answers for what its export has lost. A record that was put together from the columns of a table
says which fields are known, and a pattern that reads another is not asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from detector.archive.eventtime import LATEST
from detector.archive.known import Known, unanswered
from detector.archive.problem import ProblemKind, Refused
from detector.archive.source import Source
from detector.jsontext import dump_json, parse_object
from detector.pattern import PatternKind

if TYPE_CHECKING:
    from detector.pattern import Pattern

NOWHERE = Source("")
UNKNOWN = -1
"""For `Event.room`: the record may be longer than what the file has of it."""


class Event(Struct):
    """One log event, as CloudWatch Logs would have it.

    ``record`` is the decoded JSON object, None where the message is not one. ``message`` is the raw text
    where the container gives it; None stands for the compact JSON of the record. ``timestamp`` is the
    log event's own, in epoch milliseconds, where the container has one. ``position`` counts from 0
    within the file, broken members included. ``room`` is the size in bytes of the file's content that the
    event came from, 0 or less where unknown. ``source`` is that file; ``time`` (epoch seconds on the clock of a plan) and
    ``selected`` are the answer of `walk` to the plan. ``known`` says which fields are known of a record that was put
    together from columns; None for all.
    """

    record: dict[str, Any] | None
    message: str | None = None
    timestamp: int | None = None
    position: int = 0
    room: int = 0
    source: Source = NOWHERE
    time: int | None = None
    selected: bool = True
    known: Known | None = None

    def __repr__(self) -> str:
        told = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__[:5])
        return f"Event({', '.join(told)})"

    @property
    def text(self) -> str:
        """The text of the log event: as the container has it, else the record as one line of compact JSON."""
        return dump_json(self.record).decode() if self.message is None else self.message

    def matches(self, pattern: Pattern) -> bool:
        """Whether a pattern matches: one for JSON asks the record, and any other the text."""
        if pattern.kind is PatternKind.JSON:
            return self.record is not None and pattern.holds(self.record)
        return pattern.matches(self.text)

    def lost(self, pattern: Pattern) -> tuple[str, ...]:
        """The fields that a pattern reads and that the export does not have: it must not be asked if there are any."""
        return unanswered(pattern, self.known) if self.known else ()


def logged(message: object, timestamp: object, name: str) -> Event | Refused:
    """One event of a log stream; its message is the raw text, whatever that is."""
    if not isinstance(message, str):
        return Refused(ProblemKind.NO_EVENT, f"{name} has no message")
    return Event(parse_object(message), message, milliseconds(timestamp))


def milliseconds(timestamp: object) -> int | None:
    """A timestamp of CloudWatch Logs, in epoch milliseconds; None for what is not one."""
    if isinstance(timestamp, bool) or not isinstance(timestamp, int):
        return None
    return timestamp if 0 <= timestamp < LATEST * 1000 else None
