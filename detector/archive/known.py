"""Which fields of a record are known, and which patterns can be answered from them.

In: the shape of what is known of a record that was put together from columns. Out: the fields that a pattern reads and
that are not known. Claim: where there is none, the pattern's answer is that of CloudTrail's own record.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct

from detector.pattern import PatternKind
from detector.pattern.syntax import And, Compare, Is, Name, NotExists, Or, conditions

if TYPE_CHECKING:
    from detector.pattern import Pattern
    from detector.pattern.syntax import Step

Shape: TypeAlias = "frozenset[tuple[str, Shape]] | str"
"""What is known of a value: `WHOLE`, `NULL_OR_ABSENT`, or of an object or array the known members."""

WHOLE = "whole"
NULL_OR_ABSENT = "null or absent"
ELEMENT = "[]"
OTHERS = "…"
"""Of an object whose members are known but for those that are listed as `UNKNOWN`: the shape of all others."""
UNKNOWN = "unknown"


class Known(Struct, frozen=True):
    """Which fields of a record are known: the shape of its top level."""

    shape: Shape


def frozen(shape: Any) -> Shape:
    """A shape from nested dictionaries."""
    if isinstance(shape, str):
        return shape
    return frozenset((name, frozen(inner)) for name, inner in shape.items())


@lru_cache(maxsize=1024)
def unanswered(pattern: Pattern, known: Known) -> tuple[str, ...]:
    """The fields that a pattern reads and that are not known; without any, its answer is that of the record.

    A text pattern reads the whole message, which no table of columns holds.
    """
    if pattern.kind is not PatternKind.JSON:
        return ("the message",)
    if not isinstance(pattern.expr, And | Or | Compare | Is | NotExists):
        raise TypeError(f"expected a JSON pattern, found {pattern.expr}")
    missing = [
        str(leaf.selector)
        for leaf in conditions(pattern.expr)
        if not _is_known(known.shape, leaf.selector.steps, exists=isinstance(leaf, Is | NotExists))
    ]
    return tuple(dict.fromkeys(missing))


def _is_known(shape: Shape, steps: tuple[Step, ...], *, exists: bool) -> bool:
    """Whether a selector finds in the record what it would find in CloudTrail's; ``exists`` where null matters."""
    if isinstance(shape, str):
        return shape != UNKNOWN and (bool(steps) or shape != NULL_OR_ABSENT or not exists)
    members = dict(shape)
    if not steps:
        return OTHERS not in members or not exists
    step, *rest = steps
    if ELEMENT in members:
        return isinstance(step, Name) or _is_known(members[ELEMENT], tuple(rest), exists=exists)
    return (
        isinstance(step, Name)
        and (known := members.get(step.text, members.get(OTHERS))) is not None
        and _is_known(known, tuple(rest), exists=exists)
    )
