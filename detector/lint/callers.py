"""D207, D308, D311 and D408: who makes a call, and what their records have.

In: a pattern about CloudTrail. Out: drafts. The shapes of the callers are in `detector.cloudtrail.identities`, their ARNs
in `detector.cloudtrail.arns`; a kind of caller that is not listed there is not spoken of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from detector.cloudtrail import arns, identities
from detector.cloudtrail.identities import Caller, Has
from detector.cloudtrail.members import Path
from detector.lint import void
from detector.lint.finding import Draft, Promise
from detector.lint.losses import TYPE, callers_of, made_by
from detector.lint.rules import Severity
from detector.lint.subject import EVENT_NAME, TEXT, Subject, equals, path_of
from detector.pattern.claims import pinned
from detector.pattern.syntax import Compare, Condition, Name, NotExists, Op, Selector, Text
from detector.relation.prover import Undecided
from detector.relation.values import Allowed, Domain

_EVENT_TYPE = Selector((Name("eventType"),))
_INVOKED_BY = Selector((Name("userIdentity"), Name("invokedBy")))
_ISSUER_NAME = "$.userIdentity.sessionContext.sessionIssuer.userName"
_ANY_ACCOUNT = re.compile(r"arn:[^:]+:(?:iam|sts)::\*:")
_SERVICE_EVENT = "AwsServiceEvent"
# What a service causes: the field that tells, its value, the words for it and the condition that leaves it out.
_SERVICES = (
    (_INVOKED_BY, TEXT, "what AWS services do in root's name", f"{_INVOKED_BY} NOT EXISTS"),
    (
        _EVENT_TYPE,
        Allowed(TEXT.kinds, only=_SERVICE_EVENT),
        "events that AWS services cause themselves",
        f'{_EVENT_TYPE} != "{_SERVICE_EVENT}"',
    ),
)
_WHOSE = {
    arns.CALLER: "a caller's ARN is the session's, arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION",
    arns.ISSUER: "the issuer's ARN is the role's own, arn:aws:iam::ACCOUNT:role/NAME",
}


def drafts(subject: Subject) -> Iterator[Draft]:
    """The findings about callers."""
    if not subject.is_cloudtrail:
        return
    shapes = [draft for leaf in subject.leaves for draft in _shape(subject, leaf)]
    yield from shapes or _nobody(subject)
    for leaf, path, value in subject.texts:
        if path in {arns.CALLER, arns.ISSUER, *arns.NAMES}:
            yield from _arn(subject, leaf, path, value)
    yield from _root(subject)


def _shape(subject: Subject, leaf: Condition) -> Iterator[Draft]:
    """A member, or an event, that the callers of a condition never have."""
    path, kinds = path_of(leaf.selector), callers_of(subject, leaf)
    if not kinds:
        return
    if isinstance(leaf, NotExists):
        yield from _missing(leaf, ".".join(path[1:]), kinds)
        return
    words = " and ".join(one.words for one in kinds)
    member = ".".join(path[1:])
    if path[0] == "userIdentity" and member in identities.SHAPED:
        if all(one.has(member) is Has.NEVER for one in kinds):
            is_role = [one.type for one in kinds] == ["AssumedRole"] and member == "userName"
            instead = f" (a role's name is in {_ISSUER_NAME})" if is_role else ""
            edits = ((leaf.selector.span, _ISSUER_NAME),) if is_role else ()
            said = f"events of {words} have no {leaf.selector}{instead}, and a comparison with what is absent is false, != included"
            yield void.draft(subject, "D207", leaf, said, edits=edits, absent=True)
    elif leaf.selector == EVENT_NAME and isinstance(leaf, Compare) and leaf.op is Op.EQ:
        only = {one.only for one in kinds}
        if "" not in only and not any(equals(leaf, name) for name in only):
            yield void.draft(subject, "D207", leaf, f"{words} make {' and '.join(sorted(only))} only")


def _missing(leaf: NotExists, member: str, kinds: Sequence[Caller]) -> Iterator[Draft]:
    """What is asked to be absent although these callers have it in nearly every record."""
    there = member in identities.SHAPED and member != "accessKeyId" and "attributes" not in member
    if there and all(one.has(member) is Has.ALWAYS for one in kinds):
        words = " and ".join(one.words for one in kinds)
        said = f"nearly every event of {words} has {leaf.selector}, and NOT EXISTS is false there"
        yield Draft("D207", leaf.span, said, selector=leaf.selector, conditions=(leaf,))


def _nobody(subject: Subject) -> Iterator[Draft]:
    """Members that no kind of caller has together."""
    about = [
        leaf
        for leaf in subject.leaves
        if path_of(leaf.selector)[0] == "userIdentity"
        and ".".join(path_of(leaf.selector)[1:]) in identities.SHAPED
        and not isinstance(leaf, NotExists)
    ]
    asked = {".".join(path_of(leaf.selector)[1:]) for leaf in about}
    has_all = (all(one.has(member) is not Has.NEVER for member in asked) for one in identities.CALLERS)
    if len(asked) < 2 or any(has_all):  # noqa: PLR2004 - two contradict
        return
    try:
        if not subject.logic(subject.expr).can_be(subject.expr):
            return
        for one in identities.CALLERS:
            if subject.logic(subject.expr, domain=made_by(one)).can_be(subject.expr):
                return
    except Undecided:
        return
    listed = " and ".join(f"$.userIdentity.{member}" for member in sorted(asked))
    said = f"no kind of caller is known to have {listed}: together they count nothing"
    yield Draft("D207", about[-1].span, said, selector=about[-1].selector, conditions=tuple(about))


def _arn(subject: Subject, leaf: Compare, path: Path, value: Text) -> Iterator[Draft]:
    instead = arns.instead(path, value.value)
    if instead is not None:
        said = _WHOSE.get(path, f"{leaf.selector} is a name, and no ARN")
        edits = ((leaf.value_span, str(Text(instead, quoted=True))),) if instead else ()
        said = f"{said}, never one like {value}{'' if instead else '; a session has no path, so the roles have to be named'}"
        made = void.draft(subject, "D308", leaf, said, span=leaf.value_span, edits=edits)
        # Tools that rewrite records cut the session off, so an ARN without one is met.
        cut = path == arns.CALLER and ":role/" not in value.value and ":iam:" not in value.value
        rewritten = f"{said}, unless a tool has cut the session off"
        yield replace(made, consequence=rewritten, severity=Severity.NOTE) if cut else made
    elif path == arns.CALLER and (words := _others(subject, leaf, value)):
        said = f"the ARN of {words} is never one like {value}"
        yield void.draft(subject, "D308", leaf, said, span=leaf.value_span)
    elif _ANY_ACCOUNT.match(value.value):
        does = "excludes" if leaf.op is Op.NE else "counts"
        said = f"* takes any account: this {does} whoever is called so in an account of somebody else as well"
        yield Draft("D311", leaf.value_span, said, selector=leaf.selector, conditions=(leaf,))


def _others(subject: Subject, leaf: Compare, value: Text) -> str:
    """The callers whose ARNs are of another kind than a text; empty where it may be theirs."""
    kinds = callers_of(subject, leaf)
    marks = {kind for kind, mark in arns.OF_TYPE.items() if mark in value.value}
    known = all(one.type in arns.OF_TYPE for one in kinds)
    return (
        " and ".join(one.words for one in kinds)
        if kinds and known and marks and not marks & {one.type for one in kinds}
        else ""
    )


def _root(subject: Subject) -> Iterator[Draft]:
    """Events of root that a service causes: what CIS's pattern keeps out."""
    leaf = next((one for one in subject.leaves if one.selector == TYPE and equals(one, "Root")), None)
    if leaf is None or pinned(subject.expr, leaf, EVENT_NAME) is not None or _is_of_sign_in(subject, leaf):
        return
    root = made_by(identities.BY_TYPE["Root"])
    try:
        counted = [one for one in _SERVICES if _can_be(subject, one[0], one[1], root)]
    except Undecided:
        return
    if not counted:
        return
    what = ", and ".join(words for _, _, words, _ in counted)
    said = f"also counts {what}: nobody used root's credentials for these"
    guarded = f"({' && '.join((str(leaf), *(guard for *_, guard in counted)))})"
    yield Draft(
        "D408", leaf.span, said, ((leaf.span, guarded),), Promise.NARROWER, None, leaf.selector, (leaf,)
    )


def _can_be(subject: Subject, asked: Selector, allowed: Allowed, rest: Domain) -> bool:
    """Whether the pattern can match with one more thing known."""
    return subject.logic(subject.expr, domain=lambda one: allowed if one == asked else rest(one)).can_be(
        subject.expr
    )


def _is_of_sign_in(subject: Subject, leaf: Condition) -> bool:
    kinds = pinned(subject.expr, leaf, _EVENT_TYPE)
    return kinds is not None and _SERVICE_EVENT not in kinds
