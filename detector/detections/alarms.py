"""Detections and composite alarms by name: whatever ``--detection`` takes.

In: what a user typed, or a caller passed. Out: detections and composites, each composite with the alarms that it refers
to. The claim: what `catalogue.detections_of` reads, is read the same here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from detector.detections.alarmed import Alarmed, Composite, name_of, same_alarm
from detector.detections.catalogue import detection_file, load_detection, named, shipped, whole
from detector.detections.model import Detection
from detector.detections.strict import read_toml
from detector.errors import UnreadableError, listed

if TYPE_CHECKING:
    from detector.detections.composite import Draft

Asked: TypeAlias = Alarmed | str | Path
_LIKE_ONE = re.compile(rb"^\s*\[?\s*[\"']?composite\b", re.MULTILINE)


def alarms_of(asked: Asked | Iterable[Asked]) -> list[Alarmed]:
    """Detections and composites, one or several, in the order asked; strings as `catalogue.named` understands them."""
    kinds = Detection, Composite, str, Path
    several = listed(asked, kinds, "a detection or the path or name of one")
    return [
        alarmed
        for item in whole(several)
        for alarmed in (
            [item]
            if isinstance(item, Detection | Composite)
            else [load_alarmed(name) for name in named(item)]
        )
    ]


def with_children(alarmed: Iterable[Alarmed]) -> tuple[list[Detection], list[Composite]]:
    """The detections and, behind them, those that the composites rest on, each once; and the composites."""
    listed = list(alarmed)
    detections = [one for one in listed if isinstance(one, Detection)]
    composites = [one for one in listed if isinstance(one, Composite)]
    for child in (child for one in composites for child in one.detections()):
        detections += [] if any(same_alarm(child, one) for one in detections) else [child]
    return detections, composites


def detections_in(asked: Asked | Iterable[Asked]) -> list[Detection]:
    """The same with the detections that a composite rests on behind all others, each once."""
    return with_children(alarms_of(asked))[0]


def load_alarmed(asked: str | Path, above: tuple[Path, ...] = ()) -> Alarmed:
    """The detection or composite of a file or a shipped name; ``above`` are the composites that are being read."""
    path = detection_file(str(asked))
    if path is None or not _LIKE_ONE.search(path.read_bytes()):
        return load_detection(asked)
    source, table = read_toml(path, str(asked))
    if "composite" not in table:
        return load_detection(asked)
    from detector.detections import composite  # noqa: PLC0415 - few runs have one

    draft = composite.draft(source, table, str(asked))
    here = path.resolve()
    if here in above:
        circle = " → ".join(each.name for each in (*above[above.index(here) :], here))
        source.refuse(
            "composite.alarm_rule", f"expected composites that do not depend on themselves: {circle}"
        )
    return draft.composite(_found(draft, path.parent, (*above, here)))


def _found(draft: Draft, folder: Path, above: tuple[Path, ...]) -> dict[str, Alarmed]:
    """The alarms that a composite may refer to, by name: those of its children, then what its rule names itself."""
    found: dict[str, Alarmed] = {}
    for place, child in enumerate(draft.children):
        for alarmed in _load(draft, f"composite.children[{place}]", child, folder, above):
            name = name_of(alarmed)
            if name in found and found[name] != alarmed:
                draft.source.refuse(
                    "composite.children", f"expected alarms with different names, found {name!r} twice"
                )
            found[name] = alarmed
    for wanted in draft.wanted:
        if wanted in found:
            continue
        if _is_there(wanted, folder):
            [found[wanted], *_] = _load(draft, draft.place(wanted), wanted, folder, above)
        elif not wanted.endswith(".toml"):
            found |= {
                one.alarm.name: one for one in map(load_detection, shipped()) if one.alarm.name == wanted
            }
    return found


def _is_there(name: str, folder: Path) -> bool:
    return name in shipped() or (name.endswith(".toml") and (folder / name).is_file())


def _load(draft: Draft, key: str, child: str, folder: Path, above: tuple[Path, ...]) -> list[Alarmed]:
    """The alarms of a child: a path from the folder of the composite, else what `catalogue.named` understands."""
    try:
        names = named(child) if child in shipped() else named(str(folder / child))
        if not all(map(detection_file, names)):
            names = named(child)
        # A folder of children may have the composite itself in it.
        return [
            load_alarmed(name, above)
            for name in names
            if len(names) == 1 or Path(name).resolve() not in above
        ]
    except UnreadableError as error:
        draft.source.refuse(key, f"{error.reason} ({child})")
