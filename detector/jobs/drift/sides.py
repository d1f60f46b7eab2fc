"""One side of a comparison of sets: everything that a source holds, as items.

In: what a user typed: a folder, Terraform, a template, an account's output, shipped names; several with commas. Out: items in
the order of the source, and what it defines and could not be read. The claim: each file is read once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from detector.detections.alarmed import Alarmed, Composite
from detector.detections.alarms import load_alarmed
from detector.detections.asked import configured, is_configuration, parted
from detector.detections.catalogue import named, names_detection
from detector.detections.configuration import Configuration
from detector.detections.given import Given
from detector.detections.model import Detection
from detector.detections.resources import Remark, Resource
from detector.errors import UnreadableError
from detector.jobs.drift.result import Item, What


def is_set(typed: str) -> bool:
    """Whether several detections may be meant: a folder, a configuration without an ID behind it, several names."""
    path, wanted = parted(typed)
    if wanted or not names_detection(typed):
        return False
    if os.path.isdir(path) or is_configuration(typed):  # noqa: PTH112 - a path of any kind
        return True
    return any(is_configuration(part) for part in typed.split(",")) or len(named(typed)) > 1


def side(typed: str, given: Given) -> tuple[list[Item], tuple[Remark, ...]]:
    """The items of a source, and what is left out of it; `UnreadableError` where there is neither."""
    listed, found = configured([typed], given)
    known = found or Configuration()
    ids = {id(one) for one in known.detections}
    alarmed: list[Alarmed] = []
    for item in listed:
        alarmed += [item] if isinstance(item, Detection) else map(load_alarmed, _names(str(item), known))
    items = [_item(one) for one in alarmed]
    # An ID chooses one of a configuration; what else that holds is not asked for then.
    if all(id(one) in {id(each) for each in alarmed} for one in known.detections) or not ids:
        items += _others(known)
    if not items and not known.losses:
        raise known.nothing() if found else UnreadableError(typed, "", "expected detections, found none")
    return items, known.losses


def _names(typed: str, known: Configuration) -> list[str]:
    """The detection files that are meant; a folder of configurations may have none."""
    if os.path.isdir(typed) and next(Path(typed).rglob("*.toml"), None) is None:  # noqa: PTH112 - as above
        if known.sources:
            return []
        raise UnreadableError(typed, "", "expected detections or configurations there, found none")
    return named(typed)


def _item(one: Alarmed) -> Item:
    if isinstance(one, Composite):
        line = one.source.line("composite") or 0
        return Item(What.COMPOSITE, one.alarm_name, one.name, "", one.path, line, one)
    region = one.filters[0].log_group.region
    line = one.line("alarm.name", "alarm.period", "alarm") or 0
    return Item(What.DETECTION, one.alarm.name, one.name, region, one.source.part("alarm").path, line, one)


def _others(found: Configuration) -> Iterator[Item]:
    """What is only half of a detection, and composite alarms."""
    for one in found.filters:
        name, place = one.filter.name, one.source
        line = place.line("filter.pattern") or 0
        yield Item(What.FILTER, name, one.address, one.filter.log_group.region, place.path, line, one.filter)
    yield from _resources(What.ALARM, found.alarms)
    yield from _resources(What.COMPOSITE, found.composites)


def _resources(what: What, resources: Iterable[Resource]) -> Iterator[Item]:
    for one in resources:
        line, name = one.source.line("") or 0, one.text("name") or one.address
        yield Item(what, name, one.address, one.region, one.source.path, line, one)


def metric_of(item: Item) -> tuple[str, str]:
    """The namespace and the name of the metric that it writes or reads; empty strings for a composite."""
    value: Any = item.value
    if isinstance(value, Composite) or item.what is What.COMPOSITE:
        return "", ""
    if isinstance(value, Resource):
        return value.text("namespace"), value.text("metric_name")
    first = value.filters[0] if isinstance(value, Detection) else value
    return first.namespace, first.metric
