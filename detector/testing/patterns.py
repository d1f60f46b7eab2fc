"""Filter patterns of every kind, compiled, as CloudWatch Logs would accept them."""

from __future__ import annotations

from typing import TypeGuard

from hypothesis import strategies as st

from detector.errors import PatternError
from detector.pattern import Pattern, PatternKind, compile  # noqa: A004 - as in re.compile
from detector.testing.json_patterns import trees
from detector.testing.space_patterns import fields
from detector.testing.text_patterns import text_patterns

_SOURCES: dict[PatternKind, st.SearchStrategy[str]] = {
    PatternKind.JSON: trees().map(lambda tree: f"{{ {tree} }}"),
    PatternKind.TEXT: text_patterns().map(str),
    PatternKind.SPACE: fields().map(str),
}


def patterns(kind: PatternKind | str | None = None) -> st.SearchStrategy[Pattern]:
    """Patterns of one kind (``json``, ``text``, ``space-delimited``), or of all three."""
    kinds = list(PatternKind) if kind is None else [PatternKind(kind)]
    return st.one_of([_SOURCES[one] for one in kinds]).map(_compiled).filter(_is_valid)


def _compiled(source: str) -> Pattern | None:
    try:
        return compile(source)
    except PatternError:
        return None


def _is_valid(pattern: Pattern | None) -> TypeGuard[Pattern]:
    return pattern is not None
