"""A `Drift` as JSON, for machines (docs/compare.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detector.jsontext import dump_indented
from detector.render.comparison_json import archive_facts, verdict_facts, with_witnesses

if TYPE_CHECKING:
    from detector.detections.resources import Remark
    from detector.jobs.drift import Drift, Item, Joined


def as_json(drift: Drift) -> str:
    """One object."""
    facts = {
        "old": drift.old,
        "new": drift.new,
        "drift": None if drift.empty else drift.drifted,
        "counts": {str(standing): number for standing, number in drift.counts.items()},
        "items": [_joined(one) for one in drift.joined],
        "not_compared": {
            "old": list(map(_remark, drift.lost_old)),
            "new": list(map(_remark, drift.lost_new)),
        },
    }
    verdicts = [change.verdict for one in drift.joined for change in one.filters if change.verdict]
    return with_witnesses(dump_indented(facts), verdicts) + "\n"


def _joined(one: Joined) -> dict[str, Any]:
    return {
        "standing": str(one.standing),
        "what": str(one.item.what),
        "name": one.item.name,
        "old": _item(one.old),
        "new": _item(one.new),
        "joined_by": None if one.by is None else str(one.by),
        "settings": [
            {"name": each.name, "old": each.old, "new": each.new, "weight": str(each.weight)}
            for each in one.settings
        ],
        "patterns": [
            {
                "filter": change.name or None,
                "old": None if change.old is None else change.old.source.strip(),
                "new": None if change.new is None else change.new.source.strip(),
                "verdict": None if change.verdict is None else verdict_facts(change.verdict),
            }
            for change in one.filters
        ],
        "respelled": one.respelled,
        "note": one.note or None,
        "archive": None if one.archive is None else archive_facts(one.archive),
    }


def _item(item: Item | None) -> dict[str, Any] | None:
    if item is None:
        return None
    return {
        "name": item.name,
        "address": item.address,
        "region": item.region or None,
        "path": item.path or None,
        "line": item.line or None,
    }


def _remark(remark: Remark) -> dict[str, Any]:
    return {
        "subject": str(remark.subject),
        "path": remark.path,
        "line": remark.line or None,
        "address": remark.address or None,
        "reason": remark.reason,
    }
