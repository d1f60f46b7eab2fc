"""Checks as one JSON object; docs/lint.md describes the keys.

In: what `detector.jobs.check` says. Out: text. Places in files are lines and columns counted from 1, in characters;
places in patterns are half-open ranges counted from 0.
"""

from __future__ import annotations

from typing import Any

from detector.detections.resources import Remark
from detector.jobs.check import Checked, Checks, Linted, Refused
from detector.lint import AlarmFinding
from detector.lint.finding import Finding
from detector.lint.targets import Target
from detector.render.kit.json_values import readable, sentence


def findings_json(result: Checks) -> str:
    """What was checked with its findings, what was refused, and how many records an archive had."""
    counted = {"records": result.records, "empty": sentence(result.empty)}
    return readable(
        {
            "alarms": [_alarm(one) for one in result.checked if one.title and one.refused is None],
            "checked": [_pattern(one, linted) for one in result.checked for linted in one.patterns],
            "rule_tests": [one.name for one in result.checked if one.tests and one.refused is None],
            "refused": [_refused(one) for one in result.refused],
            "remarks": [_remark(one) for one in result.remarks],
            "archive": counted if result.records is not None else None,
        }
    )


def _remark(one: Remark) -> dict[str, Any]:
    return {
        "subject": str(one.subject),
        "path": one.path,
        "line": one.line or None,
        "address": one.address or None,
        "reason": one.reason,
    }


def _pattern(one: Checked, linted: Linted) -> dict[str, Any]:
    target = linted.target
    return {
        "name": target.name or None,
        "title": one.title or None,
        "path": target.path or None,
        "pattern": target.pattern.source,
        "findings": [_finding(target, finding) for finding in linted.findings],
    }


def _finding(target: Target, finding: Finding) -> dict[str, Any]:
    place = target.place(finding.span[0])
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "title": finding.title,
        "start": finding.span[0],
        "end": finding.span[1],
        "line": place.line if place else None,
        "column": place.column if place else None,
        "consequence": finding.consequence,
        "suggestion": finding.suggestion,
        "suggestion_matches": None if finding.promise is None else str(finding.promise),
        "numbers": list(finding.numbers),
    }


def _alarm(one: Checked) -> dict[str, Any]:
    return {"name": one.name or None, "findings": [_alarm_finding(finding) for finding in one.alarm]}


def _alarm_finding(finding: AlarmFinding) -> dict[str, Any]:
    place, shown = finding.place, finding.day
    lived = {} if shown is None else {"before": shown.before, "after": shown.after}
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "title": finding.title,
        "key": finding.key,
        "path": place.path if place else None,
        "line": place.line if place else None,
        "consequence": finding.consequence,
        "cure": [{"key": key, "value": value} for key, value in finding.cure],
        "made_up_day": None
        if shown is None
        else {
            "said": str(shown),
            "matches": shown.matches,
            "minutes_with_matches": shown.minutes,
            **{
                name: {
                    "datapoint": one.datapoint,
                    "minutes_in_alarm": one.minutes,
                    "pages": one.pages,
                    "last_state": one.last,
                }
                for name, one in lived.items()
            },
        },
    }


def _refused(one: Refused) -> dict[str, Any]:
    return {
        "code": "D001",
        "severity": "error",
        "name": one.name or None,
        "path": one.place.path if one.place else None,
        "line": one.place.line if one.place else None,
        "pattern": one.pattern,
        "start": one.span[0] if one.span else None,
        "end": one.span[1] if one.span else None,
        "reason": one.reason,
        "hint": one.hint or None,
    }
