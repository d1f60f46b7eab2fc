"""Two filter patterns in, their relation on any event out: proved, or not decided and why.

`relate` is for an edit of a filter, `Logic` for questions about one pattern; both ask one prover. From the ground up:
`characters`, `regex_syntax`, `regex` and `automata` say which strings a condition takes, `intervals` and `numbers` which
numbers; `formula` holds what is still open of both patterns, `questions` and `places` what they ask and where; `goals`,
`strings`, `values`, `expansion` and `search` go through every event that the two can tell apart. The claim: what is
*proved* holds for `detector.pattern.evaluate` on every event.
"""

from __future__ import annotations

from detector.pattern import Pattern, PatternKind
from detector.relation.budget import STEPS
from detector.relation.verdict import Outcome, Relation, Verdict, Witnesses

__all__ = ["STEPS", "Outcome", "Relation", "Verdict", "Witnesses", "relate"]


def relate(old: Pattern, new: Pattern, steps: int = STEPS) -> Verdict:
    """The relation of ``new`` to ``old`` on any event; ``steps`` bounds the work."""
    from detector.relation import messages, prover  # noqa: PLC0415 - only one of them is needed

    if old.kind is new.kind is PatternKind.JSON:
        return prover.relate(old, new, steps)
    return messages.relate(old, new, steps)
