"""What a comparison of two sets of detections says: one frozen `Drift`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast

from detector.detections.resources import Remark
from detector.jobs.changes import Changes
from detector.jobs.compare import FilterChange


class What(StrEnum):
    """What is held against its counterpart."""

    DETECTION = "detection"
    """An alarm with the filters that write its metric."""
    FILTER = "metric filter"
    """A filter whose metric no alarm is on."""
    ALARM = "alarm"
    """An alarm on a metric that no filter writes."""
    COMPOSITE = "composite alarm"


class Standing(StrEnum):
    """What became of one of them, the worst first."""

    REMOVED = "removed"
    CHANGED = "changed"
    ADDED = "added"
    UNDECIDED = "undecided"
    """Settings are equal, and it is not proved whether the patterns match the same events."""
    UNKNOWN = "not comparable"
    """The other side has it, and not all of it is known there."""
    EQUIVALENT = "equivalent"

    @property
    def is_drift(self) -> bool:
        """Whether both sides are different, or not proved to be the same."""
        return self not in {Standing.UNKNOWN, Standing.EQUIVALENT}


class By(StrEnum):
    """What two of them were recognised by."""

    NAME = "name"
    METRIC = "metric"
    MEANING = "meaning"


class Weight(StrEnum):
    """What a setting that is not the same on both sides amounts to."""

    CHANGE = "change"
    WORDS = "words"
    """A description, or the name of a filter: no event, datapoint or action depends on it."""
    UNKNOWN = "unknown"
    """One side does not say it, or has a placeholder in it that the other may fill."""


@dataclass(frozen=True, slots=True)
class Item:
    """One of a side's alarms or filters: ``address`` is what a user types to get it, ``value`` the thing itself."""

    what: What
    name: str
    address: str
    region: str
    path: str
    line: int
    value: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting with its value on both sides; an empty one is not set."""

    name: str
    old: str
    new: str
    weight: Weight


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """One of the old set, of the new one, or the same of both.

    ``filters`` are those whose patterns differ in meaning, or are not proved to be the same. ``respelled``: a pattern is
    written in another way, and matches the same events. ``archive`` is what a change loses and gains there.
    """

    standing: Standing
    old: Item | None
    new: Item | None
    by: By | None = None
    settings: tuple[Setting, ...] = ()
    filters: tuple[FilterChange, ...] = ()
    respelled: bool = False
    note: str = ""
    archive: Changes | None = None

    @property
    def item(self) -> Item:
        """The new one where there is one."""
        return cast("Item", self.new or self.old)

    def of(self, weight: Weight) -> tuple[Setting, ...]:
        """The settings of one weight."""
        return tuple(one for one in self.settings if one.weight is weight)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Drift:
    """What two sets of detections differ in.

    ``lost_old`` and ``lost_new`` are what the sources define and could not be compared, each with the reason and place.
    """

    old: str
    new: str
    joined: tuple[Joined, ...]
    lost_old: tuple[Remark, ...] = ()
    lost_new: tuple[Remark, ...] = ()

    def __repr__(self) -> str:
        said = ", ".join(f"{number} {standing}" for standing, number in self.counts.items() if number)
        return f"<Drift: {said or 'nothing to compare'}>"

    @property
    def counts(self) -> Mapping[Standing, int]:
        """How many there are of each standing."""
        counts = Counter(one.standing for one in self.joined)
        return {standing: counts[standing] for standing in Standing}

    @property
    def drifted(self) -> bool:
        """Whether anything is different, or not proved to be the same."""
        return any(one.standing.is_drift for one in self.joined)

    @property
    def empty(self) -> bool:
        """Whether there was nothing on either side, so that equality says nothing."""
        return not self.joined

    @property
    def incomplete(self) -> bool:
        """Whether something that the sources define could not be compared."""
        return bool(self.lost_old or self.lost_new or self.counts[Standing.UNKNOWN])

    @property
    def archive(self) -> Changes | None:
        """One of the comparisons over the archive, for what was read there; None without any."""
        return next((one.archive for one in self.joined if one.archive is not None), None)
