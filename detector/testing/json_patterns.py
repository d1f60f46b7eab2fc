"""Trees of JSON filter patterns, any that CloudWatch Logs would accept.

In: ``draw``. Out: nodes of `detector.pattern.syntax` within every limit of the service.
"""

from __future__ import annotations

from hypothesis import strategies as st

from detector.errors import PatternError
from detector.pattern import limits, syntax
from detector.pattern.syntax import And, Compare, Condition, Expr, Is, Kind, NotExists, Op, Or, Selector

PLAIN_NAMES = st.from_regex(syntax.BARE_NAME, fullmatch=True).filter(lambda name: len(name) < 40)  # noqa: PLR2004 - short enough


def is_key(key: str) -> bool:
    """Whether ``.['…']`` can hold it: no way to escape its end is known."""
    return "']" not in key and "\n" not in key


KEYS = st.text(max_size=12).filter(is_key)
NAMES = (PLAIN_NAMES | KEYS).map(syntax.Name)
STEPS = NAMES | st.integers(0, 10**6).map(syntax.Index)

NUMBERS = st.from_regex(syntax.NUMBER, fullmatch=True).filter(lambda text: len(text) < 20).map(syntax.Number)  # noqa: PLR2004 - short enough
QUOTED = st.text(max_size=20).map(syntax.Text)


def is_word(word: str) -> bool:
    """Whether it can stand without quotes and is no number."""
    return len(word) < 40 and word.lower() != "null" and not syntax.NUMBER.fullmatch(word)  # noqa: PLR2004 - short enough


WORDS = (
    st.from_regex(syntax.BARE_WORD, fullmatch=True)
    .filter(is_word)
    .map(lambda word: syntax.Text(word, quoted=False))
)
REGEXES = st.sampled_from(["a", "^a.c$", r"\d{2,3}", "[A-Z]+|x*", r"\x28.+?", "a b", "#@;,=/:-_"]).map(
    syntax.Regex
)


@st.composite
def selectors(draw: st.DrawFn, *, wildcard: bool | None = None) -> Selector:
    """A path; with a wildcard somewhere, without one, or as it comes."""
    steps: list[syntax.Step] = [draw(NAMES), *draw(st.lists(STEPS, max_size=4))]
    if draw(st.booleans()) if wildcard is None else wildcard:
        steps.insert(draw(st.integers(0, len(steps))), syntax.Wildcard())
    if isinstance(steps[0], syntax.Index):
        steps.insert(0, draw(NAMES))
    return Selector(tuple(steps))


def conditions(paths: st.SearchStrategy[Selector]) -> st.SearchStrategy[Condition]:
    """Every kind of condition on the paths."""
    equality = st.sampled_from([Op.EQ, Op.NE])
    ordering = st.sampled_from([op for op in Op if op.is_ordering])
    return st.one_of(
        st.builds(Compare, paths, equality, NUMBERS | QUOTED | WORDS | REGEXES),
        st.builds(Compare, paths, ordering, NUMBERS),
        st.builds(Is, paths, st.sampled_from(Kind)),
        st.builds(NotExists, paths),
    )


def trees(leaves: st.SearchStrategy[Condition] | None = None) -> st.SearchStrategy[Expr]:
    """Trees of up to a dozen conditions that pass every limit."""
    base: st.SearchStrategy[Expr] = conditions(selectors()) if leaves is None else leaves
    whole = st.recursive(
        base,
        lambda inner: st.builds(lambda terms, node: node(terms), _several(inner), st.sampled_from([And, Or])),
        max_leaves=12,
    )
    return whole.filter(within_limits)


def within_limits(tree: Expr) -> bool:
    """Whether the service would take the pattern: its length, wildcards, regexes and exponents."""
    text = f"{{ {tree} }}"
    try:
        limits.check_length(text)
        limits.check(tree, text)
    except PatternError:
        return False
    return True


def _several(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[tuple[Expr, ...]]:
    return st.lists(inner, min_size=2, max_size=3).map(tuple)
