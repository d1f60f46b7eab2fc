"""D601 and D602: unstructured-text patterns.

In: terms. Out: drafts. ``?`` terms are ignored beside any other term, and a text cannot both hold a term and not.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.lint.finding import Draft, Promise
from detector.pattern.syntax import Role, Span, Term, Terms


def drafts(expr: Terms) -> Iterator[Draft]:
    """The findings about terms."""
    optional = [term for term in expr.terms if term.role is Role.OPTIONAL]
    others = [term for term in expr.terms if term.role is not Role.OPTIONAL]
    if optional and others:
        yield _ignored(optional, others)
    for term in others:
        if term.role is Role.EXCLUDED:
            yield from _contradicted(term, others)


def _ignored(optional: list[Term], others: list[Term]) -> Draft:
    listed = " ".join(map(str, optional[:3]))
    said = (
        f"{listed} {'is' if len(optional) == 1 else 'are'} ignored: beside {others[0]}, ? terms do not count"
    )
    edits = tuple((term.span, "") for term in optional)
    return Draft("D601", optional[0].span, said, edits, Promise.SAME)


def _contradicted(term: Term, others: list[Term]) -> Iterator[Draft]:
    needed = next(
        (other for other in others if other.role is Role.REQUIRED and term.text in other.text), None
    )
    if needed:
        yield Draft(
            "D602",
            Span(*term.span),
            f"a message with {needed} has {term.text} too: the pattern can never match",
        )
