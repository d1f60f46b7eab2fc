"""Rules of composite alarms, and histories of the alarms that they name.

In: ``draw``. Out: trees of `detector.composite.syntax`, which read back as they are written.
"""

from __future__ import annotations

from hypothesis import strategies as st

from detector.alarm import State
from detector.composite.syntax import And, AtLeast, Constant, Expr, InState, Not, Or, Reference

_STATES = st.sampled_from(State)
_NAMES = st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda name: bool(name.strip()))


def rules(names: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Expr]:
    """Rules over alarms of these names (default: any): states, constants, AND, OR, NOT, and AT_LEAST."""
    alarms = (_NAMES if names is None else names).map(Reference)

    @st.composite
    def at_least(draw: st.DrawFn) -> AtLeast:
        listed = tuple(draw(st.lists(alarms, min_size=1, max_size=4)))
        percent = draw(st.booleans())
        number = draw(st.integers(1, 100 if percent else len(listed)))
        return AtLeast(number, percent, draw(st.booleans()), draw(_STATES), listed)

    leaves = st.builds(Constant, st.booleans()) | st.builds(InState, _STATES, alarms) | at_least()

    def larger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.builds(Not, inner) | st.builds(And, several) | st.builds(Or, several)

    return st.recursive(leaves, larger, max_leaves=8)
