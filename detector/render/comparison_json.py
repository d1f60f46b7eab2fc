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
    from detector.jobs.changes import Changes, Counts, Example, Side, TransitionChanges
    from detector.jobs.compare import Comparison, FilterChange
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
        "filters": [_filter(one, archive) for one in comparison.filters],
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


def _filter(one: FilterChange, archive: Changes | None) -> dict[str, Any]:
    return {
        "name": one.name,
        "old": None if one.old is None else one.old.source.strip(),
        "new": None if one.new is None else one.new.source.strip(),
        "verdict": None if one.verdict is None else _verdict(one.verdict),
        "archive": None if archive is None else _counts(archive.filters[one.name]),
    }


def _counts(found: Counts) -> dict[str, int]:
    return {"both": found.both, "gained": found.gained, "lost": found.lost}


def _archive(found: Changes) -> dict[str, Any]:
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
        "examples": {kind: list(map(_example, listed)) for kind, listed in found.examples.items()},
        "transitions": None if found.transitions is None else _transitions(found.transitions),
        "records": found.records,
        "files": found.reading.files,
        "skipped": found.reading.skipped,
        "problems": [{"path": problem.path, "reason": problem.reason} for problem in found.problems],
    }


def _example(example: Example) -> dict[str, Any]:
    return {
        "path": example.path,
        "position": example.position,
        "time": iso(example.time),
        "event_id": example.event_id,
        **example.evidence._asdict(),
    }


def _transitions(found: TransitionChanges) -> dict[str, Any]:
    return {
        "kept": found.kept,
        "gained": list(map(_transition, found.gained)),
        "lost": list(map(_transition, found.lost)),
        "moved": [{"old": _transition(pair.old), "new": _transition(pair.new)} for pair in found.moved],
    }


def _transition(one: Transition) -> dict[str, Any]:
    return {
        "at": iso(one.at),
        "before": str(one.before),
        "after": str(one.after),
        "reason": str(one.reason),
    }
