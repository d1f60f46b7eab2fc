"""D208 and D209: where in a log event something is looked for.

In: a pattern. Out: drafts. A log event of CloudTrail in CloudWatch Logs is one record; a file has many below ``Records``,
EventBridge has one below ``detail``.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from detector.lint import void
from detector.lint.finding import Draft, Promise
from detector.lint.rules import Severity
from detector.lint.subject import Subject, is_cloudtrail, is_known
from detector.lint.trees import replaced
from detector.pattern.syntax import Compare, Index, Name, NotExists, Op, Selector, Wildcard


def drafts(subject: Subject) -> Iterator[Draft]:
    """The findings about places."""
    if subject.is_cloudtrail:
        for selector in dict.fromkeys(leaf.selector for leaf in subject.leaves):
            yield from _first(subject, selector)
    else:
        yield from _contained(subject)


def _contained(subject: Subject) -> Iterator[Draft]:
    """A record below a container that the log event is not in."""
    inside = {leaf.selector: inner for leaf in subject.leaves if (inner := _inner(leaf.selector)) is not None}
    if not inside:
        return
    about = [leaf for leaf in subject.leaves if leaf.selector in inside]
    stripped = replaced(
        subject.expr, about, [structs.replace(leaf, selector=inside[leaf.selector]) for leaf in about]
    )
    if not is_cloudtrail(stripped):
        return
    name = str(about[0].selector.steps[0].text) if isinstance(about[0].selector.steps[0], Name) else ""
    asked = [leaf for leaf in about if not isinstance(leaf, NotExists)]
    finds = "matches nothing" if asked and void.is_dead(subject, asked) else "is always absent"
    if name == "detail":
        said = f"$.detail is where EventBridge has a record: this is right for a log group that a rule of EventBridge writes to, and {finds} in CloudTrail's own"
    else:
        said = f"$.Records is in the files of a trail: CloudWatch Logs has every record in a log event of its own, without it. This {finds} there"
    edits = tuple((leaf.selector.span, str(inside[leaf.selector])) for leaf in about)
    severity = Severity.NOTE if name == "detail" else None
    yield Draft(
        "D208", about[0].selector.span, said, edits, Promise.OTHER, severity, about[0].selector, tuple(about)
    )


def _inner(selector: Selector) -> Selector | None:
    """What a selector asks of the record in a container; None where it is in none."""
    match selector.steps:
        case (Name("detail"), Name(), *_):
            return Selector(selector.steps[1:], selector.span)
        case (Name("Records"), Index() | Wildcard(), Name(), *_):
            return Selector(selector.steps[2:], selector.span)
        case (Name("Records"), Name(), *_):
            return Selector(selector.steps[1:], selector.span)
        case _:
            return None


def _first(subject: Subject, selector: Selector) -> Iterator[Draft]:
    """The first element of a list, where any may be meant."""
    if Index(0) not in selector.steps or not is_known(selector):
        return
    leaves = [leaf for leaf in subject.leaves if leaf.selector == selector]
    plain = all(isinstance(leaf, Compare) and leaf.op is not Op.NE for leaf in leaves)
    edits = (
        tuple((leaf.selector.span, subject.text(leaf.selector.span).replace("[0]", "[*]")) for leaf in leaves)
        if plain
        else ()
    )
    said = f"{selector} is in the first element only, and a call can have several; [*] looks at each"
    yield Draft("D209", leaves[0].selector.span, said, edits, Promise.WIDER, None, selector, tuple(leaves))
