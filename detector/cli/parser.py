"""argparse with this project's manners: options anywhere, hints for typing errors, errors of one line.

In: usage, options and examples of each verb. Out: a parser whose ``--help`` is the text in docs/cli.md, word for
word, in every version of Python.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Container, Iterable, Sequence
from typing import Any, NoReturn, Protocol

from detector.release import addressed
from detector.render.kit.page import Page
from detector.render.kit.printable import printable

WIDTH = 96
_COLUMN = 30
_NO_OPTION = re.compile(r"\A-\.?\d|\s")


class Verb(Protocol):
    """A module of this folder that is a verb. It imports what it runs only in ``run``: ``--help`` stays fast."""

    SUMMARY: str
    USAGE: str
    ABOUT: str
    EPILOG: str

    def options(self, verb: Parser) -> None:
        """Add its arguments and options."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it, print the result, and return the exit code."""


class Formatter(argparse.RawDescriptionHelpFormatter):
    """As wide as the terminal, `WIDTH` at most; an option's metavar once, which differs between Python versions."""

    def __init__(self, prog: str, **_: Any) -> None:
        super().__init__(prog, max_help_position=_COLUMN, width=min(WIDTH, Page.of(sys.stdout).width))

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Lines as they are written, which fits `WIDTH`; below it prose is wrapped, examples are not."""
        text = addressed(text)
        if width >= WIDTH:
            return super()._fill_text(text, width, indent)
        import textwrap

        paragraphs = text.split("\n\n")
        return "\n\n".join(one if "\n  " in one else textwrap.fill(one, width) for one in paragraphs)

    def start_section(self, heading: str | None) -> None:
        """A group of options; its title may name a page."""
        super().start_section(heading and addressed(heading))

    def add_argument(self, action: argparse.Action) -> None:
        """The column of what is said about verbs; older versions of Python forget that their names are indented."""
        super().add_argument(action)
        for verb in self._iter_indented_subactions(action):
            length = len(self._format_action_invocation(verb)) + self._current_indent
            self._action_max_length = max(self._action_max_length, length)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return super()._split_lines(addressed(text), width)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings:
            return super()._format_action_invocation(action)
        names = ", ".join(action.option_strings)
        if action.nargs == 0:
            return names
        return f"{names} {self._format_args(action, str(action.dest).upper())}"


class Append(argparse._AppendAction):  # noqa: SLF001 - argparse offers no other way
    """``append``, but what is typed takes the place of the default."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: Any = None
    ) -> None:
        """Begin a new list at the first value that is typed."""
        if getattr(namespace, self.dest, None) is self.default:
            setattr(namespace, self.dest, [])
        super().__call__(parser, namespace, values, option)


class Parser(argparse.ArgumentParser):
    """A parser that takes options anywhere on the line and says what is wrong in one line."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(formatter_class=Formatter, allow_abbrev=False, **settings)
        self.register("action", "append", Append)
        self.verbs: dict[str, Parser] = {}
        self.color = False  # Python 3.14 colours its help otherwise, and the docs hold it as text

    def of(self, names: Container[str] | None = None, option: str = "") -> list[argparse.Action]:
        """The actions of these destinations, or with that option; without either all of them."""
        return [
            action
            for action in self._actions
            if names is None or action.dest in names or option in action.option_strings
        ]

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Like argparse, but options may stand anywhere, and a verb refuses what it does not know itself."""
        parsed, unknown = super().parse_known_args(self._options_first(args), namespace)
        if unknown:
            self.error(f"unexpected argument {unknown[0]!r}")
        return parsed, []

    def _print_message(self, message: str, file: Any = None) -> None:
        """Like argparse, but what cannot be written is an error."""
        file = file or sys.stderr
        if message and file is not None:
            file.write(message)
            file.flush()

    def error(self, message: str) -> NoReturn:
        """Exit 2 with one line on stderr."""
        missing = message.removeprefix("the following arguments are required: ")
        if missing != message:
            optional = {action.metavar for action in self._actions if action.nargs == "*"}
            message = f"expected {' and '.join(name for name in missing.split(', ') if name not in optional)}"
        self.exit(2, f"detector: {printable(message, 400)} (try: {self.prog} --help)\n")

    def _options_first(self, args: Sequence[str]) -> list[str]:
        """``P --count PATH`` as ``--count P PATH``: argparse gives ``[PATH …]`` up at the first option."""
        options, others, rest = list[str](), list[str](), list(args)
        while rest:
            word = rest.pop(0)
            if word == "--":
                others += rest
                break
            if not self._is_option(word):
                if self._subparsers:  # the verb: what follows is for its own parser
                    self._check_order(word, rest)
                    return [*options, word, *rest]
                others.append(word)
                continue
            action = self._action(word)
            bare = word in self._option_string_actions
            if action.nargs is None and bare and rest and not self._is_option(rest[0]) and rest[0] != "--":
                value = rest.pop(0)
                # argparse would take the value of `--time-zone -03:00` for an option if it stood alone
                joined = f"{word}={value}" if word.startswith("--") else f"{word}{value}"
                options += [joined] if value.startswith("-") else [word, value]
            elif isinstance(action.nargs, int):
                options += [word, *rest[: action.nargs]]
                del rest[: action.nargs]
            else:
                options.append(word)
        guard = ["--"] if any(word.startswith("-") for word in others) else []
        return [*options, *guard, *others]

    def _check_order(self, word: str, rest: Sequence[str]) -> None:
        """Refuse what stands in the place of the verb, where the verb is further right."""
        verb = next((each for each in rest if each in self.verbs), None)
        if word == "help":
            self.error(f"expected a verb, found 'help': write detector {f'{verb} ' if verb else ''}--help")
        if word not in self.verbs and verb is not None:
            self.error(f"expected the verb first, found {word!r}: write detector {verb} …")

    def _is_option(self, word: str) -> bool:
        """Whether a word is meant as an option: not ``-``, a negative number, or a pattern with blanks in it."""
        if {word.partition("=")[0], word[:2]} & self._option_string_actions.keys():
            return word != "--"
        return word.startswith("-") and word not in {"-", "--"} and not _NO_OPTION.search(word)

    def _action(self, word: str) -> argparse.Action:
        name = word.partition("=")[0] if word.startswith("--") else word[:2]
        if name not in self._option_string_actions:
            self._refuse(word.partition("=")[0])
        return self._option_string_actions[name]

    def _refuse(self, name: str) -> NoReturn:
        if self._subparsers:
            self.error(f"expected a VERB before {name}: options follow the verb")
        known = [option for option in self._option_string_actions if option.startswith("--")]
        # `-Root` is rather a text pattern than an option typed wrong; `-count` is one.
        hint = did_you_mean(f"--{name.lstrip('-')}", known, near=0.6 if name.startswith("--") else 0.8)
        if not hint and not name.startswith("--"):
            hint = "; an argument that begins with - goes after --"
        self.error(f"unknown option {name}{hint}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        hint = did_you_mean(str(value), action.choices) or f", expected {either(action.choices)}"
        what = action.option_strings[-1] if action.option_strings else action.dest
        self.error(f"unknown {what} {value!r}{hint}")


def did_you_mean(word: str, known: Iterable[str], near: float = 0.6) -> str:
    """``; did you mean X?`` for the names that ``word`` begins or resembles (``near``: 1 is the same), else nothing."""
    from difflib import get_close_matches

    names = sorted(known)
    close = [name for name in names if name.startswith(word)][:3] or get_close_matches(word, names, 1, near)
    if close and word not in names:
        close = list(dict.fromkeys([*close, *get_close_matches(word, names, n=2, cutoff=0.8)]))
    return f"; did you mean {either(close)}?" if close else ""


def either(names: Iterable[str]) -> str:
    """``a, b or c``."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last
