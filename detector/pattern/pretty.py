"""A pattern in several lines that read well. In: a pattern. Out: its text, which compiles to an equal one."""

from __future__ import annotations

from detector.errors import PatternError
from detector.pattern import BLANKS, Pattern
from detector.pattern import compile as compile_pattern
from detector.pattern.syntax import And, Expr, Or

WIDTH = 100


def pretty(pattern: Pattern) -> str:
    """The pattern, broken at ``&&`` and ``||`` where it is wider than `WIDTH`.

    The line breaks count against the service's limit on length; a pattern that they would take beyond it stays
    as it was written.
    """
    written = pattern.source.strip(BLANKS)
    if pattern.json is None or len(str(pattern)) <= WIDTH:
        return written
    broken = f"{{ {_broken(pattern.json, 2)} }}"
    try:
        return broken if compile_pattern(broken) == pattern else written
    except PatternError:
        return written


def _broken(expr: Expr, indent: int) -> str:
    if not isinstance(expr, And | Or) or indent + len(str(expr)) <= WIDTH:
        return str(expr)
    terms = [
        f"({_broken(term, indent + 1)})" if isinstance(term, And | Or) else str(term) for term in expr.terms
    ]
    return f"{' &&' if isinstance(expr, And) else ' ||'}\n{' ' * indent}".join(terms)
