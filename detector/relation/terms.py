"""Two patterns of terms: a message for each outcome that has one.

In: terms. Out: messages. The claim is exact, for a message that holds some terms and lacks others exists exactly where
none of the lacking ones is a part of a term that it holds: the terms one after the other, between them a character
that is in none of the lacking ones, hold nothing more than each by itself.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

from detector.pattern.syntax import Role, Terms
from detector.relation.verdict import Event, Outcome

_BETWEEN = " \n|;,#~"


class Wish(NamedTuple):
    """Terms that a message holds, and terms that it lacks."""

    holds: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()

    def __and__(self, other: Wish) -> Wish:
        return Wish(
            tuple(dict.fromkeys(self.holds + other.holds)), tuple(dict.fromkeys(self.lacks + other.lacks))
        )

    def message(self) -> str | None:
        """A message as wished for, if there is one."""
        if any(term in one for one in self.holds for term in self.lacks):
            return None
        longest = [hold for hold in self.holds if not any(hold in other != hold for other in self.holds)]
        used = set().union(*map(set, self.lacks))
        between: str = next(char for char in (*_BETWEEN, *map(chr, range(0x100, 0x1000))) if char not in used)
        return between.join(longest)


def outcomes(old: Terms, new: Terms) -> dict[Outcome, Event]:
    """A short message for each outcome that has one."""
    sides = {True: (_matching(old), _matching(new)), False: (_missing(old), _missing(new))}
    found: dict[Outcome, Event] = {}
    for outcome in Outcome:
        wishes = product(sides[outcome is not Outcome.NEW_ONLY][0], sides[outcome is not Outcome.OLD_ONLY][1])
        short_first = sorted(
            (one & other for one, other in wishes), key=lambda wish: len("".join(wish.holds))
        )
        message = next((message for wish in short_first if (message := wish.message()) is not None), None)
        if message is not None:
            found[outcome] = message
    return found


def _matching(expr: Terms) -> list[Wish]:
    """Ways in which a message matches."""
    required, excluded, optional = (
        tuple(term.text for term in expr.counted if term.role is role) for role in Role
    )
    if optional:
        return [Wish((term,)) for term in optional]
    return [Wish(required, excluded)]


def _missing(expr: Terms) -> list[Wish]:
    """Ways in which a message does not match."""
    ways = _matching(expr)
    if len(ways) > 1:
        return [Wish((), tuple(term for way in ways for term in way.holds))]
    [only] = ways
    return [*(Wish((), (term,)) for term in only.holds), *(Wish((term,)) for term in only.lacks)]
