"""A `Coverage` as JSON: the same facts as the text, and every event name (docs/coverage.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detector.jsontext import dump_indented
from detector.render.kit.json_values import sentence

if TYPE_CHECKING:
    from detector.jobs.census import EventKind
    from detector.jobs.coverage import Coverage, Watch, Watched


def coverage_json(found: Coverage) -> str:
    """One object."""
    return (
        dump_indented(
            {
                "records": found.records,
                "detections": list(map(_watch, found.detections)),
                "events": list(map(_watched, found.kinds)),
                "not_asked_for": [_kind(one.kind) for one in found.unnamed],
                "not_looked_at": [_kind(one.kind) for one in found.unseen],
                "empty": sentence(found.empty),
                "problems": [{"path": one.path, "reason": one.reason} for one in found.problems],
            }
        )
        + "\n"
    )


def _kind(kind: EventKind) -> dict[str, Any]:
    return {"source": kind.source or None, "name": kind.name or None}


def _watch(one: Watch) -> dict[str, Any]:
    return {
        "detection": one.detection.name,
        "title": one.detection.title,
        "sight": str(one.sight),
        "matched": one.matched,
        "seen": one.seen,
        "any_name": one.every,
        "why_blind": one.why_blind or None,
        "events": [_kind(kind) | {"matched": number} for kind, number in one.kinds.items()],
    }


def _watched(one: Watched) -> dict[str, Any]:
    return _kind(one.kind) | {
        "events": one.events,
        "matched": dict(one.matched),
        "asked_for_by": list(one.named_by),
        "any_name_by": list(one.taken_by),
    }
