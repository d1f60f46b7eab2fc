"""D301, and what else is wrong with the error code that a pattern asks for.

In: a pattern about CloudTrail. Out: drafts. How services spell a lack of permission is in `detector.cloudtrail.values`; where a
pattern pins a service, only what records show of it is said.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.cloudtrail import operations, values
from detector.lint.finding import Draft, Promise
from detector.lint.literals import case, counts, instead
from detector.lint.logical import excludes_little
from detector.lint.rules import Severity
from detector.lint.subject import EVENT_NAME, EVENT_SOURCE, Subject, equals
from detector.pattern.claims import pinned
from detector.pattern.evaluate import text_equals
from detector.pattern.syntax import Compare, Condition, Op, Or, Text


def drafts(subject: Subject) -> Iterator[Draft]:
    """The findings about error codes."""
    if not subject.is_cloudtrail:
        return
    for leaf, path in subject.compares:
        if path == values.ERROR_CODE and isinstance(leaf.value, Text) and not leaf.op.is_ordering:
            yield from _code(subject, leaf, leaf.value)


def _code(subject: Subject, leaf: Compare, value: Text) -> Iterator[Draft]:
    sources = _services(subject, leaf)
    is_ec2 = sources is None or "ec2" in sources
    remembered = next((wrong for wrong in values.REMEMBERED if wrong in value.value), None)
    if any(value.value.casefold() == one.casefold() for one in values.SIGN_IN_MESSAGES):
        said = "is the message of a failed sign-in, whose record has no error code; write $.errorMessage"
        edits = ((leaf.selector.span, "$.errorMessage"),)
        yield Draft("D303", leaf.span, f"{value} {said}", edits, selector=leaf.selector, conditions=(leaf,))
        return
    if " " in value.value and value.value.replace(" ", "").strip("*").startswith(values.DENIED):
        yield instead("D301", leaf, value.value.replace(" ", ""), "an error code has no blanks")
        return
    if remembered:
        if not is_ec2:
            said = f"no service is known to write {remembered}: this {counts(leaf)}"
            yield Draft("D301", leaf.value_span, said, selector=leaf.selector, conditions=(leaf,))
            return
        right = value.value.replace(remembered, values.REMEMBERED[remembered])
        right = right if right.startswith("*") else f"*{right}"
        said = f"no service is known to write {remembered}: what EC2 writes is {values.EC2_DENIED}"
        yield instead("D301", leaf, right, said)
        return
    codes = [one for one in values.ERROR_CODES if is_ec2 or not one.startswith(values.EC2_PREFIX)]
    found = list(case(subject, leaf, value, codes))
    if found:
        yield from found
        return
    if leaf.op is Op.EQ and sources == frozenset({"ec2"}) and value.value.strip("*") in _DENIED:
        said = f"EC2 writes {values.EC2_DENIED} where permission is lacking, and this counts nothing"
        yield instead("D301", leaf, "*UnauthorizedOperation", said)
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
    yield instead("D301", leaf, f"*{value.value}", said, Promise.WIDER)


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
            yield instead("D301", leaf, wide, f"misses {said[0]}; a trailing * takes both", Promise.WIDER)
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
