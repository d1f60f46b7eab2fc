"""Unstructured-text patterns: terms in every role, quoted and bare, and stand-alone regular expressions."""

from __future__ import annotations

from hypothesis import strategies as st

from detector.pattern.syntax import Regex, Role, Term, Terms, TextExpr

ALPHABET = st.sampled_from([*'ab1_.é-?"% \\*:\t\n[{(/|&$', "\u00a0", "\ud800"])
PHRASES = st.text(ALPHABET, min_size=1, max_size=6)
TERMS = st.builds(Term, PHRASES, st.sampled_from(Role), st.booleans())


def terms() -> st.SearchStrategy[Terms]:
    """Up to five terms; none at all match every event."""
    return st.lists(TERMS, max_size=5).map(lambda some: Terms(tuple(some)))


def text_patterns() -> st.SearchStrategy[TextExpr]:
    """Terms, or one regular expression."""
    return terms() | st.from_regex(r"[a-z0-9:_ ]{1,12}", fullmatch=True).map(Regex)
