"""The filter-pattern language of CloudWatch Logs.

`compile` is the front door for its three kinds: JSON patterns (``{ … }``), space-delimited ones (``[ … ]``)
and unstructured text. It gives a `Pattern`, which says whether a log event matches.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from detector import jsontext
from detector.errors import PatternError
from detector.pattern import syntax
from detector.pattern.compile import Predicate, predicate

__all__ = ["Pattern", "compile"]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A filter pattern that the service would accept; made by `compile`, equal when its tree is."""

    source: str = field(compare=False)
    expr: syntax.Expr
    holds: Predicate = field(compare=False, repr=False)
    """The fast predicate over a decoded JSON object."""

    def matches(self, message: str | bytes | dict[str, Any]) -> bool:
        """Whether one log event matches: its raw text, or the object decoded from it.

        Text that is no JSON object (broken, followed by more text, an array) never matches a JSON
        pattern, not even with NOT EXISTS (recorded, 2026).
        """
        event = message if isinstance(message, dict) else jsontext.parse_object(message)
        return event is not None and self.holds(event)

    def __str__(self) -> str:
        return f"{{ {self.expr} }}"

    def __reduce__(self) -> tuple[Any, ...]:
        return compile, (self.source,)


def compile(source: str) -> Pattern:  # noqa: A001 - the field's own word, as in re.compile
    """The pattern written as ``source``; raises `PatternError` for what the service would refuse.

    The first character that is no blank decides the kind. Blanks around the whole pattern are accepted:
    one refusal was recorded in 2019, and today's answer is unknown.
    """
    from detector.pattern import grammar, limits  # noqa: PLC0415 - pyparsing loads only when a pattern is read

    limits.check_length(source)
    start = source.lstrip()[:1]
    if start != "{":
        raise PatternError(*_not_yet(source, start))
    expr = grammar.parse(source)
    limits.check(expr, source)
    return Pattern(source, expr, predicate(expr))


def _not_yet(source: str, start: str) -> tuple[str, str, tuple[int, int], str]:
    kind = "space-delimited" if start == "[" else "unstructured text"
    reason = f"expected a JSON pattern, found {kind}, which is not supported yet"
    return reason, source, (0, max(1, len(source))), "write { $.field = value }"
