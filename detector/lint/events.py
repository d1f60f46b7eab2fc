"""D401 to D403: event names and the event sources beside them.

In: a pattern about CloudTrail. Out: notes. The tables hold API operations; CloudTrail has names that are none. So a
name is reported only where it belongs to another service, or is a slip of the pen away from one that there is.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from detector.data import operations
from detector.lint.finding import Draft
from detector.lint.subject import EVENT_SOURCE, Subject, pinned
from detector.pattern.syntax import Compare, Op, Text

CLOSE = 0.93
# One service under several names: a name of both is no surprise.
_FAMILIES = (
    frozenset({"rds", "docdb", "neptune"}),
    frozenset({"iam", "iam-toolbox"}),
    frozenset({"s3", "s3control", "s3-control"}),
)
# Services whose sources share operations by inheritance of the models, or that write no record of that name.
_PREFERRED = ("iam", "ec2", "s3", "kms", "sts", "cloudtrail", "config", "organizations", "lambda", "rds", "autoscaling")


def drafts(subject: Subject) -> Iterator[Draft]:
    """The findings about event names."""
    if not subject.is_cloudtrail:
        return
    named = [
        (leaf, leaf.value.value)
        for leaf, path in subject.compares
        if path == ("eventName",) and leaf.op is Op.EQ and isinstance(leaf.value, Text) and not leaf.value.is_glob
    ]
    for leaf, name in named:
        yield from _misplaced(subject, leaf, operations.plain(name))
    shared = [(leaf, name) for leaf, name in named if _is_shared(subject, leaf, name)]
    if shared:
        yield _shared(shared)


def _misplaced(subject: Subject, leaf: Compare, name: str) -> Iterator[Draft]:
    owners = operations.owners().get(name, frozenset())
    sources = pinned(subject.expr, leaf, EVENT_SOURCE)
    if sources is None:
        if not owners and (near := _near(name, list(operations.owners()))):
            said = f"no service is known to have {name}; {near} is one that there is"
            yield _named("D402", leaf, near, said)
        return
    services = [operations.service(source) for source in sources]
    if None in services or any(name in operations.operations()[one] for one in services if one):
        return
    own = sorted(event for one in services if one for event in operations.operations()[one])
    near = _near(name, own)
    listed = " or ".join(sorted(sources))
    if owners:
        said = f"{name} is not known of {listed}, but of {_sources(owners)}"
        yield _named("D401", leaf, near, said)
    elif near:
        yield _named("D401", leaf, near, f"{name} is not known of {listed}; {near} is")


def _near(name: str, known: list[str]) -> str | None:
    """A known name that differs by a slip: the same letters but for one or two."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=CLOSE) if len(name) > 7 else []  # noqa: PLR2004 - short names are all alike
    return close[0] if close and abs(len(close[0]) - len(name)) <= 2 else None  # noqa: PLR2004 - a slip


def _named(code: str, leaf: Compare, near: str | None, said: str) -> Draft:
    quoted = isinstance(leaf.value, Text) and leaf.value.quoted
    edits = ((leaf.value_span, str(Text(near, quoted=quoted))),) if near else ()
    return Draft(code, leaf.value_span, said, edits, selector=leaf.selector, conditions=(leaf,))


def _is_shared(subject: Subject, leaf: Compare, name: str) -> bool:
    owners = operations.owners().get(name, frozenset())
    if any(owners <= family for family in _FAMILIES) or pinned(subject.expr, leaf, EVENT_SOURCE) is not None:
        return False
    return len(_distinct(owners)) > 1


def _distinct(owners: frozenset[str]) -> list[str]:
    """The sources of an event name, the well-known ones first; spellings of one service count once."""
    kept: list[str] = []
    for one in sorted(owners, key=lambda name: (name not in _PREFERRED, _PREFERRED.index(name) if name in _PREFERRED else 0, name)):
        names = operations.operations()[one]
        if not any(_is_alias(one, other, names) for other in kept):
            kept.append(one)
    return kept


def _is_alias(one: str, other: str, names: frozenset[str]) -> bool:
    """Whether two sources are names for one service: nearly all operations of one are those of the other."""
    if any({one, other} <= family for family in _FAMILIES):
        return True
    theirs = operations.operations()[other]
    return len(names & theirs) >= 0.8 * min(len(names), len(theirs))


def _sources(owners: frozenset[str], most: int = 3) -> str:
    listed = _distinct(owners)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(f"{one}{operations.SUFFIX}" for one in listed[:most]) + more


def _shared(shared: list[tuple[Compare, str]]) -> Draft:
    parts = [f"{name} ({_sources(operations.owners()[name])})" for _, name in shared[:3]]
    more = f" and {len(shared) - 3} more" if len(shared) > 3 else ""  # noqa: PLR2004 - three are shown
    said = f"without an event source, events of the same name from several services count: {', '.join(parts)}{more}"
    leaf = shared[0][0]
    return Draft("D403", leaf.value_span, said, selector=leaf.selector, conditions=tuple(one for one, _ in shared))
