"""Events of any shape that JSON allows, and conditions about what such an event holds.

In: ``draw``. Out: decoded JSON objects, and conditions that are mostly true of one. For events that look like
CloudTrail's there is `detector.testing.records`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from msgspec import structs

from detector.pattern import syntax
from detector.pattern.evaluate import condition_holds
from detector.pattern.syntax import Compare, Condition, Is, Kind, NotExists, Op, Selector
from detector.testing.patterns import conditions, is_key


def joined(text: str) -> str:
    """Two halves of a surrogate pair side by side are one character to every reader of JSON."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


ANY_TEXT = st.text(st.characters(), max_size=12).map(joined)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | ANY_TEXT
    | st.sampled_from(["AccessDenied", "1", "1.0", "2024-01-01T00:00:00Z", "a/b", "\U0001f600", "\ud800"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.dictionaries(st.sampled_from(["a", "b", "eventName", "é", "x y"]) | ANY_TEXT, VALUES, max_size=5)


_ANY = conditions(st.just(Selector((syntax.Name("a"),))))


@st.composite
def conditions_about(draw: st.DrawFn, event: dict[str, Any]) -> Condition:
    """A condition about a place that the event has, mostly one that is true there."""
    steps: list[syntax.Step] = []
    value: Any = event
    while ways := _ways(value):
        step, value = draw(st.sampled_from(ways))
        steps.append(step)
        if not draw(st.booleans()):
            break
    path = Selector(tuple(steps) or (syntax.Name("a"),))
    exact = list(_about(path, value))
    true = [condition for condition in exact if condition_holds(condition, event)]
    if draw(st.booleans()) or draw(st.booleans()):
        return draw(st.sampled_from(true or exact if draw(st.booleans()) else exact))
    return structs.replace(draw(_ANY), selector=path)


def _ways(value: Any) -> list[tuple[syntax.Step, Any]]:
    if isinstance(value, dict):
        return [(syntax.Name(key), member) for key, member in value.items() if is_key(key)]
    return [(syntax.Index(at), one) for at, one in enumerate(value)] if isinstance(value, list) else []


def _about(path: Selector, value: Any) -> Iterator[Condition]:
    inside = Selector((*path.steps, syntax.Wildcard()))
    yield NotExists(path)
    yield from (Is(path, kind) for kind in Kind)
    yield Compare(inside, Op.NE, syntax.Text("a"))
    if isinstance(value, str):
        yield from (Compare(path, op, syntax.Text(value)) for op in (Op.EQ, Op.NE))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from (Compare(path, op, syntax.Number(repr(value))) for op in Op)
