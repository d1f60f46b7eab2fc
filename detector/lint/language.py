"""D106 and D501 to D505: where the language surprises its readers.

In: a pattern of any log. Out: drafts. The rules that surprise: ``&&`` binds tighter than ``||``; ``*`` is found
leftmost, without going back; there is no escape for ``*``; a bare ``SPACE`` was refused when it was recorded.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator

from detector.cloudtrail import operations, values
from detector.cloudtrail.members import Path
from detector.lint.finding import Draft, Promise
from detector.lint.subject import Subject
from detector.lint.trees import TOKEN, joined, span_of, text_span
from detector.pattern import limits
from detector.pattern.evaluate import glob
from detector.pattern.syntax import And, Compare, Expr, Op, Or, Regex, Text, conditions
from detector.relation.prover import Undecided

NEAR = 0.9


def drafts(subject: Subject) -> Iterator[Draft]:
    """The findings about the language."""
    yield from _mixed(subject, subject.expr)
    yield from _limits(subject)
    for leaf, path in subject.compares:
        if isinstance(leaf.value, Text):
            yield from _leftmost(subject, leaf, path, leaf.value)
            yield from _literal(leaf, leaf.value)
        elif isinstance(leaf.value, Regex) and path == ("sourceIPAddress",):
            yield from _address(leaf, leaf.value)


def _mixed(subject: Subject, node: Expr) -> Iterator[Draft]:
    """An || that has one && among its terms, without parentheses around it."""
    if not isinstance(node, And | Or):
        return
    for term in node.terms:
        yield from _mixed(subject, term)
    if not isinstance(node, Or):
        return
    bare = [
        term for term in node.terms if isinstance(term, And) and not _is_grouped(subject.source, node, term)
    ]
    if len(bare) != 1 or all(isinstance(term, And) for term in node.terms):
        return  # of a sum of products the reading is plain
    other = _other_reading(node, bare[0])
    try:
        if subject.logic(node, other).same(node, other):
            return
    except Undecided:
        return
    yield _mixed_draft(subject, node, bare[0], other)


def _is_grouped(source: str, node: Or, term: And) -> bool:
    """Whether parentheses around the ``&&`` keep it apart from the ``||``."""
    inside, outside = _depths(source, "&&", term), _depths(source, "||", node)
    return min(inside, default=0) > min(outside, default=0)


def _depths(source: str, sign: str, node: And | Or) -> list[int]:
    """How deep in parentheses the signs between the terms of a node stand."""
    gaps = [
        (span_of(one).end, span_of(other).start)
        for one, other in zip(node.terms, node.terms[1:], strict=False)
    ]
    depth, found = 0, []
    for token in TOKEN.finditer(source):
        depth += {"(": 1, ")": -1}.get(token["sign"] or "", 0)
        if token["sign"] == sign and any(start <= token.start() < end for start, end in gaps):
            found.append(depth)
    return found


def _other_reading(node: Or, term: And) -> And:
    """The same terms with ``||`` binding first, as they read from left to right."""
    place = node.terms.index(term)
    first = Or((*node.terms[:place], term.terms[0])) if place else term.terms[0]
    last: Expr = term.terms[-1]
    after = node.terms[place + 1 :]
    last = Or((last, *after)) if after else last
    return And((first, *term.terms[1:-1], last))


def _mixed_draft(subject: Subject, node: Or, term: And, other: And) -> Draft:
    place = node.terms.index(term)
    bound, kept = (term.terms[1:], term.terms[0]) if place else (term.terms[:-1], term.terms[-1])
    free = [one for one in node.terms if one is not term]
    verb = "applies" if len(bound) == 1 else "apply"
    said = f"&& binds tighter than ||: {_named(bound)} {verb} to {_named([kept])} only, and {_named(free)} "
    said += f"{'counts' if len(free) == 1 else 'count'} whatever {'that' if len(bound) == 1 else 'those'} say"
    said += "s" if len(bound) == 1 else ""
    text = joined(And, other.terms)
    edit = (text_span(subject.source, node), text if node is subject.expr else f"({text})")
    return Draft("D106", span_of(term), said, (edit,), Promise.NARROWER, conditions=conditions(node))


def _named(terms: list[Expr] | tuple[Expr, ...], most: int = 3) -> str:
    listed = [str(term) for term in terms[:most]]
    more = f" and {len(terms) - most} more" if len(terms) > most else ""
    if not more and len(listed) > 1:
        return f"{', '.join(listed[:-1])} and {listed[-1]}"
    return ", ".join(listed) + more


def _limits(subject: Subject) -> Iterator[Draft]:
    size = len(subject.source)
    where = span_of(subject.expr)
    if size >= NEAR * limits.MAX_LENGTH:
        yield Draft(
            "D502", where, f"{size:,} of the {limits.MAX_LENGTH:,} characters that a pattern may have"
        )
    regexes = [leaf for leaf, _ in subject.compares if isinstance(leaf.value, Regex)]
    if len(regexes) == limits.MAX_REGEXES:
        said = f"{len(regexes)} of the {limits.MAX_REGEXES} regexes that a pattern may have"
        yield Draft("D502", regexes[-1].value_span, f"{said}; of a log group's filters, 5 may have any")
    wild = [leaf for leaf in subject.leaves if leaf.selector.wildcard is not None]
    if len(wild) == limits.MAX_WILDCARDS:
        said = f"{len(wild)} of the {limits.MAX_WILDCARDS} wildcard selectors that a pattern may have"
        yield Draft("D502", wild[-1].selector.span, said)


def _leftmost(subject: Subject, leaf: Compare, path: Path, value: Text) -> Iterator[Draft]:
    """Where a text that is to be expected ends with the last piece and holds it before as well."""
    witness = _witness(subject, path, value.value)
    if witness is None or leaf.op.is_ordering:
        return
    verb = "does not exclude" if leaf.op is Op.NE else "does not match"
    said = f'* is found leftmost and without going back: {value} {verb} "{witness}", as an ordinary wildcard would'
    yield Draft("D501", leaf.value_span, said, selector=leaf.selector, conditions=(leaf,))


def _witness(subject: Subject, path: Path, wanted: str) -> str | None:
    first, *_, last = wanted.split("*") if "*" in wanted else ("", "")
    if not last or "*" not in wanted:
        return None
    known: list[str] = []
    if subject.is_cloudtrail and path == ("eventName",):
        known = sorted(operations.owners())
    elif subject.is_cloudtrail and path == values.ERROR_CODE:
        known = sorted(values.ERROR_CODES)
    elif re.fullmatch(r"[0-9.]+", last):
        known = _repeated(first, last, address=path == ("sourceIPAddress",))
    return next((text for text in known if _differs(wanted, text)), None)


def _repeated(first: str, last: str, *, address: bool) -> list[str]:
    """A number, or an address, that ends with a piece and has it before."""
    glue = "" if last.startswith(".") else "."
    parts = [part for part in last.split(".") if part]
    if address:
        return [".".join([*parts, *parts, *parts, *parts][:4])]
    return [f"{first}{last}{last}", f"{first}{last}{glue}{last}"]


def _differs(wanted: str, text: str) -> bool:
    escaped = re.sub(r"[\[?]", lambda found: f"[{found[0]}]", wanted)
    return fnmatch.fnmatchcase(text, escaped) and not glob(wanted, text)


def _literal(leaf: Compare, value: Text) -> Iterator[Draft]:
    if "\\*" in value.value:
        said = "there is no escape for *: it stays a wildcard, and the backslash before it is looked for"
        yield Draft("D503", leaf.value_span, said, selector=leaf.selector, conditions=(leaf,))
    if not value.quoted and value.value == "SPACE":
        said = "a bare SPACE was refused when it was recorded in a space-delimited pattern; quotes are safe"
        edit = (leaf.value_span, '"SPACE"')
        yield Draft("D504", leaf.value_span, said, (edit,), Promise.SAME, None, leaf.selector, (leaf,))


_ADDRESS = re.compile(r"\^?(?:\d{1,3}(?:\\?\.|$)){2,4}\$?")


_DOTS = 3


def _address(leaf: Compare, value: Regex) -> Iterator[Draft]:
    """An address as a regex without ends: digits before and after it fit as well."""
    from detector.pattern.regex import compile_regex  # noqa: PLC0415 - RE2 loads only when used

    source = value.source
    if not _ADDRESS.fullmatch(source):
        return
    plain = source.replace("\\", "").strip("^$")
    wrong = "" if source.startswith("^") else f"1{plain}"
    if source.startswith("^") and not source.endswith("$") and plain.count(".") == _DOTS:
        wrong = f"{plain}9"
    valid = wrong and all(int(part) < 256 for part in wrong.strip(".").split("."))  # noqa: PLR2004 - an octet
    if valid and compile_regex(source)(wrong):
        said = (
            f'a regex is searched anywhere: it also finds the address "{wrong}"; ^ and $ tie it to the ends'
        )
        yield Draft("D505", leaf.value_span, said, selector=leaf.selector, conditions=(leaf,))
