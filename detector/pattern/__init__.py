"""The filter-pattern language of CloudWatch Logs.

`compile` is the front door for its three kinds: JSON patterns (``{ … }``), space-delimited ones (``[ … ]``)
and unstructured text. It gives a `Pattern`, which says whether a log event matches.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from detector import jsontext
from detector.pattern import space, syntax, text
from detector.pattern.predicate import Predicate, predicate

__all__ = ["Pattern", "PatternKind", "compile"]

# What the service takes for white space around a pattern; anything else is part of it.
_BLANKS = " \t\r\n"

Expr: TypeAlias = syntax.Expr | space.Fields | text.TextExpr


class PatternKind(StrEnum):
    """The three kinds of filter patterns; the first character that is no blank decides."""

    JSON = "json"
    TEXT = "text"
    SPACE = "space-delimited"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A filter pattern that the service would accept; made by `compile`, equal when its tree is."""

    source: str = field(compare=False)
    kind: PatternKind
    expr: Expr
    holds: Predicate = field(compare=False, repr=False)
    """The fast predicate over a decoded JSON object; the other kinds take the raw text as well."""

    def matches(self, message: str | bytes | dict[str, Any]) -> bool:
        """Whether one log event matches: its raw text, or the object decoded from it.

        Text that is no JSON object (broken, followed by more text, an array) never matches a JSON
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
        return space.extract(self.expr, text_of(message)) if isinstance(self.expr, space.Fields) else {}

    def __str__(self) -> str:
        return f"{{ {self.expr} }}" if self.kind is PatternKind.JSON else str(self.expr)

    def __reduce__(self) -> tuple[Any, ...]:
        return _planned, (self.source, self.kind, self.expr)


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

    The first character that is no blank decides the kind. Blanks around the whole pattern are accepted:
    one refusal was recorded in 2019, and today's answer is unknown.
    """
    from detector.pattern import limits  # noqa: PLC0415 - the parsers load only when a pattern is read

    limits.check_length(source)
    match source.lstrip(_BLANKS)[:1]:
        case "{":
            return _json(source)
        case "[":
            return _space(source)
        case _:
            return _text(source)


def _json(source: str) -> Pattern:
    from detector.pattern import grammar, limits  # noqa: PLC0415 - pyparsing loads only when a pattern is read

    expr = grammar.parse(source)
    limits.check(expr, source)
    return _planned(source, PatternKind.JSON, expr)


def _space(source: str) -> Pattern:
    from detector.pattern import space_grammar  # noqa: PLC0415 - pyparsing loads only when a pattern is read

    return _planned(source, PatternKind.SPACE, space_grammar.parse(source))


def _text(source: str) -> Pattern:
    from detector.pattern import text_grammar  # noqa: PLC0415 - loads only when a pattern is read

    return _planned(source, PatternKind.TEXT, text_grammar.parse(source))


def _planned(source: str, kind: PatternKind, expr: Expr) -> Pattern:
    """The pattern of a tree; a worker process gets the tree and so needs no parser."""
    return Pattern(source, kind, expr, _holds(expr))


def _holds(expr: Expr) -> Predicate:
    match expr:
        case space.Fields():
            return lambda event: space.holds(expr, text_of(event))
        case syntax.Compare() | syntax.Is() | syntax.NotExists() | syntax.And() | syntax.Or():
            return predicate(expr)
        case _:
            holds = text.predicate(expr)
            return lambda event: holds(text_of(event))
