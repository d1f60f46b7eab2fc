"""Exclusions: in come a pattern and what is no longer to count, out goes a narrower pattern in the service's language.

The claim: the new pattern matches an event exactly if the old one does and the event does not have every value of an
exclusion. A member that an event may lack is guarded with ``NOT EXISTS``, because a comparison on an absent field is
false, ``!=`` included: without it, whoever has no such member would be lost too. Narrower is not asserted but proved
(`detector.relation`), and a value that the language cannot say is refused, never widened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from detector.detections import Detection
from detector.errors import PatternError
from detector.pattern import BLANKS, Pattern
from detector.pattern import compile as compile_pattern
from detector.pattern.limits import MAX_LENGTH
from detector.pattern.operands import in_quotes
from detector.pattern.pretty import WIDTH
from detector.pattern.syntax import Or
from detector.relation import Relation, relate

ROLE = "$.userIdentity.sessionContext.sessionIssuer.userName"
ARN = "$.userIdentity.arn"
SERVICE = "$.userIdentity.invokedBy"
NAME = "$.userIdentity.userName"
EVENT = "$.eventName"
LONGEST = 255
"""Characters of a value; evidence is cut at one more, and a cut value would be another one."""


class InexpressibleError(ValueError):
    """One sentence: why there is no such pattern."""


class Member(NamedTuple):
    """A member of a record, by its selector, and the value that it has."""

    selector: str
    value: str


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Records that have every one of these values are no longer counted."""

    members: tuple[Member, ...]

    def __str__(self) -> str:
        return " && ".join(f"{one.selector} = {in_quotes(one.value)}" for one in self.members)


def narrowed(pattern: Pattern, exclusions: Sequence[Exclusion]) -> Pattern:
    """The pattern without what the exclusions name; `InexpressibleError` where the language has none, or it is unproved."""
    found = _written(pattern, exclusions)
    verdict = relate(pattern, found)
    if verdict.relation not in {Relation.NARROWER, Relation.EQUIVALENT}:
        raise InexpressibleError(f"it could not be proved narrower: {verdict.why_not or verdict.relation}")
    return found


def fits(detection: Detection, exclusions: Sequence[Exclusion]) -> bool:
    """Whether the language has room for all of them, such as in 1,024 characters; nothing is proved yet."""
    try:
        for one in detection.filters:
            _written(one.pattern, exclusions)
    except InexpressibleError:
        return False
    return True


def _written(pattern: Pattern, exclusions: Sequence[Exclusion]) -> Pattern:
    if pattern.json is None:
        raise InexpressibleError(
            f"a {pattern.kind} pattern does not look at the members of a record: nothing can be excluded by one"
        )
    for member in (one for exclusion in exclusions for one in exclusion.members):
        _check(member.value)
    open_to = {
        selector: needs_guard(pattern, selector)
        for selector in dict.fromkeys(one.selector for each in exclusions for one in each.members)
    }
    return _compiled(_with(pattern, _grouped(exclusions), open_to))


def edited(detection: Detection, exclusions: Sequence[Exclusion]) -> Detection:
    """The detection with the exclusions in every filter; `InexpressibleError` as in `narrowed`."""
    filters = (replace(one, pattern=narrowed(one.pattern, exclusions)) for one in detection.filters)
    return replace(detection, filters=tuple(filters))


def _check(value: str) -> None:
    if "*" in value:
        reason = "has a * in it, which stands for any text in a pattern: no way to write the character itself is known"
    elif len(value) > LONGEST:
        reason = f"has more than {LONGEST} characters, and a shorter one would be another value"
    elif not value or not value.isprintable() or "\ufffd" in value:
        reason = "has characters that a pattern should not have"
    else:
        return
    raise InexpressibleError(f"the value {value[:60]!r} {reason}")


def _grouped(exclusions: Sequence[Exclusion]) -> list[tuple[Exclusion, ...]]:
    """Exclusions of one member each stand together where it is the same one: one guard is enough for them."""
    groups: dict[object, list[Exclusion]] = {}
    for one in dict.fromkeys(exclusions):
        lone = one.members[0].selector if len(one.members) == 1 else one
        groups.setdefault(lone, []).append(one)
    return [tuple(group) for group in groups.values()]


def _term(group: Sequence[Exclusion], open_to: dict[str, bool], lines: tuple[str, str]) -> str:
    """What must hold for a record to count still; ``lines`` stand behind ``||`` and ``&&``."""
    either, both = (f" {sign}{line}" for sign, line in zip(("||", "&&"), lines, strict=True))
    if len(group[0].members) > 1:
        parts = []
        for member in group[0].members:
            parts += [f"({member.selector} NOT EXISTS)"] * open_to[member.selector]
            parts.append(f"({member.selector} != {in_quotes(member.value)})")
        return f"({either.join(parts)})"
    selector = group[0].members[0].selector
    apart = [f"({selector} != {in_quotes(one.members[0].value)})" for one in group]
    together = apart[0] if len(apart) == 1 else f"({both.join(apart)})"
    return f"(({selector} NOT EXISTS){either}{together})" if open_to[selector] else together


def _with(pattern: Pattern, groups: Sequence[Sequence[Exclusion]], open_to: dict[str, bool]) -> str:
    """The pattern as it was written, with terms behind it: its own words and line breaks stay."""
    source = pattern.source.strip(BLANKS)
    inner = source[1:-1].strip(BLANKS)
    whole = f"({inner})" if isinstance(pattern.json, Or) else inner
    line = f"{{ {' && '.join([whole, *(_term(group, open_to, (' ', ' ')) for group in groups)])} }}"
    if "\n" not in source and len(line) <= WIDTH:
        return line
    terms = [_term(group, open_to, ("\n   ", "\n    ")) for group in groups]
    broken = f"{{ {(' &&' + chr(10) + '  ').join([whole, *terms])} }}"
    return broken if len(broken) <= MAX_LENGTH else line


@lru_cache(256)
def needs_guard(pattern: Pattern, selector: str) -> bool:
    """Whether a NOT EXISTS changes anything: where the pattern itself asks for the member, none is needed."""
    group = [(Exclusion((Member(selector, "a"),)),)]
    alone, guarded = (_compiled(_with(pattern, group, {selector: open_to})) for open_to in (False, True))
    return relate(alone, guarded).relation is not Relation.EQUIVALENT


def _compiled(written: str) -> Pattern:
    try:
        return compile_pattern(written)
    except PatternError as error:
        raise InexpressibleError(f"the service would refuse the pattern: {error.reason}") from None
