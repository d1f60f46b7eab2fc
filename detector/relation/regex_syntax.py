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
        self.place = 0

    def regex(self) -> Regex:
        """The whole expression."""
        branches: list[list[Node]] = [[]]
        while self.place < len(self.source):
            if self._takes("|"):
                branches.append([])
            elif not self._repeated(branches[-1]):
                branches[-1].append(self._node())
        return tuple(map(tuple, branches))

    def _takes(self, text: str) -> bool:
        found = self.source.startswith(text, self.place)
        self.place += len(text) if found else 0
        return found

    def _next(self) -> str:
        if self.place >= len(self.source):
            raise UnknownRegexError("an expression that ends too early")
        self.place += 1
        return self.source[self.place - 1]

    def _repeated(self, branch: list[Node]) -> bool:
        """A repetition of the node before, if one stands here."""
        bounds = self._bounds()
        if bounds is None:
            return False
        if not branch or isinstance(branch[-1], Repeat):
            raise UnknownRegexError("a repetition of nothing or of a repetition")
        self._takes("?")  # lazy or not, the same texts match
        branch[-1] = Repeat(branch[-1], *bounds)
        return True

    def _bounds(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._takes(sign):
                return bounds
        counted = _COUNT.match(self.source, self.place)
        if counted is None:
            return None
        self.place = counted.end()
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
            case "\\":
                return self._escaped()
            case "(" | ")":
                raise UnknownRegexError("a group")
            case _:
                return Chars(characters.just(char))

    def _escaped(self) -> Chars | Mark:
        char = self.source[self.place : self.place + 1]
        if char in _MARKS and char:
            self.place += 1
            return Mark(_MARKS[char])
        return Chars(self._escaped_set())

    def _escaped_set(self) -> CharacterSet:
        char = self.source[self.place : self.place + 1]
        if char in _CLASSES:
            self.place += 1
            return _CLASSES[char]
        return characters.just(self._escaped_char())

    def _escaped_char(self) -> str:
        for form, read in ((_HEX, _from_hex), (_OCTAL, _from_octal)):
            found = form.match(self.source, self.place)
            if found:
                self.place = found.end()
                return read(found)
        char = self._next()
        if char.isalnum():
            if char not in _NAMED:
                raise UnknownRegexError(f"\\{char}")
            return _NAMED[char]
        return char

    def _class(self) -> CharacterSet:
        negated = self._takes("^")
        found: CharacterSet = ()
        first = True
        while first or not self._takes("]"):
            first = False
            found = characters.union(found, self._member())
        return characters.inverted(found) if negated else found

    def _member(self) -> CharacterSet:
        """A class in the class, a character, or a range of characters."""
        posix = _POSIX_CLASS.match(self.source, self.place)
        if posix:
            self.place = posix.end()
            if posix[2] not in _POSIX:
                raise UnknownRegexError(posix[0])
            return characters.inverted(_POSIX[posix[2]]) if posix[1] else _POSIX[posix[2]]
        start = self._next()
        if start == "\\":
            if self.source[self.place : self.place + 1] in _CLASSES:
                return self._escaped_set()
            start = self._escaped_char()
        if not self.source.startswith("-", self.place) or self.source.startswith("-]", self.place):
            return characters.just(start)
        self.place += 1
        end = self._next()
        end = self._escaped_char() if end == "\\" else end
        return ((ord(start), ord(end) + 1),)


def _from_hex(found: re.Match[str]) -> str:
    code = int(found[1] or found[2], 16)
    if code >= characters.LAST:
        raise UnknownRegexError(f"\\{found[0]}")
    return chr(code)


def _from_octal(found: re.Match[str]) -> str:
    return chr(int(found[0], 8))
