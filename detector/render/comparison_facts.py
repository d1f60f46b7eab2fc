"""A `Comparison` as JSON, for machines (docs/compare.md).

In: a comparison. Out: one object, pure ASCII but for the witnesses, keys in the order that is documented.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from detector import jsontext
from detector.pattern import Pattern

if TYPE_CHECKING:
    from detector.alarm import Transition
    from detector.jobs.changes import Changes, Example
    from detector.jobs.compare import Comparison, Side
    from detector.jobs.transitions import TransitionChanges
    from detector.relation import Witnesses

_PLACE = '"witnesses": null'


def as_json(comparison: Comparison) -> str:
    """One object."""
    facts = {
        "old": _side(comparison.old),
        "new": _side(comparison.new),
        "relation": comparison.relation,
        "proved": comparison.proved,
        "why_not": comparison.why_not or None,
        "witnesses": None,
        "not_found": list(comparison.witnesses.not_found),
        "archive": None if comparison.archive is None else _archive(comparison.archive),
    }
    # A witness can hold an infinite number, which only jsontext writes as JSON.
    witnesses = jsontext.dump_json(_witnesses(comparison.witnesses)).decode()
    text = jsontext.dump_indented(facts)
    return text.replace(_PLACE, f'"witnesses": {witnesses}', 1) + "\n"


def _side(side: Side) -> dict[str, str | None]:
    if isinstance(side, Pattern):
        return {"detection": None, "pattern": side.source.strip()}
    return {"detection": side.name, "pattern": "" if side.pattern is None else side.pattern.source.strip()}


def _witnesses(found: Witnesses) -> dict[str, Any]:
    return {"old_only": found.old_only, "new_only": found.new_only, "both": found.both}


def _archive(found: Changes) -> dict[str, Any]:
    return {
        "both": found.both,
        "gained": found.gained,
        "lost": found.lost,
        "groups": {
            kind: {
                name: {
                    "top": [{"value": value, "count": count} for value, count in group.top],
                    "more": group.more,
                }
                for name, group in groups.items()
            }
            for kind, groups in found.groups.items()
        },
        "examples": {kind: list(map(_example, listed)) for kind, listed in found.examples.items()},
        "transitions": None if found.transitions is None else _transitions(found.transitions),
        "records": found.records,
        "files": found.files,
        "problems": [{"path": problem.path, "reason": problem.reason} for problem in found.problems],
    }


def _example(example: Example) -> dict[str, Any]:
    return {
        "path": example.path,
        "position": example.position,
        "time": None if example.time is None else _time(example.time),
        "event_id": example.event_id,
        **example.evidence._asdict(),
        "resources": list(example.evidence.resources),
    }


def _transitions(found: TransitionChanges) -> dict[str, Any]:
    return {
        "kept": found.kept,
        "gained": list(map(_transition, found.gained)),
        "lost": list(map(_transition, found.lost)),
        "moved": [{"old": _transition(pair.old), "new": _transition(pair.new)} for pair in found.moved],
    }


def _transition(one: Transition) -> dict[str, str]:
    return {
        "at": _time(one.at),
        "before": str(one.before),
        "after": str(one.after),
        "reason": str(one.reason),
    }


def _time(time: datetime | float) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}" if isinstance(time, datetime) else str(time)
