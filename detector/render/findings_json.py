"""Findings for programs: one JSON object, SARIF 2.1.0, or annotations for GitHub.

In: what was checked and what was refused. Out: text. Places in files are lines and columns counted from 1, in
characters; places in patterns are half-open ranges counted from 0. docs/lint.md describes the keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from detector import __version__
from detector.lint.finding import Finding
from detector.lint.places import Place, Target
from detector.lint.rules import RULES, Severity
from detector.render.findings import Checked, summary
from detector.render.printable import json_printable, printable

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
HOME = "docs/lint.md"


@dataclass(frozen=True, slots=True)
class Refused:
    """What was asked for and is not valid: the sentence, the pattern and the place, as far as they are known."""

    name: str
    reason: str
    pattern: str | None = None
    span: tuple[int, int] | None = None
    place: Place | None = None
    hint: str = ""


def as_json(checked: Sequence[Checked], refused: Sequence[Refused], records: int | None) -> str:
    """One object: what was checked with its findings, what was refused, and how many records an archive had."""
    found = {
        "checked": [_target(one) for one in checked],
        "refused": [_refused(one) for one in refused],
        "archive": None if records is None else {"records": records},
    }
    return _dump(found)


def _dump(value: object) -> str:
    return (
        "\n".join(
            json_printable(line) for line in json.dumps(value, indent=2, ensure_ascii=False).split("\n")
        )
        + "\n"
    )


def _target(one: Checked) -> dict[str, Any]:
    target = one.target
    return {
        "name": target.name or None,
        "path": target.path or None,
        "pattern": target.pattern.source,
        "findings": [_finding(target, finding) for finding in one.findings],
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


def as_sarif(checked: Sequence[Checked], refused: Sequence[Refused]) -> str:
    """A SARIF 2.1.0 log of one run."""
    results = [_result(one.target, finding) for one in checked for finding in one.findings]
    results += [_refused_result(one) for one in refused]
    driver = {"name": "detector", "version": __version__, "rules": [_rule(code) for code in RULES]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return _dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str) -> dict[str, Any]:
    rule = RULES[code]
    return {
        "id": code,
        "shortDescription": {"text": rule.title},
        "defaultConfiguration": {"level": str(rule.severity)},
        "help": {"text": f"{rule.title}; see {HOME}, {code}"},
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


def _logical(name: str) -> dict[str, Any]:
    return {"logicalLocations": [{"fullyQualifiedName": name, "kind": "filter pattern"}]}


def _physical(path: str, region: dict[str, Any]) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(path)}, "region": region}}


def _uri(path: str) -> str:
    """A relative path as a relative reference, an absolute one as a file URI."""
    plain = path.replace("\\", "/")
    return f"file://{quote(plain)}" if plain.startswith("/") else quote(plain)


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


_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def as_github(checked: Sequence[Checked], refused: Sequence[Refused]) -> Iterator[str]:
    """A workflow command a line (https://docs.github.com/actions, workflow commands)."""
    for one in checked:
        for finding in one.findings:
            place = one.target.place(finding.span[0])
            said = ". ".join([finding.consequence, *finding.numbers])
            if finding.suggestion is not None:
                said += f"\ninstead: {finding.suggestion}"
            yield _command(_LEVELS[finding.severity], finding.code, finding.title, said, place)
    for other in refused:
        said = f"{other.reason}\n{other.hint}" if other.hint else other.reason
        yield _command("error", "D001", RULES["D001"].title, said, other.place)
    severities = [finding.severity for one in checked for finding in one.findings]
    if severities:
        yield summary(severities)


def _command(level: str, code: str, title: str, said: str, place: Place | None) -> str:
    where = {"title": f"{code} {title}"}
    if place is not None:
        where = {"file": place.path, "line": str(place.line), "col": str(place.column)} | where
    properties = ",".join(f"{key}={_property(value)}" for key, value in where.items())
    message = "\n".join(printable(line, 4000) for line in said.split("\n"))
    return f"::{level} {properties}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text, 400)).replace(":", "%3A").replace(",", "%2C")
