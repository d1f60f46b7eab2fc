"""Checks as annotations for a workflow on GitHub.

In: what `detector.jobs.check` says. Out: a workflow command a line, and how many findings there are
(https://docs.github.com/actions, workflow commands).
"""

from __future__ import annotations

from detector.jobs.check import Checks
from detector.lint.cures import said as cure_text
from detector.lint.rules import RULES, Severity
from detector.lint.targets import Place
from detector.render.findings_text import summary
from detector.render.kit.printable import printable

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def findings_github(result: Checks) -> str:
    """The findings, what was refused, and the summary."""
    lines = []
    for pattern in result.patterns:
        for finding in pattern.findings:
            said = ". ".join([finding.consequence, *finding.numbers])
            if finding.suggestion is not None:
                said += f"\ninstead: {finding.suggestion}"
            place = pattern.target.place(finding.span[0])
            lines.append(_command(_LEVELS[finding.severity], finding.code, said, place))
    for alarm in (finding for one in result.checked for finding in one.alarm):
        said = f"{alarm.consequence}\ninstead: {cure_text(alarm.cure)}" if alarm.cure else alarm.consequence
        lines.append(_command(_LEVELS[alarm.severity], alarm.code, said, alarm.place))
    for other in result.refused:
        said = f"{other.reason}\n{other.hint}" if other.hint else other.reason
        lines.append(_command("error", "D001", said, other.place))
    return "".join(f"{line}\n" for line in [*lines, *summary(result)])


def _command(level: str, code: str, said: str, place: Place | None) -> str:
    where = {"title": f"{code} {RULES[code].title}"}
    if place is not None:
        where = {"file": place.path, "line": str(place.line), "col": str(place.column)} | where
    properties = ",".join(f"{key}={_property(value)}" for key, value in where.items())
    message = "\n".join(printable(line, 4000) for line in said.split("\n"))
    return f"::{level} {properties}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text, 400)).replace(":", "%3A").replace(",", "%2C")
