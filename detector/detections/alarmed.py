"""What has an alarm: a `Detection`, or a `Composite` that rests on the alarms of others.

The claim: every alarm that a `Composite` refers to is there, and none depends on itself; `composite` makes them of files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from detector.detections.model import Actions, Detection, Source

if TYPE_CHECKING:  # few runs have a composite
    from detector.composite import CompositeSettings

NO_ACTIONS = Actions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Composite:
    """A composite alarm and the alarms that it refers to, by the names that its rule has for them.

    ``settings.rule`` names its children; one may be a composite itself.
    """

    name: str
    """What the user typed to get it."""
    settings: CompositeSettings
    alarms: Mapping[str, Alarmed] = field(hash=False)
    title: str = ""
    description: str = ""
    references: tuple[str, ...] = ()
    actions: Actions = NO_ACTIONS
    source: Source = field(default=Source(), compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", self.title or self.name)
        object.__setattr__(self, "description", self.description.strip())

    @property
    def path(self) -> str:
        """The file it was read from; empty for one that was made in Python."""
        return self.source.path

    @property
    def alarm_name(self) -> str:
        """The name of the alarm."""
        return self.settings.name

    def detections(self) -> Iterator[Detection]:
        """The detections that it rests on, those of its composites included; one may come several times."""
        for alarm in self.alarms.values():
            if isinstance(alarm, Composite):
                yield from alarm.detections()
            else:
                yield alarm


Alarmed: TypeAlias = Detection | Composite
"""What has an alarm."""


def name_of(alarmed: Alarmed) -> str:
    """The name of its alarm."""
    return alarmed.alarm_name if isinstance(alarmed, Composite) else alarmed.alarm.name


def same_alarm(one: Detection, other: Detection) -> bool:
    """Whether two detections are the same but for how they were named."""
    return one is other or (one.filters, one.alarm) == (other.filters, other.alarm)
