"""A `Comparison` as JSON, for machines (docs/compare.md).

In: a comparison. Out: one object, pure ASCII but for the witnesses, keys in the order that is documented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detector import jsontext
from detector.detections import Detection
from detector.render.kit.json_values import iso

if TYPE_CHECKING:
    from detector.alarm import Transition
    from detector.jobs.changes import Changes, Counts, Side
    from detector.jobs.compare import Comparison
    from detector.pattern import Pattern
    from detector.relation import Verdict


def as_json(comparison: Comparison) -> str:
    """One object."""
    archive = comparison.archive
    facts = {
        "old": _side(comparison.old),
        "new": _side(comparison.new),
        **_verdict(comparison.verdict),
        "never_match": list(comparison.never_match),
        "filters": [
            {
                "name": one.name,
                "old": None if one.old is None else one.old.source.strip(),
                "new": None if one.new is None else one.new.source.strip(),
                "verdict": None if one.verdict is None else _verdict(one.verdict),
                "archive": None if archive is None else _counts(archive.filters[one.name]),
            }
            for one in comparison.filters
        ],
        "archive": None if archive is None else _archive(archive),
    }
    verdicts = [comparison.verdict, *(one.verdict for one in comparison.filters if one.verdict)]
    text = jsontext.dump_indented(facts)
    for verdict in verdicts:
        found = verdict.witnesses
        witnesses = {"old_only": found.old_only, "new_only": found.new_only, "both": found.both}
        # A witness can hold an infinite number, which only this writer writes as JSON, and it cannot indent.
        text = text.replace('"witnesses": null', f'"witnesses": {jsontext.dump_json(witnesses).decode()}', 1)
    return text + "\n"


def _side(side: Side) -> dict[str, Any]:
    """``pattern`` is what matches any filter; null for filters of which one has no JSON pattern."""
    pattern: Pattern | None = side.pattern if isinstance(side, Detection) else side
    return {
        "detection": side.name if isinstance(side, Detection) else None,
        "pattern": None if pattern is None else pattern.source.strip(),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "relation": verdict.relation,
        "proved": verdict.proved,
        "why_not": verdict.why_not or None,
        "witnesses": None,
        "not_found": list(verdict.witnesses.not_found),
    }


def _counts(found: Counts) -> dict[str, int]:
    return {"both": found.both, "gained": found.gained, "lost": found.lost}


def _archive(found: Changes) -> dict[str, Any]:
    alarm = found.transitions
    return {
        **_counts(found),
        "groups": {
            kind: {
                name: {
                    "top": [{"value": value, "count": count} for value, count in ranking.top],
                    "more": ranking.more,
                    "others": ranking.others,
                }
                for name, ranking in groups.items()
            }
            for kind, groups in found.groups.items()
        },
        "examples": {
            kind: [
                {
                    "path": one.path,
                    "position": one.position,
                    "time": iso(one.time),
                    "event_id": one.event_id,
                    **one.evidence._asdict(),
                }
                for one in examples
            ]
            for kind, examples in found.examples.items()
        },
        "transitions": alarm
        and {
            "kept": alarm.kept,
            "gained": list(map(_transition, alarm.gained)),
            "lost": list(map(_transition, alarm.lost)),
            "moved": [{"old": _transition(one.old), "new": _transition(one.new)} for one in alarm.moved],
        },
        "records": found.records,
        "files": found.reading.files,
        "skipped": found.reading.skipped,
        "problems": [{"path": problem.path, "reason": problem.reason} for problem in found.problems],
    }


def _transition(one: Transition) -> dict[str, Any]:
    return {
        "at": iso(one.at),
        "before": str(one.before),
        "after": str(one.after),
        "reason": str(one.reason),
    }
