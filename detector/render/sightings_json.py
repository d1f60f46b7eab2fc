"""`Sightings` as JSON: the same facts as the text (docs/explain.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detector.jobs.explain import GIVEN
from detector.jsontext import dump_indented
from detector.render.explanation_notes import reasons

if TYPE_CHECKING:
    from detector.jobs.sightings import Opinion, Sighting, Sightings


def sightings_json(found: Sightings) -> str:
    """One object with the events in the order in which they were given."""
    problems = [{"path": one.path, "reason": one.reason} for one in found.problems]
    return dump_indented({"events": list(map(_event, found.events)), "problems": problems}) + "\n"


def _event(one: Sighting) -> dict[str, Any]:
    return {
        "source": one.kind.source or None,
        "name": one.kind.name or None,
        "path": None if one.path in {"", GIVEN} else one.path,
        "position": one.position,
        "matched_by": [each.detection.name for each in one.opinions if each.matches],
        "detections": list(map(_opinion, one.opinions)),
    }


def _opinion(each: Opinion) -> dict[str, Any]:
    return {
        "detection": each.detection.name,
        "title": each.detection.title,
        "matches": each.matches,
        "concerned": each.concerned,
        "because": list(reasons(each.explanation)),
        "decisive": [str(leaf.clause) for leaf in each.explanation.decisive],
    }
