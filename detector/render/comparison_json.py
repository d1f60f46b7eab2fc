"""A `Comparison` as JSON, for machines (docs/compare.md).

In: a comparison. Out: one object, pure ASCII but for the witnesses, keys in the order that is documented.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from detector import jsontext
from detector.detections import Detection
from detector.render.kit.json_values import iso, sentence
from detector.render.kit.printable import json_printable

if TYPE_CHECKING:
    from detector.alarm import Transition
    from detector.jobs.changes import Changes, Counts, Side
    from detector.jobs.compare import Comparison
    from detector.jobs.ranking import Ranking
    from detector.pattern import Pattern
    from detector.relation import Verdict


def as_json(comparison: Comparison) -> str:
    """One object."""
    archive = comparison.archive
    facts = {
        "old": _side(comparison.old),
        "new": _side(comparison.new),
        **verdict_facts(comparison.verdict),
        "never_match": list(comparison.never_match),
        "filters": [
            {
                "name": change.name,
                "old": None if change.old is None else change.old.source.strip(),
                "new": None if change.new is None else change.new.source.strip(),
                "verdict": None if change.verdict is None else verdict_facts(change.verdict),
                "archive": None if archive is None else _counts(archive.filters[change.name]),
            }
            for change in comparison.filters
        ],
        "archive": None if archive is None else archive_facts(archive),
    }
    verdicts = [comparison.verdict, *(change.verdict for change in comparison.filters if change.verdict)]
    return with_witnesses(jsontext.dump_indented(facts), verdicts) + "\n"


def with_witnesses(text: str, verdicts: Iterable[Verdict]) -> str:
    """JSON with the events of verdicts in the places that `verdict_facts` leaves open, in their order."""
    for verdict in verdicts:
        events = verdict.witnesses
        witnesses = {"old_only": events.old_only, "new_only": events.new_only, "both": events.both}
        # A witness can hold an infinite number, which only this writer writes as JSON, and it cannot indent.
        text = text.replace(
            '"witnesses": null', f'"witnesses": {json_printable(jsontext.dump_json(witnesses).decode())}', 1
        )
    return text


def _side(side: Side) -> dict[str, Any]:
    """``pattern`` is what matches any filter; null for filters of which one has no JSON pattern."""
    pattern: Pattern | None = side.pattern if isinstance(side, Detection) else side
    return {
        "detection": side.name if isinstance(side, Detection) else None,
        "pattern": None if pattern is None else pattern.source.strip(),
    }


def verdict_facts(verdict: Verdict) -> dict[str, Any]:
    """A verdict without its witnesses, which `with_witnesses` writes into the text."""
    return {
        "relation": verdict.relation,
        "proved": verdict.proved,
        "why_not": verdict.why_not or None,
        "witnesses": None,
        "not_found": list(verdict.witnesses.not_found),
    }


def _counts(counts: Counts) -> dict[str, int]:
    return {"both": counts.both, "gained": counts.gained, "lost": counts.lost}


def _ranking(ranking: Ranking) -> dict[str, Any]:
    top = [{"value": value, "count": count} for value, count in ranking.top]
    return {"top": top, "more": ranking.more, "others": ranking.others}


def archive_facts(changes: Changes) -> dict[str, Any]:
    """What is gained and lost on an archive."""
    alarm = changes.transitions
    return {
        **_counts(changes),
        "groups": {
            kind: {name: _ranking(ranking) for name, ranking in groups.items()}
            for kind, groups in changes.groups.items()
        },
        "examples": {
            kind: [
                {
                    "path": example.path,
                    "position": example.position,
                    "time": iso(example.time),
                    "event_id": example.event_id,
                    **example.evidence._asdict(),
                }
                for example in examples
            ]
            for kind, examples in changes.examples.items()
        },
        "transitions": alarm
        and {
            "kept": alarm.kept,
            "gained": list(map(_transition, alarm.gained)),
            "lost": list(map(_transition, alarm.lost)),
            "moved": [{"old": _transition(pair.old), "new": _transition(pair.new)} for pair in alarm.moved],
        },
        "records": changes.records,
        "files": changes.reading.files,
        "skipped": changes.reading.skipped,
        "empty": sentence(changes.reading.empty),
        "problems": [{"path": problem.path, "reason": problem.reason} for problem in changes.problems],
    }


def _transition(transition: Transition) -> dict[str, Any]:
    return {
        "at": iso(transition.at),
        "before": str(transition.before),
        "after": str(transition.after),
        "reason": str(transition.reason),
    }
