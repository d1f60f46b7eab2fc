"""Emphasis for a terminal, and none for a file, a pipe or a mail."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TextIO


@dataclass(frozen=True, slots=True)
class Style:
    """Wraps text in ANSI codes, or leaves it alone."""

    coloured: bool = False

    @classmethod
    def of(cls, stream: TextIO) -> Style:
        """Coloured on a terminal, unless NO_COLOR is set (https://no-color.org) or the terminal is dumb."""
        allowed = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return cls(allowed and stream.isatty())

    def bold(self, text: str) -> str:
        """A heading."""
        return self._wrap("1", text)

    def dim(self, text: str) -> str:
        """What is read last."""
        return self._wrap("2", text)

    def bad(self, text: str) -> str:
        """ALARM, nothing matched, a problem."""
        return self._wrap("1;31", text)

    def good(self, text: str) -> str:
        """OK."""
        return self._wrap("32", text)

    def _wrap(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.coloured and text else text
