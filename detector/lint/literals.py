"""D302 to D304 and D306: values that the records spell otherwise.

In: a pattern. Out: drafts. What records hold is in `detector.cloudtrail.values` and `detector.cloudtrail.operations`; the
findings about numbers and about ``true`` hold for every log, whatever it is about.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from detector.cloudtrail import members, operations, values
from detector.cloudtrail.members import Path
from detector.lint import void
from detector.lint.finding import Draft, Edit, Promise
from detector.lint.rules import Severity
from detector.lint.subject import Subject, path_of
from detector.pattern import evaluate
from detector.pattern.evaluate import text_equals
from detector.pattern.syntax import NUMBER, Compare, Condition, Op, Text


def drafts(subject: Subject) -> Iterator[Draft]:
    """The findings about values."""
    for leaf, path in subject.compares:
        if subject.is_cloudtrail and path in _ACCOUNTS and not leaf.op.is_ordering:
            yield from _account(leaf)
        if isinstance(leaf.value, Text) and not leaf.op.is_ordering:
            if subject.is_cloudtrail:
                yield from _of_cloudtrail(subject, leaf, path, leaf.value)
            yield from _anywhere(subject, leaf, path, leaf.value)


def _of_cloudtrail(subject: Subject, leaf: Compare, path: Path, value: Text) -> Iterator[Draft]:
    if path == values.ERROR_CODE and leaf.op is Op.EQ and value.value.casefold() in values.NO_ERROR:
        said = f"no record has {leaf.selector} {value}: that of a call that succeeded has none"
        edits = ((leaf.span, f"{leaf.selector} NOT EXISTS"),)
        yield void.draft(subject, "D303", leaf, said, span=leaf.value_span, edits=edits)
    elif path == ("errorMessage",):
        yield from case(subject, leaf, value, values.SIGN_IN_MESSAGES)
    elif path == ("eventSource",):
        yield from _source(leaf, value)
    elif path == ("eventName",):
        yield from case(subject, leaf, value, operations.owners())
    elif path in values.CLOSED:
        yield from _closed(subject, leaf, value, values.CLOSED[path])


_ACCOUNTS = {
    ("recipientAccountId",),
    ("userIdentity", "accountId"),
    ("resources", members.ELEMENT, "accountId"),
}
_DIGITS = 12


def _account(leaf: Compare) -> Iterator[Draft]:
    """The number of an account has twelve digits, of which the first may be 0, and nothing between them."""
    written = str(leaf.value).strip('"')
    digits = written.replace("-", "").replace(" ", "")
    if digits.isdigit() and written != digits.zfill(_DIGITS):
        said = f"an account has {_DIGITS} digits: this {counts(leaf)}"
        right = digits.zfill(_DIGITS)
        edits = ((leaf.value_span, f'"{right}"'),) if len(right) == _DIGITS else ()
        yield Draft("D303", leaf.value_span, said, edits, selector=leaf.selector, conditions=(leaf,))


def _source(leaf: Compare, value: Text) -> Iterator[Draft]:
    wanted = value.value
    if not value.is_glob and not operations.service(wanted) and operations.service(wanted.lower()):
        yield instead("D302", leaf, wanted.lower(), f'records write "{wanted.lower()}", and case counts')


def counts(leaf: Compare) -> str:
    """What a comparison does with a value that no record has."""
    return "excludes nothing" if leaf.op is Op.NE else "counts nothing"


def case(subject: Subject, leaf: Compare, value: Text, known: Collection[str]) -> Iterator[Draft]:
    """A value that the table has in another case only."""
    folded = value.value.casefold()
    if value.is_glob:
        wanted = Text(folded)
        right = sorted(name for name in known if folded.strip("*") and text_equals(name.casefold(), wanted))
        if any(text_equals(name, value) for name in right):
            return
    elif operations.plain(value.value) in known:
        return
    else:  # a plain comparison, since there are 15,000 event names and a pattern can ask for dozens
        right = sorted(name for name in known if name.casefold() == folded)
    recased = _recased(value.value, right[0]) if right else None
    if recased and (not value.is_glob or len(value.value) > 5):  # noqa: PLR2004 - shorter words are in many names
        draft = instead("D302", leaf, recased, f'records write "{right[0]}", and case counts')
        if any(_says(other, leaf, recased) for other in subject.leaves):
            said = f'records write "{right[0]}", which the pattern asks for as well: this {counts(leaf)}'
            draft = replace(draft, consequence=said, edits=(), severity=Severity.NOTE)
        yield draft


def _says(other: Condition, leaf: Compare, text: str) -> bool:
    """Whether another condition asks the same of the same selector with a value in the records' case."""
    asked = isinstance(other, Compare) and isinstance(other.value, Text) and other.value.value == text
    return asked and isinstance(other, Compare) and (other.selector, other.op) == (leaf.selector, leaf.op)


def _recased(wanted: str, right: str) -> str | None:
    """The pieces between the stars, in the spelling of the right string."""
    pieces, place = [], 0
    for piece in wanted.split("*"):
        place = right.casefold().find(piece.casefold(), place)
        if place < 0:
            return None
        pieces.append(right[place : place + len(piece)])
        place += len(piece)
    return "*".join(pieces)


def _closed(subject: Subject, leaf: Compare, value: Text, known: frozenset[str]) -> Iterator[Draft]:
    if "${" in value.value:
        return  # a template of Terraform's or CloudFormation's
    found = list(case(subject, leaf, value, known))
    yield from found
    if found or any(text_equals(one, value) for one in known):
        return
    means = "excludes nothing" if leaf.op is Op.NE else "is never true"
    hint = ""
    edits: tuple[Edit, ...] = ()
    if leaf.op is Op.EQ and path_of(leaf.selector) == ("eventType",) and value.value in operations.owners():
        hint = f"; {value.value} is an event name: write $.eventName"
        edits = ((leaf.selector.span, "$.eventName"),)
    listed = ", ".join(sorted(known))
    said = f"{leaf.selector} has no value {value}, so this {means}{hint}. It has {listed}"
    yield Draft("D303", leaf.value_span, said, edits, selector=leaf.selector, conditions=(leaf,))


def instead(code: str, leaf: Compare, right: str, said: str, promise: Promise = Promise.OTHER) -> Draft:
    """A draft that replaces the value, in quotes if it was or has to be."""
    value = leaf.value
    quoted = not isinstance(value, Text) or value.quoted
    edit = (leaf.value_span, str(Text(right, quoted=quoted)))
    return Draft(code, leaf.value_span, said, (edit,), promise, None, leaf.selector, (leaf,))


def _anywhere(subject: Subject, leaf: Compare, path: Path, value: Text) -> Iterator[Draft]:
    member = members.members().get(path) if subject.is_cloudtrail else None
    if member is not None and (member.kinds & {"boolean"} or "number" not in member.kinds):
        return
    if path in values.CLOSED and subject.is_cloudtrail:
        return
    if not value.quoted and value.value in {"true", "false"}:
        said = f'is the text "{value.value}", which JSON\'s {value.value} never equals; for that, IS {value.value.upper()}'
        either = f'({leaf.selector} = "{value.value}" || {leaf.selector} IS {value.value.upper()})'
        plain = leaf.op is Op.EQ and leaf.selector.wildcard is None
        edits = ((leaf.span, either),) if plain else ()
        told = f"{value.value} {said}"
        yield Draft("D306", leaf.value_span, told, edits, Promise.WIDER, None, leaf.selector, (leaf,))
    elif value.quoted and NUMBER.fullmatch(value.value) and not (path and _ID.search(path[-1])):
        yield from _quoted_number(leaf, value)


_ID = re.compile(r"(?i)account|owner|arn$|(?:^|_)id$|(?-i:Id|ID)$")
"""Names of members that hold no amount; an account in quotes is right."""
_IDS = 1e9
"""From here on digits are rather the number of an account or another id than an amount."""


def _quoted_number(leaf: Compare, value: Text) -> Iterator[Draft]:
    """Quotes make it a comparison of strings, and a number has one text."""
    number = float(value.value)
    if (value.value[:1] == "0" and value.value[1:2].isdigit()) or abs(number) >= _IDS:
        return
    double = evaluate.canonical(number)
    if value.value == double and not number.is_integer():
        return  # however the event writes it, the number has this text
    said = f'in quotes it is compared as text, and the number has the text "{double}": only a string can equal it'
    if number.is_integer() and value.value in {double, str(int(number))}:
        other = str(int(number)) if value.value == double else double
        said = f"in quotes it is compared as text: a number written {other} in the event does not equal it"
    edit = (leaf.value_span, value.value)
    yield Draft("D304", leaf.value_span, said, (edit,), _promise(leaf), None, leaf.selector, (leaf,))


def _promise(leaf: Compare) -> Promise:
    return Promise.WIDER if leaf.op is Op.EQ else Promise.NARROWER
