"""Configurations among what is to be checked: their detections in their place, and what else there is to say.

In: what was asked for. Out: the same with detections, the metric filters that no alarm is on, and the remarks. The claim:
nothing is raised; a configuration that cannot be read is a remark.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from detector.detections.alarmed import Alarmed
from detector.detections.asked import alarmed, is_configuration, parted
from detector.detections.configuration import Filter
from detector.detections.given import Given
from detector.detections.resources import Remark, Subject
from detector.errors import UnreadableError
from detector.pattern import Pattern

Asked: TypeAlias = Pattern | Alarmed | str | Path


def whole(listed: list[Asked], given: Given) -> tuple[list[Asked], tuple[Filter, ...], tuple[Remark, ...]]:
    """What is asked for with configurations read."""
    try:
        items, found = alarmed(listed, given)
    except UnreadableError as error:
        rest = [item for item in listed if not is_configuration(item)]
        return rest, (), (Remark(Subject.UNREADABLE, error.path, error.line or 0, "", error.reason),)
    if found is None:
        return items, (), ()
    remarks = found.remarks
    if not (items or found.filters or found.losses):
        nothing = found.nothing()
        remarks = (*remarks, Remark(Subject.UNREADABLE, nothing.path, 0, "", nothing.reason))
    chosen = any(parted(str(item))[1] for item in listed if is_configuration(item))
    return items, () if chosen else found.filters, remarks
