"""Two filter patterns in, their relation on any event out: proved, or not decided and why.

`relate` is the front door. From the ground up: `letters`, `words`, `regex_syntax` and `regex` make automata of
what a condition asks of a text, `numbers` of the texts that numbers have; `formula` holds what is still open of
both patterns, `places` where their selectors look, `texts` and `search` go through every event that the two can
tell apart. The claim: what is *proved* holds for `detector.pattern.evaluate` on every event.
"""

from __future__ import annotations

from detector.relation.relation import Relation, Verdict, Witnesses, relate

__all__ = ["Relation", "Verdict", "Witnesses", "relate"]
