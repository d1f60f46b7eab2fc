"""What Hypothesis draws: trees of the language, events, patterns aimed at an event, and spellings of JSON.

In: `draw`. Out: values that CloudWatch Logs would accept (trees stay within its limits), so that a property can say
what must hold of every one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st

from detector.errors import PatternError
from detector.pattern import limits, syntax
from detector.pattern.evaluate import condition_holds
from detector.pattern.syntax import And, Compare, Condition, Expr, Is, Kind, NotExists, Op, Or, Selector

PLAIN_NAMES = st.from_regex(syntax.BARE_NAME, fullmatch=True).filter(lambda name: len(name) < 40)


def is_key(key: str) -> bool:
    """Whether ``.['…']`` can hold it: no way to escape its end is known."""
    return "']" not in key and "\n" not in key


KEYS = st.text(max_size=12).filter(is_key)
NAMES = (PLAIN_NAMES | KEYS).map(syntax.Name)
STEPS = NAMES | st.integers(0, 10**6).map(syntax.Index)

NUMBERS = st.from_regex(syntax.NUMBER, fullmatch=True).filter(lambda text: len(text) < 20).map(syntax.Number)
QUOTED = st.text(max_size=20).map(syntax.Text)
WORDS = (
    st.from_regex(syntax.BARE_WORD, fullmatch=True)
    .filter(lambda word: len(word) < 40 and word.lower() != "null" and not syntax.NUMBER.fullmatch(word))
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
    text = f"{{ {tree} }}"
    try:
        limits.check_length(text)
        limits.check(tree, text)
    except PatternError:
        return False
    return True


def _several(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[tuple[Expr, ...]]:
    return st.lists(inner, min_size=2, max_size=3).map(tuple)


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


@st.composite
def aimed(draw: st.DrawFn, event: dict[str, Any]) -> Condition:
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
    return draw(st.sampled_from(true or exact) | st.sampled_from(exact) | conditions(st.just(path)))


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


def spellings(value: Any) -> st.SearchStrategy[str]:
    """One of the many JSON texts that spell ``value``: blanks, escapes, key order, duplicate keys."""
    return st.integers(0, 2**32).map(lambda seed: Speller(Random(seed)).text(value))  # noqa: S311 - no secret


@dataclass(frozen=True, slots=True)
class Speller:
    """Writes JSON with choices of its own; a plain random source, since a draw per letter is slow."""

    random: Random

    def text(self, value: Any) -> str:
        return f"{self._blanks()}{self._spelled(value)}{self._blanks()}"

    def _spelled(self, value: Any) -> str:
        match value:
            case dict():
                return self._object(value)
            case list():
                return f"[{','.join(map(self.text, value))}{self._blanks()}]"
            case str():
                return '"' + "".join(map(self._character, value)) + '"'
            case float():
                return self.random.choice([repr(value), f"{value:.17e}"])
            case _:
                return json.dumps(value)

    def _object(self, value: dict[str, Any]) -> str:
        members = self.random.sample(list(value.items()), len(value))
        # A duplicate in front loses: the last one wins.
        losers: list[tuple[str, Any]] = [
            (key, self.random.choice([None, 1, "x", {}])) for key in value if self.random.random() < 1 / 4
        ]
        texts = [f"{self.text(key)}:{self.text(member)}" for key, member in [*losers, *members]]
        return "{" + (",".join(texts) or self._blanks()) + "}"

    def _character(self, char: str) -> str:
        units = char.encode("utf-16-be", "surrogatepass").hex()
        escape = "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
        ways = [escape, escape.upper().replace("\\U", "\\u")]
        if char in _SHORT:
            ways.append(_SHORT[char])
        if char >= " " and char not in '"\\' and not "\ud800" <= char <= "\udfff":
            ways += [char, char]
        return self.random.choice(ways)

    def _blanks(self) -> str:
        return self.random.choice(["", "", "", " ", "\n", "\t\r "])


_SHORT = {
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    '"': '\\"',
    "\\": "\\\\",
    "/": "\\/",
}
