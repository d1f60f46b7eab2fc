"""The fast way to ask the same question: a tree becomes nested closures, planned once and run often.

In: an expression, and how to read a selector from an event. Out: a predicate. The claim, proved on a small
world and on every recorded row: it equals `detector.pattern.evaluate` on every event. What is not the common
case (numbers, wildcards, orderings) is left to the functions of `evaluate` itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, TypeAlias, assert_never

from msgspec import structs

from detector.pattern import evaluate
from detector.pattern.evaluate import MISSING
from detector.pattern.syntax import (
    And,
    Compare,
    Condition,
    Expr,
    Is,
    Kind,
    Name,
    NotExists,
    Op,
    Or,
    Regex,
    Role,
    Selector,
    Text,
    TextExpr,
    Value,
)

Predicate: TypeAlias = Callable[[Any], bool]
Access: TypeAlias = Callable[[Any], Any]


def predicate(expr: Expr, reader: Callable[[Selector], Access] | None = None) -> Predicate:
    """A function of one decoded event that is true where `evaluate` is.

    ``reader`` says how a selector without wildcard is read from an event; without it events are
    decoded JSON objects.
    """
    read = reader or access
    match expr:
        case And(terms):
            return _all([predicate(term, read) for term in terms])
        case Or(terms):
            return _any([predicate(term, read) for term in terms])
        case Compare() | Is() | NotExists():
            return condition(expr, read)
        case _:
            assert_never(expr)


def text_predicate(expr: TextExpr) -> Callable[[str], bool]:
    """A function of the text of an event that is true where `evaluate.text_holds` is."""
    if isinstance(expr, Regex):
        return lambda message: evaluate.regex_found(expr.source, message)
    required, excluded, optional = (
        tuple(term.text for term in expr.counted if term.role is role) for role in Role
    )
    if optional:
        return lambda message: any(text in message for text in optional)
    return lambda message: (
        all(text in message for text in required) and not any(text in message for text in excluded)
    )


def condition(leaf: Condition, read: Callable[[Selector], Access]) -> Predicate:
    """One condition as a predicate; a wildcard selector goes the plain way."""
    if leaf.selector.wildcard is not None:
        return _with_wildcard(leaf, read)
    found = read(leaf.selector)
    test = test_of(leaf)
    return lambda event: test(found(event))


def _with_wildcard(leaf: Condition, read: Callable[[Selector], Access]) -> Predicate:
    """The plain way, behind the members that the path begins with: only they can be read."""
    if read is access:
        return lambda event: evaluate.condition_holds(leaf, event)
    steps = leaf.selector.steps
    names = tuple(itertools.takewhile(lambda step: isinstance(step, Name), steps))
    found = read(Selector(names))
    below = structs.replace(leaf, selector=Selector((Name(""), *steps[len(names) :])))

    def holds(event: Any) -> bool:
        value = found(event)
        return evaluate.condition_holds(below, {} if value is MISSING else {"": value})

    return holds


def access(selector: Selector) -> Access:
    """Read a selector without wildcard from decoded JSON; MISSING where it leads nowhere."""
    steps = selector.steps
    if all(isinstance(step, Name) for step in steps):
        return _by_names(tuple(step.text for step in steps if isinstance(step, Name)))
    return lambda event: evaluate.find(selector, event)


def _by_names(names: tuple[str, ...]) -> Access:
    if len(names) == 1:
        (only,) = names
        return lambda event: event.get(only, MISSING)

    def found(event: Any) -> Any:
        for name in names:
            if not isinstance(event, dict):
                return MISSING
            event = event.get(name, MISSING)
        return event

    return found


def test_of(leaf: Condition) -> Predicate:
    """The test of what a condition's selector found, MISSING included; not for wildcard selectors."""
    match leaf:
        case Compare(_, op, value):
            return comparison(op, value)
        case Is(_, kind):
            return _kind(kind)
        case NotExists():
            return lambda found: found is MISSING
        case _:
            assert_never(leaf)


def comparison(op: Op, value: Value) -> Predicate:
    """A test of one found value: strings here, whatever else by the reference."""
    if op.is_ordering:
        return lambda found: evaluate.compare(found, op, value)
    equals = _text_test(value)
    if op is Op.EQ:
        return lambda found: equals(found) if type(found) is str else evaluate.compare(found, op, value)
    return lambda found: not equals(found) if type(found) is str else evaluate.compare(found, op, value)


def _text_test(value: Value) -> Callable[[str], bool]:
    if not isinstance(value, Text):
        return lambda text: evaluate.text_equals(text, value)
    wanted = value.value
    if not value.is_glob:
        return lambda text: text == wanted
    first, *rest = wanted.split("*")
    if not any(rest):
        return lambda text: text.startswith(first)
    if not first and len(rest) == 1:
        # Leftmost rule: the first place of the ending must be the end. `find` says so in one pass.
        (last,) = rest
        size = len(last)
        return lambda text: 0 <= text.find(last) == len(text) - size
    return lambda text: evaluate.glob(wanted, text)


def _kind(kind: Kind) -> Predicate:
    return lambda found: evaluate.is_kind(found, kind, in_array=True)


def _all(tests: list[Predicate]) -> Predicate:
    if len(tests) == 2:  # noqa: PLR2004 - a pair is the common case and worth its own closure
        first, second = tests
        return lambda event: first(event) and second(event)

    def every(event: Any) -> bool:
        for test in tests:  # noqa: SIM110 - a loop is faster than a generator here
            if not test(event):
                return False
        return True

    return every


def _any(tests: list[Predicate]) -> Predicate:
    if len(tests) == 2:  # noqa: PLR2004 - a pair is the common case and worth its own closure
        first, second = tests
        return lambda event: first(event) or second(event)

    def some(event: Any) -> bool:
        for test in tests:  # noqa: SIM110 - a loop is faster than a generator here
            if test(event):
                return True
        return False

    return some
