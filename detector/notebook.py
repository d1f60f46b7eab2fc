"""A result as a notebook shows it: a title and a small table as HTML.

In: titles, heads and cells, of which any may come from a record. Out: HTML. The claim: whatever a cell says is text:
no tag, no attribute, no script, and no character that turns the direction of a line or hides.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt

ROWS = 20
LONGEST = 300
"""Characters of a cell; its end tells as much as its beginning."""


class Shown:
    """A result that draws itself and writes its page, both with the extra ``report``.

    Results know no renderer, since those are below them: they are found by their names, when somebody asks.
    """

    __slots__ = ()

    def chart(self) -> alt.TopLevelMixin:
        """An Altair chart; ValueError where there is nothing to draw, ImportError without the extra."""
        chart: alt.TopLevelMixin = self._rendered("altair", "chart")
        return chart

    def to_html(self) -> str:
        """The page of ``--html`` (docs/html.md), for which the archive may be read again; ImportError without the extra."""
        page: str = self._rendered("html", "page_of")
        return page

    def _rendered(self, form: str, function: str) -> Any:
        name = type(self).__name__.lower().removesuffix("s")
        try:
            return getattr(importlib.import_module(f"detector.render.{name}_{form}"), function)(self)
        except ModuleNotFoundError as error:
            missing = "expected the extra report: pip install 'cloudtrail-detector[report]' installs it"
            raise ImportError(missing) from error


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A title over a table; of more rows than `ROWS`, how many more there are."""
    cells = [[_cell(cell) for cell in row] for row in rows]
    left = len(cells) - ROWS
    lines = [
        f"<tr>{''.join(f'<th>{_cell(name)}</th>' for name in head)}</tr>",
        *(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in cells[:ROWS]),
        *([f'<tr><td colspan="{len(head)}">and {left:,} more</td></tr>'] if left > 0 else []),
    ]
    return f"<div><p><b>{_cell(title)}</b></p><table>{''.join(lines) if cells else ''}</table></div>"


def _cell(value: object) -> str:
    string = "" if value is None else str(value)
    if len(string) > LONGEST:
        string = f"{string[: LONGEST // 2]}…{string[-LONGEST // 2 :]}"
    import html  # noqa: PLC0415 - few results are shown in a notebook

    return html.escape(
        "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in string)
    )
