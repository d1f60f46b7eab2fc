"""One condition of a pattern in, plain English out: what it asks, what was found, and why that is not enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from detector.jsontext import dump_json
from detector.pattern import syntax
from detector.pattern.explanation import Kind
from detector.pattern.syntax import (
    NUMBER,
    Column,
    Compare,
    FieldCount,
    Is,
    Node,
    NotExists,
    Number,
    Op,
    Regex,
    Role,
    Rule,
    Selector,
    Term,
    Text,
    Value,
    Wildcard,
    rule,
)
from detector.quantities import count
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    from detector.pattern.explanation import Found, Verdict

SHOWN = 60
"""Characters of a value that are shown."""
_KINDS = {
    Kind.NULL: "null",
    Kind.BOOLEAN: "a boolean",
    Kind.NUMBER: "a number",
    Kind.STRING: "a string",
    Kind.OBJECT: "an object",
    Kind.ARRAY: "an array",
    Kind.ABSENT: "absent",
}


def meaning(node: Node) -> str:
    """What a condition asks for: ``errorCode begins with "AccessDenied"``; what a group does."""
    match node:
        case Compare(Column() as name, op, value):
            return f"the field {name} {_field_test(op, value)}"
        case Compare() | Is() | NotExists():
            return _of_json(node)
        case FieldCount() | Term() | Regex():
            return _of_text(node)
        case _:
            return "all of these hold" if rule(node) is Rule.ALL else "any of these holds"


def _of_json(leaf: syntax.Condition) -> str:
    several = leaf.selector.wildcard is not None
    match leaf:
        case Compare(selector, op, value):
            return _compared(selector, op, value)
        case Is(_, kind):
            what = "null" if kind is syntax.Kind.NULL else f"the boolean {str(kind).lower()}"
            return f"{'some ' if several else ''}{subject(leaf)} is {what}"
        case NotExists():
            return f"there is no {subject(leaf)}" if several else f"{subject(leaf)} is absent"
        case _:
            assert_never(leaf)


def _of_text(leaf: FieldCount | Term | Regex) -> str:
    match leaf:
        case FieldCount(needed):
            return f"there {'is' if needed == 1 else 'are'} at least {count(needed, 'field')}"
        case Term(wanted, role):
            return f"the text {'does not contain' if role is Role.EXCLUDED else 'contains'} {quoted(wanted)}"
        case Regex():
            return f"the text has a match of the regex {printable(str(leaf), 400)}"
        case _:
            assert_never(leaf)


def subject(leaf: Node) -> str:
    """What a condition is about: a path without ``$.``, a field, the text."""
    match leaf:
        case Compare(Column() as name):
            return str(name)
        case Compare() | Is() | NotExists():
            return printable(path(leaf.selector), 400)
        case FieldCount():
            return "the number of fields"
        case _:
            return "the text"


def path(selector: Selector) -> str:
    """A selector as one would say it: ``userIdentity.type``."""
    return str(selector).removeprefix("$").removeprefix(".") or "the event"


def _compared(selector: Selector, op: Op, value: Value) -> str:
    whole = printable(path(selector), 400)
    if selector.wildcard is None:
        return f"{whole} {_test(op, value)}"
    if op is not Op.NE:
        return f"some {whole} {_test(op, value)}"
    before = printable(path(Selector(selector.steps[: selector.wildcard])), 400)
    return f"{before} exists, and no {whole} {_test(Op.EQ, value)}"


def _test(op: Op, value: Value) -> str:
    if op.is_ordering:
        return f"is a number {op.words} {value}"
    if isinstance(value, Number):
        both = f'the number {value} or the text "{value}"'
        other = f'a number other than {value} or a text other than "{value}"'
        return f"is {both}" if op is Op.EQ else f"is {other}"
    if op is Op.EQ:
        return _equal(value)
    return f"is a text or a number {_unequal(value)}"


def _equal(value: Text | Regex) -> str:
    if isinstance(value, Regex):
        return f"has a match of the regex {printable(str(value), 400)}"
    if not value.value.strip("*") and value.value:
        return "is any text or number"
    if value.is_glob:
        return " and ".join(f"{verb} {quoted(piece)}" for verb, _, piece in _pieces(value.value))
    exactly = ", as a text or as a number written so" if NUMBER.fullmatch(value.value) else ""
    return f"is {quoted(value.value)}{exactly}"


def _unequal(value: Text | Regex) -> str:
    if isinstance(value, Regex):
        return f"without a match of the regex {printable(str(value), 400)}"
    if not value.value.strip("*") and value.value:
        return "other than any: never true"
    if value.is_glob:
        pieces = _pieces(value.value)
        if len(pieces) > 1:
            return f"that is not like {quoted(value.value)}"
        return " ".join(f"that does not {verb} {quoted(piece)}" for _, verb, piece in pieces)
    return f"other than {quoted(value.value)}"


def _pieces(wanted: str) -> list[tuple[str, str, str]]:
    """Each piece between stars with its verb, in both forms."""
    first, *inner, last = wanted.split("*")
    found = [("begins with", "begin with", first)] if first else []
    found += [("contains" if not first else "then contains", "contain", piece) for piece in inner if piece]
    return [*found, ("ends with", "end with", last)] if last else found


def _field_test(op: Op, value: Value) -> str:
    """Fields are text, and always there when there are enough of them."""
    no = " not" if op is Op.NE else ""
    if op.is_ordering:
        return f"is a number {op.words} {value}"
    if isinstance(value, Number):
        return f"is{no} the number {value}"
    if isinstance(value, Regex):
        return f"has {'no' if no else 'a'} match of the regex {printable(str(value), 400)}"
    if value.is_glob:
        return _field_glob(value.value, no)
    return f"is{no} {quoted(value.value)}"


def _field_glob(wanted: str, no: str) -> str:
    pieces = _pieces(wanted)
    if not pieces:
        return "is not any text: never true" if no else "is any text"
    if no:
        return f"is not like {quoted(wanted)}"
    return " and ".join(f"{verb} {quoted(piece)}" for verb, _, piece in pieces)


def quoted(wanted: str) -> str:
    """A text in quotes, safe to print."""
    return f'"{printable(wanted, 400)}"'


def shown(value: Any, limit: int = SHOWN) -> str:
    """A value from an event, short and safe: a string in quotes, anything else with its kind."""
    if value is None:
        return "null"
    written = printable(_written(value), limit)
    kind = Kind.of(value)
    return written if kind is Kind.STRING else f"{written} ({kind})"


def _written(value: Any) -> str:
    try:
        return dump_json(value).decode()
    except RecursionError:  # nested almost as deeply as Python can go
        return "{…" if isinstance(value, dict) else "[…"


def found(verdict: Verdict) -> str:
    """What was found where a condition looked."""
    leaf, seen = verdict.clause, verdict.found
    assert seen is not None  # noqa: S101 - asked of conditions only
    match leaf:
        case FieldCount():
            return count(int(seen.values[0]), "field")
        case Term(wanted, _):
            place = seen.values[0].find(wanted)
            return "not in the text" if place < 0 else f"in the text, at character {place + 1}"
        case Regex():
            return "a match in the text" if verdict.holds else "no match in the text"
        case Compare(Column()):
            return shown(seen.values[0]) if seen.values else "no such field"
        case Compare() | Is() | NotExists():
            return _values(seen, leaf.selector)
        case _:
            return ""


def _values(seen: Found, selector: Selector) -> str:
    if not seen.values:
        return absent(seen, selector)
    if len(seen.values) == 1:
        return shown(seen.values[0])
    first = ", ".join(shown(value, 24) for value in seen.values[:3])
    return f"{len(seen.values):,} values: {first}{', …' if len(seen.values) > 3 else ''}"  # noqa: PLR2004 - the first three


def absent(seen: Found, selector: Selector) -> str:
    """``absent``, and where the path ends if not at its last step."""
    if seen.blocked is None:
        return "absent"
    reached = seen.reached.removeprefix("$").removeprefix(".")
    step = selector.steps[_length(seen.reached, selector)]
    if seen.blocked in {Kind.OBJECT, Kind.ARRAY}:
        if isinstance(step, Wildcard):
            return f"nothing in it: {printable(reached or 'the event', 200)} is empty"
        name = step.text if isinstance(step, syntax.Name) else str(step)
        if not reached:
            return "absent" if len(selector.steps) == 1 else f"absent, the event has no {printable(name)}"
        return f"absent, {printable(reached, 200)} has no {printable(name)}"
    return f"absent, {printable(reached, 200)} is {_KINDS[seen.blocked]}"


def _length(reached: str, selector: Selector) -> int:
    """How many steps the part that was reached has."""
    lengths = range(len(selector.steps))
    return next(n for n in lengths if str(Selector(selector.steps[:n])) == reached)


def hint(verdict: Verdict) -> str:
    """A sentence where a condition is false although one might expect otherwise; else nothing."""
    leaf, seen = verdict.clause, verdict.found
    if verdict.holds or seen is None or not isinstance(leaf, Compare | NotExists):
        return ""
    if leaf.selector.wildcard is not None or isinstance(leaf.selector, Column):
        return ""
    if isinstance(leaf, NotExists):
        return "NOT EXISTS asks for an absent field, and null is a value." if seen.kind is Kind.NULL else ""
    if seen.kind is Kind.ABSENT:
        return "A comparison with an absent field is false, != included." if leaf.op is Op.NE else ""
    if seen.kind not in {Kind.STRING, Kind.NUMBER}:
        return "Only a string or a number can be compared; with anything else != is false too."
    return _of_values(leaf, seen.values[0])


def _of_values(leaf: Compare, value: str | float) -> str:
    if leaf.op.is_ordering:
        return f"{leaf.op} compares numbers only, and this is a string." if isinstance(value, str) else ""
    if (
        isinstance(value, str)
        and isinstance(leaf.value, Text)
        and leaf.op is Op.EQ
        and _only_case(value, leaf.value)
    ):
        return f"Upper and lower case differ: {quoted(leaf.value.value)} is asked for."
    return ""


def _only_case(value: str, wanted: Text) -> bool:
    return not wanted.is_glob and value != wanted.value and value.casefold() == wanted.value.casefold()
