"""What is asked of a record although no record has it, and how bad that is for the pattern as a whole.

In: a pattern, and conditions of it that no record of CloudTrail fulfils. Out: a draft that is an error where the pattern
can then never match, a warning otherwise. The first rests on what is known of the records, the second is proved from it.
"""

from __future__ import annotations

from collections.abc import Sequence

from detector.lint.finding import Draft, Edit, Promise
from detector.lint.rules import Severity
from detector.lint.subject import Subject
from detector.lint.trees import replaced
from detector.pattern.syntax import And, Compare, Condition, NotExists, Op, Span
from detector.relation.prover import Undecided


def is_dead(subject: Subject, leaves: Sequence[Condition]) -> bool:
    """Whether the pattern can never match if these conditions never hold."""
    never = [And((leaf, NotExists(leaf.selector, leaf.span)), leaf.span) for leaf in leaves]
    expr = replaced(subject.expr, leaves, never)
    try:
        return subject.logic(expr).never(expr)
    except Undecided:
        return False


def draft(
    subject: Subject,
    code: str,
    leaf: Condition,
    said: str,
    *,
    span: Span | None = None,
    edits: tuple[Edit, ...] = (),
    absent: bool = False,
    is_sure: bool = True,
) -> Draft:
    """A draft about a condition that never holds.

    A ``!=`` with a value that no record has is true wherever the field is, unless it is the field itself that is ``absent``.
    Where it is not sure, since there may be more than the tables know, it is a warning that claims no more than that.
    """
    excludes = not absent and isinstance(leaf, Compare) and leaf.op is Op.NE
    dead = not excludes and is_dead(subject, (leaf,))
    end = (
        "this excludes nothing"
        if excludes
        else "the pattern can never match"
        if dead
        else "this counts nothing"
    )
    if not is_sure:
        end = f"as far as is known, {'the pattern matches nothing' if dead else end}"
    severity = Severity.ERROR if dead and is_sure else None
    where = leaf.span if span is None else span
    return Draft(code, where, f"{said}; {end}", edits, Promise.OTHER, severity, leaf.selector, (leaf,))
