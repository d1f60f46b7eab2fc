"""The filter-pattern language of CloudWatch Logs.

`compile` is the front door for its three kinds: JSON patterns (``{ … }``), space-delimited ones (``[ … ]``)
and unstructured text. It gives a `Pattern`, which says whether a log event matches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from detector import jsontext
from detector.pattern import space
from detector.pattern.predicate import Predicate, predicate, text_predicate
from detector.pattern.syntax import Condition, Expr, Fields, Or, Regex, Terms, TextExpr, conditions

__all__ = ["Pattern", "PatternKind", "compile"]

# What the service takes for white space around a pattern; anything else is part of it.
BLANKS = " \t\r\n"


class PatternKind(StrEnum):
    """The three kinds of filter patterns; the first non-blank character decides."""

    JSON = "json"
    TEXT = "text"
    SPACE = "space-delimited"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A filter pattern that the service would accept; made by `compile`, equal when its tree is."""

    source: str = field(compare=False)
    kind: PatternKind
    expr: Expr | Fields | TextExpr
    holds: Predicate = field(compare=False, repr=False)
    """The fast predicate over a decoded JSON object; the other kinds take the raw text as well."""

    @property
    def json(self) -> Expr | None:
        """The tree of a JSON pattern; None for the other kinds."""
        return None if isinstance(self.expr, Fields | Terms | Regex) else self.expr

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions of a JSON pattern, as they are written; none for the other kinds."""
        return () if self.json is None else conditions(self.json)

    def matches(self, message: str | bytes | dict[str, Any]) -> bool:
        """Whether one log event matches: its raw text, or the object decoded from it.

        Text that is not a JSON object (broken, followed by more text, an array) never matches a JSON
        pattern, not even with NOT EXISTS (recorded, 2026). For the other kinds the text itself counts;
        an object is taken as one line of compact JSON, as CloudTrail sends it.
        """
        if self.kind is not PatternKind.JSON:
            return self.holds(message)
        event = message if isinstance(message, dict) else jsontext.parse_object(message)
        return event is not None and self.holds(event)

    def extract(self, message: str | bytes | dict[str, Any]) -> dict[str, str]:
        """The fields of a matching event, as TestMetricFilter prints them: ``$name``, or ``$2`` by position.

        Only space-delimited patterns have any (recorded); without a match there are none.
        """
        return space.extract(self.expr, text_of(message)) if isinstance(self.expr, Fields) else {}

    def __str__(self) -> str:
        return f"{{ {self.expr} }}" if self.kind is PatternKind.JSON else str(self.expr)

    def __reduce__(self) -> tuple[Any, ...]:
        return _compiled, (self.source, self.kind, self.expr)


def text_of(message: str | bytes | dict[str, Any]) -> str:
    """The raw text of a log event; a decoded object as one line of compact JSON."""
    match message:
        case str():
            return message
        case bytes():
            return message.decode("utf-8", "replace")
        case _:
            return jsontext.dump_json(message).decode()


def compile(source: str) -> Pattern:  # noqa: A001 - the field's own word, as in re.compile
    """The pattern written as ``source``; raises `PatternError` for what the service would refuse.

    The first non-blank character decides the kind. Blanks around the whole pattern are accepted:
    one refusal was recorded in 2019, and today's answer is unknown.
    """
    from detector.pattern import limits, quick  # noqa: PLC0415 - a worker process gets trees

    limits.check_length(source)
    if (expr := quick.parse(source)) is not None:
        return _compiled(source, PatternKind.JSON, expr)
    from detector.pattern import grammar, space_grammar, text_grammar  # noqa: PLC0415 - pyparsing takes time to import

    match source.lstrip(BLANKS)[:1]:
        case "{":
            return _compiled(source, PatternKind.JSON, grammar.parse(source))
        case "[":
            return _compiled(source, PatternKind.SPACE, space_grammar.parse(source))
        case _:
            return _compiled(source, PatternKind.TEXT, text_grammar.parse(source))


def of_tree(expr: Expr | Fields | TextExpr) -> Pattern:
    """The pattern of a tree that was made; raises `PatternError` for what the service would refuse."""
    from detector.pattern import limits  # noqa: PLC0415 - a worker process gets trees

    match expr:
        case Fields() | Terms() | Regex():
            return compile(str(expr))
        case _:
            source = f"{{ {expr} }}"
            limits.check_length(source)
            limits.check(expr, source)
            return _compiled(source, PatternKind.JSON, expr)


def any_of(patterns: Sequence[Pattern]) -> Pattern | None:
    """The pattern that matches what any of these JSON patterns matches; None if one of them is of another kind.

    It may be longer than a pattern that the service takes.
    """
    if len(patterns) == 1:
        return patterns[0]
    terms: list[Expr] = []
    for pattern in patterns:
        if pattern.json is None:
            return None
        terms += pattern.json.terms if isinstance(pattern.json, Or) else [pattern.json]
    expr = Or(tuple(terms))
    return _compiled(f"{{ {expr} }}", PatternKind.JSON, expr)


def _compiled(source: str, kind: PatternKind, expr: Expr | Fields | TextExpr) -> Pattern:
    match expr:
        case Fields():
            return Pattern(source, kind, expr, lambda event: space.holds(expr, text_of(event)))
        case Terms() | Regex():
            in_text = text_predicate(expr)
            return Pattern(source, kind, expr, lambda event: in_text(text_of(event)))
        case _:
            return Pattern(source, kind, expr, predicate(expr))
