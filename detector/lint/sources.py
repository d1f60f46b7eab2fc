"""D305 and D309: event sources and regions that do not exist.

In: a pattern about CloudTrail. Out: drafts. What is unknown and like nothing that is known may be new, and is left alone.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator

from detector.cloudtrail import operations, regions
from detector.lint import void
from detector.lint.finding import Draft
from detector.lint.rules import Severity
from detector.lint.subject import EVENT_SOURCE, Subject
from detector.pattern.claims import pinned
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

# EventBridge's source, a link, an endpoint in a region, and a page of the console.
_OTHERWISE = re.compile(
    r"(?:aws\.|https?://)?([a-z0-9-]+)(?:\.(?:[a-z]{2}(?:-[a-z]+)+-\d\.)?amazonaws\.com|\.(?:aws|console\.aws)\.amazon\.com)?/?"
)


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
    wanted = value.value.lower()
    name = wanted.removesuffix(operations.SUFFIX)
    if name not in _CALLED and (operations.service(value.value) or operations.service(wanted)):
        return  # known, or D302
    ends = wanted.endswith(operations.SUFFIX)
    called = _OTHERWISE.fullmatch(wanted)
    if name in _CALLED:
        right, why = _CALLED[name], f'no record is known with the event source "{value.value}"; records write'
    elif operations.service(wanted + operations.SUFFIX):
        right, why = wanted, f"an event source ends with {operations.SUFFIX}: records write"
    elif called and operations.service(called[1] + operations.SUFFIX):
        right, why = called[1], f'"{value.value}" is what others call it; records write'
    else:
        right = (_nearest(name, operations.operations()) if ends else _nearest_whole(wanted)) or ""
        why = f'no service is known to have the event source "{value.value}"; the nearest is'
    if right:
        full = right + operations.SUFFIX
        edits = ((leaf.value_span, str(Text(full, quoted=value.quoted))),)
        said = f'{why} "{full}"'
        # A source that ends as it has to may be one that the tables do not have.
        yield void.draft(subject, "D305", leaf, said, span=leaf.value_span, edits=edits, is_sure=not ends)


def _nearest(name: str, known: Iterable[str]) -> str | None:
    """The service whose name is spelled most like one; a number more or less is another service."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=_CLOSE)
    is_other = bool(close) and close[0].strip("0123456789v") == name.strip("0123456789v")
    return None if is_other or not close else close[0]


def _nearest_whole(wanted: str) -> str | None:
    """The same for a text without the end of an event source, ``iam.amazonaws.con``."""
    full = {name + operations.SUFFIX: name for name in operations.operations()}
    close = difflib.get_close_matches(wanted, full, n=1, cutoff=_CLOSE)
    return full[close[0]] if close else _nearest(wanted, full.values())


def _region(subject: Subject, leaf: Compare, value: Text) -> Iterator[Draft]:
    wanted = value.value
    if wanted in regions.regions():
        yield from _global(subject, leaf, wanted)
    elif (right := regions.slip(wanted)) is not None:
        edits = ((leaf.value_span, str(Text(right, quoted=value.quoted))),)
        said = f'there is no region "{wanted}"; records write "{right}"'
        yield void.draft(subject, "D309", leaf, said, span=leaf.value_span, edits=edits)
    elif regions.is_unknown_number(wanted) or not regions.is_shaped(wanted):
        said = f'no region "{wanted}" is known'
        # There may be one with this number by now.
        yield void.draft(
            subject, "D309", leaf, said, span=leaf.value_span, is_sure=not regions.is_shaped(wanted)
        )


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
