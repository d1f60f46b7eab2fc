"""Why a pattern matched nothing: the table of its conditions, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from detector.render.layout import WIDTH, clean, indented

if TYPE_CHECKING:
    from detector.render.style import Style
    from detector.why import ConditionCount, Why

_NUMBERS = 22
NO_FIELD, NEVER = "◄ no record has this field", "◄ never true"


def silence(why: Why, style: Style) -> Iterator[str]:
    """The sentence first, then the conditions with their counts."""
    yield from indented(clean(why.because, 1000), 0)
    for absent, nearest in _hints(why).items():
        yield from (f"The records do have  {clean(nearest, 76)}", f"         but not     {clean(absent, 76)}")
    if why.conditions:
        yield ""
        yield from _table(why, style)


def _hints(why: Why) -> dict[str, str]:
    """The selectors that no record has, and those that the records have instead."""
    return {one.selector: one.nearest for one in why.conditions if one.nearest}


def _table(why: Why, style: Style) -> Iterator[str]:
    """Condition, how many records have the field, how many satisfy it, and a mark where that is none."""
    room = WIDTH - _NUMBERS - len(NO_FIELD) - 4
    width = min(room, max(len("Condition"), *(len(one.condition) for one in why.conditions)))
    yield style.dim(f"  {'Condition':<{width}}{'have field':>12}{'satisfy':>10}")
    for one in why.conditions:
        *upper, last = _wrapped(clean(one.condition, 1024), width)
        yield from (f"  {line}" for line in upper)
        mark = _mark(one)
        yield f"  {last:<{width}}{one.present:>12,}{one.satisfied:>10,}" + (
            f"  {style.bad(mark)}" if mark else ""
        )


def _wrapped(text: str, width: int) -> list[str]:
    """At blanks where there are some, else anywhere; what follows the first line is indented."""
    lines = [line.strip() for line in indented(text, WIDTH - width + 2)] or [""]
    return [line if i == 0 else f"  {line}" for i, line in enumerate(lines)]


def _mark(one: ConditionCount) -> str:
    if one.satisfied:
        return ""
    return NEVER if one.present else NO_FIELD
