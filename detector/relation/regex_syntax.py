r"""The regular expressions of filter patterns, read as RE2 reads them.

In: a regex that `detector.pattern.limits` accepts: no groups, no flags. Out: frozen nodes, or `UnknownRegexError`
for the few things that are not followed here (``\B``, ``\C``, ``\Q``). Sources: RE2's syntax page
(github.com/google/re2/wiki/Syntax); a test compares the two on drawn expressions and texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from detector.relation import characters
from detector.relation.characters import CharacterSet


class UnknownRegexError(ValueError):
    """Something in an expression is not followed here; the text names it."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a set."""

    ranges: CharacterSet


@dataclass(frozen=True, slots=True)
class Mark:
    """A place without width: ``^``, ``$``, ``b`` for a word boundary."""

    kind: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """A node so many times; without an end when ``most`` is None."""

    node: Chars | Mark
    least: int
    most: int | None


Node: TypeAlias = Chars | Mark | Repeat
Regex: TypeAlias = tuple[tuple[Node, ...], ...]
"""Alternatives, each a sequence."""


def _ascii(text: str) -> CharacterSet:
    """``a-z0`` as ranges."""
    pairs = re.findall(r"(.)-(.)|(.)", text, re.DOTALL)
    return characters.union(((ord(a or c), ord(b or c) + 1) for a, b, c in pairs), ())


_DIGIT, _WORD, _SPACE = _ascii("0-9"), _ascii("0-9A-Za-z_"), _ascii("\t\n\f\r ")
WORD = _WORD
_NOT_NEWLINE = characters.inverted(characters.just("\n"))
_CLASSES = {
    "d": _DIGIT,
    "D": characters.inverted(_DIGIT),
    "s": _SPACE,
    "S": characters.inverted(_SPACE),
    "w": _WORD,
    "W": characters.inverted(_WORD),
}
_POSIX = {
    "alnum": _ascii("0-9A-Za-z"),
    "alpha": _ascii("A-Za-z"),
    "ascii": ((0, 128),),
    "blank": _ascii("\t "),
    "cntrl": ((0, 32), (127, 128)),
    "digit": _DIGIT,
    "graph": _ascii("!-~"),
    "lower": _ascii("a-z"),
    "print": _ascii(" -~"),
    "punct": (*_ascii("!-/"), *_ascii(":-@"), *_ascii("[-`"), *_ascii("{-~")),
    "space": _ascii("\t\n\v\f\r "),
    "upper": _ascii("A-Z"),
    "word": _WORD,
    "xdigit": _ascii("0-9A-Fa-f"),
}
# \B is true between two bytes of one character for RE2, so that it is not followed here.
_MARKS = {"A": "^", "z": "$", "b": "b"}
_MARK = re.compile("[Azb]")
_NAMED = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_COUNT = re.compile(r"\{([0-9]+)(,([0-9]*))?\}")
_POSIX_CLASS = re.compile(r"\[:(\^?)([a-z]+):\]")
_HEX = re.compile(r"x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})")
_OCTAL = re.compile(r"0[0-7]{0,2}|[1-7][0-7]{1,2}")


def parse(source: str) -> Regex:
    """The nodes of an expression that RE2 accepts."""
    return _Reader(source).regex()


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0

    def regex(self) -> Regex:
        """The whole expression."""
        branches: list[list[Node]] = [[]]
        while self.position < len(self.source):
            bounds = self._bounds()
            if bounds is None:
                if self._takes("|"):
                    branches.append([])
                else:
                    branches[-1].append(self._node())
            elif not branches[-1] or isinstance(branches[-1][-1], Repeat):
                raise UnknownRegexError("a repetition of nothing or of a repetition")
            else:
                self._takes("?")  # lazy or not, the same strings match
                branches[-1][-1] = Repeat(branches[-1][-1], *bounds)
        return tuple(map(tuple, branches))

    def _takes(self, string: str) -> bool:
        is_next = self.source.startswith(string, self.position)
        self.position += len(string) if is_next else 0
        return is_next

    def _matches(self, form: re.Pattern[str]) -> re.Match[str] | None:
        match = form.match(self.source, self.position)
        self.position = match.end() if match else self.position
        return match

    def _next(self) -> str:
        if self.position >= len(self.source):
            raise UnknownRegexError("an expression that ends too early")
        self.position += 1
        return self.source[self.position - 1]

    def _bounds(self) -> tuple[int, int | None] | None:
        """How often the node before is repeated, if a repetition stands here."""
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._takes(sign):
                return bounds
        counted = self._matches(_COUNT)
        if counted is None:
            return None
        least = int(counted[1])
        return least, least if counted[2] is None else int(counted[3]) if counted[3] else None

    def _node(self) -> Chars | Mark:
        char = self._next()
        match char:
            case "^" | "$":
                return Mark(char)
            case ".":
                return Chars(_NOT_NEWLINE)
            case "[":
                return Chars(self._class())
            case "\\" if mark := self._matches(_MARK):
                return Mark(_MARKS[mark[0]])
            case "\\":
                return Chars(self._escaped())
            case "(" | ")":
                raise UnknownRegexError("a group")
            case _:
                return Chars(characters.just(char))

    def _escaped(self) -> CharacterSet:
        """What a backslash stands for together with what follows it."""
        if found := self._matches(_HEX):
            code = int(found[1] or found[2], 16)
            if code >= characters.LAST:
                raise UnknownRegexError(f"\\{found[0]}")
            return characters.just(chr(code))
        if found := self._matches(_OCTAL):
            return characters.just(chr(int(found[0], 8)))
        char = self._next()
        if char in _CLASSES:
            return _CLASSES[char]
        if char.isalnum() and char not in _NAMED:
            raise UnknownRegexError(f"\\{char}")
        return characters.just(_NAMED.get(char, char))

    def _class(self) -> CharacterSet:
        is_negated = self._takes("^")
        members = self._member()
        while not self._takes("]"):
            members = characters.union(members, self._member())
        return characters.inverted(members) if is_negated else members

    def _member(self) -> CharacterSet:
        """A class in the class, a character, or a range of characters."""
        if posix := self._matches(_POSIX_CLASS):
            if posix[2] not in _POSIX:
                raise UnknownRegexError(posix[0])
            return characters.inverted(_POSIX[posix[2]]) if posix[1] else _POSIX[posix[2]]
        start = self._character()
        is_range = self.source.startswith("-", self.position) and not self.source.startswith(
            "-]", self.position
        )
        if not is_range or start in _CLASSES.values():
            return start
        self.position += 1
        return ((start[0][0], self._character()[0][1]),)

    def _character(self) -> CharacterSet:
        char = self._next()
        return self._escaped() if char == "\\" else characters.just(char)
