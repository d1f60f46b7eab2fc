"""Seeded choice: one stream a purpose, so that a change in one place does not move the others.

In: the name of the stream. Out: numbers, choices and the identifiers that AWS puts into a record. No
identifier belongs to anyone: keys and principals end in EXAMPLE as in AWS's own documentation.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
SEED = "detector samples, two weeks of March 2025"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Draw:
    """A stream of choices that depends on its name alone."""

    def __init__(self, *name: object) -> None:
        self._random = Random("/".join([SEED, *map(str, name)]))

    def below(self, limit: int) -> int:
        """A whole number from 0, less than ``limit``."""
        return int(self._random.random() * limit)

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + self.below(high - low + 1)

    def chance(self, share: float) -> bool:
        """True in ``share`` of the cases."""
        return self._random.random() < share

    def pick(self, options: Sequence[T]) -> T:
        """One of them."""
        return options[self.below(len(options))]

    def some(self, options: Sequence[T], count: int) -> list[T]:
        """``count`` options without repetition, in the order in which they stand."""
        keyed = sorted(range(len(options)), key=lambda _: self._random.random())
        return [options[index] for index in sorted(keyed[:count])]

    def text(self, length: int, alphabet: str = BASE62) -> str:
        """Letters of ``alphabet``, repetition allowed."""
        return "".join(self.pick(alphabet) for _ in range(length))

    def hexadecimal(self, length: int) -> str:
        """Digits of base 16, lower case."""
        return self.text(length, "0123456789abcdef")

    def uuid(self) -> str:
        """A random UUID (version 4)."""
        groups = (self.hexadecimal(8), self.hexadecimal(4), "4" + self.hexadecimal(3))
        return "-".join((*groups, self.pick("89ab") + self.hexadecimal(3), self.hexadecimal(12)))

    def key(self, prefix: str) -> str:
        """An access key id: ``AKIA`` (long term) or ``ASIA`` (session), 20 characters."""
        return prefix + self.text(9, UPPER) + "EXAMPLE"

    def principal(self, prefix: str) -> str:
        """A principal's unique id: ``AIDA`` (user) or ``AROA`` (role), 21 characters."""
        return prefix + self.text(10, UPPER) + "EXAMPLE"
