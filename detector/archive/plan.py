"""What is asked of an archive: which inputs, which records of them, and what time a record has. `Plan`.

A plan is plain data: it can be compared, and sent to another process.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any, TypeAlias, TypedDict, Unpack

from detector.archive.access import ACCESS, S3, Access
from detector.archive.delays import Delays
from detector.archive.gunzip import DEFAULT_LIMIT
from detector.archive.locate import Located, locate
from detector.archive.log_group import UNKNOWN, LogGroup
from detector.archive.selection import EVERYTHING, Selection
from detector.errors import listed

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (files, bytes as stored) after each batch of work."""


class Clock(StrEnum):
    """Which time of a record puts it into a minute.

    CloudWatch itself uses the time at which CloudTrail delivered the log event (recorded 2026-09); an archive
    in S3 does not hold that time, only the time in the name of the file, which is another delivery.
    """

    EVENT = "event"
    """``eventTime`` inside the record (plus the plan's delay)."""
    DELIVERY = "delivery"
    """The log event's own timestamp where the container has one, else the time in the S3 file name; with the plan's
    ``delays`` it is drawn where there is neither."""


class Settings(TypedDict, total=False):
    """The settings of a `Plan` beside its paths, as a caller names them by keyword."""

    clock: Clock | str
    delay: int | str
    """Seconds, or what `Delays.of` reads."""
    selection: Selection
    dedupe: bool
    limit: int
    log_group: LogGroup
    access: Access


Inputs: TypeAlias = "Plan | str | os.PathLike[str] | Iterable[str | os.PathLike[str]]"
"""One path, several, or a plan that has them."""


class Snapshot:
    """Listings of S3 by what they were asked for; another process makes its own."""

    __slots__ = ("listings",)

    def __init__(self) -> None:
        self.listings: dict[tuple[Selection, Access], dict[str, Any]] = {}

    def __reduce__(self) -> tuple[type[Snapshot], tuple[()]]:
        return Snapshot, ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which events of which inputs; times are whole seconds.

    ``timed`` is false where no minute is asked for, as in a search for records: then an event without a valid
    time is selected too, unless the selection asks for a time. A replay counts events per minute and needs one.
    """

    paths: tuple[str, ...] = ()
    """Files and folders as they were named; ``-`` is standard input."""
    selection: Selection = EVERYTHING
    clock: Clock = Clock.EVENT
    clock_open: bool = False
    """Whether it is the clock of deliveries instead where the archive has one (`clock.settled`)."""
    undelivered: str = ""
    """The first file that does not tell when it was delivered, where that decided on the clock."""
    delay: int = 0
    """Seconds added to the event clock, to stand for the delay of a delivery."""
    delays: Delays | None = None
    """How long deliveries take that nothing tells; the clock is then that of deliveries."""
    dedupe: bool = False
    """Whether an eventID counts once, however often it was delivered."""
    limit: int = DEFAULT_LIMIT
    """Bytes of one decompressed file; more is taken for a decompression bomb."""
    log_group: LogGroup = UNKNOWN
    """The log group that the events are in, where a filter asks; over what a detection says of its own."""
    timed: bool = True
    columns: frozenset[str] | None = None
    """What is kept of a match beside its time, place and value: columns of the matches of a replay, one of its evidence at
    least. None for all of them; kept results have them all."""
    access: Access = ACCESS
    """How S3 is reached, where a path is ``s3://bucket/prefix``."""
    snapshot: Snapshot = field(default_factory=Snapshot, compare=False, repr=False)
    """What was listed of S3: a plan, and whoever is made of it, sees a bucket as it was once."""

    @classmethod
    def of(cls, inputs: Inputs, **settings: Unpack[Settings]) -> Plan:
        """A plan of paths and settings; of a plan, the same one with these settings. `SettingsError` for a wrong delay."""
        told: dict[str, Any] = {**settings}
        if isinstance(delay := settings.get("delay"), str):
            told |= {"delay": 0, "delays": Delays.of(delay)}
        if isinstance(inputs, Plan):
            return replace(inputs, **told)
        paths = listed(inputs, (str, os.PathLike), "a path or a Plan")
        return cls(paths=tuple(map(os.fspath, paths)), **told)

    @classmethod
    def of_alarms(cls, inputs: Inputs, **settings: Unpack[Settings]) -> Plan:
        """The same for who asks when alarms were raised: without a clock or a delay, the archive says which clock."""
        asked = cls.of(inputs, **settings)
        is_open = not isinstance(inputs, Plan) and not {"clock", "delay"} & settings.keys()
        return replace(asked, clock_open=True) if is_open else asked

    def __post_init__(self) -> None:
        object.__setattr__(self, "clock", Clock.DELIVERY if self.delays else Clock(self.clock))

    def tells(self, column: str) -> bool:
        """Whether a column of matches is kept."""
        return self.columns is None or column in self.columns

    def edge(self, *, newest: bool) -> date | None:
        """The last (or the first) day of delivery, where all of the archive lies in S3 in folders of days."""
        if not self.paths or not all(path.startswith(S3) for path in self.paths):
            return None
        from detector.archive.listing import edge  # noqa: PLC0415 - not before S3 is named

        days = [edge(path, self.selection, self.access, newest=newest) for path in self.paths]
        known = [day for day in days if day is not None]
        return (max if newest else min)(known) if len(known) == len(days) else None

    def locate(self) -> Located:
        """The sources that can hold records of the selection; `ArchiveError` for a path that does not exist."""
        # Folders of days know nothing of the delay.
        unshifted = self.selection.shifted(-self.delay) if self.clock is Clock.EVENT else self.selection
        listings = self.snapshot.listings.setdefault((unshifted, self.access), {})
        return locate([str(path) for path in self.paths], unshifted, self.access, listings)
