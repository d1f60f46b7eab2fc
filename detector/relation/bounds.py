"""Where numbers can lie: at bounds, between them, and whether a double is there at all.

In: the bounds that numbers are compared with. Out: one number for each such place, and whether it holds a double. All
of it is exact: a double counts as its shortest decimal, as `detector.pattern.evaluate.exact` has it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from itertools import pairwise
from typing import TypeAlias

Bound: TypeAlias = int | Decimal

SMALLEST, LARGEST = Decimal("5E-324"), Decimal("1.7976931348623157E+308")
"""The doubles nearest to zero and furthest from it."""
LARGEST_DOUBLE = float(LARGEST)


def between(bounds: Iterable[Bound]) -> list[Decimal]:
    """A number on each side of each bound, and the bounds: one for each place where a number can lie."""
    with localcontext(Context(prec=5_000, Emax=MAX_EMAX, Emin=MIN_EMIN)):
        exact = sorted({Decimal(bound) for bound in bounds})
        ends = [-2 * abs(exact[0]) - 1, 2 * abs(exact[-1]) + 1] if exact else [Decimal(0)]
        return [*ends, *exact, *((one + other) / 2 for one, other in pairwise(exact))]


def has_double(bounds: Iterable[Bound], number: Decimal) -> bool:
    """Whether some double lies where a number does: at the same bound, or between the same two."""
    exact = [Decimal(bound) for bound in bounds]
    low = max((bound for bound in exact if bound <= number), default=None)
    high = min((bound for bound in exact if bound >= number), default=None)
    if low is None and high is None:
        return True
    near = float(high if low is None else low)  # type: ignore[arg-type]  # one of them is there
    return any(
        (low is None or (one == low if low == number else one > low))
        and (high is None or (one == high if high == number else one < high))
        for one in map(Decimal, map(repr, _around(near)))
    )


def _around(number: float) -> Iterator[float]:
    """The finite doubles next to a number; the ends of the range when it lies beyond."""
    number = max(-LARGEST_DOUBLE, min(number, LARGEST_DOUBLE))
    for toward in (math.inf, -math.inf):
        one = number
        for _ in range(3):
            if math.isfinite(one):
                yield one
            one = math.nextafter(one, toward)
