"""A pattern in, its findings out.

Every rule says what it sees as a draft; the edits of all drafts of one code make one suggestion. A suggestion is
given only if it is a valid pattern and has no finding of its own code.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace

from detector.errors import PatternError
from detector.lint import events, fields, language, literals, logical, losses, texts
from detector.lint.finding import Draft, Finding, Promise, edited
from detector.lint.rules import RULES
from detector.lint.subject import Subject
from detector.lint.trees import as_written
from detector.pattern import Pattern
from detector.pattern import compile as compile_pattern
from detector.pattern.syntax import And, Compare, Is, NotExists, Or, Terms, conditions

_GROUPS: tuple[Callable[[Subject], Iterator[Draft]], ...] = (
    logical.drafts,
    fields.drafts,
    losses.drafts,
    literals.drafts,
    events.drafts,
    language.drafts,
)


def lint(pattern: Pattern) -> tuple[Finding, ...]:
    """What is wrong with a valid pattern, in the order of its text."""
    drafts = _drafts(pattern.source)
    suggestions = {code: _suggestion(pattern.source, code) for code in {draft.code for draft in drafts}}
    promises = {code: _promise(drafts, code) for code in suggestions}
    found = [_finding(draft, suggestions[draft.code], promises[draft.code]) for draft in drafts]
    return tuple(sorted(found, key=lambda one: (one.span, -one.severity, one.code)))


def _promise(drafts: tuple[Draft, ...], code: str) -> Promise:
    """What holds of a suggestion with the edits of all drafts of one code."""
    each = {draft.promise for draft in drafts if draft.code == code and draft.edits}
    return each.pop() if len(each) == 1 else Promise.OTHER


def _finding(draft: Draft, suggestion: str | None, promise: Promise) -> Finding:
    severity = RULES[draft.code].severity if draft.severity is None else draft.severity
    offered = suggestion if draft.edits else None
    return Finding(
        draft.code,
        severity,
        draft.span,
        draft.consequence,
        offered,
        promise if offered is not None else None,
        selector=draft.selector,
        conditions=draft.conditions,
    )


@functools.lru_cache(maxsize=512)
def _drafts(source: str) -> tuple[Draft, ...]:
    pattern = compile_pattern(source)
    match pattern.expr:
        case And() | Or() | Compare() | Is() | NotExists():
            subject = Subject.of(source, pattern.expr)
            found = [draft for group in _GROUPS for draft in group(subject)]
            return tuple(_as_written(draft, subject) for draft in found)
        case Terms():
            return tuple(texts.drafts(pattern.expr))
        case _:
            return ()


def _as_written(draft: Draft, subject: Subject) -> Draft:
    """The draft with selectors in the author's words."""
    leaves = conditions(subject.expr)
    edits = tuple((span, as_written(text, subject.source, leaves)) for span, text in draft.edits)
    said = as_written(draft.consequence, subject.source, leaves)
    return replace(draft, consequence=said, edits=edits)


def _suggestion(source: str, code: str) -> str | None:
    """All edits of one code made at once; None where that is no better."""
    text = edited(source, [edit for draft in _drafts(source) if draft.code == code for edit in draft.edits])
    if text is None:
        return None
    try:
        return None if any(draft.code == code for draft in _drafts(text)) else text.strip()
    except PatternError:
        return None
