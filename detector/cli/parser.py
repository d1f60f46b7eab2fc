"""argparse with this project's manners: one-line errors, the same help in every Python version.

In: usage, options and examples. Out: a parser whose ``--help`` is the text in docs/cli.md, word for word.
"""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from detector.render.printable import printable

WIDTH = 96
_COLUMN = 30


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Fixed width, and an option's metavar once; argparse's own way differs between Python versions."""

    def __init__(self, prog: str, **_: Any) -> None:
        super().__init__(prog, max_help_position=_COLUMN, width=WIDTH)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings:
            return super()._format_action_invocation(action)
        names = ", ".join(action.option_strings)
        if action.nargs == 0:
            return names
        return f"{names} {self._format_args(action, str(action.dest).upper())}"


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(formatter_class=Formatter, allow_abbrev=False, **settings)
        self.color = False  # Python 3.14 colours its help otherwise, and the docs hold it as text

    def error(self, message: str) -> NoReturn:
        """Exit 2 with one line on stderr."""
        self.exit(2, f"detector: {printable(message, 400)} (try: {self.prog} --help)\n")
