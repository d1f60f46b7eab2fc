"""D301 to D304 and D306: values that the records spell otherwise.

In: a pattern. Out: drafts. What records hold is in `detector.cloudtrail.values` and `detector.cloudtrail.operations`; the
findings about numbers and about ``true`` hold for every log, whatever it is about.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from detector.cloudtrail import members, operations, values
from detector.cloudtrail.members import Path
from detector.lint.finding import Draft, Edit, Promise
from detector.lint.logical import excludes_little
from detector.lint.rules import Severity
from detector.lint.subject import EVENT_NAME, EVENT_SOURCE, Subject, equals, path_of
from detector.pattern import evaluate
from detector.pattern.claims import pinned
from detector.pattern.evaluate import text_equals
from detector.pattern.syntax import NUMBER, Compare, Condition, Op, Or, Text


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
    if path == values.ERROR_CODE:
        yield from _error_code(subject, leaf, value)
    elif path == ("errorMessage",):
        yield from _case(subject, leaf, value, values.SIGN_IN_MESSAGES)
    elif path == ("eventSource",):
        yield from _source(leaf, value)
    elif path == ("eventName",):
        yield from _case(subject, leaf, value, operations.owners())
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
        said = f"an account has {_DIGITS} digits: this {_counts(leaf)}"
        right = digits.zfill(_DIGITS)
        edits = ((leaf.value_span, f'"{right}"'),) if len(right) == _DIGITS else ()
        yield Draft("D303", leaf.value_span, said, edits, selector=leaf.selector, conditions=(leaf,))


def _error_code(subject: Subject, leaf: Compare, value: Text) -> Iterator[Draft]:
    sources = _services(subject, leaf)
    is_ec2 = sources is None or "ec2" in sources
    remembered = next((wrong for wrong in values.REMEMBERED if wrong in value.value), None)
    if any(value.value.casefold() == one.casefold() for one in values.SIGN_IN_MESSAGES):
        said = "is the message of a failed sign-in, whose record has no error code; write $.errorMessage"
        edits = ((leaf.selector.span, "$.errorMessage"),)
        yield Draft("D303", leaf.span, f"{value} {said}", edits, selector=leaf.selector, conditions=(leaf,))
        return
    if " " in value.value and value.value.replace(" ", "").strip("*").startswith(values.DENIED):
        yield _instead("D301", leaf, value.value.replace(" ", ""), "an error code has no blanks")
        return
    if remembered:
        if not is_ec2:
            said = f"no service is known to write {remembered}: this {_counts(leaf)}"
            yield Draft("D301", leaf.value_span, said, selector=leaf.selector, conditions=(leaf,))
            return
        right = value.value.replace(remembered, values.REMEMBERED[remembered])
        right = right if right.startswith("*") else f"*{right}"
        said = f"no service is known to write {remembered}: what EC2 writes is {values.EC2_DENIED}"
        yield _instead("D301", leaf, right, said)
        return
    codes = [one for one in values.ERROR_CODES if is_ec2 or not one.startswith(values.EC2_PREFIX)]
    found = list(_case(subject, leaf, value, codes))
    if found:
        yield from found
        return
    if leaf.op is Op.EQ and not _is_swamped(subject):
        yield from _ec2(subject, leaf, value)
        yield from _denied(subject, leaf, value)


def _is_swamped(subject: Subject) -> bool:
    """Whether an alternative lets in nearly every record anyway (D104), so that no spelling is missed."""
    return isinstance(subject.expr, Or) and any(excludes_little(term) for term in subject.expr.terms)


def _ec2(subject: Subject, leaf: Compare, value: Text) -> Iterator[Draft]:
    """EC2 puts ``Client.`` before its codes, and records never have the bare word."""
    bare = _ec2_code(value)
    if bare is None:
        return
    full = values.EC2_PREFIX + bare
    if any(equals(other, full) for other in subject.leaves if other.selector == leaf.selector):
        return
    sources = _services(subject, leaf)
    if sources is not None and "ec2" not in sources:
        return
    said = f"misses {full}, as EC2 writes it in its records; a leading * takes both"
    yield _instead("D301", leaf, f"*{value.value}", said, Promise.WIDER)


def _ec2_code(value: Text) -> str | None:
    """The EC2 code, without its prefix, that a value means and misses."""
    codes = (
        code.removeprefix(values.EC2_PREFIX)
        for code in values.ERROR_CODES
        if code.startswith(values.EC2_PREFIX)
    )
    meant = sorted(code for code in codes if text_equals(code, value) and value.value.strip("*"))
    missed = [code for code in meant if not text_equals(values.EC2_PREFIX + code, value)]
    return "UnauthorizedOperation" if "UnauthorizedOperation" in missed else next(iter(missed), None)


def _denied(subject: Subject, leaf: Compare, value: Text) -> Iterator[Draft]:
    """Most services write AccessDenied, some AccessDeniedException, and EC2 another word."""
    both = (values.DENIED, values.DENIED_EXCEPTION)
    has = [text_equals(code, value) for code in both]
    about = [other for other in subject.leaves if other.selector == leaf.selector]
    if not any(has) or value.value.strip("*") not in _DENIED or _services(subject, leaf) is not None:
        return  # what a single service writes is in no model: records have AccessDenied where these say otherwise
    missed = [code for code in both if not any(equals(other, code) for other in about)]
    said = [f"{one}, the spelling of {'most' if one == values.DENIED else 'some'} services" for one in missed]
    wide = f"{value.value.removesuffix('Exception').rstrip('*')}*"
    quoted = value.quoted
    if any(equals(other, values.EC2_DENIED) or _is_about_ec2(other) for other in about):
        if missed:
            yield _instead("D301", leaf, wide, f"misses {said[0]}; a trailing * takes both", Promise.WIDER)
        return
    alike = [one for one in about if equals(one, values.DENIED) or equals(one, values.DENIED_EXCEPTION)]
    if not missed and leaf is not alike[-1]:
        return  # said once
    text = f'({leaf.selector} = {Text(wide, quoted=quoted)} || {leaf.selector} = "*UnauthorizedOperation")'
    listed = ", and ".join([*said, f"{values.EC2_DENIED}, what EC2 writes"])
    severity = None if missed else Severity.NOTE
    edits = ((leaf.span, text),)
    yield Draft(
        "D301", leaf.value_span, f"misses {listed}", edits, Promise.WIDER, severity, leaf.selector, (leaf,)
    )


_DENIED = {"AccessDenied", "AccessDeniedException", "Denied", "DeniedException"}
"""What is asked for, stars aside, where a lack of permission is meant; a Denied of anything is one of them."""


def _is_about_ec2(leaf: Condition) -> bool:
    """Whether a condition has a finding of its own about EC2's code."""
    value = leaf.value if isinstance(leaf, Compare) else None
    return isinstance(value, Text) and any(
        word in value.value for word in ("Unauthorized", values.EC2_PREFIX)
    )


def _services(subject: Subject, leaf: Compare) -> frozenset[str] | None:
    """The services whose events a condition can count; None: any."""
    sources = pinned(subject.expr, leaf, EVENT_SOURCE)
    if sources is not None:
        return frozenset(source.removesuffix(operations.SUFFIX) for source in sources)
    names = pinned(subject.expr, leaf, EVENT_NAME)
    if names is None:
        return None
    return frozenset().union(*(operations.owners().get(operations.plain(name), ()) for name in names))


def _source(leaf: Compare, value: Text) -> Iterator[Draft]:
    wanted = value.value
    if not value.is_glob and not operations.service(wanted) and operations.service(wanted.lower()):
        yield _instead("D302", leaf, wanted.lower(), f'records write "{wanted.lower()}", and case counts')


def _counts(leaf: Compare) -> str:
    return "excludes nothing" if leaf.op is Op.NE else "counts nothing"


def _case(subject: Subject, leaf: Compare, value: Text, known: Collection[str]) -> Iterator[Draft]:
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
        draft = _instead("D302", leaf, recased, f'records write "{right[0]}", and case counts')
        if any(_says(other, leaf, recased) for other in subject.leaves):
            said = f'records write "{right[0]}", which the pattern asks for as well: this {_counts(leaf)}'
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
    found = list(_case(subject, leaf, value, known))
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


def _instead(code: str, leaf: Compare, right: str, said: str, promise: Promise = Promise.OTHER) -> Draft:
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
