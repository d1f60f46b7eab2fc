"""An audit as one JSON object; docs/audit.md describes the keys."""

from __future__ import annotations

from typing import Any

from detector.jobs.audit.result import Audit, Audited, Found
from detector.lint.targets import Place
from detector.render.kit.json_values import readable


def audit_json(audit: Audit) -> str:
    """Everything that an audit says."""
    return readable(
        {
            "sources": list(audit.sources),
            "benchmark": audit.benchmark,
            "filters": audit.filters,
            "alarms": audit.alarms,
            "trails": audit.trails,
            "levels": {str(level): number for level, number in audit.levels.items()},
            "not_shown": list(audit.unknown),
            "controls": [_control(one) for one in audit.controls],
            "not_looked_at": [str(remark) for remark in audit.lost],
        }
    )


def _control(one: Audited) -> dict[str, Any]:
    return {
        "control": one.control.name,
        "section": one.section,
        "title": one.control.title,
        "level": str(one.level),
        "verdict": one.verdict,
        "prescribed": dict(one.prescribed),
        "found": None if one.found is None else _found(one.found),
        "reasons": [
            {
                "level": str(reason.level),
                "aspect": reason.aspect,
                "sentence": reason.sentence,
                "code": reason.code or None,
                **_place(reason.place),
            }
            for reason in one.reasons
        ],
        "not_shown": list(one.unknown),
        "text_check": {"passes": one.text_check.passes, "sentence": one.text_check.sentence},
        "others": list(one.others),
    }


def _found(found: Found) -> dict[str, Any]:
    alarm = found.alarm
    return {
        "name": found.name,
        "pattern": found.pattern.source,
        **_place(found.place),
        "relation": found.relation,
        "to": found.to,
        "missed": found.missed,
        "added": found.added,
        "alarm": None if alarm is None else {"name": alarm.name, "settings": str(alarm)},
        "actions": list(found.actions),
        "receivers": list(found.receivers),
    }


def _place(place: Place | None) -> dict[str, Any]:
    return {"path": None if place is None else place.path, "line": None if place is None else place.line}
