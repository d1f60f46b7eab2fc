"""The texts of JSON numbers, read character by character, and on which side of some bounds they lie.

In: the bounds that numbers are compared with. Out: three automata, for whole numbers and for both ways in which a
double is written (`detector.pattern.evaluate.canonical`). Two numbers of the same final state lie in the same place
between the bounds, so that one of them speaks for all. The claim: every number's text is accepted; a text that no
number has may be accepted as well (17 digits do not always make a double), which `number` tells.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from decimal import Decimal
from typing import TypeAlias

from detector.pattern.evaluate import canonical
from detector.relation.intervals import LARGEST, LONGEST_INTEGER, SMALLEST, Bound

LONGEST_DOUBLE = 24
"""Characters of the longest text of a double: ``-1.2345678901234567E-308``."""
_MANY = 30
_DIGITS = frozenset("0123456789")

Sides: TypeAlias = tuple[int, ...]
"""For each bound how the digits read so far compare with its own: -1, 0, 1."""
Step: TypeAlias = tuple[object, ...] | str | None


class Numbers:
    """The texts of one kind of number. A state is None where no number begins like this."""

    longest = LONGEST_DOUBLE
    start = "start"

    def __init__(self, bounds: Iterable[Bound]) -> None:
        self.bounds = listed = tuple(bounds)
        self.marks = {
            "+": self._marks(bound for bound in listed if bound >= 0),
            "-": self._marks(bound for bound in listed if bound <= 0),
        }

    def step(self, state: Step, char: str) -> Step:
        """The state after one more character."""
        if state == "start":
            return "minus" if char == "-" else self._first("+", char)
        if state == "minus":
            return self._first("-", char)
        return self._next(state, char) if isinstance(state, tuple) else None

    def accepts(self, state: Step) -> bool:
        """Whether a number may end here."""
        raise NotImplementedError

    def number(self, text: str) -> float | None:
        """The number that has exactly this text, if there is one."""
        raise NotImplementedError

    def _marks(self, bounds: Iterable[Bound]) -> tuple[tuple[str, str], ...]:
        # Not -bound or abs(bound): they round.
        sizes = (Decimal(bound).copy_abs() for bound in bounds)
        return tuple(sorted({mark for size in sizes if (mark := self._mark(size)) is not None}))

    def _mark(self, bound: Decimal) -> tuple[str, str] | None:
        """The digits of a bound (its size) that a text is compared with; None where all are on the same side."""
        raise NotImplementedError

    def _first(self, sign: str, char: str) -> Step:
        raise NotImplementedError

    def _next(self, state: tuple[object, ...], char: str) -> Step:
        raise NotImplementedError


class Integers(Numbers):
    """Whole numbers: ``0``, ``-12``. State: sign, digits read, how they compare."""

    longest = LONGEST_INTEGER

    def accepts(self, state: Step) -> bool:
        """Whether a number may end here."""
        return isinstance(state, tuple)

    def number(self, text: str) -> float | None:
        """The number that has exactly this text, if there is one."""
        return int(text) if len(text) < LONGEST_INTEGER else None  # with a sign, that length is too long

    def _mark(self, bound: Decimal) -> tuple[str, str] | None:
        if bound.adjusted() > LONGEST_INTEGER:
            return None
        return f"{bound:f}".partition(".")[0] if bound >= 1 else "0", ""

    @functools.cached_property
    def _most(self) -> int:
        return 1 + max((len(digits) for marks in self.marks.values() for digits, _ in marks), default=0)

    def _first(self, sign: str, char: str) -> Step:
        if char not in _DIGITS or (sign == "-" and char == "0"):
            return None
        return (sign, "0" if char == "0" else "d", 1, _compared(self.marks[sign], 0, 0, char, ()))

    def _next(self, state: tuple[object, ...], char: str) -> Step:
        sign, kind, count, sides = state
        if kind == "0" or char not in _DIGITS:
            return None
        sides = _compared(self.marks[sign], 0, count, char, sides)  # type: ignore[index, arg-type]  # as _first made it
        return (sign, "d", min(count + 1, self._most), sides)  # type: ignore[operator]  # the same


class Plain(Numbers):
    """Doubles from 0.001 to below 10,000,000, and zero: ``12.5``, ``0.0``."""

    def accepts(self, state: Step) -> bool:
        """Whether a number may end here."""
        return isinstance(state, tuple) and state[1] == "fraction" and bool(state[5])

    def number(self, text: str) -> float | None:
        """The number that has exactly this text, if there is one."""
        return _double(text)

    def _mark(self, bound: Decimal) -> tuple[str, str] | None:
        if bound >= 10**7:
            return "9" * 8, ""
        if bound and bound.adjusted() < -_MANY:
            return "0", "0" * _MANY + "1"
        whole, _, fraction = f"{bound:f}".partition(".")
        return whole, _short(fraction)

    def _first(self, sign: str, char: str) -> Step:
        if char not in _DIGITS:
            return None
        return (sign, "zero" if char == "0" else "whole", 1, _compared(self.marks[sign], 0, 0, char, ()))

    def _next(self, state: tuple[object, ...], char: str) -> Step:
        match state:
            case (str(sign), str(kind), int(count), tuple(sides)) if kind in {"zero", "whole"}:
                return self._in_whole(sign, kind, count, sides, char)
            case (str(sign), "fraction", int(count), tuple(sides), str(kind), _) if char in _DIGITS:
                return self._in_fraction(sign, count, sides, kind, char)
            case _:
                return None

    def _in_whole(self, sign: str, kind: str, count: int, sides: Sides, char: str) -> Step:
        marks = self.marks[sign]
        if char == ".":
            ended = tuple(_longer(count, mark, side) for mark, side in zip(marks, sides, strict=True))
            return (sign, "fraction", 0, ended, kind, "")
        if kind == "zero" or char not in _DIGITS or count == 7:  # noqa: PLR2004 - below ten million
            return None
        return (sign, "whole", count + 1, _compared(marks, 0, count, char, sides))

    def _in_fraction(self, sign: str, count: int, sides: Sides, kind: str, char: str) -> Step:
        """``kind``: "zero" while the number is zero so far; at most two zeros may follow ``0.``."""
        if kind == "zero" and char == "0" and count >= 2:  # noqa: PLR2004 - below a thousandth
            return None
        kind = "zero" if kind == "zero" and char == "0" else "whole"
        sides = _compared(self.marks[sign], 1, count, char, sides)
        ended = "ended" if char != "0" or count == 0 else ""
        count = count + 1 if kind == "zero" else _counted(count, sides)
        return (sign, "fraction", count, sides, kind, ended)


class Scientific(Numbers):
    """All other doubles: ``1.0E10``, ``-2.5E-7``."""

    def __init__(self, bounds: Iterable[Bound]) -> None:
        listed = tuple(bounds)
        super().__init__((*listed, SMALLEST, LARGEST, SMALLEST.copy_negate(), LARGEST.copy_negate()))
        self.bounds = listed
        sizes = {Decimal(bound).adjusted() for bound in listed if bound}
        self.exponents = {
            "+": _exponents(7, 308, sizes),
            "-": _exponents(4, 324, {-size for size in sizes}),
        }

    def accepts(self, state: Step) -> bool:
        """Whether a number may end here."""
        match state:
            case (str(sign), "exponent", str(direction), int(count), tuple(exponents), tuple(sides)) if count:
                limits = zip(self.exponents[direction][:2], exponents, strict=False)
                least, most = (_longer(count, mark, side) for mark, side in limits)
                return least >= 0 >= most and (most < 0 or self._exists(sign, direction, sides))
            case _:
                return False

    def _exists(self, sign: str, direction: str, sides: Sides) -> bool:
        """Whether digits with the most extreme exponent are within the range of doubles."""
        limit = self._mark(LARGEST if direction == "+" else SMALLEST)
        side = next(side for mark, side in zip(self.marks[sign], sides, strict=True) if mark == limit)
        return side <= 0 if direction == "+" else side >= 0

    def number(self, text: str) -> float | None:
        """The number that has exactly this text, if there is one."""
        return _double(text)

    def _mark(self, bound: Decimal) -> tuple[str, str] | None:
        if not bound:
            return None
        digits = "".join(map(str, bound.as_tuple().digits)).strip("0")
        return digits[0], _short(digits[1:])

    def _first(self, sign: str, char: str) -> Step:
        if char not in _DIGITS or char == "0":
            return None
        return (sign, "lead", _compared(self.marks[sign], 0, 0, char, ()))

    def _next(self, state: tuple[object, ...], char: str) -> Step:
        match state:
            case (str(sign), "lead", tuple(sides)):
                return (sign, "fraction", 0, sides, "") if char == "." else None
            case (str(sign), "fraction", int(count), tuple(sides), str(ended)):
                return self._in_fraction(sign, count, sides, ended, char)
            case (str(sign), "exponent", str(direction), int(count), tuple(sides), tuple(digits)):
                return self._in_exponent(sign, direction, count, (sides, digits), char)
            case _:
                return None

    def _in_fraction(self, sign: str, count: int, sides: Sides, ended: str, char: str) -> Step:
        marks = self.marks[sign]
        if char == "E" and ended:
            all_read = tuple(side or -(len(mark[1]) > count) for mark, side in zip(marks, sides, strict=True))
            return (sign, "exponent", "", 0, (), all_read)
        if char not in _DIGITS:
            return None
        sides = _compared(marks, 1, count, char, sides)
        ended = "ended" if char != "0" or count == 0 else ""
        return (sign, "fraction", _counted(count, sides), sides, ended)

    def _in_exponent(
        self, sign: str, direction: str, count: int, sides: tuple[Sides, Sides], char: str
    ) -> Step:
        if char == "-" and not direction:
            return (sign, "exponent", "-", 0, (), sides[1])
        if char not in _DIGITS or (char == "0" and not count) or count == 3:  # noqa: PLR2004 - up to 324
            return None
        direction = direction or "+"
        exponents = _compared(self.exponents[direction], 0, count, char, sides[0])
        return (sign, "exponent", direction, count + 1, exponents, sides[1])


def _exponents(least: int, most: int, sizes: Iterable[int]) -> tuple[tuple[str, str], ...]:
    """The limits of exponents first, then those of the bounds that lie between them."""
    between = sorted({str(size) for size in sizes if least <= size <= most} - {str(least), str(most)})
    return tuple((digits, "") for digits in (str(least), str(most), *between))


def _longer(count: int, mark: tuple[str, str], side: int) -> int:
    """How a whole number compares with a mark: more digits are more."""
    return (count > len(mark[0])) - (count < len(mark[0])) or side


def _counted(count: int, sides: Sides) -> int:
    """Places are counted only while a comparison is open."""
    return min(count + 1, _MANY) if 0 in sides else 1


def kinds(bounds: Iterable[Bound]) -> tuple[Numbers, ...]:
    """All kinds of finite numbers."""
    listed = tuple(bounds)
    return Integers(listed), Plain(listed), Scientific(listed)


def _compared(marks: tuple[tuple[str, str], ...], part: int, place: int, char: str, sides: Sides) -> Sides:
    """One more digit at a place of the whole part (0) or the fraction (1): the first difference decides."""
    before = sides or (0,) * len(marks)
    return tuple(
        side or _order(char, mark[part][place] if place < len(mark[part]) else ("" if part == 0 else "0"))
        for side, mark in zip(before, marks, strict=True)
    )


def _order(mine: str, theirs: str) -> int:
    return (mine > theirs) - (mine < theirs) if theirs else 0


def _short(fraction: str) -> str:
    return fraction[: 2 * _MANY].rstrip("0")


def _double(text: str) -> float | None:
    found = float(text)
    return found if canonical(found) == text else None
