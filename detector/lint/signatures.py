"""The values that the conditions on one selector can tell apart.

In: the conditions on one selector. Out: signatures: a kind of value, and which of the conditions are true of it.
The claim is one-sided: **every value an event can have has its signature here**; some signatures may have no
value, because globs and regexes are compared in pairs only. What holds for all signatures holds for all events.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

from detector.pattern import evaluate
from detector.pattern.evaluate import MISSING
from detector.pattern.syntax import NUMBER, Compare, Condition, Is, NotExists, Number, Op, Regex, Text

MAX_SEARCHES = 10
"""Globs and regexes on one selector; with more, nothing is decided."""


class Kind(StrEnum):
    """What a selector finds; an array with a null in it is told apart, as ``IS NULL`` does."""

    MISSING = "missing"
    NULL = "null"
    BOOLEAN = "boolean"
    OBJECT = "object"
    ARRAY = "array"
    STRING = "string"
    NUMBER = "number"


class Undecided(Exception):  # noqa: N818 - no error: the question is too large to be answered
    """Too many cases to look at."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A kind of value and the conditions that it makes true; ``text`` where only one text has it."""

    kind: Kind
    true: frozenset[Condition]
    text: str | None = None


Search: TypeAlias = Text | Regex
_PLAIN: tuple[tuple[Kind, Any], ...] = (
    (Kind.MISSING, MISSING),
    (Kind.NULL, None),
    (Kind.BOOLEAN, True),
    (Kind.BOOLEAN, False),
    (Kind.OBJECT, {}),
    (Kind.ARRAY, []),
    (Kind.ARRAY, [None]),
)
_NUMERIC = re.compile(r"[0-9.E+-]*|-?Infinity|NaN")


def signatures(leaves: Sequence[Condition]) -> frozenset[Signature]:
    """Every signature of the conditions on one selector without wildcard."""
    plain = {Signature(kind, _true(leaves, value)) for kind, value in _PLAIN}
    compares = [leaf for leaf in leaves if isinstance(leaf, Compare)]
    return frozenset(plain | set(_strings(compares)) | set(_numbers(compares)))


def holds(leaf: Condition, found: Any) -> bool:
    """Whether one found value makes a condition without wildcard true."""
    match leaf:
        case Compare(_, op, value):
            return found is not MISSING and evaluate.compare(found, op, value)
        case Is(_, kind):
            return evaluate.is_kind(found, kind, in_array=True)
        case NotExists():
            return found is MISSING


def _true(leaves: Sequence[Condition], found: Any) -> frozenset[Condition]:
    return frozenset(leaf for leaf in leaves if holds(leaf, found))


def _strings(leaves: Sequence[Compare]) -> Iterator[Signature]:
    texts = {""} | {leaf.value.text for leaf in leaves if isinstance(leaf.value, Number)}
    texts |= {leaf.value.value for leaf in leaves if isinstance(leaf.value, Text) and not leaf.value.is_glob}
    for text in texts:
        yield Signature(Kind.STRING, _true(leaves, text), text)
    for found in _subsets(_searches(leaves)):
        yield Signature(Kind.STRING, frozenset(leaf for leaf in leaves if _of_other(leaf, found)))


def _searches(leaves: Sequence[Compare]) -> list[Search]:
    found = {leaf.value for leaf in leaves if isinstance(leaf.value, Regex)} | {
        leaf.value for leaf in leaves if isinstance(leaf.value, Text) and leaf.value.is_glob
    }
    return sorted(found, key=str)


def _of_other(leaf: Compare, found: frozenset[Search]) -> bool:
    """Whether a text that is no literal of the pattern, and in which ``found`` are found, makes it true."""
    return not leaf.op.is_ordering and (leaf.value in found) is (leaf.op is Op.EQ)


def _subsets(searches: Sequence[Search]) -> Iterator[frozenset[Search]]:
    if len(searches) > MAX_SEARCHES:
        raise Undecided
    for chosen in itertools.product((False, True), repeat=len(searches)):
        found = frozenset(one for one, is_in in zip(searches, chosen, strict=True) if is_in)
        if all(_agree(one, other, found) for one, other in itertools.permutations(searches, 2)) and all(
            one in found for one in searches if _is_anything(one)
        ):
            yield found


def _agree(one: Search, other: Search, found: frozenset[Search]) -> bool:
    if one not in found:
        return True
    return not _apart(one, other) if other in found else not within(one, other)


def _is_anything(search: Search) -> bool:
    return isinstance(search, Text) and not search.value.strip("*")


def within(one: Search, other: Search) -> bool:
    """Whether every text that ``one`` matches, ``other`` matches for sure (leftmost rule included)."""
    if _is_anything(other):
        return True
    if not isinstance(one, Text) or not isinstance(other, Text):
        return False
    mine, theirs = one.value.split("*"), other.value.split("*")
    if len(theirs) == 2 and not theirs[1]:  # noqa: PLR2004 - prefix*
        return mine[0].startswith(theirs[0])
    inner = [piece for piece in theirs[1:-1] if piece]
    return not theirs[0] and not theirs[-1] and len(inner) == 1 and any(inner[0] in piece for piece in mine)


def _apart(one: Search, other: Search) -> bool:
    """Whether no text can match both: their beginnings or their ends contradict each other."""
    if not isinstance(one, Text) or not isinstance(other, Text):
        return False
    mine, theirs = one.value.split("*"), other.value.split("*")
    begin = not (mine[0].startswith(theirs[0]) or theirs[0].startswith(mine[0]))
    return begin or not (mine[-1].endswith(theirs[-1]) or theirs[-1].endswith(mine[-1]))


def _numbers(leaves: Sequence[Compare]) -> Iterator[Signature]:
    """Numbers at, between and beyond the bounds, with the texts that they can have."""
    bounds = sorted({leaf.value.value for leaf in leaves if isinstance(leaf.value, Number)})
    edges = [None, *bounds, None]
    regions = [(bound, bound) for bound in bounds] + list(itertools.pairwise(edges))
    searches = [one for one in _searches(leaves) if _can_be_numeric(one)]
    for region, found in itertools.product(regions, list(_subsets(searches))):
        true = frozenset(leaf for leaf in leaves if _of_number(leaf, region, found))
        yield Signature(Kind.NUMBER, true)
    for value in [*_written(leaves), math.inf, -math.inf]:
        yield Signature(Kind.NUMBER, _true(leaves, value), evaluate.canonical(value))


Bound: TypeAlias = "int | Decimal | None"


def _of_number(leaf: Compare, region: tuple[Bound, Bound], found: frozenset[Search]) -> bool:
    low, high = region
    if not isinstance(leaf.value, Number):
        return _of_other(leaf, found)
    bound = leaf.value.value
    if low is not None and low == high:
        at = low == bound
        return at is (leaf.op is Op.EQ) if not leaf.op.is_ordering else leaf.op.test(low, bound)
    if not leaf.op.is_ordering:
        return leaf.op is Op.NE
    above = low is not None and bound <= low
    return above is (leaf.op in {Op.GT, Op.GE})


def _written(leaves: Sequence[Compare]) -> Iterator[float]:
    """The numbers whose text is one of the literals."""
    for leaf in leaves:
        if isinstance(leaf.value, Text) and NUMBER.fullmatch(leaf.value.value):
            for number in _readings(leaf.value.value):
                if evaluate.canonical(number) == leaf.value.value:
                    yield number


def _readings(text: str) -> Iterator[float]:
    if re.fullmatch(r"-?[0-9]{1,400}", text):
        yield int(text)
    yield float(text)


def _can_be_numeric(search: Search) -> bool:
    """Whether a number's text can be found by it; a glob with letters cannot."""
    if isinstance(search, Regex):
        return True
    return all(set(piece) <= set("0123456789.E+-InfinityNa") for piece in search.value.split("*"))
