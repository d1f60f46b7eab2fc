r"""Markdown for tickets and pull requests, of which nothing is a link, an image, HTML or a mention that others have written.

In: strings from anywhere. Out: inline text and lines. The claim: what a record, a file or a name says stands as code, where
no renderer looks for anything, or is words and figures that mean nothing in Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from detector.render.kit.printable import printable

LONGEST = 200
_WORDS = re.compile(
    r"(?:(?<![^\W_])[^\W\d_]+(?:[-'][^\W\d_]+)*(?![^\W])"
    r"|(?<![^\W_])\d{1,6}(?:[.,:/-]\d{1,6})*(?![^\W])"
    r"|[ (),;%=>≥≤]|<(?=[ =])|[.:](?=[ )]|$)| - )+"
)
"""Words, figures and such punctuation as neither CommonMark nor a forge's autolinks know: no URL, no @name, no #1."""
_TICKS = re.compile(r"`+")
_BAR = "¦"
"""In a table a ``|`` would end the cell, whatever stands around it."""


def code(text: str, limit: int = LONGEST) -> str:
    """A text of others, on one line, as code; ``-`` where there is none."""
    shown = printable(text, limit).strip()
    if not shown:
        return "-"
    ticks = _fence(shown, 1)
    padded = f" {shown} " if "`" in (shown[0], shown[-1]) else shown
    return f"{ticks}{padded}{ticks}"


def plain(text: str, limit: int = 2_000) -> str:
    """A text as it is if it is words and figures, else as `code`."""
    return text if len(text) <= limit and _WORDS.fullmatch(text) else code(text, limit)


def fenced(text: str, language: str = "") -> Iterator[str]:
    """A text of several lines as a block of code."""
    fence = _fence(text, 3)
    yield f"{fence}{language}"
    yield from (printable(line, 2_000) for line in text.split("\n"))
    yield fence


def heading(level: int, *parts: str) -> list[str]:
    """A heading, with the blank line that it needs."""
    return [f"{'#' * level} {' '.join(parts)}", ""]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], figures: Iterable[str] = ()) -> list[str]:
    """A table of cells that are Markdown already; the columns named in ``figures`` are set to the right."""
    right = set(figures)
    rule = ("---:" if head in right else "---" for head in heads)
    return [row(heads), f"|{'|'.join(rule)}|", *map(row, rows)]


def row(cells: Iterable[str]) -> str:
    """One line of a table."""
    return f"| {' | '.join(cell.replace('|', _BAR) for cell in cells)} |"


def listed(facts: Iterable[tuple[str, str]]) -> list[str]:
    """A list of facts, each under its name."""
    return [f"- **{name}** {fact}" for name, fact in facts]


def document(lines: Iterable[str]) -> str:
    """Lines as one text that ends with a line break, without blank lines that follow each other."""
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines))
    return f"{text.strip()}\n"


def _fence(text: str, least: int) -> str:
    """More backticks than the text has in a row."""
    return "`" * max(least, 1 + max(map(len, _TICKS.findall(text)), default=0))
