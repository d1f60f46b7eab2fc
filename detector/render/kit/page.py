"""The page that a text report is written on: how wide it is, whether it has colours, and how lines are laid out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TextIO

from detector.render.kit.printable import printable

LABEL = 10
"""Columns of the labels on the left."""
NARROWEST, WIDEST = 60, 240
"""Of a terminal; below, tables do not fit, and beyond, lines are too long to read."""


class Page(NamedTuple):
    """A terminal, a mail or a file; a renderer asks it for every line that has to fit or to stand out.

    ``width`` in columns. Without ``coloured`` the emphasis is left out and the text is the same. ``for_eyes``: a
    terminal, where what a program would read line by line is wrapped, too.
    """

    coloured: bool = False
    width: int = 100
    for_eyes: bool = False

    @classmethod
    def of(cls, stream: TextIO) -> Page:
        """As wide as the terminal, and coloured unless it is dumb; a file or a pipe has the default of both.

        NO_COLOR (https://no-color.org) and FORCE_COLOR (https://force-color.org) decide about colours where they
        are set, the first of them before the second.
        """
        terminal = stream.isatty()
        coloured = bool(os.environ.get("FORCE_COLOR")) or (terminal and os.environ.get("TERM") != "dumb")
        page = cls(coloured and not os.environ.get("NO_COLOR"))
        if not terminal:
            return page
        import shutil  # noqa: PLC0415 - it brings lzma and others along

        columns = shutil.get_terminal_size((page.width, 0)).columns
        return page._replace(width=min(max(columns, NARROWEST), WIDEST), for_eyes=True)

    def bold(self, string: str) -> str:
        """A heading."""
        return self._emphasised("1", string)

    def dim(self, string: str) -> str:
        """What is read last."""
        return self._emphasised("2", string)

    def bad(self, string: str) -> str:
        """ALARM, nothing matched, a problem."""
        return self._emphasised("1;31", string)

    def good(self, string: str) -> str:
        """OK."""
        return self._emphasised("32", string)

    def _emphasised(self, code: str, string: str) -> str:
        return f"\x1b[{code}m{string}\x1b[0m" if self.coloured and string else string

    def heading(self, title: str, name: str) -> Iterator[str]:
        """A title on the left, a name on the right (of a long one its end), and a rule below."""
        half = (self.width - 4) // 2
        title, name = printable(title, half), ending(name, half)
        gap = " " * max(2, self.width - len(title) - len(name))
        yield self.bold(title) + gap + self.dim(name)
        yield self.dim("─" * self.width)

    def indented(self, string: str, columns: int = 0) -> list[str]:
        """A string wrapped under an indent."""
        indent = " " * columns
        return _wrapped(string, self.width, initial_indent=indent, subsequent_indent=indent)

    def hanging(self, string: str, columns: int = 0) -> list[str]:
        """A string as one line that a program may read, or wrapped for eyes with a deeper indent below the first."""
        indent = " " * columns
        if not self.for_eyes:
            return [indent + string]
        deeper = f"{indent}    "
        return _wrapped(
            string, self.width, initial_indent=indent, subsequent_indent=deeper, break_on_hyphens=False
        )

    def led(self, paint: Callable[[str], str], lead: str, rest: str, columns: int = 0) -> list[str]:
        """A string wrapped under an indent, with its beginning painted."""
        first, *lines = self.indented(lead + rest, columns)
        after = first.removeprefix(" " * columns + lead)
        return [first if after == first else " " * columns + paint(lead) + after, *lines]

    def labelled(
        self, label: str, string: str, columns: int = LABEL, *, break_on_hyphens: bool = True
    ) -> list[str]:
        """A label, and a string wrapped beside it."""
        lines = _wrapped(string, self.width - columns, break_on_hyphens=break_on_hyphens)
        return rows(label, lines or [""], columns)


def _wrapped(string: str, width: int, **settings: Any) -> list[str]:
    import textwrap  # noqa: PLC0415 - help is asked for more often than a report is written, JSON as well

    return textwrap.wrap(string, width, **settings)


def rows(label: str, cells: Sequence[str], columns: int = LABEL) -> list[str]:
    """A label, and cells one below the other."""
    return [f"{label if i == 0 else '':<{columns}}{cell}" for i, cell in enumerate(cells)]


def ending(name: str, limit: int) -> str:
    """A name or path, safe to print; what is too long loses its beginning, since its end tells most."""
    return printable(name if len(name) <= limit else f"…{name[1 - limit :]}", limit)


def middle(string: str, limit: int) -> str:
    """A string, safe to print; what is too long loses its middle: user agents begin alike, and differ at the end."""
    tail = (limit - 1) // 2
    return printable(
        string if len(string) <= limit else f"{string[: limit - 1 - tail]}…{string[-tail:]}", limit
    )


def joined(lines: Iterable[str]) -> str:
    """Lines as one string without trailing blanks, ending with a line break."""
    return "\n".join(line.rstrip() for line in lines) + "\n"
