"""What an audit is about: configurations as they are, and detections from anywhere else beside them.

In: whatever ``--detection`` takes. Out: one `Configuration`; a detection file says nothing of trails and subscriptions.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from detector.detections import Detection
from detector.detections.alarms import detections_in
from detector.detections.asked import configured
from detector.detections.configuration import Configuration
from detector.detections.given import NOTHING, Given


def gathered(asked: Iterable[Detection | str | Path], given: Given = NOTHING) -> Configuration:
    """Everything that was asked for in one configuration."""
    listed: list[Any] = list(asked)
    items, found = configured(listed, given)
    known = () if found is None else found.detections
    others = [item for item in items if not any(item is one for one in known)]
    detections = tuple(detections_in(others)) if others else ()
    names = tuple(item.name if isinstance(item, Detection) else str(item) for item in others)
    own = Configuration(sources=names, detections=detections)
    return own if found is None else found | own
