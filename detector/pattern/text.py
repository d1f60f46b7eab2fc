"""Unstructured-text patterns: the nodes and their meaning.

In: terms, or one regular expression, and the raw text of a log event. Out: whether CloudWatch Logs would say
that it matches. The rules, recorded from TestMetricFilter (2026):

* A term is a plain substring of the message, case and blanks included; ``*`` in quotes is an ordinary character.
* Every required term has to occur, no excluded (``-``) term may, and of the optional (``?``) ones at least one
  has to. **Beside any required or excluded term the optional ones are ignored.**
* A regular expression stands alone and is searched anywhere in the message.

No terms at all match every event. A JSON event is searched as the text that it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias, assert_never

from detector.pattern.syntax import NOWHERE, Regex, Span

# Letters of any script (recorded for é); whatever else a term holds needs double quotes.
BARE_TERM = re.compile(r"[\w.]+")


class Role(StrEnum):
    """What is asked of a term, by the character in front of it."""

    REQUIRED = ""
    EXCLUDED = "-"
    OPTIONAL = "?"


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a quoted phrase to look for."""

    text: str
    role: Role = Role.REQUIRED
    quoted: bool = field(default=True, compare=False)
    span: Span = field(default=NOWHERE, compare=False)

    def __str__(self) -> str:
        if not self.quoted and BARE_TERM.fullmatch(self.text):
            return f"{self.role}{self.text}"
        escaped = self.text.replace("\\", "\\\\").replace('"', '\\"')
        return f'{self.role}"{escaped}"'


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a pattern in the order in which they are written; none match every event."""

    terms: tuple[Term, ...]

    def of(self, role: Role) -> tuple[str, ...]:
        """The texts of the terms of one role."""
        return tuple(term.text for term in self.terms if term.role is role)

    def __str__(self) -> str:
        return " ".join(map(str, self.terms))


TextExpr: TypeAlias = Terms | Regex


def predicate(expr: TextExpr) -> Callable[[str], bool]:
    """A function of the raw message that is true where the pattern matches."""
    match expr:
        case Regex(source):
            from detector.pattern.regex import compile_regex  # noqa: PLC0415 - RE2 loads only when used

            return compile_regex(source)
        case Terms():
            return _terms(expr)
        case _:
            assert_never(expr)


def _terms(expr: Terms) -> Callable[[str], bool]:
    required, excluded, optional = map(expr.of, Role)
    if optional and not required and not excluded:
        return lambda message: any(text in message for text in optional)

    def holds(message: str) -> bool:
        return all(text in message for text in required) and not any(text in message for text in excluded)

    return holds
