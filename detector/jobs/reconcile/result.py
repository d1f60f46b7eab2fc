"""What a reconciliation says: one frozen `Reconciliation`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from detector.alarm import State, Transition
from detector.detections import Detection
from detector.jobs.reading import Reading
from detector.jobs.reconcile.eras import Era
from detector.jobs.reconcile.history import Actual, History


class Agreement(StrEnum):
    """How a change of state in the replay and one of the account's alarm stand to each other."""

    AGREES = "agrees"
    """The same states before and after, at the same evaluation."""
    DIFFERS = "differs"
    ONLY_HERE = "only here"
    """The replay has it, the account's alarm has not."""
    ONLY_THERE = "only there"


class Because(StrEnum):
    """Why they do not agree, the surest first."""

    BY_HAND = "set by hand"
    NO_ALARM = "no alarm"
    """The account's alarm did not exist then."""
    SETTINGS = "other settings"
    NO_LOG = "missing log"
    EDGE = "edge of the archive"
    """Its windows look at what was before the archive begins."""
    DELAY = "delay"
    FILTER = "other datapoints"
    """The account counted something else in the same windows: another filter, log group or clock."""
    FOLLOWS = "follows"
    """It undoes or repeats a change that has a cause of its own."""
    END = "end of the history"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Cause:
    """A likely cause in a sentence; ``shown``: a replay with that changed has the account's transition."""

    because: Because
    sentence: str
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A change of state of the replay, of the account, or the same of both.

    ``shift`` is how much later the account's is, rounded down to an evaluation. ``values`` is whether both saw the same
    datapoints; None where that is not known. ``cause`` is None where they agree.
    """

    agreement: Agreement
    ours: Transition | None
    theirs: Actual | None
    at: datetime
    shift: timedelta = timedelta()
    values: bool | None = None
    our_datapoints: tuple[float, ...] | None = None
    cause: Cause | None = None

    @property
    def before(self) -> State:
        """The state before, in the account where it has the change."""
        return (self.theirs or self.ours).before  # type: ignore[union-attr]  # one of both is there

    @property
    def after(self) -> State:
        """The state after."""
        return (self.theirs or self.ours).after  # type: ignore[union-attr]  # the same


@dataclass(frozen=True, slots=True)
class Minute:
    """A minute whose sum is another in the account's metric."""

    at: datetime
    ours: float | None
    theirs: float | None


@dataclass(frozen=True, slots=True)
class Minutes:
    """The archive's matches a minute against the account's metric, where both have something to say."""

    same: int
    differ: int
    only_here: int
    only_there: int
    examples: tuple[Minute, ...]
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """A call of the archive that changed the filter or the alarm."""

    at: datetime
    event: str
    by: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Reconciliation:
    """What the replay says against what the account's alarm did from ``start`` to ``end``.

    ``empty`` says why nothing could be compared; ``earlier`` and ``later`` are changes of the account outside of that time.
    ``delay`` is the one, in seconds, with which most agrees; 0 where none does better, or the time of delivery does
    (``by_delivery``).
    """

    detection: Detection
    history: History
    eras: tuple[Era, ...]
    start: datetime | None = None
    end: datetime | None = None
    entries: tuple[Entry, ...] = ()
    earlier: int = 0
    later: int = 0
    delay: int = 0
    by_delivery: bool = False
    minutes: Minutes | None = None
    edits: tuple[Edit, ...] = ()
    reading: Reading | None = None
    metric: str = ""
    empty: str = ""

    def __repr__(self) -> str:
        said = ", ".join(f"{number} {agreement}" for agreement, number in self.counts.items() if number)
        return f"<Reconciliation {self.history.alarm}: {self.empty or said or 'no change of state'}>"

    @property
    def counts(self) -> Mapping[Agreement, int]:
        """How many there are of each kind."""
        counts = Counter(one.agreement for one in self.entries)
        return {agreement: counts[agreement] for agreement in Agreement}

    @property
    def causes(self) -> Mapping[Because, int]:
        """How many that do not agree each cause has."""
        counts = Counter(one.cause.because for one in self.entries if one.cause is not None)
        return {because: counts[because] for because in Because if counts[because]}

    @property
    def agrees(self) -> bool:
        """Whether all changes of state agree."""
        return all(one.agreement is Agreement.AGREES for one in self.entries)

    @property
    def disagreeing(self) -> int:
        """How many changes of state do not agree."""
        return len(self.entries) - self.counts[Agreement.AGREES]

    def within(self, tolerance: int) -> bool:
        """Whether all agree once shifts of up to so many seconds are no difference."""
        return all(
            one.agreement is Agreement.AGREES
            or (
                one.agreement is Agreement.DIFFERS
                and abs(one.shift.total_seconds()) <= tolerance
                and one.ours is not None
                and one.theirs is not None
                and one.ours.before is one.theirs.before
            )
            for one in self.entries
        )

    @property
    def other_values(self) -> int:
        """How many agree although the account saw other datapoints."""
        return sum(one.agreement is Agreement.AGREES and one.values is False for one in self.entries)
