"""D406: events that a trail logs only if it is told to, or leaves out if it is told to.

In: a pattern about CloudTrail. Out: notes. A pattern that speaks of the category of its events is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from detector.cloudtrail import operations, trails
from detector.lint.finding import Draft
from detector.lint.subject import EVENT_SOURCE, Subject, path_of
from detector.pattern.claims import pinned
from detector.pattern.syntax import Compare, Op, Text

_SAYS_SO = {("eventCategory",), ("managementEvent",)}
_INSIGHT = {("eventType",): "AwsCloudTrailInsight", ("eventCategory",): "Insight"}
_MOST = 3


def drafts(subject: Subject) -> Iterator[Draft]:
    """At most one note for each kind of events."""
    if not subject.is_cloudtrail:
        return
    for leaf, path in subject.compares:
        if path in _INSIGHT and str(leaf.value).strip('"') == _INSIGHT[path] and leaf.op is Op.EQ:
            said = "Insights events are logged where the trail has Insights enabled, in files of their own below CloudTrail-Insight"
            yield Draft("D406", leaf.span, said, selector=leaf.selector, conditions=(leaf,))
            return
    if any(path_of(leaf.selector) in _SAYS_SO for leaf in subject.leaves):
        return
    data = _named(subject, trails.data_events())
    if data:
        said = f"{_listed(data)}: a data event, which a trail logs only if it is told to; one of management events has none"
        yield _draft(data, said)
    excluded = _named(subject, trails.EXCLUDED)
    if excluded:
        said = f"{_listed(excluded)}: a trail can leave out the management events of this source, as many do for their number"
        yield _draft(excluded, said)


def _draft(named: list[Compare], said: str) -> Draft:
    return Draft("D406", named[0].value_span, said, selector=named[0].selector, conditions=tuple(named))


def _listed(named: list[Compare]) -> str:
    more = f" and {len(named) - _MOST} more" if len(named) > _MOST else ""
    return ", ".join(str(leaf.value).strip('"') for leaf in named[:_MOST]) + more


def _named(subject: Subject, events: Mapping[str, frozenset[str]]) -> list[Compare]:
    """The conditions that ask for such an event of whatever service they can count."""
    found = []
    for leaf, path in subject.compares:
        if (
            path != ("eventName",)
            or leaf.op is not Op.EQ
            or not isinstance(leaf.value, Text)
            or leaf.value.is_glob
        ):
            continue
        name, pins = leaf.value.value, pinned(subject.expr, leaf, EVENT_SOURCE)
        owners = operations.common(name) or operations.owners().get(name, frozenset())
        sources = set(owners) if pins is None else {one.removesuffix(operations.SUFFIX) for one in pins}
        if sources and all(name in events.get(one, ()) for one in sources):
            found.append(leaf)
    return found
