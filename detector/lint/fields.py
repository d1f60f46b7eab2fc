"""D201 and D203 to D206: what the record's schema says about a selector and what is asked of it.

In: a pattern about CloudTrail. Out: drafts. The schema is not a proof: all of these are warnings, but for a selector that
CloudTrail does not have (D201), which is an error where it keeps the whole pattern from ever matching.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from detector.cloudtrail import members, values
from detector.cloudtrail.members import Member, Path
from detector.cloudtrail.paths import nearest_path
from detector.lint.finding import Draft, Edit, Promise
from detector.lint.rules import Severity
from detector.lint.subject import MISSING, Subject, is_known, path_of, slip_of
from detector.pattern.evaluate import text_equals
from detector.pattern.syntax import (
    Compare,
    Condition,
    Is,
    Kind,
    Name,
    NotExists,
    Op,
    Selector,
    Text,
)
from detector.relation.prover import Undecided
from detector.relation.values import ANYTHING


def drafts(subject: Subject) -> Iterator[Draft]:
    """The findings about members, for a pattern about CloudTrail."""
    if not subject.is_cloudtrail:
        return
    yield from _strange(subject)
    for leaf in subject.leaves:
        member = members.members().get(path_of(leaf.selector))
        if member is not None:
            yield from _of_member(subject, leaf, member)


def _strange(subject: Subject) -> Iterator[Draft]:
    """One draft for each selector that no record can have."""
    leaves = [leaf for leaf in subject.leaves if not is_known(leaf.selector) or _is_slip(leaf.selector)]
    severity = _severity(subject, [leaf for leaf in leaves if _is_sure(leaf.selector)])
    for selector in dict.fromkeys(leaf.selector for leaf in leaves):
        same = tuple(leaf for leaf in leaves if leaf.selector == selector)
        best = nearest(selector)
        edits = tuple((leaf.selector.span, str(best)) for leaf in same) if best else ()
        worse = severity if _is_sure(selector) else None
        if is_known(selector):
            said = f"records are known to have {best}, and not {selector}: case counts"
        else:
            instead = f"; the nearest that it has is {best}" if best else ""
            said = f"CloudTrail has no {selector}{instead}. {_then(same)}"
        if worse is Severity.ERROR:
            said += ", so the pattern as a whole can never match"
        yield Draft("D201", same[0].selector.span, said, edits, Promise.OTHER, worse, selector, same)


def _is_sure(selector: Selector) -> bool:
    """Whether a selector is a slip, or lies in a closed object; editions of the record add first members."""
    path = path_of(selector)
    inside = len(path) > 1 and path[:1] in members.members()
    return not is_known(selector) and (inside or nearest(selector) is not None)


def _said(selector: Selector, best: Selector | None, leaves: tuple[Condition, ...]) -> str:
    if is_known(selector):
        return f"records are known to have {best}, and not {selector}: case counts"
    instead = f"; the nearest that it has is {best}" if best else ""
    return f"CloudTrail has no {selector}{instead}. {_then(leaves)}"


def _is_slip(selector: Selector) -> bool:
    """Whether a member of an open object differs from a known one in case only."""
    path = path_of(selector)
    folded = {
        ".".join(one).casefold() for one in [*members.members(), *values.CLOSED] if members.is_open(one)
    }
    known = path in members.members() or path in values.CLOSED
    return not known and ".".join(path).casefold() in folded


def _severity(subject: Subject, leaves: list[Condition]) -> Severity | None:
    """An error where the conditions keep the whole pattern from ever matching a record."""
    if not leaves:
        return None
    strange = {leaf.selector for leaf in leaves}
    # Records without these members; nothing is taken from shares and types.
    logic = subject.logic(subject.expr, domain=lambda selector: MISSING if selector in strange else ANYTHING)
    try:
        never = logic.never(subject.expr)
    except Undecided:
        return None
    return Severity.ERROR if never else None


def _then(leaves: tuple[Condition, ...]) -> str:
    """What a selector that finds nothing means for its conditions."""
    absent = [leaf for leaf in leaves if isinstance(leaf, NotExists)]
    if len(absent) == len(leaves):
        return "NOT EXISTS is true of every record"
    also = ", and NOT EXISTS always true" if absent else ""
    excluded = any(isinstance(leaf, Compare) and leaf.op is Op.NE for leaf in leaves)
    if excluded and leaves[0].selector.wildcard is not None:
        return "What is asked of it is always false, and != always true where the part before the wildcard is"
    return f"What is asked of it is always false{', != included' if excluded else ''}{also}"


def _so(severity: Severity | None) -> str:
    return ", so the pattern as a whole can never match" if severity is Severity.ERROR else ""


def nearest(selector: Selector) -> Selector | None:
    """The selector of a member that ends, or is spelled, most like one that there is not."""
    asked = ".".join(path_of(selector)).casefold()
    known = [*members.members(), *(path for path in values.CLOSED if path not in members.members())]
    plain = [path for path in known if members.ELEMENT not in path]
    for path in known:
        if ".".join(path).casefold() == asked:  # only the case is wrong; the steps between the names stay
            pairs = zip(selector.steps, path, strict=True)
            return Selector(tuple(Name(name) if isinstance(step, Name) else step for step, name in pairs))
    first, *rest = selector.steps
    right = slip_of(first.text) if isinstance(first, Name) else None
    if right and is_known(found := Selector((Name(right), *rest))):
        return found
    close = difflib.get_close_matches(asked, [".".join(path) for path in plain], n=1, cutoff=0.85)
    best = nearest_path(selector, plain) or (tuple(close[0].split(".")) if close else None)
    return None if best is None else Selector(tuple(map(Name, best)))


def _of_member(subject: Subject, leaf: Condition, member: Member) -> Iterator[Draft]:
    found = _container(leaf, member) or _typed(leaf, member) or _ordering(leaf, member)
    meant = isinstance(leaf, NotExists) and (_is_about_others(subject) or _asks_null(subject, leaf))
    if found is None and not meant:
        found = _absence(leaf, member)
    if found is not None:
        code, said, edit = found
        edits = (edit,) if edit else ()
        yield Draft(code, leaf.span, said, edits, selector=leaf.selector, conditions=(leaf,))


def _asks_null(subject: Subject, leaf: Condition) -> bool:
    """Whether the pattern asks for null in the same place as well."""
    same = (one for one in subject.leaves if one.selector == leaf.selector)
    return any(isinstance(one, Is) and one.kind is Kind.NULL for one in same)


def _is_about_others(subject: Subject) -> bool:
    """Whether the pattern asks for events that are not API calls, whose records lack what those always have."""
    return any(
        leaf.op is Op.EQ and path in _KINDS_OF_EVENT and text_equals(other, leaf.value)
        for leaf, path in subject.compares
        for other in values.NO_CALLS
    )


_KINDS_OF_EVENT = {("eventType",), ("eventCategory",)}


Said = tuple[str, str, Edit | None]


def _container(leaf: Condition, member: Member) -> Said | None:
    """A comparison with what is an object, an array or null, and never text or a number."""
    if not isinstance(leaf, Compare) or not member.kinds or member.kinds & {"string", "number", "boolean"}:
        return None
    kind = "an array" if "array" in member.kinds else "an object"
    said = f"{leaf.selector} is {kind} in the records, and a comparison with one is always false"
    return "D203", f"{said}; ask for one of its members", None


def _typed(leaf: Condition, member: Member) -> Said | None:
    """Booleans asked as text, and text asked as a boolean."""
    kinds = member.kinds
    if isinstance(leaf, Is) and leaf.kind is not Kind.NULL and kinds == {"string"}:
        wanted = _text_for(member.path, leaf.kind)
        end = f"; write {leaf.selector} = {wanted}" if wanted else ""
        said = f"{leaf.selector} holds text in the records, and IS {leaf.kind} is true of JSON's {leaf.kind.lower()} only{end}"
        return "D204", said, (leaf.span, f"{leaf.selector} = {wanted}") if wanted else None
    if isinstance(leaf, Compare) and kinds == {"boolean"}:
        asked = _asked_boolean(leaf)
        said = f"{leaf.selector} is a boolean in nearly all records; a comparison with {leaf.op} never matches a boolean"
        edit = (leaf.span, f"{leaf.selector} IS {asked}") if asked else None
        return "D204", said + (f"; write {leaf.selector} IS {asked}" if asked else ""), edit
    return None


def _text_for(path: Path, kind: Kind) -> str | None:
    """The text that stands for a boolean in a member that holds text."""
    words = values.CLOSED.get(path, frozenset())
    pairs = {Kind.TRUE: ("true", "Yes"), Kind.FALSE: ("false", "No")}
    return next((f'"{word}"' for word in pairs[kind] if word in words), None)


def _asked_boolean(leaf: Compare) -> Kind | None:
    if not isinstance(leaf.value, Text) or leaf.value.value.lower() not in {"true", "false"}:
        return None
    true = (leaf.value.value.lower() == "true") is (leaf.op is Op.EQ)
    return Kind.TRUE if true else Kind.FALSE


def _ordering(leaf: Condition, member: Member) -> Said | None:
    if not isinstance(leaf, Compare) or not leaf.op.is_ordering or member.kinds != {"string"}:
        return None
    said = f"{leaf.selector} holds text in the records, and {leaf.op} is true of JSON numbers only"
    return "D205", said, None


def _absence(leaf: Condition, member: Member) -> Said | None:
    """NOT EXISTS on what is null, and IS NULL on what is absent."""
    if isinstance(leaf, NotExists) and member.path in members.NULLABLE:
        said = f"almost every record has {leaf.selector}, as null where there is nothing to tell, and NOT EXISTS is false there"
        return "D206", f"{said}; for those, {leaf.selector} IS NULL", (leaf.span, f"{leaf.selector} IS NULL")
    if isinstance(leaf, NotExists) and member.share == 1:
        return "D206", f"almost every record has {leaf.selector}, and NOT EXISTS is false there", None
    if isinstance(leaf, Is) and leaf.kind is Kind.NULL and member.path in _NEVER_NULL:
        said = f"a call that succeeded has no {leaf.selector} at all, and IS NULL is false where nothing is"
        return "D206", f"{said}; write {leaf.selector} NOT EXISTS", (leaf.span, f"{leaf.selector} NOT EXISTS")
    return None


_NEVER_NULL = {("errorCode",), ("errorMessage",)}
