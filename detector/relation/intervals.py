"""Where numbers can lie: at bounds, between them, and whether a double is there at all.

In: the bounds that numbers are compared with. Out: one number for each such place, and whether it holds a double. All
of it is exact: a double counts as its shortest decimal, as `detector.pattern.evaluate.exact` has it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Context, Decimal, localcontext
from itertools import pairwise
from typing import TypeAlias

Bound: TypeAlias = int | Decimal

SMALLEST, LARGEST = Decimal("5E-324"), Decimal("1.7976931348623157E+308")
"""The doubles nearest to zero and furthest from it."""


_EXACT = Context(prec=5_000, Emax=MAX_EMAX, Emin=MIN_EMIN)
LONGEST_INTEGER = 4_300
"""Characters of the longest text that is read as a whole number; longer ones are infinite."""


def between(bounds: Iterable[Bound]) -> list[Decimal]:
    """A number on each side of each bound, and the bounds: one for each place where a number can lie."""
    with localcontext(_EXACT):
        exact = sorted({Decimal(bound) for bound in bounds})
        ends = [-2 * abs(exact[0]) - 1, 2 * abs(exact[-1]) + 1] if exact else [Decimal(0)]
        return [*ends, *exact, *((one + other) / 2 for one, other in pairwise(exact))]


def representatives(bounds: Iterable[Bound]) -> list[float]:
    """Numbers at each bound and in each gap: a whole one and a double, wherever there is one that can be written."""
    numbers: list[float] = []
    with localcontext(_EXACT):
        exact = sorted({Decimal(bound) for bound in bounds})
        for bound in exact:
            if bound.adjusted() < LONGEST_INTEGER - 1 and bound == bound.to_integral_value():
                numbers.append(int(bound))
            near = float(bound)
            numbers += [one for one in (near, -near) if math.isfinite(one) and Decimal(repr(one)) == bound]
        for low, high in pairwise([None, *exact, None]):
            inside = _plainest_whole(low, high), _plainest_double(low, high)
            numbers += [one for one in inside if one is not None]
    return numbers


def _plainest_whole(low: Decimal | None, high: Decimal | None) -> int | None:
    """The whole number between two bounds that is nearest to zero; None where none is, or it has too many digits."""
    if low is not None and low >= 0:
        whole = (low + 1).to_integral_value(ROUND_FLOOR)
    elif high is not None and high <= 0:
        whole = (high - 1).to_integral_value(ROUND_CEILING)
    else:
        whole = Decimal(0)
    is_between = (low is None or low < whole) and (high is None or whole < high)
    return int(whole) if is_between and whole.adjusted() < LONGEST_INTEGER - 1 else None


def _plainest_double(low: Decimal | None, high: Decimal | None) -> float | None:
    """A double between two bounds, near the one that is nearest to zero and with few digits; None where none is."""
    near, sign, toward = (low, 1, math.inf) if low is not None and low >= 0 else (high, -1, -math.inf)
    if (low is None or low < 0) and (high is None or high > 0):
        return 0.0
    if near is None or abs(near) > LARGEST:
        return None
    scales = (Decimal(1).scaleb(near.adjusted() - digits) for digits in range(18))
    rounded = (float((near / scale + sign).to_integral_value(ROUND_DOWN) * scale) for scale in scales)
    closest = float(near)
    after = math.nextafter(closest, toward)
    for one in (*rounded, closest, after, math.nextafter(after, toward)):
        exact = Decimal(repr(one)) if math.isfinite(one) else None
        if exact is not None and (low is None or low < exact) and (high is None or exact < high):
            return one
    return None


def has_double(bounds: Iterable[Bound], number: Decimal) -> bool:
    """Whether some double lies where a number does: at the same bound, or between the same two."""
    with localcontext(_EXACT):
        exact = [Decimal(bound) for bound in bounds]
        low = max((bound for bound in exact if bound <= number), default=None)
        high = min((bound for bound in exact if bound >= number), default=None)
        if low is not None and low == high:
            return Decimal(repr(float(low))) == low
        return _plainest_double(low, high) is not None
