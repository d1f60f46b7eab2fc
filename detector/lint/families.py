"""D407: a list that names some of the event names that belong together, and not others.

In: a pattern about CloudTrail. Out: notes. The families are in `detector.cloudtrail.families`. A list counts as one of a
family where it names at least two of it, and no fewer than it leaves out: two of eleven were rather picked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detector.cloudtrail import families, operations
from detector.cloudtrail.families import Family
from detector.lint.finding import Draft, Promise
from detector.lint.subject import EVENT_NAME, EVENT_SOURCE, Subject, path_of
from detector.lint.trees import alternatives
from detector.pattern.claims import pinned
from detector.pattern.evaluate import text_equals
from detector.pattern.syntax import Compare, Op, Text

_OF_ONE_CALL = {"requestParameters", "responseElements"}
"""What is asked of these differs from call to call, so that another name in the list would find nothing."""
_SHOWN = 4


def drafts(subject: Subject) -> Iterator[Draft]:
    """One note for each list of event names."""
    if not subject.is_cloudtrail or any(path_of(leaf.selector)[0] in _OF_ONE_CALL for leaf in subject.leaves):
        return
    for node in alternatives(subject.expr):
        named = [term for term in node.terms if isinstance(term, Compare) and _is_name(term)]
        if len(named) > 1:
            yield from _list(subject, named)


def _is_name(term: Compare) -> bool:
    return term.selector == EVENT_NAME and term.op is Op.EQ and isinstance(term.value, Text)


def _list(subject: Subject, named: Sequence[Compare]) -> Iterator[Draft]:
    sources = pinned(subject.expr, named[0], EVENT_SOURCE)
    found = [
        (family, *_split(subject, family, named))
        for family in families.families()
        if sources is None or family.source + operations.SUFFIX in sources
    ]
    most = max((len(has) for _, has, _ in found), default=0)
    best = [one for one in found if len(one[1]) == most > 1]
    if not best or any(not missing for _, _, missing in best):
        return
    family, has, missing = min(best, key=lambda one: len(one[2]))
    if len(missing) <= len(has):
        last = named[-1]
        quoted = isinstance(last.value, Text) and last.value.quoted
        more = " || ".join(f"{EVENT_NAME} = {Text(name, quoted=quoted)}" for name in missing)
        rest = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        also = ", which the list of CIS lacks as well" if family.later.issuperset(missing) else ""
        said = f"of the calls that {family.effect}, this names {len(has)} and not {', '.join(missing[:_SHOWN])}{rest}{also}"
        edits = ((last.span, f"{last} || {more}"),)
        yield Draft("D407", last.span, said, edits, Promise.WIDER, None, EVENT_NAME, tuple(named))


def _split(subject: Subject, family: Family, named: Sequence[Compare]) -> tuple[list[str], list[str]]:
    """Which names of a family a list names, and which no condition of the pattern speaks of."""
    has = [one for one in family.members if any(text_equals(one, term.value) for term in named)]
    about = [leaf for leaf, path in subject.compares if path == ("eventName",)]
    return has, [one for one in family.members if not any(text_equals(one, leaf.value) for leaf in about)]
