"""D401 to D405: event names and the event sources beside them.

In: a pattern about CloudTrail. Out: notes. The tables hold API operations; CloudTrail has names that are none. So a
name is reported only where it belongs to another service, or is a slip of the pen away from one that there is.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.cloudtrail import operations, values
from detector.lint import void
from detector.lint.finding import Draft, Promise
from detector.lint.rules import Severity
from detector.lint.subject import EVENT_NAME, EVENT_SOURCE, Subject, equals, path_of
from detector.lint.trees import span_of, text_span
from detector.pattern.claims import pinned
from detector.pattern.evaluate import text_equals
from detector.pattern.syntax import And, Compare, Op, Text

# Their records have few names that are not operations, so that a name they do not have is worth a word.
_PLAIN = frozenset(operations.COMMON) - {"sso", "ds", "es"}


def drafts(subject: Subject) -> Iterator[Draft]:
    """The findings about event names."""
    if not subject.is_cloudtrail:
        return
    named = [
        (leaf, leaf.value.value)
        for leaf, path in subject.compares
        if path == ("eventName",) and isinstance(leaf.value, Text) and not leaf.value.is_glob
    ]
    for leaf, name in named:
        yield from _unversioned(subject, leaf, name) or _misplaced(subject, leaf, operations.plain(name))
    for leaf, path, value in subject.texts:
        if path == ("eventName",) and leaf.op is Op.EQ and value.is_glob:
            yield from _matchless(subject, leaf, value)
    shared = [
        (leaf, name)
        for leaf, name in named
        if leaf.op is Op.EQ
        and len(operations.common(name)) > 1
        and pinned(subject.expr, leaf, EVENT_SOURCE) is None
    ]
    if shared:
        parts = [f"{name} ({_sources(operations.common(name))})" for _, name in shared[:3]]
        more = f" and {len(shared) - 3} more" if len(shared) > 3 else ""  # noqa: PLR2004 - three are shown
        said = f"without an event source, events of the same name from several services count: {', '.join(parts)}{more}"
        first, about = shared[0][0], tuple(leaf for leaf, _ in shared)
        yield Draft("D403", first.value_span, said, selector=first.selector, conditions=about)
    yield from _sign_in(subject)


_SIGN_IN = {("eventName",), ("eventSource",), values.MFA_USED}
_PEOPLE = '$.responseElements.ConsoleLogin = "Success" && ($.userIdentity.type = "IAMUser" || $.userIdentity.type = "Root")'


def _sign_in(subject: Subject) -> Iterator[Draft]:
    """Console sign-ins by MFA alone: an identity provider's MFA is not seen, and failures have the member too."""
    if not isinstance(subject.expr, And) or any(
        path_of(leaf.selector) not in _SIGN_IN for leaf in subject.leaves
    ):
        return
    terms = [term for term in subject.expr.terms if isinstance(term, Compare)]
    asked = [term for term in terms if path_of(term.selector) == values.MFA_USED and _is_without(term)]
    if asked and any(term.selector == EVENT_NAME and equals(term, "ConsoleLogin") for term in terms):
        said = "also counts sign-ins that failed, and those through single sign-on, whose MFA the record does not know; "
        said += "success and the type of the user leave them out"
        where = text_span(subject.source, subject.expr)
        text = f"{subject.expr} && {_PEOPLE}"
        yield Draft(
            "D404", span_of(subject.expr), said, ((where, text),), Promise.NARROWER, conditions=subject.leaves
        )


def _is_without(term: Compare) -> bool:
    """Whether a condition lets in the sign-ins without MFA."""
    if isinstance(term.value, Text) and term.op is Op.NE:
        return text_equals("Yes", term.value) and not text_equals("No", term.value)
    return equals(term, "No") and not equals(term, "Yes")


def _matchless(subject: Subject, leaf: Compare, value: Text) -> Iterator[Draft]:
    """A name with a * that is like none of the service's, or of all where no service is pinned."""
    pins = pinned(subject.expr, leaf, EVENT_SOURCE)
    sources = (
        operations.operations() if pins is None else {one.removesuffix(operations.SUFFIX) for one in pins}
    )
    if len(value.value.strip("*")) < operations.SHORT or (
        pins is not None and not _PLAIN.issuperset(sources)
    ):
        return
    if not any(text_equals(name, value) for one in sources for name in operations.written(one)):
        whose = "any service" if pins is None else " and ".join(sorted(pins))
        said = f"no event name that is known of {whose} is like {value}"
        yield Draft("D402", leaf.value_span, said, selector=leaf.selector, conditions=(leaf,))


def _unversioned(subject: Subject, leaf: Compare, name: str) -> list[Draft]:
    """A name of a service that writes its API's version behind it."""
    pins = pinned(subject.expr, leaf, EVENT_SOURCE)
    sources = (
        operations.owners().get(name, frozenset())
        if pins is None
        else {one.removesuffix(operations.SUFFIX) for one in pins}
    )
    dated = {one: found[name] for one in sources if name in (found := operations.versioned().get(one, {}))}
    if not dated or (pins is not None and len(dated) < len(sources)):
        return []
    written = " and ".join(
        f"{name}{version} ({one}{operations.SUFFIX})" for one, version in sorted(dated.items())
    )
    said = f"records write {written}, with the version of the API, never {name} alone"
    quoted = isinstance(leaf.value, Text) and leaf.value.quoted
    edits = ((leaf.value_span, str(Text(f"{name}20*", quoted=quoted))),)
    if len(dated) == len(sources):
        return [void.draft(subject, "D405", leaf, said, span=leaf.value_span, edits=edits)]
    rest = sorted(set(sources) - set(dated))
    does = "excludes" if leaf.op is Op.NE else "counts"
    said = f"{said}: this {does} the events of other services only ({_sources(rest)})"
    return [
        Draft(
            "D405", leaf.value_span, said, severity=Severity.NOTE, selector=leaf.selector, conditions=(leaf,)
        )
    ]


def _misplaced(subject: Subject, leaf: Compare, name: str) -> Iterator[Draft]:
    owners = operations.owners().get(name, frozenset())
    sources = pinned(subject.expr, leaf, EVENT_SOURCE)
    if sources is None:
        if not owners and (near := operations.near(name)):
            said = f"no service is known to have {name}; {near} is one that there is"
            yield _named("D402", leaf, near, said)
        return
    services = [operations.service(source) for source in sources]
    if not set(services) <= _PLAIN or any(name in operations.operations()[one] for one in services if one):
        return
    own = sorted(event for service in services if service for event in operations.operations()[service])
    near = operations.near(name, own, operations.CLOSE_BESIDE)
    listed = " or ".join(sorted(sources))
    if owners:
        said = (
            f"{name} is not known of {listed}, but of {_sources(operations.common(name) or sorted(owners))}"
        )
        yield _named("D401", leaf, near, said)
    elif near:
        yield _named("D401", leaf, near, f"{name} is not known of {listed}; {near} is")


def _named(code: str, leaf: Compare, near: str | None, said: str) -> Draft:
    quoted = isinstance(leaf.value, Text) and leaf.value.quoted
    edits = ((leaf.value_span, str(Text(near, quoted=quoted))),) if near else ()
    return Draft(code, leaf.value_span, said, edits, selector=leaf.selector, conditions=(leaf,))


def _sources(services: list[str], most: int = 3) -> str:
    more = f" and {len(services) - most} more" if len(services) > most else ""
    return ", ".join(f"{service}{operations.SUFFIX}" for service in services[:most]) + more
