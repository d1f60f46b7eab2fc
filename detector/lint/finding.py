"""One thing that is wrong with a pattern.

In: what a rule saw. Out: a `Finding` for the reader, and before that a `Draft`, whose edits become the suggestion.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from detector.lint.rules import RULES, Severity
from detector.pattern.syntax import Condition, Selector, Span

Edit: TypeAlias = tuple[Span, str]


class Promise(StrEnum):
    """What is said about the events that the suggested pattern matches."""

    SAME = "same"
    """Exactly those of the pattern."""
    WIDER = "wider"
    """Those of the pattern, and more."""
    NARROWER = "narrower"
    """Some of those of the pattern, and no other."""
    OTHER = "other"
    """Other ones: the pattern as it is cannot have been meant."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A code, a place in the pattern, what follows from it, and what to write instead.

    ``span`` is half-open, in the pattern's text. ``suggestion`` is a whole pattern (or None): valid, without a
    finding of this code, and matching what ``promise`` says. ``numbers`` are counts from an archive.
    """

    code: str
    severity: Severity
    span: Span
    consequence: str
    suggestion: str | None = None
    promise: Promise | None = None
    numbers: tuple[str, ...] = ()
    selector: Selector | None = field(default=None, compare=False)
    conditions: tuple[Condition, ...] = field(default=(), compare=False)

    @property
    def title(self) -> str:
        """What findings of this code are about."""
        return RULES[self.code].title


@dataclass(frozen=True, slots=True)
class Draft:
    """What a rule says; ``edits`` of all drafts of one code together make the suggestion."""

    code: str
    span: Span
    consequence: str
    edits: tuple[Edit, ...] = ()
    promise: Promise = Promise.OTHER
    severity: Severity | None = None
    selector: Selector | None = None
    conditions: tuple[Condition, ...] = ()


def edited(source: str, edits: list[Edit]) -> str | None:
    """The text with every edit made; None where two of them overlap or there are none."""
    ordered = sorted(set(edits))
    if not ordered or any(one[0].end > other[0].start for one, other in itertools.pairwise(ordered)):
        return None
    for span, text in reversed(ordered):
        source = source[: span.start] + text + source[span.end :]
    return source
