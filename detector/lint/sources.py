"""D305 and D309: event sources and regions that there are not.

In: a pattern about CloudTrail. Out: drafts. What is unknown and like nothing that is known may be new, and is left alone.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from detector.cloudtrail import operations, regions
from detector.lint import void
from detector.lint.finding import Draft
from detector.lint.rules import Severity
from detector.lint.subject import EVENT_SOURCE, Subject, pinned
from detector.pattern.syntax import Compare, Op, Text

_CLOSE = 0.85
# The service's name in the command line or the console, and the one in its event source. Sources: the services' own pages on CloudTrail.
_CALLED = {
    "cloudwatch": "monitoring",
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "emr": "elasticmapreduce",
    "stepfunctions": "states",
    "eventbridge": "events",
    "cloudwatchlogs": "logs",
    "console": "signin",
    "login": "signin",
    "vpc": "ec2",
    "organization": "organizations",
    "secretmanager": "secretsmanager",
    "certificatemanager": "acm",
}


def drafts(subject: Subject) -> Iterator[Draft]:
    """The findings about sources and regions."""
    if not subject.is_cloudtrail:
        return
    for leaf, path, value in subject.texts:
        if value.is_glob:
            continue
        if path == ("eventSource",):
            yield from _source(subject, leaf, value)
        elif path == ("awsRegion",):
            yield from _region(subject, leaf, value)


def _source(subject: Subject, leaf: Compare, value: Text) -> Iterator[Draft]:
    wanted = value.value
    name = wanted.lower().removesuffix(operations.SUFFIX)
    if operations.service(wanted) and name not in _CALLED:
        return
    right: str | None
    if name in _CALLED:
        right, why = _CALLED[name], f'there is no event source "{wanted}"; records write'
    elif operations.service(wanted.lower()):
        return  # D302
    elif operations.service(wanted.lower() + operations.SUFFIX):
        right, why = wanted.lower(), f"an event source ends with {operations.SUFFIX}: records write"
    else:
        right, why = (
            _nearest(wanted.lower()),
            f'no service is known to have the event source "{wanted}"; the nearest is',
        )
    if right:
        full = right + operations.SUFFIX
        edits = ((leaf.value_span, str(Text(full, quoted=value.quoted))),)
        yield void.draft(subject, "D305", leaf, f'{why} "{full}"', span=leaf.value_span, edits=edits)


def _nearest(wanted: str) -> str | None:
    """The service whose event source is spelled most like a text."""
    full = {name + operations.SUFFIX: name for name in operations.operations()}
    close = difflib.get_close_matches(wanted, full, n=1, cutoff=_CLOSE)
    name = full[close[0]] if close else None
    if name is None or wanted.endswith(operations.SUFFIX):
        # Of a source that ends as it has to, the name alone decides: all of them are alike in their ends.
        names = difflib.get_close_matches(
            wanted.removesuffix(operations.SUFFIX), operations.operations(), n=1, cutoff=_CLOSE
        )
        return names[0] if names else None
    return name


def _region(subject: Subject, leaf: Compare, value: Text) -> Iterator[Draft]:
    wanted = value.value
    if wanted in regions.regions():
        yield from _global(subject, leaf, wanted)
    elif (right := regions.slip(wanted)) is not None:
        edits = ((leaf.value_span, str(Text(right, quoted=value.quoted))),)
        said = f'there is no region "{wanted}"; records write "{right}"'
        yield void.draft(subject, "D309", leaf, said, span=leaf.value_span, edits=edits)
    elif regions.is_unknown_number(wanted):
        said = (
            f'no region "{wanted}" is known: this counts nothing'
            if leaf.op is Op.EQ
            else f'no region "{wanted}" is known'
        )
        yield Draft("D309", leaf.value_span, said, selector=leaf.selector, conditions=(leaf,))


def _global(subject: Subject, leaf: Compare, wanted: str) -> Iterator[Draft]:
    """A global service's events are in one region of the partition."""
    sources = pinned(subject.expr, leaf, EVENT_SOURCE)
    places = [regions.global_services().get(one.removesuffix(operations.SUFFIX)) for one in sources or ()]
    known = [one for one in places if one is not None]
    if leaf.op is Op.EQ and known and len(known) == len(places) and not any(wanted in one for one in known):
        listed = " and ".join(sorted(sources or ()))
        said = f"{listed} is a global service, whose events are in us-east-1 wherever the caller is (us-gov-west-1, cn-north-1 or cn-northwest-1 in other partitions)"
        yield Draft(
            "D309",
            leaf.value_span,
            said,
            (),
            severity=Severity.NOTE,
            selector=leaf.selector,
            conditions=(leaf,),
        )
