"""D409 and D410: calls that failed, and sign-ins that failed and say so elsewhere.

In: a pattern about CloudTrail. Out: notes, since an attempt may be what is looked for. Source of the second: CloudTrail user guide,
cloudtrail-event-reference-aws-console-sign-in-events.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.cloudtrail import credentials, families, operations, trails, values
from detector.lint.finding import Draft, Promise
from detector.lint.subject import EVENT_NAME, EVENT_SOURCE, Subject, equals, path_of
from detector.lint.trees import span_of, text_span
from detector.pattern import claims
from detector.pattern.claims import pinned
from detector.pattern.syntax import NotExists, Or

_OUTCOMES = {"errorCode", "errorMessage", "responseElements"}
_FAILED, _UNKNOWN = "Failed authentication", "No username found in supplied account"
_LOGIN = frozenset({"ConsoleLogin"})
_MESSAGE, _OUTCOME = ("errorMessage",), ("responseElements", "ConsoleLogin")


def drafts(subject: Subject) -> Iterator[Draft]:
    """The findings about attempts."""
    if subject.is_cloudtrail:
        yield from _denied(subject)
        yield from _coded(subject)
        yield from _sign_in(subject)


def _denied(subject: Subject) -> Iterator[Draft]:
    """Named changes, without a word on whether they succeeded."""
    names = claims.texts(subject.expr, EVENT_NAME)
    if not names or any(path_of(leaf.selector)[0] in _OUTCOMES for leaf in subject.leaves):
        return
    if not all(_is_change(operations.plain(name)) for name in names) or _is_prescribed(subject, names):
        return
    said = "also counts calls that were denied or failed, which changed nothing: these have an $.errorCode"
    where = text_span(subject.source, subject.expr)
    whole = f"({subject.text(where)})" if isinstance(subject.expr, Or) else subject.text(where)
    edits = ((where, f"{whole} && $.errorCode NOT EXISTS"),)
    yield Draft("D409", span_of(subject.expr), said, edits, Promise.NARROWER, conditions=subject.leaves)


def _is_prescribed(subject: Subject, names: frozenset[str]) -> bool:
    """Whether it is the list of a control of the CIS benchmark, or that and more: attempts are meant to count there."""
    is_list = all(leaf.selector in {EVENT_NAME, EVENT_SOURCE} for leaf in subject.leaves)
    return is_list and any(names >= one for one in families.prescribed())


def _is_change(name: str) -> bool:
    owners = operations.owners().get(name, frozenset())
    data = any(name in trails.data_events().get(one, ()) for one in owners)
    return (
        bool(owners)
        and "signin" not in owners
        and not data
        and not credentials.only_looks(name)
        and name not in _NO_CHANGES
    )


_NO_CHANGES = frozenset(
    {
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "StartQuery",
        "Authenticate",
        "Federate",
        "Logout",
    }
    | credentials.NOT_LOOKING
)
"""Calls of which a refused one is as telling as one that succeeded, or that change nothing."""


def _coded(subject: Subject) -> Iterator[Draft]:
    """The error code of a sign-in, which has none whether it failed or not."""
    for leaf in subject.leaves:
        if path_of(leaf.selector) != values.ERROR_CODE or pinned(subject.expr, leaf, EVENT_NAME) != _LOGIN:
            continue
        if isinstance(leaf, NotExists):
            said = "a sign-in that failed has no $.errorCode either: this leaves out none of them"
            instead = '$.responseElements.ConsoleLogin = "Success"'
        else:
            said = "a sign-in that failed has no $.errorCode, and this counts none of them"
            instead = '$.responseElements.ConsoleLogin = "Failure"'
        edits = ((leaf.span, instead),)
        yield Draft(
            "D410", leaf.span, f"{said}; write {instead}", edits, Promise.OTHER, None, leaf.selector, (leaf,)
        )


def _sign_in(subject: Subject) -> Iterator[Draft]:
    """One of the two messages of a sign-in that failed."""
    leaves = [leaf for leaf, path in subject.compares if path == _MESSAGE and equals(leaf, _FAILED)]
    others = any(equals(leaf, _UNKNOWN) for leaf in subject.leaves if path_of(leaf.selector) == _MESSAGE)
    asked = any(path_of(leaf.selector) == _OUTCOME for leaf in subject.leaves)
    if not leaves or others or asked or pinned(subject.expr, leaves[0], EVENT_NAME) != _LOGIN:
        return
    said = f'misses sign-ins with a name that no user has, whose message is "{_UNKNOWN}"; every failed one has $.responseElements.ConsoleLogin = "Failure"'
    edits = ((leaves[0].span, f'({leaves[0]} || $.responseElements.ConsoleLogin = "Failure")'),)
    yield Draft("D410", leaves[0].span, said, edits, Promise.WIDER, None, leaves[0].selector, tuple(leaves))
