"""Numbers in, a small chart of block characters out; knows nothing of alarms.

The claim: a column is drawn to the next eighth of a line, anything above zero is visible, and the level of
the threshold is marked where it lies within the chart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from detector.quantities import number

BLOCKS = " ▁▂▃▄▅▆▇█"
EIGHTHS = 8
HEIGHT = 5
ZERO = "·"
LINE = "╌"
REACH = 4
"""A threshold up to so many times the highest value is still drawn; beyond it the values would vanish."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What the lines of a chart stand for: ``height`` lines from 0 to ``top``."""

    top: float
    height: int

    def eighths(self, value: float) -> int:
        """How high a value is, in eighths of a line; never 0 for what is above 0."""
        return max(1, math.ceil(value / self.top * self.height * EIGHTHS)) if value > 0 else 0

    def row(self, value: float) -> int | None:
        """The line in which a value lies, counted from below; None outside the chart."""
        return min(self.height - 1, (self.eighths(value) - 1) // EIGHTHS) if 0 < value <= self.top else None


def chart(
    values: Sequence[float | None],
    threshold: float,
    *,
    height: int | None = None,
    paint: Callable[[float, str], str] = lambda _, text: text,
) -> tuple[list[str], int]:
    """The lines of a chart, top first, and the column in which the first value stands.

    On the left stand the top and the threshold. None leaves a blank, zero a dot; values below zero are
    drawn as zero. ``height`` is chosen by the values, at most `HEIGHT`; ``paint`` may colour what is drawn for
    a value.
    """
    highest = max([0.0, *(value for value in values if value is not None)])
    reached = 0 < threshold <= highest * REACH
    top = max(highest, threshold) if reached else highest or 1.0
    height = height or int(min(HEIGHT, max(2, math.ceil(top))))
    scale = Scale(top, height)
    mark = scale.row(threshold)
    labels = {height - 1: number(scale.top)} | ({} if mark is None else {mark: number(threshold)})
    width = max(map(len, labels.values()))
    lines = []
    for row in range(height - 1, -1, -1):
        line = "".join(_cell(value, scale, row, LINE if row == mark else " ", paint) for value in values)
        lines.append(f"{labels.get(row, ''):>{width}} ┤{line}")
    return lines, width + 2


def _cell(value: float | None, scale: Scale, row: int, blank: str, paint: Callable[[float, str], str]) -> str:
    if value is None:
        return blank
    block = BLOCKS[max(0, min(EIGHTHS, scale.eighths(value) - row * EIGHTHS))]
    if block != " ":
        return paint(value, block)
    return ZERO if row == 0 else blank
