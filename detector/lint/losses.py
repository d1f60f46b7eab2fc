"""D202: what a ``!=`` loses where its field is not there, and the form that keeps it.

In: a pattern about CloudTrail. Out: a draft for each selector with such a condition. The claim: there are events
that the pattern with ``|| … NOT EXISTS`` counts and the pattern as it is does not, of each kind of caller that the
sentence names; where a guard already lets them in, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detector.cloudtrail import identities, members, values
from detector.cloudtrail.identities import Caller, Has
from detector.cloudtrail.members import Path
from detector.lint.finding import Draft, Promise
from detector.lint.rules import Severity
from detector.lint.subject import EVENT_NAME, MISSING, TEXT, Subject, is_known, known, path_of
from detector.lint.trees import replaced
from detector.pattern.claims import pinned
from detector.pattern.syntax import Compare, Condition, Expr, Name, NotExists, Op, Or, Selector, Text
from detector.relation.prover import Undecided
from detector.relation.values import Allowed, Domain

_IDENTITY = "userIdentity"
_TYPE: Path = ("userIdentity", "type")
TYPE = Selector((Name("userIdentity"), Name("type")))
SIGN_IN = "ConsoleLogin"


def drafts(subject: Subject) -> Iterator[Draft]:
    """One draft for each selector whose exclusions lose events."""
    if not subject.is_cloudtrail:
        return
    for selector in dict.fromkeys(leaf.selector for leaf in subject.leaves):
        leaves = [leaf for leaf in subject.leaves if leaf.selector == selector and _excludes(leaf)]
        member = ".".join(path_of(selector)[1:])
        nobodys = [
            kinds
            for leaf in leaves
            if (kinds := callers_of(subject, leaf)) and all(one.has(member) is Has.NEVER for one in kinds)
        ]
        if nobodys and path_of(selector)[0] == _IDENTITY:
            continue  # D207: these callers never have it
        if leaves and is_known(selector) and not _is_there(selector):
            try:
                said, severity = _lost(subject, selector, leaves)
            except Undecided:
                continue
            if said:
                yield _draft(selector, leaves, said, severity)


def callers_of(subject: Subject, leaf: Condition) -> list[Caller]:
    """The callers whose events a condition can count; none where one of them is unknown, or any can."""
    types = pinned(subject.expr, leaf, TYPE)
    known = [identities.BY_TYPE.get(one) for one in sorted(types or ())]
    return [] if None in known else [one for one in known if one is not None]


def _draft(selector: Selector, leaves: Sequence[Condition], said: str, severity: Severity | None) -> Draft:
    edits = tuple((leaf.span, f"({leaf} || {selector} NOT EXISTS)") for leaf in leaves)
    also = "" if len(leaves) == 1 else f" (in {len(leaves)} places)"
    text = f"{said}: != is false where {selector} is absent{also}; || {selector} NOT EXISTS keeps them"
    return Draft("D202", leaves[0].span, text, edits, Promise.WIDER, severity, selector, tuple(leaves))


def _excludes(leaf: Condition) -> bool:
    """Whether it is a != that means to leave something out; ``!= ""`` asks whether there is something."""
    return (
        isinstance(leaf, Compare)
        and leaf.op is Op.NE
        and leaf.selector.wildcard is None
        and not (isinstance(leaf.value, Text) and not leaf.value.value.strip("*"))
    )


def _is_there(selector: Selector) -> bool:
    member = members.members().get(path_of(selector))
    return member is not None and (
        member.always or (not member.kinds & {"string", "number"} and bool(member.kinds))
    )


def _lost(subject: Subject, selector: Selector, leaves: Sequence[Condition]) -> tuple[str, Severity | None]:
    """What is lost, as a sentence without its end; empty where nothing is."""
    kept = replaced(
        subject.expr, leaves, [Or((leaf, NotExists(selector, leaf.span)), leaf.span) for leaf in leaves]
    )
    path = path_of(selector)
    if path[0] == _IDENTITY and not members.is_open(path):
        return _callers(subject, selector, kept, leaves)
    logic = subject.logic(subject.expr, kept, domain=_absent(selector, known))
    if not logic.can_be(kept, subject.expr):
        return "", None
    said, severity = _of_member(subject, path, leaves)
    if said and not logic.never(subject.expr):
        said = f"drops events without {'.'.join(path)} that nothing else lets in"
    return said, severity


def _absent(selector: Selector, rest: Domain) -> Domain:
    return lambda one: MISSING if one == selector else rest(one)


def _callers(
    subject: Subject, selector: Selector, kept: Expr, leaves: Sequence[Condition]
) -> tuple[str, Severity | None]:
    """Which callers are dropped, all of their events or those without the member."""
    member = ".".join(path_of(selector)[1:])
    absent = [one for one in identities.CALLERS if one.has(member) is not Has.ALWAYS]
    lost, all_of = [], []
    for one in absent:
        unlike = None if one.signs_in or one.only else (EVENT_NAME, SIGN_IN)
        logic = subject.logic(subject.expr, kept, domain=_absent(selector, made_by(one)), unlike=unlike)
        if logic.can_be(kept, subject.expr):
            lost.append(one)
            all_of += [one] if logic.never(subject.expr) else []
    every = [one.words for one in all_of if one.has(member) is Has.NEVER]
    some = [one.words for one in all_of if one.has(member) is Has.SOMETIMES]
    rest = [one.words for one in lost if one not in all_of]
    parts = [f"every event of {_listed(every)}"] if every else []
    parts += [f"the events of {_listed(some)} that have none"] if some else []
    parts += [f"events of {_listed(rest)} that nothing else lets in"] if rest else []
    people = any(one.signs_in and not one.only for one in lost)
    is_named = all(pinned(subject.expr, leaf, EVENT_NAME) is not None for leaf in leaves)
    severity = Severity.NOTE if is_named and not people else None
    return (f"drops {', and '.join(parts)}" if parts else ""), severity


def made_by(caller: Caller) -> Domain:
    """The records that one kind of caller can cause."""

    def domain(selector: Selector) -> Allowed:
        path = path_of(selector)
        if path == _TYPE:
            return Allowed(TEXT.kinds, only=caller.type)
        if selector == EVENT_NAME and caller.only:
            return Allowed(TEXT.kinds, only=caller.only)
        allowed = known(selector)
        if path[0] == _IDENTITY and path in members.members():
            match caller.has(".".join(path[1:])):
                case Has.NEVER:
                    return Allowed(allowed.kinds & MISSING.kinds)
                case Has.ALWAYS:
                    return Allowed(allowed.kinds - MISSING.kinds)
                case Has.SOMETIMES:
                    pass
        return allowed

    return domain


def _of_member(subject: Subject, path: Path, leaves: Sequence[Condition]) -> tuple[str, Severity | None]:
    """The sentence for a member that does not depend on the caller."""
    if path in {("errorCode",), ("errorMessage",)}:
        missing = (
            "every call that succeeded" if path == ("errorCode",) else "every event without an error message"
        )
        return f"drops {missing}", Severity.NOTE
    if path == values.MFA_USED:
        # Every record of a ConsoleLogin has it, whoever signs in and whether they succeed.
        sign_ins = all(pinned(subject.expr, leaf, EVENT_NAME) == frozenset({SIGN_IN}) for leaf in leaves)
        return ("" if sign_ins else "drops every event that does not say whether MFA was used"), Severity.NOTE
    member = members.members().get(path)
    if member is None or members.is_open(path):
        if any(pinned(subject.expr, leaf, EVENT_NAME) is not None for leaf in leaves):
            return "", None
        return f"drops every event without {'.'.join(path)}", Severity.NOTE
    if not member.types:
        return f"drops every event without {'.'.join(path)}", None
    share = f"{member.share:.0%}" if member.share >= 0.01 else "under 1%"  # noqa: PLR2004 - less reads as 0%
    return f"drops every event without {'.'.join(path)}, which {share} of 55,080 public records have", None


def _listed(words: Sequence[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
