r"""From the text of an unstructured-text pattern to its terms.

In: a pattern that begins neither with ``{`` nor with ``[``. Out: the terms, or the one regular expression, or
a `PatternError` that says what was expected where.

    pattern := '%' regex '%' | ( term blanks )*
    term    := ( '-' | '?' )? blanks ( word | '"' characters '"' )
    word    := letters, digits, '_', '.'; ends at a blank or at the '-' or '?' of the next term

There is no nesting and nothing to choose between, so one regular expression reads a term and a loop reads the
pattern; a parser library would only hide that ``a-b`` is two terms although ``"a"b`` is an error.
"""

from __future__ import annotations

import re

from detector.errors import PatternError
from detector.pattern import limits
from detector.pattern.grammar import out_of_quotes
from detector.pattern.mistakes import in_terms
from detector.pattern.syntax import BARE_TERM, Regex, Role, Span, Term, Terms, TextExpr

# The documentation of 2018-2020 writes - "Exiting" with a blank; ? is taken to be no different.
_TERM = re.compile(
    rf'(?P<role>[-?]?)[ \t\r\n]*(?:(?P<word>{BARE_TERM.pattern})|(?P<phrase>"(?:[^"\\]|\\[\s\S])+"))'
)
_BLANKS = re.compile(r"[ \t\r\n]*")
_AFTER_WORD = re.compile(r"[ \t\r\n?-]|$")
# `"ERROR"WARN` was recorded as refused. The same is taken for `"ERROR"-WARN`.
_AFTER_PHRASE = re.compile(r"[ \t\r\n]|$")


def parse(source: str) -> TextExpr:
    """The terms of an unstructured-text pattern, or its stand-alone regular expression."""
    place = _skip(source, 0)
    if source.startswith("%", place):
        return _regex(source, place)
    terms = []
    while place < len(source):
        term = _term(source, place)
        terms.append(term)
        place = _skip(source, term.span.end)
    return Terms(tuple(terms))


def _term(source: str, place: int) -> Term:
    found = _TERM.match(source, place)
    if found is None:
        operator = source[place] in "-?"
        raise in_terms(source, _skip(source, place + 1) if operator else place)
    phrase = found["phrase"]
    after = _AFTER_WORD if phrase is None else _AFTER_PHRASE
    if not after.match(source, found.end()):
        raise in_terms(source, found.end())
    text = found["word"] if phrase is None else out_of_quotes(phrase)
    return Term(text, Role(found["role"]), phrase is not None, Span(place, found.end()))


def _regex(source: str, start: int) -> Regex:
    end = source.find("%", start + 1)
    if end < 0:
        reason = "expected a second % to close this regex"
        raise PatternError(reason, source, (start, start + 1), 'a term with % needs double quotes: "100%"')
    after = _skip(source, end + 1)
    if after < len(source):
        reason = "expected nothing after the regex: it has to be the whole pattern"
        hint = "a | inside the regex says or; for the character % itself write \\x25"
        raise PatternError(reason, source, (after, len(source)), hint)
    regex = source[start + 1 : end]
    limits.check_regex(regex, source, Span(start, end + 1))
    return Regex(regex)


def _skip(source: str, place: int) -> int:
    match = _BLANKS.match(source, place)
    return match.end() if match else place
