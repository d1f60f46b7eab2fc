r"""The texts that JSON numbers have, read character by character, and on which side of some bounds they lie.

In: the bounds that numbers are compared with. Out: three automata, for whole numbers and for both ways in which a
double is written (`detector.pattern.evaluate.canonical`). Two numbers of the same final state lie in the same place
between the bounds, so that one of them speaks for all. The claim: every number's text is accepted; a text that no
number has may be accepted as well (17 digits do not always make a double), which `number` tells.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple, TypeAlias

from detector.pattern.evaluate import canonical
from detector.relation.intervals import LARGEST, LONGEST_INTEGER, SMALLEST, Bound
from detector.relation.regex import DEAD, RegexSearch

LONGEST_DOUBLE = 24
"""Characters of the longest text of a double: ``-1.2345678901234567E-308``."""
CHARACTERS = "0123456789.-E"
_MANY = 30

Sides: TypeAlias = tuple[int, ...]
"""For each bound how the digits read so far compare with its own: -1, 0, 1."""
Mark: TypeAlias = tuple[str, str]
"""The digits of a bound: the whole part and the fraction."""


# Zero, and doubles from 0.001 to below 10,000,000.
_PLAIN = (
    *(r"0\.0", r"0\.0{0,2}[1-9]", r"0\.0{0,2}[1-9][0-9]*[1-9]"),
    *(r"[1-9][0-9]{0,6}\.0", r"[1-9][0-9]{0,6}\.[0-9]*[1-9]"),
)
_EXPONENTS = (
    *("[7-9]", "[1-9][0-9]", "[12][0-9][0-9]", "30[0-8]"),
    *("-[4-9]", "-[1-9][0-9]", "-[12][0-9][0-9]", "-3[01][0-9]", "-32[0-4]"),
)


class Form(Enum):
    """How numbers are written: what their texts look like."""

    WHOLE = r"^0$|^-?[1-9][0-9]*$"
    PLAIN = "|".join(f"^-?{number}$" for number in _PLAIN)
    SCIENTIFIC = "|".join(
        rf"^-?[1-9]\.{fraction}E{exponent}$" for fraction in ("0", "[0-9]*[1-9]") for exponent in _EXPONENTS
    )


@functools.cache
def _syntax(form: Form) -> RegexSearch:
    return RegexSearch(form.value)


class Step(NamedTuple):
    """How far a number is read: its syntax, its sign, and how its parts compare with the bounds."""

    syntax: Any
    sign: str = "+"
    part: str = "whole"
    digits: int = 0
    sides: Sides = ()
    exponents: Sides = ()


class Numbers:
    """The texts of one form of numbers; a state is None where no number begins like this."""

    def __init__(self, bounds: Iterable[Bound], form: Form) -> None:
        self.form = form
        self.longest = LONGEST_INTEGER if form is Form.WHOLE else LONGEST_DOUBLE
        listed = tuple(map(Decimal, bounds))
        is_scientific = form is Form.SCIENTIFIC
        ends = (SMALLEST, LARGEST, SMALLEST.copy_negate(), LARGEST.copy_negate()) if is_scientific else ()
        self.bounds = tuple(dict.fromkeys((*listed, *ends)))
        self._syntax = _syntax(form)
        self.start = Step(self._syntax.start)
        # Not -bound or abs(bound): they round.
        sizes = {
            "+": [bound for bound in self.bounds if bound >= 0],
            "-": [bound.copy_abs() for bound in self.bounds if bound <= 0],
        }
        self._marks = {sign: sorted({self._mark(size) for size in sizes[sign]}) for sign in sizes}
        self._most = 1 + max((len(mark[0]) for marks in self._marks.values() for mark in marks), default=0)
        exponents = {bound.adjusted() for bound in self.bounds if bound}
        self._exponents = {
            "+": [(str(one), "") for one in sorted(exponents) if 7 <= one <= 308],  # noqa: PLR2004 - of doubles
            "-": [(str(-one), "") for one in sorted(exponents) if -324 <= one <= -4],  # noqa: PLR2004 - of doubles
        }

    def accepts(self, state: Step) -> bool:
        """Whether a number may end here."""
        return self._syntax.accepted(state.syntax)

    def number(self, text: str) -> float | None:
        """The number that has exactly this text, if there is one."""
        if self.form is Form.WHOLE:
            return int(text) if len(text) < LONGEST_INTEGER else None  # with a sign, that length is too long
        near = float(text)
        return near if canonical(near) == text else None

    def step(self, state: Step, char: str) -> Step | None:
        """The state after one more character."""
        syntax = self._syntax.step(state.syntax, char)
        if syntax == DEAD:
            return None
        marks, count, sides = self._marks[state.sign], state.digits, state.sides
        change: dict[str, Any] = {}
        match state.part, char:
            case "whole", "-":
                change = {"sign": "-"}
            case "whole", ".":
                if self.form is Form.PLAIN:
                    sides = tuple(_longer(count, mark, side) for mark, side in zip(marks, sides, strict=True))
                change = {"part": "fraction", "digits": 0, "sides": sides}
            case "whole", _:
                change = {
                    "digits": min(count + 1, self._most),
                    "sides": _compared(marks, 0, count, char, sides),
                }
            case "fraction", "E":
                sides = tuple(
                    side or -(len(mark[1]) > count) for mark, side in zip(marks, sides, strict=True)
                )
                change = {"part": "+", "digits": 0, "sides": sides}
            case "fraction", _:
                sides = _compared(marks, 1, count, char, sides)
                # Digits are counted only while a comparison is open.
                change = {"digits": min(count + 1, _MANY) if 0 in sides else 1, "sides": sides}
            case _, "-":
                change = {"part": "-"}
            case sign, _:
                exponents = _compared(self._exponents[sign], 0, count, char, state.exponents)
                change = {"digits": count + 1, "exponents": exponents}
        return state._replace(syntax=syntax, **change)

    def _mark(self, bound: Decimal) -> Mark:
        """The digits of a bound that a text is compared with; far ones are cut where all texts differ from them."""
        if self.form is Form.SCIENTIFIC:
            digits = "".join(map(str, bound.as_tuple().digits)).strip("0") or "0"
            return digits[0], _short(digits[1:])
        if self.form is Form.WHOLE:
            most = min(bound.adjusted(), LONGEST_INTEGER + 1)
            return (
                "0" if bound < 1 else "9" * most if most > LONGEST_INTEGER else f"{bound:f}".partition(".")[0]
            ), ""
        if bound >= 10**7:
            return "9" * 8, ""
        if bound and bound.adjusted() < -_MANY:
            return "0", "0" * _MANY + "1"
        whole, _, fraction = f"{bound:f}".partition(".")
        return whole, _short(fraction)


def kinds(bounds: Iterable[Bound]) -> list[Numbers]:
    """All finite numbers."""
    listed = tuple(bounds)
    return [Numbers(listed, form) for form in Form]


def _compared(marks: list[Mark], part: int, place: int, char: str, sides: Sides) -> Sides:
    """One more digit at a place of the whole part (0) or the fraction (1): the first difference decides."""
    before = sides or (0,) * len(marks)
    absent = "" if part == 0 else "0"
    digits = (mark[part][place] if place < len(mark[part]) else absent for mark in marks)
    return tuple(
        side or ((char > digit) - (char < digit) if digit else 0)
        for side, digit in zip(before, digits, strict=True)
    )


def _longer(count: int, mark: Mark, side: int) -> int:
    """How a whole number compares with a mark: more digits are more."""
    return (count > len(mark[0])) - (count < len(mark[0])) or side


def _short(fraction: str) -> str:
    return fraction[: 2 * _MANY].rstrip("0")
