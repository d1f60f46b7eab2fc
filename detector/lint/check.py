"""A pattern in, its findings out.

Every rule says what it sees as a draft; the edits of all drafts of one code make one suggestion. A suggestion is
given only if it is a valid pattern and has no finding of its own code.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from detector.errors import PatternError
from detector.lint import (
    attempts,
    callers,
    codes,
    events,
    families,
    fields,
    language,
    literals,
    logical,
    losses,
    places,
    sources,
    syntaxes,
    texts,
    trailed,
)
from detector.lint.finding import Draft, Finding, Promise, edited
from detector.lint.rules import RULES
from detector.lint.subject import WORK, Subject
from detector.lint.trees import as_written
from detector.pattern import Pattern
from detector.pattern import compile as compile_pattern
from detector.pattern.syntax import Terms, conditions
from detector.relation.budget import Budget

Rules: TypeAlias = Callable[[Subject], Iterator[Draft]]

_RULES: tuple[Rules, ...] = (
    logical.drafts,
    fields.drafts,
    losses.drafts,
    codes.drafts,
    literals.drafts,
    sources.drafts,
    syntaxes.drafts,
    callers.drafts,
    events.drafts,
    trailed.drafts,
    families.drafts,
    attempts.drafts,
    places.drafts,
    language.drafts,
)


def lint(pattern: Pattern) -> tuple[Finding, ...]:
    """What is wrong with a valid pattern, in the order of its text."""
    found: list[Finding] = []
    for rules in _RULES:
        drafts = _drafts(pattern.source, rules)
        offered = {code: _suggestion(pattern.source, rules, code) for code in {one.code for one in drafts}}
        found += (_finding(draft, drafts, offered[draft.code]) for draft in drafts)
    return tuple(sorted(found, key=lambda one: (one.span, -one.severity, one.code)))


def _finding(draft: Draft, drafts: tuple[Draft, ...], offered: str | None) -> Finding:
    suggestion = offered if draft.edits else None
    # One suggestion has the edits of all drafts of a code, so what it promises must hold of each of them.
    promises = {one.promise for one in drafts if one.code == draft.code and one.edits}
    promise = promises.pop() if len(promises) == 1 else Promise.OTHER
    return Finding(
        draft.code,
        RULES[draft.code].severity if draft.severity is None else draft.severity,
        draft.span,
        draft.consequence,
        suggestion,
        None if suggestion is None else promise,
        selector=draft.selector,
        conditions=draft.conditions,
    )


@functools.lru_cache(maxsize=1024)
def _drafts(source: str, rules: Rules) -> tuple[Draft, ...]:
    """What the rules of one subject say, with selectors in the author's words."""
    subject = _subject(source)
    if isinstance(subject, Terms):
        return tuple(texts.drafts(subject)) if rules is _RULES[0] else ()
    if subject is None:
        return ()
    leaves = conditions(subject.expr)
    # Each has its own bound on work, so that what one of them takes is not missing to another.
    return tuple(
        replace(
            draft,
            consequence=as_written(draft.consequence, source, leaves),
            edits=tuple((span, as_written(text, source, leaves)) for span, text in draft.edits),
        )
        for draft in rules(replace(subject, work=Budget(WORK)))
    )


@functools.lru_cache(maxsize=64)
def _subject(source: str) -> Subject | Terms | None:
    """What there are rules for: JSON patterns, and terms."""
    pattern = compile_pattern(source)
    if pattern.json is not None:
        return Subject.of(source, pattern.json)
    return pattern.expr if isinstance(pattern.expr, Terms) else None


def _suggestion(source: str, rules: Rules, code: str) -> str | None:
    """All edits of one code made at once; None where that is no better."""
    edits = [edit for draft in _drafts(source, rules) if draft.code == code for edit in draft.edits]
    text = edited(source, edits)
    if text is None:
        return None
    try:
        return None if any(draft.code == code for draft in _drafts(text, rules)) else text.strip()
    except PatternError:
        return None
