"""Checks as Markdown for a pull request: what is not valid, and the findings with what to write instead."""

from __future__ import annotations

from collections.abc import Iterator

from detector.jobs.check import Checked, Checks, Refused
from detector.lint import AlarmFinding
from detector.lint.cures import said as cure_text
from detector.lint.finding import Finding
from detector.lint.targets import Target
from detector.render.findings_text import OF_SUGGESTION, summary
from detector.render.kit.markdown import code, document, fenced, plain, table


def findings_markdown(result: Checks) -> str:
    """A table of everything that is wrong, then the suggestions."""
    rows = [*map(_refused, result.refused)]
    rows += [_finding(one.target, finding) for one in result.patterns for finding in one.findings]
    rows += [_alarm(one.name, finding) for one in result.checked for finding in one.alarm]
    valid = [one for one in result.checked if one.refused is None]
    lines = [
        f"**{'; '.join(summary(result)) or 'No finding'}**; {len(valid):,} valid, {len(result.refused):,} not",
        "",
    ]
    lines += table(("where", "what", "why"), rows) if rows else [f"- {_valid(one)}" for one in valid]
    return document([*lines, *_suggestions(result)])


def _refused(one: Refused) -> tuple[str, str, str]:
    place = one.place
    where = one.name or one.pattern if place is None else f"{place.path}:{place.line}"
    reason = f"{one.reason}: {one.hint}" if one.hint else one.reason
    return code(where or ""), "not valid", code(reason, 1_000)


def _finding(target: Target, finding: Finding) -> tuple[str, str, str]:
    place = target.place(finding.span[0])
    where = (
        target.name or target.pattern.source if place is None else f"{place.path}:{place.line}:{place.column}"
    )
    said = [finding.consequence, *finding.numbers]
    return code(where), f"{finding.code} {finding.severity}", ", ".join(code(one, 1_000) for one in said)


def _alarm(name: str, finding: AlarmFinding) -> tuple[str, str, str]:
    where = name if finding.place is None else f"{finding.place.path}:{finding.place.line}"
    said = [code(finding.consequence, 1_000)]
    said += [f"instead {code(cure_text(finding.cure), 400)}"] if finding.cure else []
    said += [f"shown by {code(str(finding.day), 400)}"] if finding.day is not None else []
    return code(where), f"{finding.code} {finding.severity}", ", ".join(said)


def _valid(one: Checked) -> str:
    named = code(one.name or str(one.patterns[0].target.pattern), 1_000)
    return f"valid: {named}" + (f" {plain(one.title)}" if one.title else "")


def _suggestions(result: Checks) -> Iterator[str]:
    """Each suggestion once, with the findings that it is for."""
    found: dict[str, list[Finding]] = {}
    for one in result.patterns:
        for finding in one.findings:
            if finding.suggestion is not None:
                found.setdefault(finding.suggestion, []).append(finding)
    for suggestion, findings in found.items():
        codes = ", ".join(dict.fromkeys(finding.code for finding in findings))
        yield from ("", f"Instead, for {OF_SUGGESTION[findings[0].promise]} ({codes}):", "")
        yield from fenced(suggestion)
