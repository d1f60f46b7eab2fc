"""Values for a comparison with a literal: those that satisfy it, and near misses."""

from __future__ import annotations

import re
import warnings
from typing import Any

from hypothesis import strategies as st

from detector.pattern.evaluate import compare
from detector.pattern.syntax import NUMBER, Number, Op, Regex, Text, Value

_FILLERS = st.sampled_from(["", "x", "Client.", " ", "é", "*"])
_BEYOND = st.sampled_from([1, 2, 0.5, 1000])
_LARGEST = 10**15
_BACK = {Op.GT: Op.LT, Op.GE: Op.LT, Op.LT: Op.GT, Op.LE: Op.GT}


def satisfying(value: Value, op: Op = Op.EQ) -> st.SearchStrategy[Any]:
    """Values that equal the literal, or for an ordering lie on the right side of it."""
    match value:
        case Number():
            return _numbers(value, op)
        case Text(wanted):
            return _like(wanted)
        case Regex(source):
            return _matching(source)


def missing(value: Value, op: Op = Op.EQ) -> st.SearchStrategy[Any]:
    """Near misses: neighbours, another case, a character too many or too few."""
    match value:
        case Number():
            if op.is_ordering:
                return _numbers(value, _BACK[op]) | st.just(value.text)
            number = _float(value)
            near = [number + 1, number - 1, -number - 3, f"{value.text}x", f"0{value.text}", "", 7, "x"]
        case Text(wanted):
            plain = wanted.replace("*", "")
            near = [f"{plain}x", f"x{plain}", plain.swapcase(), plain[:-1], plain[1:], wanted * 2, "", 7, "x"]
        case Regex():
            return st.text(max_size=8) | st.integers(-5, 5)
    return st.sampled_from([one for one in near if not compare(one, Op.EQ, value)] or near)


def _float(value: Number) -> float:
    """Near enough for neighbours; the largest doubles are not aimed at."""
    return max(-_LARGEST, min(_LARGEST, float(value.text)))


def _numbers(value: Number, op: Op) -> st.SearchStrategy[Any]:
    number = _float(value)
    if op in {Op.GT, Op.GE}:
        return _BEYOND.map(lambda more: number + more) | st.just(number)
    if op in {Op.LT, Op.LE}:
        return _BEYOND.map(lambda more: number - more) | st.just(number)
    whole = [int(number)] if number == int(number) else []
    return st.sampled_from([number, *whole, value.text])


def _like(wanted: str) -> st.SearchStrategy[Any]:
    """Strings in which each ``*`` stands for something, and the number that is written like the literal."""
    pieces = wanted.split("*")
    strings = st.tuples(*(_FILLERS for _ in pieces[1:])).map(
        lambda fillers: "".join(piece + filler for piece, filler in zip(pieces, (*fillers, ""), strict=True))
    )
    numeric = NUMBER.fullmatch(wanted) and wanted.isdigit() and str(int(wanted)) == wanted
    return strings | st.just(int(wanted)) if numeric else strings


def _matching(source: str) -> st.SearchStrategy[str]:
    """Strings with a match; any string for an expression that Python does not read like RE2."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return st.from_regex(re.compile(source, re.ASCII))
        except (re.error, Warning):
            return st.text(max_size=8)
