"""Filter patterns of every kind, as CloudWatch Logs would accept them: compiled, or as trees of `detector.pattern.syntax`.

In: ``draw``. Out: JSON trees within every limit of the service, lines of fields, terms of unstructured text.
"""

from __future__ import annotations

import functools
from typing import TypeGuard

from hypothesis import strategies as st

from detector.errors import PatternError
from detector.pattern import Pattern, PatternKind, limits, syntax
from detector.pattern import compile as compile_pattern
from detector.pattern.syntax import (
    And,
    AnyFields,
    Column,
    Compare,
    Condition,
    Expr,
    Field,
    Fields,
    Is,
    Kind,
    Name,
    NotExists,
    Number,
    Op,
    Or,
    Regex,
    Role,
    Selector,
    Term,
    Terms,
    Text,
    Value,
)

LONGEST_NAME, LONGEST_NUMBER = 40, 20
EQUALITIES, ORDERINGS = (
    st.sampled_from([op for op in Op if op.is_ordering is kind]) for kind in (False, True)
)


def is_key(key: str) -> bool:
    """Whether ``.['…']`` can hold it: there is no known way to escape its end."""
    return "']" not in key and "\n" not in key


def _is_bare(word: str) -> bool:
    """Whether a word needs no quotes and is not a number."""
    return len(word) < LONGEST_NAME and word.lower() != "null" and not syntax.NUMBER.fullmatch(word)


_BARE_NAMES = st.from_regex(syntax.BARE_NAME, fullmatch=True).filter(lambda name: len(name) < LONGEST_NAME)
_NAMES = (_BARE_NAMES | st.text(max_size=12).filter(is_key)).map(Name)
_STEPS = _NAMES | st.integers(0, 10**6).map(syntax.Index)
_NUMBERS = (
    st.from_regex(syntax.NUMBER, fullmatch=True)
    .filter(lambda number: len(number) < LONGEST_NUMBER)
    .map(Number)
)
_BARE = st.from_regex(syntax.BARE_WORD, fullmatch=True).filter(_is_bare)
_WORDS = st.text(max_size=20).map(Text) | _BARE.map(lambda word: Text(word, quoted=False))
REGEXES = st.sampled_from(["a", "^a.c$", r"\d{2,3}", "[A-Z]+|x*", r"\x28.+?", "a b", "#@;,=/:-_"]).map(Regex)

FIELD_CHARACTERS = st.sampled_from([*'ab1.é-" \\*:\t\n[](,%', "\u00a0", "\ud800"])
_FIELD_NUMBERS = st.sampled_from(["0", "1", "-1", "1.0", "+1", "1e3", ".5"]).map(Number)
_FIELD_WORDS = st.text(FIELD_CHARACTERS, max_size=4) | st.from_regex(r"[a-z*.]{1,4}", fullmatch=True)
FIELD_VALUES: st.SearchStrategy[Value] = (
    _FIELD_NUMBERS | _FIELD_WORDS.map(Text) | st.sampled_from(["x", "^a", "[0-9]+"]).map(Regex)
)

TERM_CHARACTERS = st.sampled_from([*'ab1_.é-?"% \\*:\t\n[{(/|&$', "\u00a0", "\ud800"])
_TERMS = st.builds(
    Term, st.text(TERM_CHARACTERS, min_size=1, max_size=6), st.sampled_from(Role), st.booleans()
)


def patterns(kind: PatternKind | str | None = None) -> st.SearchStrategy[Pattern]:
    """Patterns of one kind (``json``, ``text``, ``space-delimited``), or of all three."""
    texts = terms() | st.from_regex(r"[a-z0-9:_ ]{1,12}", fullmatch=True).map(Regex)
    sources: dict[PatternKind, st.SearchStrategy[str]] = {
        PatternKind.JSON: trees().map(lambda tree: f"{{ {tree} }}"),
        PatternKind.TEXT: texts.map(str),
        PatternKind.SPACE: fields().map(str),
    }
    kinds = list(PatternKind) if kind is None else [PatternKind(kind)]
    return st.one_of([sources[one] for one in kinds]).map(_compiled).filter(_is_valid)


def _compiled(source: str) -> Pattern | None:
    try:
        return compile_pattern(source)
    except PatternError:
        return None


def _is_valid(pattern: Pattern | None) -> TypeGuard[Pattern]:
    return pattern is not None


@st.composite
def selectors(draw: st.DrawFn, *, wildcard: bool | None = None) -> Selector:
    """A path: with a wildcard, without one, or (None) either."""
    steps: list[syntax.Step] = [draw(_NAMES), *draw(st.lists(_STEPS, max_size=4))]
    if draw(st.booleans()) if wildcard is None else wildcard:
        steps.insert(draw(st.integers(0, len(steps))), syntax.Wildcard())
    return Selector(tuple(steps))


def conditions(paths: st.SearchStrategy[Selector]) -> st.SearchStrategy[Condition]:
    """Every kind of condition on the paths."""
    return st.one_of(
        st.builds(Compare, paths, EQUALITIES, _NUMBERS | _WORDS | REGEXES),
        st.builds(Compare, paths, ORDERINGS, _NUMBERS),
        st.builds(Is, paths, st.sampled_from(Kind)),
        st.builds(NotExists, paths),
    )


def trees(leaves: st.SearchStrategy[Condition] | None = None) -> st.SearchStrategy[Expr]:
    """Trees of up to a dozen conditions within every limit."""
    return _joined(conditions(selectors()) if leaves is None else leaves, 12).filter(_is_within_limits)


def _is_within_limits(tree: Expr) -> bool:
    source = f"{{ {tree} }}"
    try:
        limits.check_length(source)
        limits.check(tree, source)
    except PatternError:
        return False
    return True


def _joined(leaves: st.SearchStrategy[Expr], max_leaves: int) -> st.SearchStrategy[Expr]:
    """Conditions joined with ``&&`` and ``||``."""

    def join(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        terms = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.builds(And, terms) | st.builds(Or, terms)

    return st.recursive(leaves, join, max_leaves=max_leaves)


@st.composite
def fields(draw: st.DrawFn) -> Fields:
    """Up to four fields, and perhaps ``...``; there may be more regular expressions than the service takes."""
    names = draw(st.lists(st.sampled_from(["a", "b", "c_1", "_", "ERROR"]), max_size=4, unique=True))
    entries: list[Field | AnyFields] = [draw(_field(name)) for name in names]
    if draw(st.booleans()):
        entries.insert(draw(st.integers(0, len(entries))), AnyFields())
    return Fields(() if entries == [Field()] else tuple(entries))


@functools.cache  # a strategy that is made anew for every draw is slow
def _field(name: str) -> st.SearchStrategy[Field]:
    column = st.just(Column((Name(name),)))
    comparisons = st.builds(Compare, column, EQUALITIES, FIELD_VALUES) | st.builds(
        Compare, column, ORDERINGS, _FIELD_NUMBERS
    )
    return st.builds(Field, st.just(name), st.none() | _joined(comparisons, 4)) | st.just(Field())


def terms() -> st.SearchStrategy[Terms]:
    """Up to five terms in every role; an empty pattern matches every event."""
    return st.lists(_TERMS, max_size=5).map(lambda some: Terms(tuple(some)))
