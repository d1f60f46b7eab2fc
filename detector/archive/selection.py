"""Which records are asked for: `Selection`, and what a path tells of that before anything is read.

Claim: a folder of days that may not hold a record of the time asked for holds none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from detector.archive.log_group import account_of, region_of

if TYPE_CHECKING:
    from datetime import date

    from detector.archive.source import Source

_DAY = 86_400
_EPOCH = 719_163  # date(1970, 1, 1).toordinal()


class Selection(Struct, frozen=True):
    """Which records are asked for: empty sets and None ask for all; ``start`` <= epoch second < ``end``."""

    accounts: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    start: int | None = None
    end: int | None = None

    def shifted(self, seconds: int) -> Selection:
        """The same records for a clock that shows other times: ``seconds`` later, or earlier if negative."""
        start = None if self.start is None else self.start + seconds
        end = None if self.end is None else self.end + seconds
        return self.within(start, end)

    def within(self, start: int | None, end: int | None) -> Selection:
        """The records of the same accounts and regions at another time."""
        return Selection(self.accounts, self.regions, start, end)

    @property
    def asks_time(self) -> bool:
        """Whether a record needs a time to be selected."""
        return self.start is not None or self.end is not None

    def may_hold(self, day: date | None, last: date | None = None) -> bool:
        """Whether a file delivered on ``day``, or from then to ``last``, can hold a record of the time asked for.

        A record is delivered at or after its time, by the end of the next day at the latest.
        """
        if day is None or not self.asks_time:
            return True
        first, final = day.toordinal() - _EPOCH, (last or day).toordinal() - _EPOCH
        after_start = self.start is None or final >= self.start // _DAY
        return after_start and (self.end is None or first <= self.end // _DAY + 1)


EVERYTHING = Selection()


def takes(selection: Selection, file: Source, record: dict[str, Any] | None) -> bool:
    """Whether a record is of an account and a region asked for; the time is the caller's, who has a clock."""
    if selection.accounts and account_of(file, record) not in selection.accounts:
        return False
    return not selection.regions or region_of(file, record) in selection.regions
