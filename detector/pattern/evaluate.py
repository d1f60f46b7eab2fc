"""The meaning of filter patterns: a tree and an event give true or false.

In: a tree of `detector.pattern.syntax` and a decoded JSON object, or the text of an event for unstructured-text
patterns (`detector.pattern.space` adds how a line is cut into fields). Out: whether CloudWatch Logs would say that
the event matches. **This module is the only definition of truth**; `predicate` is faster and is tested to be equal.

The rules, recorded from TestMetricFilter and FilterLogEvents (2026) unless another source is named:

* A comparison needs a string or a number. On a field that is absent, null, a boolean, an object or an array
  it is false, **``!=`` included**.
* With a wildcard selector ``=`` and the orderings ask for any element; ``!=`` is true when the part before
  the wildcard exists and no element equals.
* ``IS NULL`` is also true on an array that directly holds a null.
* A term is a plain substring of the text, case and blanks included; ``*`` in quotes is an ordinary character.
  Every required term has to occur, no excluded (``-``) one may, and of the optional (``?``) ones at least one has
  to; **beside any required or excluded term the optional ones are ignored**. A regular expression is searched anywhere.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final, assert_never

from detector.pattern.syntax import (
    And,
    Compare,
    Condition,
    Expr,
    Index,
    Is,
    Kind,
    Name,
    NotExists,
    Number,
    Op,
    Or,
    Regex,
    Role,
    Rule,
    Selector,
    Step,
    Term,
    Terms,
    Text,
    TextExpr,
    Value,
    Wildcard,
    rule,
)


class Missing(enum.Enum):
    """What a selector finds where there is nothing; JSON's null is another thing."""

    MISSING = "missing"

    __hash__ = object.__hash__  # that of an enum is written in Python, and this is looked up once a record


MISSING: Final = Missing.MISSING

MANY_DIGITS: Final = 10**4000
"""Python refuses to print longer integers by itself."""


def evaluate(expr: Expr, event: Any) -> bool:
    """Whether the event matches; ``event`` is decoded JSON, and anything but an object never matches."""
    return isinstance(event, dict) and holds(expr, lambda condition: condition_holds(condition, event))


def holds(expr: Expr, test: Callable[[Condition], bool]) -> bool:
    """Whether a tree is true when ``test`` says which of its conditions are."""
    match expr:
        case And(terms):
            return all(holds(term, test) for term in terms)
        case Or(terms):
            return any(holds(term, test) for term in terms)
        case _:
            return test(expr)


def text_holds(expr: TextExpr | Term, message: str) -> bool:
    """Whether the text of an event matches an unstructured-text pattern, or one term of it."""
    match expr:
        case Regex(source):
            return regex_found(source, message)
        case Term(text, role):
            return (text in message) is (role is not Role.EXCLUDED)
        case Terms():
            together = any if rule(expr) is Rule.ANY else all
            return together(text_holds(term, message) for term in expr.counted)
        case _:
            assert_never(expr)


def condition_holds(condition: Condition, event: dict[str, Any]) -> bool:
    """Whether one condition is true of the event."""
    found = select(condition.selector.steps, event)
    match condition:
        case Compare(selector, op, value):
            if op is Op.NE and selector.wildcard is not None:
                before = select(selector.steps[: selector.wildcard], event)
                return bool(before) and not any(compare(one, Op.EQ, value) for one in found)
            return any(compare(one, op, value) for one in found)
        case Is(selector, kind):
            return any(is_kind(one, kind, in_array=selector.wildcard is None) for one in found)
        case NotExists():
            return not found
        case _:
            assert_never(condition)


def select(steps: tuple[Step, ...], value: Any) -> list[Any]:
    """Every value that the steps lead to from ``value``: at most one, unless a step is a wildcard."""
    found = [value]
    for step in steps:  # a loop, since a selector may have more steps than Python has room on its stack
        found = [child for value in found for child in children(step, value)]
    return found


def children(step: Step, value: Any) -> Iterator[Any]:
    """What one step leads to; a step that does not fit the value leads nowhere."""
    match step:
        case Name(text):
            if isinstance(value, dict) and text in value:
                yield value[text]
        case Index(number):
            if isinstance(value, list) and number < len(value):
                yield value[number]
        case Wildcard():
            if isinstance(value, dict):
                yield from value.values()
            elif isinstance(value, list):
                yield from value
        case _:
            assert_never(step)


def find(selector: Selector, event: Any) -> Any:
    """The value of a selector without wildcard, or MISSING."""
    found = select(selector.steps, event)
    return found[0] if found else MISSING


def compare(found: Any, op: Op, value: Value) -> bool:
    """One comparison of one found value: false unless it is a string or a number."""
    if not is_comparable(found):
        return False
    if isinstance(value, Number) and not isinstance(found, str):
        # 1e309 overflows and then satisfies no numeric comparison, != included.
        return is_finite(found) and op.test(exact(found), value.value)
    text = found if isinstance(found, str) else canonical(found)
    return not op.is_ordering and text_equals(text, value) is (op is Op.EQ)


def is_comparable(found: Any) -> bool:
    """Strings and numbers can be compared; Python's booleans are numbers, JSON's are not."""
    return isinstance(found, str | int | float) and not isinstance(found, bool)


def is_kind(found: Any, kind: Kind, *, in_array: bool) -> bool:
    """What ``IS`` asks of one found value; ``in_array`` for the quirk of a null directly in an array."""
    match kind:
        case Kind.NULL:
            return found is None or (in_array and isinstance(found, list) and None in found)
        case Kind.TRUE:
            return found is True
        case Kind.FALSE:
            return found is False
        case _:
            assert_never(kind)


def is_finite(found: float) -> bool:
    """Integers always are, also those too large for a double."""
    return isinstance(found, int) or math.isfinite(found)


def exact(found: float) -> int | Decimal:
    """An event's number as an exact one: integers keep every digit, a double is its shortest decimal.

    Recorded: 9007199254740993 differs from ...992, and 1e-999 in an event is 0 but in a pattern is not.
    """
    return found if isinstance(found, int) else Decimal(repr(found))


def text_equals(text: str, value: Value) -> bool:
    """Equality of a string with a literal: character by character, by ``*``, or by a search for the regex."""
    match value:
        case Number(written):
            return text == written
        case Text(wanted):
            return glob(wanted, text) if value.is_glob else text == wanted
        case Regex(source):
            return regex_found(source, text)
        case _:
            assert_never(value)


def regex_found(source: str, text: str) -> bool:
    """Whether a regular expression is found anywhere in a text."""
    from detector.pattern.regex import compile_regex  # noqa: PLC0415 - RE2 loads only when used

    return compile_regex(source)(text)


def glob(wanted: str, text: str) -> bool:
    """``*`` stands for any run of characters, found leftmost and without going back.

    Each piece is taken at its first place after the one before it, and the last piece must then end
    the text. All recordings (2019 and 2026) fit this rule, and three of them contradict an ordinary glob:
    ``*111.111.111`` does not match ``111.111.111.111``.
    """
    first, *pieces = wanted.split("*")
    if not text.startswith(first):
        return False
    place = len(first)
    for piece in pieces:
        start = text.find(piece, place)
        if start < 0:
            return False
        place = start + len(piece)
    return pieces[-1] == "" or place == len(text)


def canonical(number: float) -> str:
    """The text of a JSON number as the service compares it: 1 is "1", 1.0 is "1.0", 1e3 is "1000.0".

    Recorded for small numbers; Java's Double.toString is inferred for the large and the tiny ones.
    """
    if isinstance(number, int):
        return str(number) if abs(number) < MANY_DIGITS else f"{Decimal(number):f}"
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else ("Infinity" if number > 0 else "-Infinity")
    if number == 0 or 1e-3 <= abs(number) < 1e7:  # noqa: PLR2004 - the bounds of Double.toString
        return repr(number)
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    rest = "".join(map(str, digits[1:])) or "0"
    return f"{'-' if sign else ''}{digits[0]}.{rest}E{int(exponent) + len(digits) - 1}"
