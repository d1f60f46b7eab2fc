"""What Hypothesis draws here: the strategies that `detector.testing` offers to users, and spellings of JSON.

In: `draw`. Out: values that CloudWatch Logs would accept (trees stay within its limits), so that a property can say
what must hold of every one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st

from detector.testing import EVENTS, trees
from detector.testing import conditions_about as aimed

__all__ = ["EVENTS", "Speller", "aimed", "spellings", "trees"]


def spellings(value: Any) -> st.SearchStrategy[str]:
    """One of the many JSON texts that spell ``value``: blanks, escapes, key order, duplicate keys."""
    return st.integers(0, 2**32).map(lambda seed: Speller(Random(seed)).text(value))  # noqa: S311 - no secret


@dataclass(frozen=True, slots=True)
class Speller:
    """Writes JSON with choices of its own; a plain random source, since a draw per letter is slow."""

    random: Random
    blanks: tuple[str, ...] = ("", "", "", " ", "\n", "\t\r ")

    def text(self, value: Any) -> str:
        return f"{self._blanks()}{self._spelled(value)}{self._blanks()}"

    def _spelled(self, value: Any) -> str:
        match value:
            case dict():
                return self._object(value)
            case list():
                return f"[{','.join(map(self.text, value))}{self._blanks()}]"
            case str():
                return '"' + "".join(map(self._character, value)) + '"'
            case float():
                return self.random.choice([repr(value), f"{value:.17e}"])
            case _:
                return json.dumps(value)

    def _object(self, value: dict[str, Any]) -> str:
        members = self.random.sample(list(value.items()), len(value))
        # A duplicate in front loses: the last one wins.
        losers: list[tuple[str, Any]] = [
            (key, self.random.choice([None, 1, "x", {}])) for key in value if self.random.random() < 1 / 4
        ]
        texts = [f"{self.text(key)}:{self.text(member)}" for key, member in [*losers, *members]]
        return "{" + (",".join(texts) or self._blanks()) + "}"

    def _character(self, char: str) -> str:
        units = char.encode("utf-16-be", "surrogatepass").hex()
        escape = "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
        ways = [escape, escape.upper().replace("\\U", "\\u")]
        if char in _SHORT:
            ways.append(_SHORT[char])
        if char >= " " and char not in '"\\' and not "\ud800" <= char <= "\udfff":
            ways += [char, char]
        return self.random.choice(ways)

    def _blanks(self) -> str:
        return self.random.choice(self.blanks)


_SHORT = {
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    '"': '\\"',
    "\\": "\\\\",
    "/": "\\/",
}
