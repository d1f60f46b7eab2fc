"""Checks as a SARIF 2.1.0 log, which code scanners and editors show beside the line.

In: what `detector.jobs.check` says. Out: text. Columns count characters from 1. A suggestion is a fix where it can
stand in the file as it is.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import quote

from detector import release
from detector.jobs.check import Checks, Refused
from detector.lint import AlarmFinding
from detector.lint.cures import said as cure_text
from detector.lint.finding import Finding
from detector.lint.pages import pages
from detector.lint.rules import RULES
from detector.lint.targets import Place, Target
from detector.render.kit.json_values import readable
from detector.render.rule_text import rule_markdown

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def findings_sarif(result: Checks, version: str) -> str:
    """A log of one run, by the tool of this version."""
    results = [
        _result(pattern.target, finding) for pattern in result.patterns for finding in pattern.findings
    ]
    results += [_alarm_result(one.name, finding) for one in result.checked for finding in one.alarm]
    results += [_refused_result(one) for one in result.refused]
    driver = {"name": "detector", "version": version, "rules": [_rule(code) for code in RULES]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return readable({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str) -> dict[str, Any]:
    rule, page = RULES[code], pages()[code]
    more = f"See {page.place}; offline: detector check --rule {code}"
    return {
        "id": code,
        **({"helpUri": page.place} if release.SITE else {}),
        "shortDescription": {"text": rule.title},
        "defaultConfiguration": {"level": str(rule.severity)},
        "fullDescription": {"text": page.why},
        "help": {
            "text": f"{page.why}\n\nTo silence it: {'; or '.join(page.silence)}. {more}",
            "markdown": rule_markdown(page),
        },
    }


def _result(target: Target, finding: Finding) -> dict[str, Any]:
    pattern = target.pattern.source
    said = ". ".join([finding.consequence, *finding.numbers])
    result = _base(finding.code, str(finding.severity), said)
    result["properties"] = {
        "pattern": pattern,
        "suggestion": finding.suggestion,
        "numbers": list(finding.numbers),
    }
    start, end = target.place(finding.span[0]), target.place(finding.span[1])
    if start is None or end is None:
        result["locations"] = [_logical(target.name or pattern)]
        return result
    region = _region(start, end)
    region["snippet"] = {"text": pattern[finding.span[0] : finding.span[1]]}
    result["locations"] = [_physical(start.path, region)]
    if finding.suggestion is not None and _fits(target, finding.suggestion):
        result["fixes"] = [_fix(target, finding.suggestion)]
    return result


def _alarm_result(name: str, finding: AlarmFinding) -> dict[str, Any]:
    place = finding.place
    result = _base(finding.code, str(finding.severity), finding.consequence)
    shown = None if finding.day is None else str(finding.day)
    result["properties"] = {"key": finding.key, "cure": cure_text(finding.cure) or None, "made_up_day": shown}
    known = _physical(place.path, {"startLine": place.line}) if place else _logical(name, "alarm")
    result["locations"] = [known]
    return result


def _refused_result(one: Refused) -> dict[str, Any]:
    said = f"{one.reason}; {one.hint}" if one.hint else one.reason
    result = _base("D001", "error", said)
    place = one.place
    known = (
        _physical(place.path, {"startLine": max(1, place.line)})
        if place
        else _logical(one.pattern or one.name)
    )
    result["locations"] = [known]
    return result


def _base(code: str, level: str, said: str) -> dict[str, Any]:
    return {"ruleId": code, "ruleIndex": list(RULES).index(code), "level": level, "message": {"text": said}}


def _logical(name: str, kind: str = "filter pattern") -> dict[str, Any]:
    return {"logicalLocations": [{"fullyQualifiedName": name, "kind": kind}]}


def _physical(path: str, region: dict[str, Any]) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(path)}, "region": region}}


def _uri(path: str) -> str:
    """A relative path as a relative reference, an absolute one as a file URI."""
    plain = os.fsencode(path.replace("\\", "/"))  # a name may be no UTF-8
    return f"file://{quote(plain)}" if plain.startswith(b"/") else quote(plain)


def _region(start: Place, end: Place) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": start.line, "startColumn": start.column, "endLine": end.line}
    return (
        region | {"endColumn": end.column} if (end.line, end.column) > (start.line, start.column) else region
    )


def _fits(target: Target, suggestion: str) -> bool:
    """Whether the suggestion can stand in the file as it is: between triple quotes, or without any."""
    if target.offset is None:
        return False
    literal = target.text[: target.offset].rstrip().endswith("'''")
    return literal and "'''" not in suggestion


def _fix(target: Target, suggestion: str) -> dict[str, Any]:
    start, end = target.place(0), target.place(len(target.pattern.source))
    assert start is not None  # noqa: S101 - a target with an offset has places
    assert end is not None  # noqa: S101 - the same
    change = {"deletedRegion": _region(start, end), "insertedContent": {"text": suggestion}}
    changes = [{"artifactLocation": {"uri": _uri(start.path)}, "replacements": [change]}]
    return {"description": {"text": "the suggested pattern"}, "artifactChanges": changes}
