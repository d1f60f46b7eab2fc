"""What a valid filter pattern says that its author will not have meant.

In: a pattern. Out: findings, each with a code, a place, the consequence in one sentence, and a pattern that does
what was probably meant. The claim: **a finding that is made is right**; what cannot be decided is left out.

`lint` is the front door.
"""

from __future__ import annotations

from detector.lint.check import lint
from detector.lint.finding import Finding
from detector.lint.rules import RULES, Rule, Severity

__all__ = ["RULES", "Finding", "Rule", "Severity", "lint"]
