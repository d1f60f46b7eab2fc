"""What changes in meaning when a Sigma rule becomes a filter pattern, and what cannot become one.

The claim: on an event where none of the named differences plays a part, rule and pattern say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Change(StrEnum):
    """A way in which a pattern differs from its rule; the value says how, behind the names of the fields."""

    CASE = "Sigma ignores the case of letters, the pattern does not"
    SPELLING = "written as CloudTrail writes it"
    TYPES = "where it holds true, false, a list or an object the comparison is false, and so is the one that negates it"
    LISTS = "what stands in a list is not found, which search engines do; write the field with [] for that"
    LEFTMOST = (
        "the service takes the first place where the text behind a * occurs, also where only a later one fits"
    )
    REGEX = "in a regex $ is the very end of the text, . no line break, and \\d, \\w and \\s are ASCII"
    ORDER = (
        "only JSON numbers are above or below; a string of digits is neither, also where the rule negates it"
    )
    NETWORK = "a network is compared as text, and what begins like an address in it counts as one"
    KEYWORDS = "searched in the JSON text of the record, names of members included"
    TWICE = "an event that several of the filters match is counted for each of them"
    WINDOW = "the alarm counts in windows that end at full minutes, so a count that fits no window is missed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One change, and the fields (or values) that it is about."""

    change: Change
    about: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = 5
        names = ", ".join(self.about[:shown])
        more = f" and {len(self.about) - shown} more" if len(self.about) > shown else ""
        return f"{names}{more}: {self.change}" if self.about else str(self.change)


class InexpressibleError(Exception):
    """A rule, or a part of one, that no filter pattern and no alarm can say; the message says why."""
