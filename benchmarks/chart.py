"""Ratios in, a picture out: one bar for each contestant, with its name before it and its figure behind it.

The scale is logarithmic, less is better, and 1 is mere decompression. Drawn by Altair (the extra ``report``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import altair as alt
import polars as pl

if TYPE_CHECKING:
    from run import Row

LOW = 0.35
"""Where bars begin: a logarithmic scale has no zero."""
TEN = 10
"""From where on a figure has no decimals."""


class Kind(StrEnum):
    """What a bar is about; its value is the colour."""

    OURS = "#1a7f37"
    PEER = "#8c959f"
    LIMIT = "#c9d1d9"
    WRONG = "#cf222e"

    @classmethod
    def of(cls, row: Row) -> Kind:
        """A wrong answer goes before whose it is."""
        if row.wrong:
            return cls.WRONG
        return cls.OURS if row.ours else cls.LIMIT if row.limit else cls.PEER


def draw(rows: Sequence[Row], titles: Mapping[str, str], path: Path) -> None:
    """Write the picture; its format follows from the suffix (svg, png).

    Each contestant is shown once a question: over the whole archive if it had it.
    """
    shown = list({(row.question, row.name): row for row in reversed(rows)}.values())
    most = max(row.ratio for row in shown) * 3
    panels = [
        _panel(
            sorted((row for row in shown if row.question == question), key=lambda row: row.ratio),
            title,
            rows[0].archive,
            most,
        )
        for question, title in titles.items()
        if any(row.question == question for row in shown)
    ]
    title = alt.Title(
        f"Wall time as a multiple of {rows[0].name}, which only decompresses",
        subtitle=[
            "Less is better; the scale is logarithmic. Green is detector, grey are others, light grey only decompress.",
            "¹ on a tenth of the files, where starting weighs ten times more.",
        ],
        anchor="start",
        offset=12,
        fontSize=15,
        subtitleFontSize=12,
        subtitleColor="#57606a",
    )
    made = alt.vconcat(*panels, spacing=22).properties(title=title, background="white", padding=12)
    made.configure(font="Helvetica, Arial, sans-serif", view=alt.ViewConfig(stroke=None)).save(
        path, scale_factor=1.5
    )


def _panel(rows: Sequence[Row], question: str, whole: str, most: float) -> Any:
    values = [
        {
            "name": row.name if row.archive == whole else f"{row.name} ¹",
            "ratio": row.ratio,
            "low": LOW,
            "colour": Kind.of(row).value,
            "said": f"{row.ratio:.{2 if row.ratio < TEN else 0}f}{' wrong answer' if row.wrong else ''}",
        }
        for row in rows
    ]
    scale = alt.Scale(type="log", domain=[LOW, most], nice=False)
    axis = alt.Axis(
        values=[0.5, 1, 2, 5, 10, 20, 50, 100],
        title=None,
        format="~g",
        grid=True,
        gridColor="#eaeef2",
        domain=False,
        ticks=False,
    )
    names = alt.Y(
        "name:N",
        sort=None,
        title=None,
        axis=alt.Axis(
            domain=False, ticks=False, labelLimit=260, labelFontSize=12, minExtent=190, labelPadding=6
        ),
    )
    base = alt.Chart(pl.DataFrame(values)).encode(y=names)
    drawn = base.mark_bar(height=13).encode(
        x=alt.X("ratio:Q", scale=scale, axis=axis), x2="low:Q", color=alt.Color("colour:N", scale=None)
    )
    figures = base.mark_text(align="left", dx=4, fontSize=12).encode(
        x=alt.X("ratio:Q", scale=scale), text="said:N"
    )
    one = (
        alt.Chart(pl.DataFrame({"one": [1]})).mark_rule(color="#57606a").encode(x=alt.X("one:Q", scale=scale))
    )
    title = alt.Title(question, anchor="start", fontSize=13, offset=6)
    return (drawn + one + figures).properties(width=560, height={"step": 20}, title=title)
