"""What a valid filter pattern or alarm says that its author will not have meant.

In: a pattern, or a detection for its alarm. Out: findings, each with a code, a place, the consequence in one sentence, and
a pattern or settings that do what was probably meant. The claim: **a finding that is made is right**; what cannot be decided is left out.

`lint` and `lint_alarm` are the front doors.
"""

from __future__ import annotations

from detector.lint.alarms import AlarmFinding, lint_alarm
from detector.lint.check import lint
from detector.lint.finding import Finding
from detector.lint.rules import RULES, Rule, Severity

__all__ = ["RULES", "AlarmFinding", "Finding", "Rule", "Severity", "lint", "lint_alarm"]
