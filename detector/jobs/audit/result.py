"""What an audit says: a level for each control, the reasons for it, and what the configuration does not show.

The claim: every reason is one that another format can show, and a level is that of its worst reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from detector.alarm import Alarm
from detector.detections.benchmark import Control
from detector.detections.resources import Remark
from detector.lint.targets import Place
from detector.notebook import table
from detector.pattern import Pattern
from detector.quantities import count
from detector.relation import Relation
from detector.relation.verdict import Event


class Level(IntEnum):
    """How far a control is met; larger is better."""

    ABSENT = 0
    DEAD = 1
    PARTIAL = 2
    UNSOUND = 3
    UNWIRED = 4
    COVERED = 5

    def __str__(self) -> str:
        return self.name.lower()

    @property
    def about(self) -> str:
        """What the level says."""
        return _ABOUT[self]


_ABOUT = {
    Level.ABSENT: "no filter counts what is prescribed",
    Level.DEAD: "present, and can never match or fire, or always fires",
    Level.PARTIAL: "events that the prescribed filter counts are missed",
    Level.UNSOUND: "no alarm, or one that does not tell of every match",
    Level.UNWIRED: "nobody is told, or events of some regions never arrive",
    Level.COVERED: "whatever the prescribed filter counts raises an alarm",
}


class Aspect(StrEnum):
    """What a reason is about."""

    FILTER = "filter"
    ALARM = "alarm"
    ACTION = "action"
    TRAIL = "trail"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a control is not at a better level, and where that stands."""

    level: Level
    aspect: Aspect
    sentence: str
    code: str = ""
    """That of a finding of `detector check`."""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The filter of a control: how it relates to the prescribed text named ``to``.

    ``relation`` is None where it is not decided. ``missed`` is an event that only the prescribed filter counts,
    ``added`` one that only this one does.
    """

    name: str
    pattern: Pattern
    place: Place | None
    relation: Relation | None
    to: str
    missed: Event | None
    added: Event | None
    alarm: Alarm | None
    actions: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    """Who is subscribed to the topics of the actions, as ``protocol:endpoint``."""


@dataclass(frozen=True, slots=True)
class TextCheck:
    """What a check of the text alone says, as Security Hub's does; None: it has no such control, or sees no filter."""

    passes: bool | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Audited:
    """One control."""

    control: Control
    section: str
    prescribed: Mapping[str, str]
    """The texts that will do, by the names of the shipped detections that have them."""
    level: Level
    found: Found | None
    reasons: tuple[Reason, ...]
    unknown: tuple[str, ...]
    """What the configuration does not show, a sentence each."""
    text_check: TextCheck
    others: tuple[str, ...] = ()
    """Other filters that count the same events, or some of them."""

    @property
    def verdict(self) -> str:
        """One sentence: ``present, and can never match: …``."""
        if self.found is None:
            return self.level.about
        worst = next((one.sentence for one in self.reasons if one.level is self.level), "")
        return worst or self.level.about


@dataclass(frozen=True, slots=True, repr=False)
class Audit:
    """An audit: ``filters`` and ``alarms`` are how many were looked at, ``remarks`` what could not be."""

    sources: tuple[str, ...]
    benchmark: str
    controls: tuple[Audited, ...]
    filters: int
    alarms: int
    trails: int
    remarks: tuple[Remark, ...] = ()

    def __repr__(self) -> str:
        at = [f"{number} {level}" for level, number in self.levels.items() if number]
        return f"<Audit of {count(self.filters, 'filter')} against {self.benchmark}: {', '.join(at)}>"

    def _repr_html_(self) -> str:
        rows = [(one.section, one.control.title, str(one.level), one.verdict) for one in self.controls]
        return table(repr(self), ("control", "about", "level", "verdict"), rows)

    @property
    def levels(self) -> Mapping[Level, int]:
        """How many controls are at each level, the best first."""
        return {
            level: sum(one.level is level for one in self.controls) for level in sorted(Level, reverse=True)
        }

    @property
    def unknown(self) -> tuple[str, ...]:
        """What the configuration does not show of any control that has a filter, so that it need be said once only."""
        each = [one.unknown for one in self.controls if one.found is not None]
        return tuple(said for said in each[0] if all(said in other for other in each)) if each else ()

    @property
    def lost(self) -> tuple[Remark, ...]:
        """What the configuration defines and could not be looked at."""
        return tuple(remark for remark in self.remarks if remark.subject.loses)

    @property
    def empty(self) -> bool:
        """Whether there was no filter to look at: that nothing was found says nothing then."""
        return not self.filters

    def below(self, level: Level) -> tuple[Audited, ...]:
        """The controls that do not reach a level."""
        return tuple(one for one in self.controls if one.level < level)
