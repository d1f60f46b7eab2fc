"""A pattern with the suggestions of its findings in place of what they are about, each of them proved first.

In: a pattern, and which findings are wanted. Out: `Fixed`: every step with its finding, and why other suggestions were left. The claim: **each
step is what its finding says** (the same events, the same and more, fewer), proved for every event by the prover that `detector compare`
asks; a suggestion for other events is never made, because nobody but the author knows what was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from detector.lint.check import lint
from detector.lint.finding import Finding, Promise
from detector.pattern import Pattern
from detector.pattern import compile as compile_pattern
from detector.relation import Relation, relate

_KEEPS: Mapping[Promise, frozenset[Relation]] = {
    Promise.SAME: frozenset({Relation.EQUIVALENT}),
    Promise.WIDER: frozenset({Relation.EQUIVALENT, Relation.WIDER}),
    Promise.NARROWER: frozenset({Relation.EQUIVALENT, Relation.NARROWER}),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One suggestion that was made, and how the pattern after it relates to the one before it: proved."""

    finding: Finding
    relation: Relation


@dataclass(frozen=True, slots=True)
class Fixed:
    """A pattern before and after, what was done, and the suggestions that were not made, with the reason."""

    before: Pattern
    after: Pattern
    steps: tuple[Step, ...] = ()
    left: tuple[tuple[Finding, str], ...] = ()


def fixed(pattern: Pattern, wanted: Callable[[Finding], bool]) -> Fixed:
    """The pattern with all wanted suggestions that are proved, the gravest finding first."""
    now, steps, seen = pattern, list[Step](), {pattern.source}
    while True:
        left: dict[str, tuple[Finding, str]] = {}
        for finding in sorted(lint(now), key=lambda one: -one.severity):
            if finding.suggestion is None or not wanted(finding):
                continue
            after, reason = _step(now, finding, seen)
            if after is not None:
                steps.append(after[1])
                now = after[0]
                seen.add(now.source)
                break
            left.setdefault(finding.code, (finding, reason))
        else:
            return Fixed(pattern, now, tuple(steps), tuple(left.values()))


def _step(now: Pattern, finding: Finding, seen: set[str]) -> tuple[tuple[Pattern, Step] | None, str]:
    """The pattern after one suggestion, or why it is not made."""
    if finding.promise is None or finding.promise is Promise.OTHER:
        return None, "the suggestion is for other events than the pattern's: that is for its author to decide"
    after = compile_pattern(finding.suggestion or "")
    if after.source in seen:
        return None, "it would take back what another suggestion has done"
    verdict = relate(now, after)
    if verdict.relation is None:
        return None, f"that it is for {finding.promise} events is not proved: {verdict.why_not}"
    if verdict.relation not in _KEEPS[finding.promise]:
        return None, f"the suggestion is {verdict.relation}, and not {finding.promise}"
    return (after, Step(finding, verdict.relation)), ""
